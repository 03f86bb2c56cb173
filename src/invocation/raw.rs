use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// Whether the text is a JSON object with the key `stagecert`. Anything else is left to the reader of Config's events.
pub(super) fn has_key(json: &str) -> bool {
    #[derive(Deserialize)]
    struct Key {
        #[serde(default)]
        stagecert: Option<IgnoredAny>,
    }
    serde_json::from_str::<Key>(json).is_ok_and(|key| key.stagecert.is_some())
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct RawKind {
    pub(super) stagecert: String,
}

/// Our own form: what is not known in it is a mistake.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object")]
pub(super) struct RawReminders {
    #[expect(dead_code, reason = "known by now")]
    stagecert: IgnoredAny,
    pub(super) time: Timestamp,
    pub(super) hours: i64,
    pub(super) account_id: String,
    pub(super) region: String,
    pub(super) rule_name: String,
    pub(super) days: String,
    pub(super) rule_parameters: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object")]
pub(super) struct RawComplianceChange {
    #[expect(dead_code, reason = "known by now")]
    stagecert: IgnoredAny,
    pub(super) rule_parameters: String,
    pub(super) event: RawEvent,
}

/// EventBridge's form, to which AWS may add.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct RawEvent {
    pub(super) source: String,
    #[serde(rename = "detail-type")]
    pub(super) detail_type: String,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) time: Timestamp,
    pub(super) detail: RawDetail,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub(super) struct RawDetail {
    pub(super) message_type: String,
    pub(super) aws_account_id: String,
    pub(super) aws_region: String,
    pub(super) config_rule_name: String,
    #[serde(default, rename = "configRuleARN")]
    pub(super) config_rule_arn: Option<String>,
    pub(super) resource_type: String,
    pub(super) resource_id: String,
    #[serde(default)]
    pub(super) new_evaluation_result: Option<RawResult>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub(super) struct RawResult {
    pub(super) compliance_type: String,
    #[serde(default)]
    pub(super) annotation: Option<String>,
}
