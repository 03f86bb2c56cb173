//! Events on EventBridge for the owners of stages, for use with their own rules and targets.

pub(crate) mod compliance_change;
pub mod deliver;
pub mod due;
pub mod finding_change;
pub mod last_run;
pub mod reminder_event;
pub mod reminders;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::checks::{Check, what_to_do};
use crate::evaluation::compliance::ComplianceType;
use crate::quote;
use crate::resources::account_region::AccountRegion;
use crate::resources::stage_arn::StageArn;
pub use deliver::DeliveryStats;
pub(crate) use deliver::EventPublisher;
use finding_change::FindingChange;
pub use reminder_event::ReminderDetail;

/// The `Source` of all events.
pub(crate) const SOURCE: &str = "stagecert";

/// The type of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageType {
    /// A certificate has expired or expires within a configured number of days.
    Reminder,
    /// A stage's compliance type changed.
    ComplianceChange,
    /// A check of a stage newly fails, becomes more severe, or is fixed.
    FindingChange,
}

impl MessageType {
    /// Returns the `DetailType`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reminder => "Client Certificate Reminder",
            Self::ComplianceChange => "Stage Compliance Change",
            Self::FindingChange => "Stage Finding Change",
        }
    }
}

/// An event to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The type of the event.
    pub message_type: MessageType,
    /// The scheduled time of a reminder, the time of the compliance change, or the instant of the
    /// evaluation that found the change.
    pub time: Timestamp,
    /// The content of the event.
    pub detail: Content,
}

/// The `Detail` of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Content {
    /// About a stage.
    Stage(Box<Detail>),
    /// About one check of a stage.
    FindingChange(Box<FindingChange>),
}

impl Content {
    /// Returns the content about a stage, or `None` if the event is about one check.
    pub(crate) fn of_stage(&self) -> Option<&Detail> {
        match self {
            Self::Stage(detail) => Some(detail),
            Self::FindingChange(_) => None,
        }
    }

    /// Returns the ARNs of the stages that the event is about.
    fn resources(&self) -> Vec<&str> {
        match self {
            Self::Stage(detail) => detail.resources(),
            Self::FindingChange(detail) => vec![&detail.resource_id],
        }
    }

    /// Returns what the event is about, for a failure.
    pub(crate) fn subject(&self) -> String {
        match self {
            Self::Stage(detail) => detail.subject(),
            Self::FindingChange(detail) => detail.stage.clone(),
        }
    }
}

impl From<Detail> for Content {
    fn from(detail: Detail) -> Self {
        Self::Stage(Box::new(detail))
    }
}

/// The content of an event about a stage. It ends up in mails and logs, so invisible characters in
/// free text are replaced when it is serialized.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Detail {
    /// The stage's account, which can differ from the account of the event bus.
    pub aws_account_id: String,
    /// The stage's Region.
    pub aws_region: String,
    /// The name of the rule that evaluates the stage.
    #[serde(serialize_with = "quote::serialize")]
    pub config_rule_name: String,
    /// The resource type, such as `AWS::ApiGateway::Stage`.
    pub resource_type: &'static str,
    /// The stage's ARN.
    pub resource_id: String,
    /// The stage as `apiId/stageName`.
    pub stage: String,
    /// The stage's compliance type.
    pub compliance_type: ComplianceType,
    /// The annotation that Config shows, at most 256 characters.
    #[serde(serialize_with = "quote::serialize")]
    pub annotation: String,
    /// The value of the owner tag; empty if there is none.
    #[serde(serialize_with = "quote::serialize")]
    pub owner: String,
    /// One sentence of advice about the most urgent failed check.
    pub what_to_do: &'static str,
    /// The expiring certificate; only reminders have one.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub reminder: Option<ReminderDetail>,
}

impl Detail {
    /// Returns the content that all events have, without an owner and a certificate.
    #[must_use]
    pub fn new(
        account_region: &AccountRegion,
        rule_name: &str,
        stage: &StageArn,
        compliance_type: ComplianceType,
        annotation: &str,
    ) -> Self {
        Self {
            aws_account_id: account_region.account.clone(),
            aws_region: account_region.region.clone(),
            config_rule_name: rule_name.to_owned(),
            resource_type: stage.stage_type().resource_type(),
            resource_id: stage.as_str().to_owned(),
            stage: stage.label(),
            compliance_type,
            annotation: annotation.to_owned(),
            owner: String::new(),
            what_to_do: what_to_do(compliance_type, annotation),
            reminder: None,
        }
    }
}

impl Detail {
    /// The ARNs of the stages that the event is about.
    fn resources(&self) -> Vec<&str> {
        match &self.reminder {
            Some(reminder) => reminder.resources.iter().map(String::as_str).collect(),
            None => vec![&self.resource_id],
        }
    }

    /// What the event is about, for a failure.
    pub(crate) fn subject(&self) -> String {
        match &self.reminder {
            Some(reminder) if reminder.stage_count > 1 => {
                format!("{} and {} more", self.stage, reminder.stage_count - 1)
            }
            _ => self.stage.clone(),
        }
    }
}

/// Serializes to an entry of `PutEvents`. It names no event bus, which means the default bus.
impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Entry<'a> {
            source: &'static str,
            detail_type: &'static str,
            time: i64,
            resources: Vec<&'a str>,
            detail: String,
        }
        let detail = serde_json::to_string(&self.detail).map_err(serde::ser::Error::custom)?;
        Entry {
            source: SOURCE,
            detail_type: self.message_type.name(),
            time: self.time.as_second(),
            resources: self.detail.resources(),
            detail,
        }
        .serialize(serializer)
    }
}

/// What to do about a result, in one sentence. It depends on the most urgent failed check, which is
/// the first code in the annotation, and on the reason, if the annotation gives it.
#[must_use]
pub fn what_to_do(compliance_type: ComplianceType, annotation: &str) -> &'static str {
    if compliance_type != ComplianceType::NonCompliant {
        return what_to_do::NOTHING;
    }
    let first = annotation.split([',', ':']).next();
    if first == Some("api-not-recorded") {
        return what_to_do::RECORD_API;
    }
    match first.and_then(Check::from_code) {
        Some(check) => {
            what_to_do::of_annotation(check.code(), annotation).unwrap_or_else(|| check.advice().what_to_do)
        }
        // The result is from another rule with the same name, or from an older version.
        None => "Read the annotation: it names the check that failed and why.",
    }
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
