//! The parts of AWS's answers that a snapshot keeps, in AWS's own field names.

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
    /// The short id that stages name.
    pub client_certificate_id: String,
    /// What somebody wrote about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The certificate itself, which is where its dates come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pem_encoded_certificate: Option<String>,
    /// API Gateway's own date of its end.
    #[serde(default, deserialize_with = "certificate_date", skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<Timestamp>,
    /// Its tags.
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
    #[serde(default, deserialize_with = "certificate_date", skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// The last instant it is valid at.
    #[serde(default, deserialize_with = "certificate_date", skip_serializing_if = "Option::is_none")]
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
    /// When Config recorded it.
    #[serde(default, deserialize_with = "optional_instant", skip_serializing_if = "Option::is_none")]
    pub result_recorded_time: Option<Timestamp>,
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

/// As [`optional_instant`], and up to the end of the year 9999, which no [`Timestamp`] reaches.
fn certificate_date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    match last_hours(&value) {
        Some(last) => Ok(Some(last)),
        None => optional_instant(value).map_err(serde::de::Error::custom),
    }
}

/// What stands for the last hours of the year 9999, where they are meant.
fn last_hours(value: &Value) -> Option<Timestamp> {
    let milliseconds = match value {
        #[expect(clippy::cast_possible_truncation, reason = "saturates, and what is too large is refused")]
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
    fn the_dates_of_the_year_9999_are_read_in_every_form() {
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
