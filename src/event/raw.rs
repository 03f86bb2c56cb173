//! The JSON forms of events from Config, before validation.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::Failure;
use crate::quote::quoted;

/// The event without its invoking event, which is JSON text in it. Unknown fields are ignored, and
/// fields that only some message types have are optional.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub(crate) struct RawEvent {
    pub(crate) invoking_event: String,
    #[serde(default)]
    pub(crate) rule_parameters: Option<String>,
    #[serde(default)]
    pub(crate) result_token: Option<String>,
    #[serde(default)]
    pub(crate) event_left_scope: bool,
    #[serde(default)]
    pub(crate) config_rule_arn: Option<String>,
    #[serde(default)]
    pub(crate) config_rule_name: Option<String>,
    #[serde(default)]
    pub(crate) account_id: Option<String>,
    #[serde(default)]
    pub(crate) evaluation_mode: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub(crate) struct RawMessageType {
    pub(crate) message_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub(crate) struct RawScheduled {
    pub(crate) aws_account_id: String,
    #[serde(deserialize_with = "instant")]
    pub(crate) notification_creation_time: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub(crate) struct RawOversized {
    #[serde(default, deserialize_with = "optional_instant")]
    pub(crate) notification_creation_time: Option<Timestamp>,
    pub(crate) configuration_item_summary: RawItem,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub(crate) struct RawChange {
    #[serde(default, deserialize_with = "optional_instant")]
    pub(crate) notification_creation_time: Option<Timestamp>,
    pub(crate) configuration_item: RawItem,
    #[serde(default)]
    pub(crate) configuration_item_diff: Option<RawDiff>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub(crate) struct RawDiff {
    #[serde(default)]
    pub(crate) changed_properties: Option<BTreeMap<String, RawPropertyChange>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub(crate) struct RawPropertyChange {
    #[serde(default)]
    pub(crate) previous_value: Value,
}

/// A configuration item in either form: as in an event (`ARN`, `awsAccountId`, `configuration` as
/// an object) or as from the API (`arn`, `accountId`, `configuration` as a JSON string).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct RawItem {
    /// The resource's account.
    #[serde(rename = "awsAccountId", alias = "accountId")]
    pub account_id: String,
    /// The resource's Region.
    pub aws_region: String,
    /// The resource type, such as `AWS::ApiGateway::Stage`.
    pub resource_type: String,
    /// The resource id under which results are put.
    pub resource_id: String,
    /// The status, such as `OK` or `ResourceDeleted`.
    pub configuration_item_status: String,
    /// When Config captured the item.
    #[serde(deserialize_with = "instant")]
    pub configuration_item_capture_time: Timestamp,
    /// The id of this version of the item: a number in events, a string in the API.
    #[serde(default)]
    pub configuration_state_id: Value,
    /// The configuration: an object, a JSON string of one, or null for a deleted resource.
    #[serde(default)]
    pub configuration: Value,
}

/// Parses a JSON object into `T`.
///
/// The failure names the document, the path in it and what was expected there. It never contains a
/// value, which could be a misplaced result token.
pub(crate) fn from_json<'de, T: Deserialize<'de>>(document: &str, json: &'de str) -> Result<T, Failure> {
    if !json.trim_start().starts_with('{') {
        return Err(Failure::malformed(document, "not a JSON object"));
    }
    let deserializer = &mut serde_json::Deserializer::from_str(json);
    let value = serde_path_to_error::deserialize(&mut *deserializer).map_err(|error| {
        let path = error.path().to_string();
        let field = match path.as_str() {
            "." | "?" => document.to_owned(),
            path => format!("{document}.{}", quoted(path)),
        };
        Failure::malformed(field, without_values(&error.into_inner().to_string()))
    })?;
    deserializer.end().map_err(|error| Failure::malformed(document, error.to_string()))?;
    Ok(value)
}

/// Returns Serde's message without the value that was found: "invalid type: string \"x\", expected
/// a map" becomes "expected a map".
fn without_values(message: &str) -> String {
    let found = message.starts_with("invalid type: ") || message.starts_with("invalid value: ");
    match message.rsplit_once(", expected ") {
        Some((_, expected)) if found => format!("expected {expected}"),
        _ => quoted(message),
    }
}

/// Parses an instant: RFC 3339 text or, as in AWS's JSON protocols, fractional seconds since 1970.
pub(crate) fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    optional_instant(deserializer)?
        .ok_or_else(|| D::Error::custom("expected an instant, such as 2026-11-21T12:00:00Z"))
}

/// Parses an instant like [`instant`], or `null` as `None`.
pub(crate) fn optional_instant<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    let read = match Value::deserialize(deserializer)? {
        Value::Null => return Ok(None),
        Value::String(text) => text.parse().ok(),
        #[expect(clippy::cast_possible_truncation, reason = "saturates; from_millisecond checks the range")]
        Value::Number(seconds) => seconds
            .as_f64()
            .and_then(|seconds| Timestamp::from_millisecond((seconds * 1000.0).round() as i64).ok()),
        _ => None,
    };
    read.map(Some).ok_or_else(|| {
        D::Error::custom("expected an instant, such as 2026-11-21T12:00:00Z or seconds since 1970")
    })
}
