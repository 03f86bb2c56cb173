//! Stages, and the ARN that names one.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;

use super::account_region::AccountRegion;
use super::certificate::CertificateId;
use crate::failure::shown;

/// A stage as AWS Config or API Gateway describes it: the facts that the checks ask about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The ARN, which is also the `resourceId` that Config uses.
    pub arn: StageArn,
    /// The client certificate it presents, if any.
    pub certificate: Option<CertificateId>,
    /// The deployment that is live on it; absent where AWS names none.
    pub deployment: Option<DeploymentId>,
    /// The deployment that its canary sends a share of the traffic to.
    pub canary: Option<DeploymentId>,
    /// When it was made, in whole seconds; absent where AWS does not tell, or in a form that is not known.
    pub created: Option<Timestamp>,
    /// When AWS saw it like this: the capture time of its item, or the instant at which API Gateway
    /// was asked. `None` if that is unknown, which counts as older than any instant.
    pub captured: Option<Timestamp>,
}

impl Stage {
    /// Whether both say the same about the stage, whenever they were captured.
    #[must_use]
    pub fn has_same_facts(&self, other: &Self) -> bool {
        self.arn == other.arn
            && self.certificate == other.certificate
            && self.deployment == other.deployment
            && self.canary == other.canary
    }

    /// The newer of two descriptions of one stage; `other` if both are equally old. An older fact
    /// never overrides a newer one.
    #[must_use]
    pub fn newer<'s>(&'s self, other: &'s Self) -> &'s Self {
        if self.captured > other.captured { self } else { other }
    }

    /// Whether a canary sends a share of the traffic to a deployment other than the stage's own.
    #[must_use]
    pub fn has_canary(&self) -> bool {
        self.canary.is_some() && self.canary != self.deployment
    }

    /// A stage from the `configuration` of its configuration item, in the item's own field names.
    ///
    /// # Errors
    /// A sentence that names the field and what is allowed.
    pub fn from_configuration(arn: StageArn, configuration: &Value) -> Result<Self, String> {
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
        // One whose id has another form is still there: taken for none, it would hide what it calls.
        let id = |text: String| {
            let told = "configuration.canarySettings.deploymentId: not a deployment's id";
            DeploymentId::new(text).ok_or_else(|| told.to_owned())
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

/// An instant as Config spells it: RFC 3339, `Sep 15, 2025 7:41:26 AM` in UTC, or seconds or milliseconds since 1970. Seconds
/// are what all of them tell.
fn created(value: &Value) -> Option<Timestamp> {
    /// Seconds up to the year 5138; as milliseconds, instants from 1973 on.
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

/// The id of a deployment: letters and digits, so that it can be quoted in an annotation and found there again.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct DeploymentId(Box<str>);

impl DeploymentId {
    /// The id, or `None` for text of another form.
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

/// Which of Config's two stage types a stage is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StageType {
    /// `AWS::ApiGateway::Stage`: a stage of a REST API.
    Rest,
    /// `AWS::ApiGatewayV2::Stage`: a stage of a WebSocket or an HTTP API.
    V2,
}

impl StageType {
    /// Both types.
    pub const ALL: [Self; 2] = [Self::Rest, Self::V2];

    /// Config's name of the type.
    #[must_use]
    pub fn resource_type(self) -> &'static str {
        match self {
            Self::Rest => "AWS::ApiGateway::Stage",
            Self::V2 => "AWS::ApiGatewayV2::Stage",
        }
    }

    /// The type that Config calls `name`, or `None` where it isn't a stage's.
    #[must_use]
    pub fn from_resource_type(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.resource_type() == name)
    }

    fn collection(self) -> &'static str {
        match self {
            Self::Rest => "restapis",
            Self::V2 => "apis",
        }
    }
}

/// Between an API's id and its stage's name.
const STAGES: &str = "/stages/";

/// A stage's ARN: `arn:PARTITION:apigateway:REGION::/restapis/ID/stages/NAME`, or `/apis/ID/stages/NAME`.
///
/// The configuration item of a stage holds no API id: this is where it comes from, in every partition. A clone shares the text:
/// a sweep names each stage in many places.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StageArn {
    text: Arc<str>,
    kind: StageType,
    /// Where the API's id begins in the text, and where it ends: asked for again and again, and found once.
    api: u16,
    api_end: u16,
}

