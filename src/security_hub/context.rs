//! Builds a finding from its status and from what all findings of a resource have in common.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::checks::finding::Finding;
use crate::checks::verdict::Verdict;
use crate::checks::{Check, severity};
use crate::evaluation::scope::NotEvaluated;
use crate::resources::account_region::AccountRegion;
use crate::resources::certificate_id::CertificateId;
use crate::security_hub::asff::{
    AwsSecurityFinding, Compliance, ComplianceStatus, FindingProviderFields, RecordState, Remediation,
    Resource, Severity, SeverityLabel, StatusReason,
};
use crate::security_hub::content::{CONTENT, digest};
use crate::security_hub::facts::finding_fields;
use crate::security_hub::identity::{NO_PART, Source, generator_id, id, phase, product_arn};
use crate::security_hub::text::{self, cut, exempt, nothing_to_do, record_api, remediation, requirements};

/// The maximum length of a `Description`.
const MAX_DESCRIPTION: usize = 1024;
/// The maximum length of a value in `ProductFields`.
const MAX_FIELD: usize = 2048;

/// What all findings of a resource have in common.
pub(crate) struct FindingContext<'a> {
    pub(crate) account_region: &'a AccountRegion,
    pub(crate) source: &'a Source,
    /// The ARN of the resource.
    pub(crate) resource: &'a str,
    pub(crate) certificate: Option<&'a CertificateId>,
    /// The id of a stage's deployment, if known.
    pub(crate) deployment: Option<String>,
    pub(crate) resources: Vec<Resource>,
    pub(crate) fields: BTreeMap<String, String>,
    pub(crate) at: Timestamp,
}

/// The status of a finding, and its reason.
pub(crate) struct FindingStatus {
    pub(crate) compliance: ComplianceStatus,
    pub(crate) severity: SeverityLabel,
    pub(crate) reason: &'static str,
    pub(crate) text: String,
}

impl FindingStatus {
    pub(crate) fn of(reason: &NotEvaluated) -> Self {
        Self {
            compliance: ComplianceStatus::NotAvailable,
            severity: SeverityLabel::Informational,
            reason: reason.into(),
            text: reason.to_string(),
        }
    }
}

impl FindingContext<'_> {
    /// Returns the finding of an evaluated check, with its severity and with what to do if it has
    /// failed.
    pub(crate) fn evaluated_finding(
        &self,
        finding: &Finding,
        severity: Option<severity::Severity>,
        what_to_do: &str,
    ) -> AwsSecurityFinding {
        let status = FindingStatus {
            compliance: match finding.verdict() {
                Verdict::Passed => ComplianceStatus::Passed,
                Verdict::Failed => ComplianceStatus::Failed,
                Verdict::NotApplicable | Verdict::Exempt => ComplianceStatus::NotAvailable,
            },
            severity: label(severity),
            reason: finding.reason(),
            text: finding.to_string(),
        };
        let check = finding.check();
        let remediation = match finding.verdict() {
            Verdict::NotApplicable => nothing_to_do(check),
            Verdict::Exempt => exempt(),
            Verdict::Passed => remediation(check, check.advice().what_to_do),
            Verdict::Failed if finding.is_about_unrecorded_api() => record_api(),
            Verdict::Failed => remediation(check, what_to_do),
        };
        self.of_phase((phase(finding), check), &status, remediation, finding_fields(finding))
    }

    /// Returns the finding of a check that has no answer, with this status.
    pub(crate) fn finding(&self, check: Check, status: &FindingStatus) -> AwsSecurityFinding {
        let remediation = match status.compliance {
            ComplianceStatus::NotAvailable => nothing_to_do(check),
            _ => remediation(check, check.advice().what_to_do),
        };
        self.of_phase((NO_PART, check), status, remediation, BTreeMap::new())
    }

    fn of_phase(
        &self,
        (phase, check): (&str, Check),
        status: &FindingStatus,
        remediation: Remediation,
        more: BTreeMap<String, String>,
    ) -> AwsSecurityFinding {
        let mut fields = self.fields.clone();
        fields.extend(more);
        fields.insert("stagecert/check".into(), check.code().into());
        fields.insert("stagecert/reason".into(), status.reason.into());
        let id = id(self.account_region, self.resource, self.certificate, (phase, check));
        let generator_id = generator_id(&self.source.deployment, check.code());
        AwsSecurityFinding::new(self.account_region, id, generator_id, self.at)
            .with_status(check.advice().title, status, requirements(check))
            .with_resources(self.resources.clone(), fields, Some(remediation))
            .of_source(self.source, self.deployment.as_deref())
    }
}

