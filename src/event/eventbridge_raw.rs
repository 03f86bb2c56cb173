use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// Whether the text is a JSON object with the key `stagecert`. Anything else is left to the reader of Config's events.
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

/// Our own form: what is not known in it is a mistake.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object")]
pub(crate) struct RawReminders {
    #[expect(dead_code, reason = "known by now")]
    stagecert: IgnoredAny,
    pub(crate) time: Timestamp,
    pub(crate) hours: i64,
    pub(crate) account_id: String,
    pub(crate) region: String,
    pub(crate) rule_name: String,
    pub(crate) days: String,
    pub(crate) rule_parameters: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object")]
pub(crate) struct RawComplianceChange {
    #[expect(dead_code, reason = "known by now")]
    stagecert: IgnoredAny,
    pub(crate) rule_parameters: String,
    pub(crate) event: RawEvent,
}

/// EventBridge's form, to which AWS may add.
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