impl StageArn {
    /// Reads an ARN.
    ///
    /// # Errors
    /// A sentence that quotes the text and says what is allowed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let malformed = || {
            format!(
                "\"{}\" is not the ARN of a stage, arn:PARTITION:apigateway:REGION::/restapis/ID/stages/NAME or …/apis/ID/stages/NAME",
                shown(text)
            )
        };
        let (head, path) = text.split_once('/').ok_or_else(malformed)?;
        let head: Vec<&str> = head.split(':').collect();
        let path: Vec<&str> = path.split('/').collect();
        let (&["arn", partition, "apigateway", region, "", ""], &[collection, api, "stages", name]) =
            (head.as_slice(), path.as_slice())
        else {
            return Err(malformed());
        };
        let kind =
            StageType::ALL.into_iter().find(|kind| kind.collection() == collection).ok_or_else(malformed)?;
        let known_form = crate::resources::account_region::is_partition(partition)
            && crate::resources::account_region::is_region(region)
            && is_api_id(api)
            && is_stage_name(name);
        if !known_form {
            return Err(malformed());
        }
        let api_end = text.len() - STAGES.len() - name.len();
        let offset = |at: usize| u16::try_from(at).map_err(|_| malformed());
        Ok(Self { text: text.into(), kind, api: offset(api_end - api.len())?, api_end: offset(api_end)? })
    }

    /// The ARN of a REST API's stage, from its parts.
    ///
    /// # Errors
    /// A sentence that says which part can't stand in an ARN.
    pub fn of_rest_api(partition: &str, region: &str, api: &str, name: &str) -> Result<Self, String> {
        Self::parse(&format!("arn:{partition}:apigateway:{region}::/restapis/{api}/stages/{name}"))
    }

    /// Whether a stage of this type in this account and Region can have the ARN.
    #[must_use]
    pub fn is_of(&self, resource_type: &str, account_region: &AccountRegion) -> bool {
        self.kind.resource_type() == resource_type
            && self.partition() == account_region.partition
            && self.region() == account_region.region
    }

    /// The whole ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The whole ARN, shared.
    #[must_use]
    pub fn text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// REST, or WebSocket and HTTP.
    #[must_use]
    pub fn stage_type(&self) -> StageType {
        self.kind
    }

    /// The partition, such as `aws-cn`.
    #[must_use]
    pub fn partition(&self) -> &str {
        self.text.split(':').nth(1).unwrap_or_default()
    }

    /// The Region, such as `cn-north-1`.
    #[must_use]
    pub fn region(&self) -> &str {
        self.text.split(':').nth(3).unwrap_or_default()
    }

    /// The id of the API.
    #[must_use]
    pub fn api_id(&self) -> &str {
        self.text.get(self.api.into()..self.api_end.into()).unwrap_or_default()
    }

    /// The ARN of the API, which is Config's `resourceId` of it.
    #[must_use]
    pub fn api_arn(&self) -> &str {
        self.text.get(..self.api_end.into()).unwrap_or_default()
    }

    /// The stage's name.
    #[must_use]
    pub fn stage_name(&self) -> &str {
        self.text.get(usize::from(self.api_end) + STAGES.len()..).unwrap_or_default()
    }

    /// `apiId/stageName`: how people, globs and annotations name a stage.
    #[must_use]
    pub fn label(&self) -> String {
        [self.api_id(), "/", self.stage_name()].concat()
    }
}

/// By the text alone, which tells all the rest: a hash of less is a faster look-up.
impl Hash for StageArn {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Display for StageArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Letters and digits: an API id can stand in an ARN and in a query expression.
fn is_api_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// 1 to 128 printable ASCII characters without quotes; API Gateway itself allows fewer (and `$default`).
fn is_stage_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 128
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\'' | b'"' | b'\\'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn arns_of_every_partition_and_both_types() {
        for (text, label, kind) in [
            ("arn:aws:apigateway:eu-west-1::/restapis/a1b2/stages/prod", "a1b2/prod", StageType::Rest),
            ("arn:aws-cn:apigateway:cn-north-1::/restapis/a1b2/stages/v_1-x", "a1b2/v_1-x", StageType::Rest),
            (
                "arn:aws-us-gov:apigateway:us-gov-west-1::/apis/a1b2/stages/$default",
                "a1b2/$default",
                StageType::V2,
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
    fn a_stage_was_made_in_one_second_however_it_is_spelled() {
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
        for untold in [json!(null), json!(""), json!("yesterday"), json!({}), json!(1e300), json!(-1e300)] {
            assert_eq!(created(&untold), None, "{untold}");
        }
    }

    #[test]
    fn other_text_is_refused() {
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
    fn a_configuration_without_the_key_has_no_certificate() {
        let arn = StageArn::parse("arn:aws:apigateway:eu-west-1::/restapis/a1/stages/x").unwrap();
        for configuration in
            [json!({}), json!({"clientCertificateId": null}), json!({"clientCertificateId": ""})]
        {
            assert_eq!(Stage::from_configuration(arn.clone(), &configuration).unwrap().certificate, None);
        }
        for (configuration, refused) in [
            (json!({"clientCertificateId": 7}), "configuration.clientCertificateId: not a string"),
            (json!(["abc123"]), "configuration: not an object"),
            (json!({"canarySettings": "d2"}), "configuration.canarySettings: not an object"),
            (
                json!({"canarySettings": {"deploymentId": "d 2"}}),
                "configuration.canarySettings.deploymentId: not a deployment's id",
            ),
        ] {
            assert_eq!(Stage::from_configuration(arn.clone(), &configuration).unwrap_err(), refused);
        }
    }
}
