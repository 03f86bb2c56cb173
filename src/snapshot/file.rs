use std::collections::HashMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::Failure;
use crate::account::EarlierResult;
use crate::certificate::{AcmDetail, Certificate, CertificateId};
use crate::evaluations::{ComplianceType, Resource};
use crate::event::{RawItem, from_json, instant, optional_instant};
use crate::place::{Place, is_account_id, is_partition, is_region};

/// The version of the format that this program reads and writes.
const VERSION: u64 = 1;

/// A snapshot as it is read: lists are those of AWS's answers, and any may be absent.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Snapshot {
    snapshot_version: u64,
    /// The instant it was taken at, which is the one that a scan of it judges by.
    #[serde(deserialize_with = "instant")]
    pub taken_at: Timestamp,
    partition: String,
    account_id: String,
    aws_region: String,
    /// Rows of `SelectResourceConfig`.
    #[serde(default)]
    pub(super) stages: Vec<Value>,
    #[serde(default)]
    pub(super) apis: Vec<Value>,
    #[serde(default)]
    pub(super) integrations: Vec<Value>,
    /// Items of `GetClientCertificates`.
    #[serde(default)]
    pub(super) client_certificates: Vec<ClientCertificate>,
    /// `Certificate`s of `DescribeCertificate`.
    #[serde(default)]
    pub(super) acm_certificates: Vec<AcmCertificate>,
    /// Of `GetResources`.
    #[serde(default)]
    pub(super) resource_tag_mapping_list: Vec<ResourceTagMapping>,
    /// Documents of `GetExport` by the stage's ARN.
    #[serde(default)]
    pub(super) exports: HashMap<String, Value>,
    /// Of `GetComplianceDetailsByConfigRule`.
    #[serde(default)]
    pub(super) evaluation_results: Vec<EvaluationResult>,
    /// Of `GetResourceConfigHistory`.
    #[serde(default)]
    pub(super) configuration_items: Vec<RawItem>,
}

impl Snapshot {
    /// Reads a snapshot.
    ///
    /// # Errors
    /// `Malformed`, naming the field and what is allowed.
    pub fn parse(json: &str) -> Result<Self, Failure> {
        let snapshot: Self = from_json("snapshot", json)?;
        let allowed = |field: &str, fits: bool, allowed: String| {
            if fits {
                Ok(())
            } else {
                Err(Failure::malformed(format!("snapshot.{field}"), format!("allowed: {allowed}")))
            }
        };
        allowed("snapshotVersion", snapshot.snapshot_version == VERSION, VERSION.to_string())?;
        allowed("partition", is_partition(&snapshot.partition), "a partition, such as aws".into())?;
        allowed("accountId", is_account_id(&snapshot.account_id), "twelve digits".into())?;
        allowed("awsRegion", is_region(&snapshot.aws_region), "a Region, such as eu-west-1".into())?;
        Ok(snapshot)
    }

    /// The account and Region that it shows.
    #[must_use]
    pub fn place(&self) -> Place {
        Place {
            partition: self.partition.clone(),
            account: self.account_id.clone(),
            region: self.aws_region.clone(),
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClientCertificate {
    client_certificate_id: String,
    #[serde(default)]
    pem_encoded_certificate: Option<String>,
    #[serde(default, deserialize_with = "optional_instant")]
    expiration_date: Option<Timestamp>,
    #[serde(default)]
    tags: Option<HashMap<String, String>>,
}

impl ClientCertificate {
    pub(super) fn certificate(&self) -> Certificate {
        let tags = self.tags.iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect();
        let id = CertificateId::new(self.client_certificate_id.clone());
        Certificate::generated(id, self.pem_encoded_certificate.as_deref(), self.expiration_date, tags)
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AcmCertificate {
    pub(super) certificate_arn: String,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    r#type: Option<String>,
    #[serde(default)]
    renewal_eligibility: Option<String>,
    #[serde(default)]
    renewal_summary: Option<RenewalSummary>,
    #[serde(default, deserialize_with = "optional_instant")]
    not_before: Option<Timestamp>,
    #[serde(default, deserialize_with = "optional_instant")]
    not_after: Option<Timestamp>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RenewalSummary {
    #[serde(default)]
    renewal_status: Option<String>,
}

impl AcmCertificate {
    pub(super) fn certificate(&self) -> Certificate {
        let detail = AcmDetail {
            status: self.status.clone(),
            kind: self.r#type.clone(),
            renewal_eligibility: self.renewal_eligibility.clone(),
            renewal_status: self.renewal_summary.as_ref().and_then(|summary| summary.renewal_status.clone()),
            not_before: self.not_before,
            not_after: self.not_after,
        };
        Certificate::acm(CertificateId::new(self.certificate_arn.clone()), detail)
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct ResourceTagMapping {
    #[serde(rename = "ResourceARN")]
    pub(super) resource_arn: String,
    #[serde(rename = "Tags", default)]
    pub(super) tags: Vec<Tag>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    pub(super) key: String,
    pub(super) value: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EvaluationResult {
    evaluation_result_identifier: EvaluationResultIdentifier,
    compliance_type: String,
    #[serde(default)]
    annotation: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EvaluationResultIdentifier {
    evaluation_result_qualifier: EvaluationResultQualifier,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EvaluationResultQualifier {
    config_rule_name: String,
    resource_type: String,
    resource_id: String,
}

impl EvaluationResult {
    pub(super) fn is_of(&self, rule_name: &str) -> bool {
        self.evaluation_result_identifier.evaluation_result_qualifier.config_rule_name == rule_name
    }

    pub(super) fn earlier_result(&self) -> EarlierResult {
        let qualifier = &self.evaluation_result_identifier.evaluation_result_qualifier;
        EarlierResult {
            resource: Resource {
                resource_type: qualifier.resource_type.clone(),
                id: qualifier.resource_id.clone(),
            },
            compliance_type: ComplianceType::from_name(&self.compliance_type),
            annotation: self.annotation.clone(),
        }
    }
}
