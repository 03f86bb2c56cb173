use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use strum::EnumString;

/// A finding in the AWS Security Finding Format (ASFF), with the fields that stagecert uses. It
/// serializes to the JSON that `BatchImportFindings` takes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AwsSecurityFinding {
    /// The version of the format.
    pub schema_version: &'static str,
    /// The finding's id, which depends only on the resource, a stage's certificate, the phase and
    /// the check.
    pub id: String,
    /// The ARN of the account's default product.
    pub product_arn: String,
    /// The product name that Security Hub shows.
    pub product_name: &'static str,
    /// The deployment and the check, as the generator of the finding.
    pub generator_id: String,
    /// The evaluated account, whose credentials must import the finding.
    pub aws_account_id: String,
    /// The finding types in Security Hub's taxonomy.
    pub types: Vec<&'static str>,
    /// The instant at which the problem was first imported: that of the existing finding, or else
    /// of this evaluation.
    pub created_at: Timestamp,
    /// The instant of the evaluation, in milliseconds. Security Hub ignores a finding that is not
    /// newer than the stored one.
    pub updated_at: Timestamp,
    /// The instant of the evaluation, in milliseconds.
    pub last_observed_at: Timestamp,
    /// The severity.
    pub severity: Severity,
    /// The title of the check, up to 256 characters.
    pub title: &'static str,
    /// The reason for the result, up to 1,024 characters.
    pub description: String,
    /// How to fix it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remediation: Option<Remediation>,
    /// The deployment, the rule, the check, the reason code and the supporting facts.
    pub product_fields: BTreeMap<String, String>,
    /// The stage and, if it uses one, its certificate; or the API or custom domain name.
    pub resources: Vec<Resource>,
    /// The compliance status.
    pub compliance: Compliance,
    /// Whether the finding is active or archived.
    pub record_state: RecordState,
    /// The severity and types again, because updates by the provider must set them here.
    pub finding_provider_fields: FindingProviderFields,
}

/// Whether a finding needs attention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RecordState {
    /// The check has a result, or could not be evaluated.
    #[default]
    Active,
    /// The check does not apply, or nothing produces the finding any more.
    Archived,
}

/// The severity of a finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Severity {
    /// Security Hub's severity label.
    pub label: SeverityLabel,
}

/// Security Hub's severity labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, EnumString, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum SeverityLabel {
    /// No action is needed.
    #[default]
    Informational,
    /// Expiry notifications would not reach an owner.
    Low,
    /// The certificate will cause a failure later, or its state is unknown.
    Medium,
    /// The backend accepts traffic that bypasses API Gateway, or requests will fail within days.
    High,
    /// Backends that require the certificate reject all requests now.
    Critical,
}

/// The provider's values, which Security Hub stores separately from its users' changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct FindingProviderFields {
    /// The severity.
    pub severity: Severity,
    /// The finding types in Security Hub's taxonomy.
    pub types: Vec<&'static str>,
}

/// How to fix a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Remediation {
    /// The recommendation.
    pub recommendation: Recommendation,
}

/// A recommendation with a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Recommendation {
    /// The recommendation, up to 512 characters.
    pub text: String,
    /// The URL of the AWS documentation.
    pub url: &'static str,
}

/// The result of the check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Compliance {
    /// The compliance status.
    pub status: ComplianceStatus,
    /// Up to 32 requirements of the corresponding Security Hub control.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related_requirements: Vec<String>,
    /// Why there is no passed or failed result.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub status_reasons: Vec<StatusReason>,
}

/// The compliance statuses that stagecert uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum ComplianceStatus {
    /// The check passed.
    Passed,
    /// The check failed.
    Failed,
    /// Data that the check needs could not be read. Security Hub uses this status for missing
    /// information.
    Warning,
    /// The check does not apply.
    #[default]
    NotAvailable,
}

/// The reason for a status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct StatusReason {
    /// The reason code in Security Hub's style, such as `NO_CERTIFICATE`.
    pub reason_code: String,
    /// The reason as a sentence.
    pub description: String,
}

/// A resource that a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Resource {
    /// The type of the resource, such as `AwsApiGatewayStage`.
    #[serde(rename = "Type")]
    pub kind: &'static str,
    /// The ARN of the resource.
    pub id: String,
    /// The partition, such as `aws-cn`.
    pub partition: String,
    /// The Region, such as `cn-north-1`.
    pub region: String,
    /// The details of the resource, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<ResourceDetails>,
}

/// The details of a resource, in a field named after its type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum ResourceDetails {
    /// A stage of a REST API.
    AwsApiGatewayStage(StageDetails),
    /// A stage of a WebSocket or HTTP API.
    AwsApiGatewayV2Stage(StageDetails),
    /// An ACM certificate.
    AwsCertificateManagerCertificate(CertificateDetails),
    /// A REST API.
    AwsApiGatewayRestApi(Fields),
    /// A WebSocket or HTTP API.
    AwsApiGatewayV2Api(Fields),
    /// A resource of a type that Security Hub does not have.
    Other(Fields),
}

/// Details by their names.
pub(crate) type Fields = BTreeMap<&'static str, String>;

/// The details of a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct StageDetails {
    /// The id of the client certificate that the stage uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate_id: Option<String>,
    /// The id of the stage's deployment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_id: Option<String>,
    /// The name of the stage.
    pub stage_name: String,
}

/// The details of a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CertificateDetails {
    /// The last instant at which the certificate is valid, in RFC 3339 format and UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<String>,
}
