//! Stages and their deployments.

use std::fmt;
use std::hash::Hash;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;

use crate::resources::certificate_id::CertificateId;
use crate::resources::stage_arn::StageArn;
use crate::resources::subject::CertificateRole;

/// A stage as AWS Config or API Gateway describes it, with the facts that the checks use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The ARN, which is also Config's `resourceId`.
    pub arn: StageArn,
    /// The client certificate that the stage presents, if any.
    pub certificate: Option<CertificateId>,
    /// The stage's deployment; `None` if AWS names none.
    pub deployment: Option<DeploymentId>,
    /// The canary's deployment, which receives a share of the traffic.
    pub canary: Option<DeploymentId>,
    /// The creation time in whole seconds; `None` if AWS's response has none or it can't be parsed.
    pub created: Option<Timestamp>,
    /// The instant of this description: the capture time of the configuration item, or the time of
    /// the request to API Gateway. `None` if unknown, which counts as older than any instant.
    pub captured: Option<Timestamp>,
}

impl Stage {
    /// Returns whether both descriptions of the stage have the same facts, regardless of when they
    /// were captured.
    #[must_use]
    pub fn has_same_facts(&self, other: &Self) -> bool {
        self.arn == other.arn
            && self.certificate == other.certificate
            && self.deployment == other.deployment
            && self.canary == other.canary
    }

    /// The certificates that the stage uses, with what each is for.
    pub fn certificates(&self) -> impl Iterator<Item = (CertificateRole, &CertificateId)> {
        self.certificate.iter().map(|id| (CertificateRole::Client, id))
    }

    /// Returns the newer of two descriptions of one stage, or `other` if both are equally old. An
    /// older fact never overrides a newer one.
    #[must_use]
    pub fn newer<'s>(&'s self, other: &'s Self) -> &'s Self {
        if self.captured > other.captured { self } else { other }
    }

    /// Returns whether a canary sends a share of the traffic to a deployment other than
    /// the stage's.
    #[must_use]
    pub fn has_canary(&self) -> bool {
        self.canary.is_some() && self.canary != self.deployment
    }

    /// Returns a stage from the `configuration` of its configuration item.
    ///
    /// # Errors
    /// Returns a message that names the field and the problem.
    pub(crate) fn from_configuration(arn: StageArn, configuration: &Value) -> Result<Self, String> {
        let text = |value: &Value, field: &str| match value {
            Value::Null => Ok(None),
            Value::String(text) if text.is_empty() => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            _ => Err(format!("configuration.{field}: not a string")),
        };
        let object = |value: &Value, field: &str| match value {
            Value::Null | Value::Object(_) => Ok(()),
            _ => Err(format!("{field}: not an object")),
        };
        object(configuration, "configuration")?;
        let field = |name: &str| configuration.get(name).unwrap_or(&Value::Null);
        object(field("canarySettings"), "configuration.canarySettings")?;
        let canary = field("canarySettings").get("deploymentId").unwrap_or(&Value::Null);
        // An invalid id is an error: ignoring the canary would hide the backends that it calls.
        let id = |text: String| {
            let problem = "configuration.canarySettings.deploymentId: not a deployment id";
            DeploymentId::new(text).ok_or_else(|| problem.to_owned())
        };
        Ok(Self {
            arn,
            certificate: text(field("clientCertificateId"), "clientCertificateId")?.map(CertificateId::new),
            deployment: text(field("deploymentId"), "deploymentId")?.and_then(DeploymentId::new),
            canary: text(canary, "canarySettings.deploymentId")?.map(id).transpose()?,
            created: created(field("createdDate")),
            captured: None,
        })
    }
}

/// Parses `createdDate` in any of the forms that Config uses: RFC 3339, `Sep 15, 2025 7:41:26 AM`
/// in UTC, or seconds or milliseconds since 1970. The result is in whole seconds, because not all
/// forms are more precise.
fn created(value: &Value) -> Option<Timestamp> {
    /// The largest number that means seconds (year 5138). In milliseconds it is an instant in 1973.
    const MAX_SECONDS: u64 = 100_000_000_000;
    let seconds = match value {
        Value::String(text) => {
            if let Ok(instant) = text.parse::<Timestamp>() {
                instant.as_second()
            } else {
                let words = DateTime::strptime("%b %d, %Y %I:%M:%S %p", text).ok()?;
                words.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second()
            }
        }
        #[expect(clippy::cast_possible_truncation, reason = "saturates; from_second checks the range")]
        Value::Number(number) => match number.as_f64()?.floor() as i64 {
            milliseconds if milliseconds.unsigned_abs() > MAX_SECONDS => milliseconds.div_euclid(1000),
            seconds => seconds,
        },
        _ => return None,
    };
    Timestamp::from_second(seconds).ok()
}

