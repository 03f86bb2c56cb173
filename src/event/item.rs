use std::fmt;

use jiff::Timestamp;
use serde_json::Value;

use crate::Failure;
use crate::event::ensure_equal;
use crate::event::raw::RawItem;
use crate::quote::quoted;
use crate::resources::account_region::{AccountRegion, is_account_id};
use crate::resources::stage_arn::StageType;

/// A valid configuration item, whichever form it came in. Its `Debug` leaves the configuration out, which can hold tags.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigurationItem {
    /// The account that the resource is in.
    pub account: String,
    /// The Region that the resource is in.
    pub region: String,
    /// Such as `AWS::ApiGateway::Stage`: 1 to 256 characters.
    pub resource_type: String,
    /// The id that results are put under: 1 to 768 characters.
    pub resource_id: String,
    /// What has become of the resource.
    pub status: ItemStatus,
    /// When Config recorded it.
    pub captured: Timestamp,
    /// Tells two items of one resource apart.
    pub state_id: Option<String>,
    /// The resource's configuration: an object, or null where it is deleted.
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

/// Config's five statuses of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemStatus {
    /// It exists.
    Ok,
    /// It exists and was found when recording began.
    ResourceDiscovered,
    /// It is gone.
    ResourceDeleted,
    /// It is gone, and recording had stopped.
    ResourceDeletedNotRecorded,
    /// Recording of it has stopped.
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

    /// Config's name of the status.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, status)| *status == self).map_or("", |(name, _)| name)
    }

    /// Whether the resource exists and is recorded, so that it is evaluated.
    #[must_use]
    pub fn is_recorded(self) -> bool {
        matches!(self, Self::Ok | Self::ResourceDiscovered)
    }

    /// Whether the resource is gone.
    #[must_use]
    pub fn is_deleted(self) -> bool {
        matches!(self, Self::ResourceDeleted | Self::ResourceDeletedNotRecorded)
    }
}

impl ConfigurationItem {
    /// Validates an item that was read from `field`.
    ///
    /// # Errors
    /// `Malformed`, naming the field inside the item and what is allowed.
    pub fn validate(field: &str, raw: RawItem) -> Result<Self, Failure> {
        let malformed = |name: &str, problem: String| Failure::malformed(format!("{field}.{name}"), problem);
        if !is_account_id(&raw.account_id) {
            return Err(malformed("awsAccountId", "allowed: twelve digits".into()));
        }
        let sized = |name: &str, text: &str, most: usize| match text.chars().count() {
            length if !(1..=most).contains(&length) => {
                Err(malformed(name, format!("{length} characters; allowed: 1 to {most}")))
            }
            _ if text.contains(char::is_control) => {
                Err(malformed(name, "allowed: no control characters".into()))
            }
            _ => Ok(()),
        };
        sized("resourceType", &raw.resource_type, 256)?;
        sized("resourceId", &raw.resource_id, 768)?;
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

    /// Demands that this is the item that `summary` announced, and not an older one that Config still answers with: that
    /// would be judging the past.
    ///
    /// # Errors
    /// `Disagreement`, naming the field.
    pub fn same_as(&self, summary: &Self) -> Result<(), Failure> {
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
        // The API's instants can lack the fraction of a second that events have.
        let whole = |item: &Self| item.captured.subsec_nanosecond() == 0;
        let seconds_alone = whole(self) || whole(summary);
        let captured = |item: &Self| {
            if seconds_alone { item.captured.as_second().to_string() } else { item.captured.to_string() }
        };
        ensure_equal(
            "GetResourceConfigHistory configurationItemCaptureTime",
            &captured(self),
            by,
            &captured(summary),
        )
    }

    /// Demands that the item is in the rule's own account and, if it is a stage's, in the rule's own Region. A global resource
    /// such as an IAM user has the Region `global`, and rules in every Region can receive its events.
    ///
    /// # Errors
    /// `Disagreement`, naming the field.
    pub fn agree_with(&self, account_region: &AccountRegion) -> Result<(), Failure> {
        ensure_equal(
            "configurationItem.awsAccountId",
            &self.account,
            "configRuleArn",
            &account_region.account,
        )?;
        if StageType::from_resource_type(&self.resource_type).is_none() {
            return Ok(());
        }
        ensure_equal("configurationItem.awsRegion", &self.region, "configRuleArn", &account_region.region)
    }
}

/// A configuration in either form: an object, a JSON string of one, or null for none. `None` for anything else.
pub(crate) fn configuration(value: &Value) -> Option<Value> {
    let configuration = match value {
        Value::String(text) if text.is_empty() => Value::Null,
        Value::String(text) => serde_json::from_str(text).ok()?,
        other => other.clone(),
    };
    matches!(configuration, Value::Null | Value::Object(_)).then_some(configuration)
}
