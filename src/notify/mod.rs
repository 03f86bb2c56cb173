//! Events on EventBridge for the owners of stages, APIs and domains, for use with their own rules
//! and targets.

pub mod deliver;
pub mod due;
pub mod finding_change;
pub mod front_door_reminders;
pub mod last_run;
pub mod reminder_event;
pub mod reminders;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

pub use deliver::DeliveryStats;
pub(crate) use deliver::EventPublisher;
use finding_change::FindingChange;
use front_door_reminders::FrontDoorReminder;
pub use reminder_event::ReminderDetail;

/// The `Source` of all events.
pub(crate) const SOURCE: &str = "stagecert";

/// The type of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageType {
    /// A certificate has expired or expires within a configured number of days.
    Reminder,
    /// A check of a stage newly fails, becomes more severe, or is fixed.
    FindingChange,
}

impl MessageType {
    /// Returns the `DetailType`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reminder => "Client Certificate Reminder",
            Self::FindingChange => "Stage Finding Change",
        }
    }
}

/// An event to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The type of the event.
    pub message_type: MessageType,
    /// The scheduled time of a reminder, or the instant of the evaluation that found the change.
    pub time: Timestamp,
    /// The content of the event.
    pub detail: Content,
}

/// The `Detail` of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Content {
    /// About a certificate and its stages.
    Reminder(Box<ReminderDetail>),
    /// About a CA or the certificate of a domain.
    FrontDoorReminder(Box<FrontDoorReminder>),
    /// About one check of a stage.
    FindingChange(Box<FindingChange>),
}

impl Content {
    /// Returns the content of a reminder about stages; `None` for other events.
    pub(crate) fn reminder(&self) -> Option<&ReminderDetail> {
        match self {
            Self::Reminder(detail) => Some(detail),
            _ => None,
        }
    }

    /// Returns the content of a reminder about stages, to complete it.
    pub(crate) fn reminder_mut(&mut self) -> Option<&mut ReminderDetail> {
        match self {
            Self::Reminder(detail) => Some(detail),
            _ => None,
        }
    }

    /// Returns the ids of the resources that the event is about: the ARNs of stages.
    fn resources(&self) -> Vec<&str> {
        match self {
            Self::Reminder(detail) => detail.resources.iter().map(String::as_str).collect(),
            Self::FrontDoorReminder(detail) => detail.resources.iter().map(String::as_str).collect(),
            Self::FindingChange(detail) => vec![&detail.resource_id],
        }
    }

    /// Returns what the event is about, for a failure.
    pub(crate) fn subject(&self) -> String {
        match self {
            Self::Reminder(detail) => detail.subject(),
            Self::FrontDoorReminder(detail) => detail.resource_list.clone(),
            Self::FindingChange(detail) => detail.stage.clone(),
        }
    }
}

impl From<ReminderDetail> for Content {
    fn from(detail: ReminderDetail) -> Self {
        Self::Reminder(Box::new(detail))
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

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
