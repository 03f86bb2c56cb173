//! The parts of AWS's answers that a snapshot keeps, in AWS's own field names.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::EarlierResult;
use crate::certificate::{AcmDetail, Certificate, CertificateId};
use crate::evaluations::{ComplianceType, Resource};
use crate::event::optional_instant;

/// An item of API Gateway's `GetClientCertificates`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientCertificate {
    /// The short id that stages name.
    pub client_certificate_id: String,
    /// What somebody wrote about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The certificate itself, which is where its dates come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pem_encoded_certificate: Option<String>,
    /// API Gateway's own date of its end.
    #[serde(default, deserialize_with = "optional_instant", skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<Timestamp>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
}

impl ClientCertificate {
    pub(super) fn certificate(&self) -> Certificate {
        let tags = self.tags.iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect();
        let id = CertificateId::new(self.client_certificate_id.clone());
        Certificate::generated(id, self.pem_encoded_certificate.as_deref(), self.expiration_date, tags)
    }
}

/// The `Certificate` of ACM's `DescribeCertificate`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AcmCertificate {
    /// The ARN that stages name.
    pub certificate_arn: String,
    /// Such as `ISSUED`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// `IMPORTED`, `PRIVATE`, `AMAZON_ISSUED`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    /// `ELIGIBLE` or `INELIGIBLE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal_eligibility: Option<String>,
    /// How its renewal goes, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal_summary: Option<RenewalSummary>,
    /// The first instant it is valid at.
    #[serde(default, deserialize_with = "optional_instant", skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// The last instant it is valid at.
    #[serde(default, deserialize_with = "optional_instant", skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
}

/// Of an [`AcmCertificate`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RenewalSummary {
    /// Such as `PENDING_AUTO_RENEWAL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal_status: Option<String>,
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

/// What `GetResources` of the Resource Groups Tagging API says of one resource.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ResourceTagMapping {
    /// The ARN of a stage or of an ACM certificate.
    #[serde(rename = "ResourceARN")]
    pub resource_arn: String,
    /// Its tags.
    #[serde(rename = "Tags", default)]
    pub tags: Vec<Tag>,
}

/// Of a [`ResourceTagMapping`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// Case-sensitive.
    pub key: String,
    /// Anybody's text.
    pub value: String,
}

/// A result that Config holds: of `GetComplianceDetailsByConfigRule`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EvaluationResult {
    /// What it is about.
    pub evaluation_result_identifier: EvaluationResultIdentifier,
    /// Such as `NON_COMPLIANT`.
    pub compliance_type: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotation: Option<String>,
}

/// Of an [`EvaluationResult`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EvaluationResultIdentifier {
    /// The rule and the resource.
    pub evaluation_result_qualifier: EvaluationResultQualifier,
}

/// Of an [`EvaluationResultIdentifier`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EvaluationResultQualifier {
    /// The rule's name.
    pub config_rule_name: String,
    /// Such as `AWS::ApiGateway::Stage`.
    pub resource_type: String,
    /// Config's id of the resource.
    pub resource_id: String,
}

impl EvaluationResult {
    pub(super) fn is_of(&self, rule_name: &str) -> bool {
        self.evaluation_result_identifier.evaluation_result_qualifier.config_rule_name == rule_name
    }

    pub(super) fn earlier_result(&self) -> EarlierResult {
        let qualifier = &self.evaluation_result_identifier.evaluation_result_qualifier;
        EarlierResult {
            resource: Resource::new(qualifier.resource_type.clone(), qualifier.resource_id.as_str()),
            compliance_type: ComplianceType::from_name(&self.compliance_type),
            annotation: self.annotation.as_deref().map(Into::into),
        }
    }
}
