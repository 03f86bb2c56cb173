//! The JSON forms of invocations by EventBridge, before validation.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// Returns whether the text is a JSON object with the key `stagecert`. Any other text is parsed as
/// an event from Config.
pub(crate) fn has_key(json: &str) -> bool {
    #[derive(Deserialize)]
    struct Key {
        #[serde(default)]
        stagecert: Option<IgnoredAny>,
    }
    serde_json::from_str::<Key>(json).is_ok_and(|key| key.stagecert.is_some())
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(crate) struct RawKind {
    pub(crate) stagecert: String,
}

/// An invocation for reminders. The CDK app defines its form, so an unknown field is an error.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object")]
pub(crate) struct RawReminders {
    #[expect(dead_code, reason = "already parsed as RawKind")]
    stagecert: IgnoredAny,
    pub(crate) time: Timestamp,
    pub(crate) hours: i64,
    pub(crate) account_id: String,
    pub(crate) region: String,
    pub(crate) rule_name: String,
    pub(crate) days: String,
    pub(crate) rule_parameters: String,
}

/// An invocation for a compliance change, with Config's event inside it. The CDK app defines the
/// outer form.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object")]
pub(crate) struct RawComplianceChange {
    #[expect(dead_code, reason = "already parsed as RawKind")]
    stagecert: IgnoredAny,
    pub(crate) rule_parameters: String,
    pub(crate) event: RawEvent,
}

/// An event from EventBridge. AWS may add fields, so unknown fields are ignored.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(crate) struct RawEvent {
    pub(crate) source: String,
    #[serde(rename = "detail-type")]
    pub(crate) detail_type: String,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) time: Timestamp,
    pub(crate) detail: RawDetail,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub(crate) struct RawDetail {
    pub(crate) message_type: String,
    pub(crate) aws_account_id: String,
    pub(crate) aws_region: String,
    pub(crate) config_rule_name: String,
    #[serde(default, rename = "configRuleARN")]
    pub(crate) config_rule_arn: Option<String>,
    pub(crate) resource_type: String,
    pub(crate) resource_id: String,
    #[serde(default)]
    pub(crate) new_evaluation_result: Option<RawResult>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub(crate) struct RawResult {
    pub(crate) compliance_type: String,
    #[serde(default)]
    pub(crate) annotation: Option<String>,
}
