//! The event that AWS Config sends to the function. [`Event::parse`] validates all of it.
//!
//! The `ConfigEvent` of the crate `aws_lambda_events` is not used: it has no `evaluationMode`,
//! requires `eventLeftScope` and `ruleParameters`, which real events can lack, and doesn't parse
//! the invoking event.

mod diff;
pub mod eventbridge;
mod eventbridge_raw;
mod item;
mod raw;
pub mod trigger;

use std::fmt;

use jiff::Timestamp;

use crate::Failure;
use crate::failure::ExpectedBy;
use crate::quote::quoted;
use crate::resources::account_region::{AccountRegion, is_account_id};
pub use diff::ItemDiff;
pub use item::{ConfigurationItem, ItemStatus};
pub use raw::RawItem;
pub(crate) use raw::{from_json, instant, optional_instant};

/// A valid event.
#[derive(Debug)]
pub struct Event {
    /// The rule's account and Region, the only ones that are read and written.
    pub account_region: AccountRegion,
    /// The name of the deployed rule.
    pub rule_name: String,
    /// The token to return to Config with the results.
    pub result_token: ResultToken,
    /// The rule parameters as JSON text, not yet parsed.
    pub rule_parameters: Option<String>,
    /// The invoking event.
    pub notification: Notification,
}

/// The invoking event, by its message type.
#[derive(Debug)]
pub enum Notification {
    /// `ConfigurationItemChangeNotification`.
    Change {
        /// The changed item.
        item: ConfigurationItem,
        /// The changed properties that matter for a stage; `None` if the event has no diff.
        diff: Option<ItemDiff>,
        /// When Config sent the notification. If the rule was just created, that is long after the
        /// item was captured.
        created: Option<Timestamp>,
        /// Whether the resource is no longer in the rule's scope.
        left_scope: bool,
    },
    /// `OversizedConfigurationItemChangeNotification`, which doesn't include the item.
    Oversized {
        /// The summary of the item, without a configuration.
        summary: ConfigurationItem,
        /// When Config sent the notification.
        created: Option<Timestamp>,
        /// Whether the resource is no longer in the rule's scope.
        left_scope: bool,
    },
    /// `ScheduledNotification`.
    Scheduled {
        /// When Config triggered the rule.
        created: Timestamp,
    },
}

/// The request that an event makes of the function.
#[derive(Debug)]
pub enum Request {
    /// Evaluate resources.
    Evaluate(Box<Event>),
    /// Do nothing: results can't be reported for this message type, such as
    /// `ConfigurationSnapshotDeliveryCompleted`.
    Ignore {
        /// The message type.
        message_type: String,
    },
}

/// Config's result token. It authorizes results, so `Debug` doesn't show it.
#[derive(Clone, PartialEq, Eq)]
pub struct ResultToken(String);

impl ResultToken {
    /// Returns the token. Only `PutEvaluations` may use it.
    #[must_use]
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// Returns whether Config should validate the results without recording them. The token
    /// `TESTMODE` is a convention of the AWS Config Rule Development Kit (RDK).
    #[must_use]
    pub(crate) fn is_test_mode(&self) -> bool {
        self.0 == "TESTMODE"
    }
}

impl fmt::Debug for ResultToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResultToken(..)")
    }
}

