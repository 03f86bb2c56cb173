//! The parts of AWS responses that a snapshot contains, with AWS's field names.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::fmt::temporal::Pieces;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::account::listing::ReportedResult;
use crate::evaluation::compliance::ComplianceType;
use crate::event::optional_instant;
use crate::resources::certificate::{self, AcmDetail, Certificate};
use crate::resources::certificate_id::CertificateId;
use crate::resources::resource::Resource;

/// An item of API Gateway's `GetClientCertificates`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientCertificate {
    /// The id, which stages refer to.
    pub client_certificate_id: String,
    /// The description, which is free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The certificate itself, from which its dates are read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pem_encoded_certificate: Option<String>,
    /// The expiry date from API Gateway.
    #[serde(default, deserialize_with = "certificate_date", skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<Timestamp>,
    /// The tags, by key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
}

impl ClientCertificate {
    pub(crate) fn certificate(&self) -> Certificate {
        let tags = self.tags.iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect();
        let id = CertificateId::new(self.client_certificate_id.clone());
        Certificate::generated(id, self.pem_encoded_certificate.as_deref(), self.expiration_date, tags)
    }
}

/// The `Certificate` of ACM's `DescribeCertificate`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AcmCertificate {
    /// The ARN, which stages refer to.
    pub certificate_arn: String,
    /// The status, such as `ISSUED`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The type: `IMPORTED`, `PRIVATE` or `AMAZON_ISSUED`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    /// The renewal eligibility: `ELIGIBLE` or `INELIGIBLE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal_eligibility: Option<String>,
    /// The state of the managed renewal, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal_summary: Option<RenewalSummary>,
    /// The first instant at which the certificate is valid.
    #[serde(default, deserialize_with = "certificate_date", skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// The last instant at which the certificate is valid.
    #[serde(default, deserialize_with = "certificate_date", skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
}

/// The `RenewalSummary` of an [`AcmCertificate`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RenewalSummary {
    /// The status of the renewal, such as `PENDING_AUTO_RENEWAL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal_status: Option<String>,
}

impl AcmCertificate {
    pub(crate) fn certificate(&self) -> Certificate {
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

/// An item of `GetResources` of the Resource Groups Tagging API: the tags of one resource.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ResourceTagMapping {
    /// The ARN of a stage or of an ACM certificate.
    #[serde(rename = "ResourceARN")]
    pub resource_arn: String,
    /// The tags of the resource.
    #[serde(rename = "Tags", default)]
    pub tags: Vec<Tag>,
}

/// A tag of a [`ResourceTagMapping`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// The key, which is case-sensitive.
    pub key: String,
    /// The value, which is untrusted text.
    pub value: String,
}

/// An item of `GetComplianceDetailsByConfigRule`: a result that Config holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EvaluationResult {
    /// The rule and the resource.
    pub evaluation_result_identifier: EvaluationResultIdentifier,
    /// The compliance type, such as `NON_COMPLIANT`.
    pub compliance_type: String,
    /// The annotation, which states the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotation: Option<String>,
    /// When Config recorded the result.
    #[serde(default, deserialize_with = "optional_instant", skip_serializing_if = "Option::is_none")]
    pub result_recorded_time: Option<Timestamp>,
}

/// The identifier of an [`EvaluationResult`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EvaluationResultIdentifier {
    /// The rule and the resource.
    pub evaluation_result_qualifier: EvaluationResultQualifier,
}

/// The qualifier of an [`EvaluationResultIdentifier`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EvaluationResultQualifier {
    /// The rule's name.
    pub config_rule_name: String,
    /// The resource type, such as `AWS::ApiGateway::Stage`.
    pub resource_type: String,
    /// The resource id that Config uses.
    pub resource_id: String,
}

impl EvaluationResult {
    pub(crate) fn is_of(&self, rule_name: &str) -> bool {
        self.evaluation_result_identifier.evaluation_result_qualifier.config_rule_name == rule_name
    }

    pub(crate) fn earlier_result(&self) -> ReportedResult {
        let qualifier = &self.evaluation_result_identifier.evaluation_result_qualifier;
        ReportedResult {
            resource: Resource::new(qualifier.resource_type.clone(), qualifier.resource_id.as_str()),
            compliance_type: ComplianceType::from_name(&self.compliance_type),
            annotation: self.annotation.as_deref().map(Into::into),
            recorded: self.result_recorded_time,
        }
    }
}

/// A date, read as [`optional_instant`] does, or the last representable instant for the last hours
/// of the year 9999, which a [`Timestamp`] can't represent.
pub(super) fn certificate_date<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    match last_hours(&value) {
        Some(last) => Ok(Some(last)),
        None => optional_instant(value).map_err(serde::de::Error::custom),
    }
}

/// The last representable instant, if `value` is in the last hours of the year 9999.
fn last_hours(value: &Value) -> Option<Timestamp> {
    let milliseconds = match value {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the cast saturates, and too large a value is rejected"
        )]
        Value::Number(seconds) => (seconds.as_f64()? * 1000.0).round() as i128,
        Value::String(text) => {
            let pieces = Pieces::parse(text).ok()?;
            let offset = pieces.to_numeric_offset()?;
            let local = pieces.date().to_datetime(pieces.time()?);
            let since = local.duration_since(jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0));
            since.as_millis() - i128::from(offset.seconds()) * 1000
        }
        _ => return None,
    };
    certificate::instant(milliseconds).filter(|instant| instant.as_second() == Timestamp::MAX.as_second())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_last_dates_of_the_year_9999_are_read_in_every_form() {
        let read = |date: Value| {
            let certificate: ClientCertificate =
                serde_json::from_value(json!({"clientCertificateId": "a1", "expirationDate": date.clone()}))
                    .map_err(|error| error.to_string())?;
            let acm: AcmCertificate = serde_json::from_value(
                json!({"CertificateArn": "arn", "NotBefore": "2026-01-01T00:00:00Z", "NotAfter": date}),
            )
            .map_err(|error| error.to_string())?;
            assert_eq!(certificate.expiration_date, acm.not_after);
            Ok::<_, String>(acm.not_after.map(|date| date.to_string()))
        };
        let last = Some("9999-12-30T22:00:00Z".to_owned());
        for date in [
            json!("9999-12-31T23:59:59Z"),
            json!("9999-12-31T23:59:59+00:00"),
            json!("9999-12-31T23:59:59.000-08:00"),
            json!("9999-12-31T12:00:00+13:00"),
            json!(253_402_300_799_i64),
            json!(253_402_300_799.0),
        ] {
            assert_eq!(read(date.clone()), Ok(last.clone()), "{date}");
        }
        assert_eq!(read(json!("2027-09-01T02:00:00+02:00")), Ok(Some("2027-09-01T00:00:00Z".into())));
        assert_eq!(read(json!(1_800_000_000)), Ok(Some("2027-01-15T08:00:00Z".into())));
        assert_eq!(read(Value::Null), Ok(None));
        for date in
            [json!("9999-12-31T23:59:59"), json!("9999-12-31"), json!(1e15), json!("soon"), json!(true)]
        {
            assert!(read(date.clone()).is_err(), "{date}");
        }
    }
}
