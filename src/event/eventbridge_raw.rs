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