impl Event {
    /// Parses and validates the JSON text of an event.
    ///
    /// # Errors
    /// Returns `NotSupported` for a proactive evaluation, `Malformed` for any other text that isn't
    /// a valid event, and `Disagreement` if accounts or Regions differ. The last two name the
    /// field.
    pub fn parse(json: &str) -> Result<Request, Failure> {
        let raw: raw::RawEvent = raw::from_json("event", json)?;
        if let Some(mode) = raw.evaluation_mode.as_deref().filter(|mode| *mode != "DETECTIVE") {
            return Err(Failure::NotSupported(
                format!(
                    "evaluationMode {}; stagecert evaluates existing resources (DETECTIVE), not templates: remove PROACTIVE from the rule",
                    quoted(mode)
                )
                .into(),
            ));
        }
        let kind: raw::RawMessageType = raw::from_json("invokingEvent", &raw.invoking_event)?;
        let message_type = kind.message_type;
        let known = [
            "ConfigurationItemChangeNotification",
            "OversizedConfigurationItemChangeNotification",
            "ScheduledNotification",
        ];
        if !known.contains(&message_type.as_str()) {
            return Ok(Request::Ignore { message_type: quoted(&message_type) });
        }
        let rule_arn = required("configRuleArn", raw.config_rule_arn)?;
        let account_region = AccountRegion::from_rule_arn(&rule_arn)
            .map_err(|problem| Failure::malformed("configRuleArn", problem))?;
        ensure_equal(
            "accountId",
            &required("accountId", raw.account_id)?,
            "configRuleArn",
            &account_region.account,
        )?;
        let rule_name = valid_rule_name("configRuleName", required("configRuleName", raw.config_rule_name)?)?;
        let result_token = ResultToken(required("resultToken", raw.result_token)?);
        let left_scope = raw.event_left_scope;
        let notification = match message_type.as_str() {
            "ScheduledNotification" => scheduled(&raw.invoking_event, &account_region)?,
            "OversizedConfigurationItemChangeNotification" => oversized(&raw.invoking_event, left_scope)?,
            _ => change(&raw.invoking_event, left_scope)?,
        };
        if let Notification::Change { item, .. } | Notification::Oversized { summary: item, .. } =
            &notification
        {
            item.ensure_in(&account_region)?;
        }
        Ok(Request::Evaluate(Box::new(Self {
            account_region,
            rule_name,
            result_token,
            rule_parameters: raw.rule_parameters,
            notification,
        })))
    }
}

fn required(field: &str, value: Option<String>) -> Result<String, Failure> {
    value.filter(|text| !text.is_empty()).ok_or_else(|| Failure::malformed(field, "is missing or empty"))
}

/// Returns the name of a rule, or `Malformed` if it isn't valid.
pub(crate) fn valid_rule_name(field: &str, name: String) -> Result<String, Failure> {
    if name.is_empty() || name.chars().count() > 128 || name.contains(char::is_control) {
        return Err(Failure::malformed(field, "allowed: 1 to 128 characters, no control characters"));
    }
    Ok(name)
}

fn scheduled(json: &str, account_region: &AccountRegion) -> Result<Notification, Failure> {
    let raw: raw::RawScheduled = raw::from_json("invokingEvent", json)?;
    if !is_account_id(&raw.aws_account_id) {
        return Err(Failure::malformed("invokingEvent.awsAccountId", "allowed: twelve digits"));
    }
    ensure_equal(
        "invokingEvent.awsAccountId",
        &raw.aws_account_id,
        "configRuleArn",
        &account_region.account,
    )?;
    Ok(Notification::Scheduled { created: raw.notification_creation_time })
}

fn oversized(json: &str, left_scope: bool) -> Result<Notification, Failure> {
    let raw: raw::RawOversized = raw::from_json("invokingEvent", json)?;
    let summary = ConfigurationItem::validate(
        "invokingEvent.configurationItemSummary",
        raw.configuration_item_summary,
    )?;
    let created = raw.notification_creation_time;
    Ok(Notification::Oversized { summary, created, left_scope })
}

fn change(json: &str, left_scope: bool) -> Result<Notification, Failure> {
    let raw: raw::RawChange = raw::from_json("invokingEvent", json)?;
    let item = ConfigurationItem::validate("invokingEvent.configurationItem", raw.configuration_item)?;
    let diff = match raw.configuration_item_diff {
        Some(diff) => ItemDiff::read(&diff)?,
        None => None,
    };
    let created = raw.notification_creation_time;
    Ok(Notification::Change { item, diff, created, left_scope })
}

/// Returns `Disagreement`, which names both fields, if their values differ.
pub(crate) fn ensure_equal(
    field: &str,
    found: &str,
    expected_by: impl Into<ExpectedBy>,
    expected: &str,
) -> Result<(), Failure> {
    if found == expected {
        return Ok(());
    }
    Err(Failure::Disagreement {
        field: field.into(),
        found: quoted(found),
        expected_by: expected_by.into(),
        expected: expected.into(),
    })
}

#[cfg(test)]
mod tests;