impl AwsSecurityFinding {
    pub(crate) fn new(
        account_region: &AccountRegion,
        id: String,
        generator_id: String,
        at: Timestamp,
    ) -> Self {
        let at = Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at);
        Self {
            schema_version: "2018-10-08",
            id,
            product_arn: product_arn(account_region),
            product_name: "stagecert",
            generator_id,
            aws_account_id: account_region.account.clone(),
            created_at: at,
            updated_at: at,
            last_observed_at: at,
            ..Self::default()
        }
    }

    pub(crate) fn with_status(
        mut self,
        title: &'static str,
        status: &FindingStatus,
        related_requirements: Vec<String>,
    ) -> Self {
        let severity = Severity { label: status.severity };
        self.title = title;
        self.description = cut(&status.text, MAX_DESCRIPTION);
        self.types = vec![text::TYPE];
        self.severity = severity;
        self.finding_provider_fields = FindingProviderFields { severity, types: vec![text::TYPE] };
        if status.compliance == ComplianceStatus::NotAvailable {
            self.record_state = RecordState::Archived;
        }
        // Without reasons, Security Hub shows only the status.
        let status_reasons = match status.compliance {
            ComplianceStatus::NotAvailable | ComplianceStatus::Warning => {
                let reason_code = status.reason.replace('-', "_").to_uppercase();
                vec![StatusReason { reason_code, description: self.description.clone() }]
            }
            ComplianceStatus::Passed | ComplianceStatus::Failed => vec![],
        };
        self.compliance = Compliance { status: status.compliance, related_requirements, status_reasons };
        self
    }

    /// Adds who produced the finding and the digest of its content. `deployment` is that of the
    /// API.
    pub(crate) fn of_source(mut self, source: &Source, deployment: Option<&str>) -> Self {
        self.product_fields.insert("stagecert/deployment".into(), source.deployment.clone());
        self.product_fields.insert("stagecert/rule".into(), source.rule.clone());
        let digest = digest(&self, deployment);
        self.product_fields.insert(CONTENT.into(), digest);
        self
    }

    /// Sets the instant at which the problem was first imported.
    pub(crate) fn created_at(mut self, created_at: Option<Timestamp>) -> Self {
        self.created_at = created_at.unwrap_or(self.created_at);
        self
    }

    pub(crate) fn with_resources(
        mut self,
        resources: Vec<Resource>,
        product_fields: BTreeMap<String, String>,
        remediation: Option<Remediation>,
    ) -> Self {
        self.resources = resources;
        let non_blank = |(key, value): (String, String)| {
            (!value.trim().is_empty()).then(|| (key, cut(&value, MAX_FIELD)))
        };
        self.product_fields = product_fields.into_iter().filter_map(non_blank).collect();
        self.remediation = remediation;
        self
    }
}

/// Security Hub's label for a severity, or for a check that has not failed.
fn label(severity: Option<severity::Severity>) -> SeverityLabel {
    match severity {
        None => SeverityLabel::Informational,
        Some(severity::Severity::Low) => SeverityLabel::Low,
        Some(severity::Severity::Medium) => SeverityLabel::Medium,
        Some(severity::Severity::High) => SeverityLabel::High,
        Some(severity::Severity::Critical) => SeverityLabel::Critical,
    }
}
