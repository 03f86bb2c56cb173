use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

/// A finding in the AWS Security Finding Format, as far as stagecert fills it. It serializes to what goes over the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AwsSecurityFinding {
    /// The format's version.
    pub schema_version: &'static str,
    /// The same for the same stage and check, always.
    pub id: String,
    /// The product of the account's own findings.
    pub product_arn: String,
    /// The name it is shown under.
    pub product_name: &'static str,
    /// The check.
    pub generator_id: String,
    /// The account that is judged, which is also the one to import it with.
    pub aws_account_id: String,
    /// From Security Hub's taxonomy.
    pub types: Vec<&'static str>,
    /// When the stage was made, which no later import changes: whether Security Hub keeps the first one that it was given is
    /// not documented.
    pub created_at: Timestamp,
    /// The evaluated instant, in milliseconds: an import that is not newer is passed over.
    pub updated_at: Timestamp,
    /// How much is at stake.
    pub severity: Severity,
    /// The check's, up to 256 characters.
    pub title: &'static str,
    /// The reason, up to 1,024 characters.
    pub description: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remediation: Option<Remediation>,
    /// Check, reason and the facts behind them.
    pub product_fields: BTreeMap<String, String>,
    /// The stage, and its certificate where it names one.
    pub resources: Vec<Resource>,
    /// Passed, failed or neither.
    pub compliance: Compliance,
    /// Whether there is anything to look at.
    pub record_state: RecordState,
    /// Severity and types once more: where a later import has to give them.
    pub finding_provider_fields: FindingProviderFields,
}

/// Whether there is anything to look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RecordState {
    /// The check gave an answer, or could not.
    #[default]
    Active,
    /// The check does not apply, or the stage is gone.
    Archived,
}

/// How much is at stake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Severity {
    /// Security Hub's word for it.
    pub label: SeverityLabel,
}

/// Security Hub's words for how much is at stake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SeverityLabel {
    /// Nothing to do.
    #[default]
    Informational,
    /// A warning would reach nobody.
    Low,
    /// It will break, or can't be told.
    Medium,
    /// The backend is open, or breaks within days.
    High,
    /// Backends that enforce the certificate refuse every request now.
    Critical,
}

/// What the provider says, which Security Hub keeps beside what its users change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct FindingProviderFields {
    /// How much is at stake.
    pub severity: Severity,
    /// From Security Hub's taxonomy.
    pub types: Vec<&'static str>,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Remediation {
    /// The one recommendation.
    pub recommendation: Recommendation,
}

/// A text and a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Recommendation {
    /// Up to 512 characters.
    pub text: String,
    /// AWS's page about it.
    pub url: &'static str,
}

/// How the check went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Compliance {
    /// Passed, failed or neither.
    pub status: ComplianceStatus,
    /// Of the control that asks the same, up to 32.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related_requirements: Vec<String>,
    /// Why the check gives no answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub status_reasons: Vec<StatusReason>,
}

/// The statuses that stagecert gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ComplianceStatus {
    /// The check passed.
    Passed,
    /// The check failed.
    Failed,
    /// What the check needs could not be read: Security Hub's word for information that is missing.
    Warning,
    /// The check does not apply.
    #[default]
    NotAvailable,
}

/// Why a status is what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct StatusReason {
    /// The reason's code, in Security Hub's style: `NO_CERTIFICATE`.
    pub reason_code: String,
    /// The same as a sentence.
    pub description: String,
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Resource {
    /// Security Hub's name of the type, such as `AwsApiGatewayStage`.
    #[serde(rename = "Type")]
    pub kind: &'static str,
    /// The ARN.
    pub id: String,
    /// Such as `aws-cn`.
    pub partition: String,
    /// Such as `cn-north-1`.
    pub region: String,
    /// What is known about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<ResourceDetails>,
}

/// What is known about a resource, under the name of its type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum ResourceDetails {
    /// A stage of a REST API.
    AwsApiGatewayStage(StageDetails),
    /// A stage of a WebSocket or an HTTP API.
    AwsApiGatewayV2Stage(StageDetails),
    /// A certificate that ACM keeps.
    AwsCertificateManagerCertificate(CertificateDetails),
}

/// What is known about a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct StageDetails {
    /// The certificate it names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate_id: Option<String>,
    /// The deployment that is live on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_id: Option<String>,
    /// Its name.
    pub stage_name: String,
}

/// What is known about a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CertificateDetails {
    /// The last instant it is valid at, RFC 3339 in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<String>,
}
