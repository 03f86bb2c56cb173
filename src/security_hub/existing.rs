//! The findings that Security Hub already has.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use crate::security_hub::asff::{ComplianceStatus, SeverityLabel};
use crate::security_hub::content::CONTENT;
use crate::security_hub::identity::{GENERATOR_PREFIX, generator_id};
use crate::security_hub::unread::UNREAD;

/// A finding that Security Hub already has, with what determines whether it needs an update.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExistingFinding {
    /// The finding's `Id`.
    pub id: String,
    /// What produced the finding: the code of a check, or another kind of finding.
    pub code: String,
    /// The deployment; `None` for a finding of an earlier version, whose `Id` has another form.
    pub deployment: Option<String>,
    /// The rule that updated the finding last.
    pub rule: Option<String>,
    /// The id of the finding's first resource, such as the ARN of a stage.
    pub resource: String,
    /// The finding's `CreatedAt`.
    pub created_at: Option<Timestamp>,
    /// The finding's `UpdatedAt`, which only imports change.
    pub updated_at: Option<Timestamp>,
    /// Whether the finding is not archived.
    pub is_active: bool,
    /// The finding's `Compliance.Status`.
    pub status: ComplianceStatus,
    /// The severity as imported, regardless of what Security Hub's users made of it.
    pub severity: SeverityLabel,
    /// The reason code.
    pub reason: String,
    /// The digest of what was imported.
    pub content: String,
    /// The product fields with the stages that could not be read; empty for most findings.
    pub unread: BTreeMap<String, String>,
}

impl ExistingFinding {
    /// The finding's `GeneratorId`.
    pub(crate) fn generator_id(&self) -> String {
        match &self.deployment {
            Some(deployment) => generator_id(deployment, &self.code),
            None => format!("{GENERATOR_PREFIX}{}", self.code),
        }
    }
}

/// A finding as `GetFindings` returns it, with the fields that stagecert uses.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StoredFinding {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) product_arn: String,
    #[serde(default)]
    generator_id: String,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    updated_at: Option<String>,
    #[serde(default)]
    record_state: Option<String>,
    #[serde(default)]
    compliance: Option<StoredCompliance>,
    #[serde(default)]
    severity: Option<StoredSeverity>,
    #[serde(default)]
    finding_provider_fields: Option<StoredProviderFields>,
    #[serde(default)]
    product_fields: Option<BTreeMap<String, String>>,
    #[serde(default)]
    resources: Vec<StoredResource>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StoredCompliance {
    #[serde(default)]
    status: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StoredProviderFields {
    #[serde(default)]
    severity: Option<StoredSeverity>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StoredSeverity {
    #[serde(default)]
    label: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StoredResource {
    #[serde(default)]
    id: String,
}

impl StoredFinding {
    /// The finding, if stagecert imported it for the product with the ARN `own`.
    ///
    /// In an aggregation Region, `GetFindings` also returns the findings of linked Regions.
    #[must_use]
    pub fn existing(self, own: &str) -> Option<ExistingFinding> {
        if self.product_arn != own {
            return None;
        }
        let (deployment, code) = match self.generator_id.strip_prefix(GENERATOR_PREFIX)?.split_once('/') {
            Some((deployment, code)) => (Some(deployment.to_owned()), code.to_owned()),
            None => (None, self.generator_id.strip_prefix(GENERATOR_PREFIX)?.to_owned()),
        };
        let mut fields = self.product_fields.unwrap_or_default();
        let instant = |text: Option<String>| text.and_then(|text| text.parse().ok());
        let provided = self.finding_provider_fields.and_then(|fields| fields.severity);
        let label = provided.or(self.severity).and_then(|severity| severity.label);
        let status = self.compliance.and_then(|compliance| compliance.status);
        Some(ExistingFinding {
            id: self.id,
            code,
            deployment,
            rule: fields.remove("stagecert/rule"),
            resource: self.resources.into_iter().next().map(|resource| resource.id).unwrap_or_default(),
            created_at: instant(self.created_at),
            updated_at: instant(self.updated_at),
            is_active: self.record_state.as_deref() != Some("ARCHIVED"),
            status: status.and_then(|status| status.parse().ok()).unwrap_or_default(),
            severity: label.and_then(|label| label.parse().ok()).unwrap_or_default(),
            reason: fields.remove("stagecert/reason").unwrap_or_default(),
            content: fields.remove(CONTENT).unwrap_or_default(),
            unread: fields.into_iter().filter(|(key, _)| key.starts_with(UNREAD)).collect(),
        })
    }
}
