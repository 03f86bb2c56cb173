//! Configuration items, from an event or from the Config API.

use std::fmt;

use jiff::Timestamp;
use serde_json::Value;

use crate::Failure;
use crate::checks::subjects::SubjectTypeRow;
use crate::event::ensure_equal;
use crate::event::raw::RawItem;
use crate::quote::quoted;
use crate::resources::account_region::{AccountRegion, is_account_id};

/// A valid configuration item from an event or from the Config API. `Debug` omits the
/// configuration, which can contain tags.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigurationItem {
    /// The resource's account.
    pub account: String,
    /// The resource's Region.
    pub region: String,
    /// The resource type, such as `AWS::ApiGateway::Stage`: 1 to 256 characters.
    pub resource_type: String,
    /// The resource id under which results are put: 1 to 768 characters.
    pub resource_id: String,
    /// The status of the item.
    pub status: ItemStatus,
    /// When Config captured the item.
    pub captured: Timestamp,
    /// The id of this version of the item.
    pub state_id: Option<String>,
    /// The resource's configuration: an object, or null if the resource was deleted.
    pub configuration: Value,
}

impl fmt::Debug for ConfigurationItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut item = f.debug_struct("ConfigurationItem");
        item.field("account", &self.account).field("region", &self.region).field("status", &self.status);
        item.field("resource_type", &self.resource_type).field("resource_id", &self.resource_id);
        item.field("captured", &self.captured).field("state_id", &self.state_id).finish_non_exhaustive()
    }
}

/// The status of a configuration item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemStatus {
    /// The resource exists.
    Ok,
    /// The resource exists and was discovered when recording started.
    ResourceDiscovered,
    /// The resource was deleted.
    ResourceDeleted,
    /// The resource was deleted, and Config wasn't recording it.
    ResourceDeletedNotRecorded,
    /// Config no longer records the resource.
    ResourceNotRecorded,
}

impl ItemStatus {
    const ALL: [(&'static str, Self); 5] = [
        ("OK", Self::Ok),
        ("ResourceDiscovered", Self::ResourceDiscovered),
        ("ResourceDeleted", Self::ResourceDeleted),
        ("ResourceDeletedNotRecorded", Self::ResourceDeletedNotRecorded),
        ("ResourceNotRecorded", Self::ResourceNotRecorded),
    ];

    /// Returns Config's name of the status.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, status)| *status == self).map_or("", |(name, _)| name)
    }

    /// Returns whether the resource exists and is recorded, so that it is evaluated.
    #[must_use]
    pub(crate) fn is_recorded(self) -> bool {
        matches!(self, Self::Ok | Self::ResourceDiscovered)
    }

    /// Returns whether the resource was deleted.
    #[must_use]
    pub(crate) fn is_deleted(self) -> bool {
        matches!(self, Self::ResourceDeleted | Self::ResourceDeletedNotRecorded)
    }
}

impl ConfigurationItem {
    /// Validates an item that was parsed from `field`.
    ///
    /// # Errors
    /// Returns `Malformed`, which names the field inside the item and what is allowed.
    pub fn validate(field: &str, raw: RawItem) -> Result<Self, Failure> {
        let malformed = |name: &str, problem: String| Failure::malformed(format!("{field}.{name}"), problem);
        if !is_account_id(&raw.account_id) {
            return Err(malformed("awsAccountId", "allowed: twelve digits".into()));
        }
        let check_text = |name: &str, text: &str, max: usize| match text.chars().count() {
            length if !(1..=max).contains(&length) => {
                Err(malformed(name, format!("{length} characters; allowed: 1 to {max}")))
            }
            _ if text.contains(char::is_control) => {
                Err(malformed(name, "allowed: no control characters".into()))
            }
            _ => Ok(()),
        };
        check_text("resourceType", &raw.resource_type, 256)?;
        check_text("resourceId", &raw.resource_id, 768)?;
        let status = ItemStatus::ALL.into_iter().find(|(name, _)| *name == raw.configuration_item_status);
        let (_, status) = status.ok_or_else(|| {
            let allowed = ItemStatus::ALL.map(|(name, _)| name).join(", ");
            malformed(
                "configurationItemStatus",
                format!("\"{}\"; allowed: {allowed}", quoted(&raw.configuration_item_status)),
            )
        })?;
        let configuration = configuration(&raw.configuration).ok_or_else(|| {
            malformed("configuration", "allowed: an object, a JSON string of one, or null".into())
        })?;
        let state_id = match raw.configuration_state_id {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        Ok(Self {
            account: raw.account_id,
            region: raw.aws_region,
            resource_type: raw.resource_type,
            resource_id: raw.resource_id,
            status,
            captured: raw.configuration_item_capture_time,
            state_id,
            configuration,
        })
    }

    /// Checks that this is the item that `summary` describes, and not an older version that the
    /// Config API still returns: evaluating that would report an outdated result.
    ///
    /// # Errors
    /// Returns `Disagreement`, which names the field.
    pub(crate) fn ensure_matches(&self, summary: &Self) -> Result<(), Failure> {
        let by = "configurationItemSummary";
        ensure_equal(
            "GetResourceConfigHistory resourceType",
            &self.resource_type,
            by,
            &summary.resource_type,
        )?;
        ensure_equal("GetResourceConfigHistory resourceId", &self.resource_id, by, &summary.resource_id)?;
        if self.state_id.is_some() && self.state_id == summary.state_id {
            return Ok(());
        }
        // Timestamps from the API can lack the fraction of a second that events have.
        let is_whole = |item: &Self| item.captured.subsec_nanosecond() == 0;
        let compares_seconds = is_whole(self) || is_whole(summary);
        let captured = |item: &Self| {
            if compares_seconds { item.captured.as_second().to_string() } else { item.captured.to_string() }
        };
        ensure_equal(
            "GetResourceConfigHistory configurationItemCaptureTime",
            &captured(self),
            by,
            &captured(summary),
        )
    }

    /// Checks that the item is in the rule's account and, if it is a stage, in the rule's Region. A
    /// global resource such as an IAM user has the Region `global`, and rules in every Region can
    /// receive its events.
    ///
    /// # Errors
    /// Returns `Disagreement`, which names the field.
    pub(crate) fn ensure_in(&self, account_region: &AccountRegion) -> Result<(), Failure> {
        ensure_equal(
            "configurationItem.awsAccountId",
            &self.account,
            "configRuleArn",
            &account_region.account,
        )?;
        if SubjectTypeRow::of_resource_type(&self.resource_type).is_none() {
            return Ok(());
        }
        ensure_equal("configurationItem.awsRegion", &self.region, "configRuleArn", &account_region.region)
    }
}

/// Returns a configuration as an object, or null if there is none. It is parsed from either form,
/// an object or a JSON string of one. Returns `None` for any other value.
pub(crate) fn configuration(value: &Value) -> Option<Value> {
    let configuration = match value {
        Value::String(text) if text.is_empty() => Value::Null,
        Value::String(text) => serde_json::from_str(text).ok()?,
        other => other.clone(),
    };
    matches!(configuration, Value::Null | Value::Object(_)).then_some(configuration)
}