/// The id of a deployment: 1 to 64 letters and digits, so that it can be written to an annotation
/// and parsed back from it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct DeploymentId(Box<str>);

impl DeploymentId {
    /// Returns the id, or `None` if the text has another form.
    #[must_use]
    pub fn new(text: String) -> Option<Self> {
        (!text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()))
            .then(|| Self(text.into()))
    }
}

impl fmt::Display for DeploymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::resources::stage_arn::StageType;

    #[test]
    fn arns_of_all_partitions_and_both_types_are_parsed() {
        for (text, label, kind) in [
            ("arn:aws:apigateway:eu-west-1::/restapis/a1b2/stages/prod", "a1b2/prod", StageType::RestApi),
            (
                "arn:aws-cn:apigateway:cn-north-1::/restapis/a1b2/stages/v_1-x",
                "a1b2/v_1-x",
                StageType::RestApi,
            ),
            (
                "arn:aws-us-gov:apigateway:us-gov-west-1::/apis/a1b2/stages/$default",
                "a1b2/$default",
                StageType::ApiV2,
            ),
        ] {
            let arn = StageArn::parse(text).unwrap();
            assert_eq!((arn.label().as_str(), arn.stage_type(), arn.as_str()), (label, kind, text));
        }
        let arn = StageArn::parse("arn:aws-cn:apigateway:cn-north-1::/apis/a1b2/stages/s").unwrap();
        assert_eq!((arn.partition(), arn.region()), ("aws-cn", "cn-north-1"));
        assert_eq!(arn.api_arn(), "arn:aws-cn:apigateway:cn-north-1::/apis/a1b2");
    }

    #[test]
    fn every_form_of_the_creation_time_gives_the_same_instant() {
        for spelled in [
            json!("2025-09-15T07:41:26.318Z"),
            json!("2025-09-15T09:41:26+02:00"),
            json!("Sep 15, 2025 7:41:26 AM"),
            json!(1_757_922_086),
            json!(1_757_922_086.318),
            json!(1_757_922_086_318_i64),
        ] {
            assert_eq!(created(&spelled), Some("2025-09-15T07:41:26Z".parse().unwrap()), "{spelled}");
        }
        for invalid in [json!(null), json!(""), json!("yesterday"), json!({}), json!(1e300), json!(-1e300)] {
            assert_eq!(created(&invalid), None, "{invalid}");
        }
    }

    #[test]
    fn other_text_is_rejected() {
        for text in [
            "",
            "prod",
            "arn:aws:apigateway:eu-west-1::/restapis/a1b2",
            "arn:aws:apigateway:eu-west-1::/restapis/a1b2/stages/",
            "arn:aws:apigateway:eu-west-1::/restapis/a1b2/stages/a/b",
            "arn:aws:apigateway:eu-west-1::/restapis/a' OR '1'='1/stages/x",
            "arn:aws:apigateway:eu-west-1::/restapis/a1/stages/x\n",
            "arn:aws:apigateway:eu-west-1::/restapis/a1/stages/ü",
            "arn:aws:apigateway:eu-west-1:111122223333:/restapis/a1/stages/x",
            "arn:aws:execute-api:eu-west-1::/restapis/a1/stages/x",
        ] {
            assert!(StageArn::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_configuration_without_the_key_has_no_certificate_and_an_invalid_one_is_rejected() {
        let arn = StageArn::parse("arn:aws:apigateway:eu-west-1::/restapis/a1/stages/x").unwrap();
        for configuration in
            [json!({}), json!({"clientCertificateId": null}), json!({"clientCertificateId": ""})]
        {
            assert_eq!(Stage::from_configuration(arn.clone(), &configuration).unwrap().certificate, None);
        }
        for (configuration, problem) in [
            (json!({"clientCertificateId": 7}), "configuration.clientCertificateId: not a string"),
            (json!(["abc123"]), "configuration: not an object"),
            (json!({"canarySettings": "d2"}), "configuration.canarySettings: not an object"),
            (
                json!({"canarySettings": {"deploymentId": "d 2"}}),
                "configuration.canarySettings.deploymentId: not a deployment id",
            ),
        ] {
            assert_eq!(Stage::from_configuration(arn.clone(), &configuration).unwrap_err(), problem);
        }
    }
}
