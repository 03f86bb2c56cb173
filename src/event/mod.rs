//! The event that AWS Config hands to the function: untrusted until [`Event::parse`] has taken it apart.
//!
//! `aws_lambda_events` has a `ConfigEvent`, which is not used: it knows no `evaluationMode`, demands `eventLeftScope` and
//! `ruleParameters` (real events can lack both) and leaves the invoking event a string.

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
    /// The account and Region it is about: the rule's own, and the only ones read or written.
    pub account_region: AccountRegion,
    /// The rule's name, as it was deployed.
    pub rule_name: String,
    /// What Config wants back with the results.
    pub result_token: ResultToken,
    /// The rule's parameters as JSON text, not yet read.
    pub rule_parameters: Option<String>,
    /// What happened.
    pub notification: Notification,
}

/// What happened, by the message type of the invoking event.
#[derive(Debug)]
pub enum Notification {
    /// `ConfigurationItemChangeNotification`.
    Change {
        /// The item as it is now.
        item: ConfigurationItem,
        /// What changed, as far as it concerns a stage; `None` if the event has no diff.
        diff: Option<ItemDiff>,
        /// When Config sent it: long after the item was captured if a rule was just created.
        created: Option<Timestamp>,
        /// The resource is no longer in the rule's scope.
        left_scope: bool,
    },
    /// `OversizedConfigurationItemChangeNotification`: the item itself has to be fetched.
    Oversized {
        /// What is known of it.
        summary: ConfigurationItem,
        /// When Config sent it.
        created: Option<Timestamp>,
        /// The resource is no longer in the rule's scope.
        left_scope: bool,
    },
    /// `ScheduledNotification`.
    Scheduled {
        /// When Config triggered it.
        created: Timestamp,
    },
}

/// What an invocation is asked for.
#[derive(Debug)]
pub enum Request {
    /// An event to evaluate.
    Evaluate(Box<Event>),
    /// A message type that there is nothing to report for, such as `ConfigurationSnapshotDeliveryCompleted`.
    Ignore {
        /// The message type.
        message_type: String,
    },
}

/// Config's result token. It authorises results, so its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct ResultToken(String);

impl ResultToken {
    /// The token itself, for `PutEvaluations` alone.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether results are to be checked but not recorded: the convention of AWS's Rule Development Kit.
    #[must_use]
    pub fn is_test_mode(&self) -> bool {
        self.0 == "TESTMODE"
    }
}

impl fmt::Debug for ResultToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResultToken(..)")
    }
}

impl Event {
    /// Reads and validates the JSON text of an event.
    ///
    /// # Errors
    /// `NotSupported` for proactive evaluation; `Malformed` for anything that does not have Config's form and
    /// `Disagreement` where accounts or Regions differ, both naming the field.
    pub fn parse(json: &str) -> Result<Request, Failure> {
        let raw: raw::RawEvent = raw::from_json("event", json)?;
        if let Some(mode) = raw.evaluation_mode.as_deref().filter(|mode| *mode != "DETECTIVE") {
            return Err(Failure::NotSupported(
                format!(
                    "evaluationMode {}; stagecert evaluates what exists (DETECTIVE), not templates: leave PROACTIVE out of the rule",
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
        let account_region = AccountRegion::of_rule(&rule_arn)
            .map_err(|problem| Failure::malformed("configRuleArn", problem))?;
        ensure_equal(
            "accountId",
            &required("accountId", raw.account_id)?,
            "configRuleArn",
            &account_region.account,
        )?;
        let rule_name = required("configRuleName", raw.config_rule_name)?;
        if rule_name.chars().count() > 128 || rule_name.contains(char::is_control) {
            return Err(Failure::malformed(
                "configRuleName",
                "allowed: 1 to 128 characters, no control characters",
            ));
        }
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
            item.agree_with(&account_region)?;
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

/// Demands that two fields say the same.
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
