//! What the function tells the people who own a stage: an event each on EventBridge, for rules and targets of theirs.

pub mod compliance_change;
pub mod deliver;
pub mod reminders;
mod what_to_do;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::evaluation::compliance::ComplianceType;
use crate::quote;
use crate::resources::account_region::AccountRegion;
use crate::resources::stage_arn::StageArn;
pub use deliver::{Delivered, EventPublisher};
pub use what_to_do::what_to_do;

/// The `Source` of all of them.
pub const SOURCE: &str = "stagecert";

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeType {
    /// A certificate's end is a set number of days away, or has come.
    Reminder,
    /// A stage's compliance type has changed.
    ComplianceChange,
}

impl NoticeType {
    /// The `DetailType`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reminder => "Client Certificate Reminder",
            Self::ComplianceChange => "Stage Compliance Change",
        }
    }
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What it is about.
    pub notice_type: NoticeType,
    /// The instant that it is told of: the schedule's, or the change's.
    pub time: Timestamp,
    /// What it says.
    pub detail: Detail,
}

/// The `Detail` of an event. It serializes to what goes over the wire, and so into mails and logs: texts that somebody chose
/// without characters that are not seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Detail {
    /// The stage's account: not always the one whose bus the event is on.
    pub aws_account_id: String,
    /// The stage's Region.
    pub aws_region: String,
    /// The rule that judges it.
    #[serde(serialize_with = "quote::serialize")]
    pub config_rule_name: String,
    /// Such as `AWS::ApiGateway::Stage`.
    pub resource_type: &'static str,
    /// The stage's ARN.
    pub resource_id: String,
    /// `apiId/stageName`.
    pub stage: String,
    /// The stage's.
    pub compliance_type: ComplianceType,
    /// The line that Config shows, of 256 characters at most.
    #[serde(serialize_with = "quote::serialize")]
    pub annotation: String,
    /// The owner tag's value; empty where there is none.
    #[serde(serialize_with = "quote::serialize")]
    pub owner: String,
    /// One sentence, by the most urgent check that failed.
    pub what_to_do: &'static str,
    /// Of a reminder.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Ending>,
}

/// The end of a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ending {
    /// The id or ARN that the stage names.
    #[serde(serialize_with = "quote::serialize")]
    pub certificate_id: String,
    /// The last instant it is valid at.
    pub not_after: Timestamp,
    /// Days of 24 hours from the schedule's instant to the end, the last one begun counted whole; 0 where it has come.
    pub days_left: i64,
}

impl Detail {
    /// What every event says of a stage: without owner and certificate, which not all have.
    #[must_use]
    pub fn of(
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
            certificate: None,
        }
    }
}

/// As `PutEvents` takes it. The default bus is the one that is meant where none is named.
impl Serialize for Notice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Entry<'a> {
            source: &'static str,
            detail_type: &'static str,
            time: i64,
            resources: [&'a str; 1],
            detail: String,
        }
        let detail = serde_json::to_string(&self.detail).map_err(serde::ser::Error::custom)?;
        Entry {
            source: SOURCE,
            detail_type: self.notice_type.name(),
            time: self.time.as_second(),
            resources: [&self.detail.resource_id],
            detail,
        }
        .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_reaches_no_mail() {
        let account_region = AccountRegion {
            partition: "aws".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
        };
        let stage = StageArn::of_rest_api("aws", "eu-west-1", "a1", "prod").unwrap();
        let hidden = "pay\u{2028}\u{202e}ments\u{ad}";
        let detail = Detail::of(&account_region, hidden, &stage, ComplianceType::NonCompliant, hidden);
        let detail = Detail {
            owner: hidden.into(),
            certificate: Some(Ending {
                certificate_id: hidden.into(),
                not_after: Timestamp::UNIX_EPOCH,
                days_left: 0,
            }),
            ..detail
        };
        let notice = Notice { notice_type: NoticeType::Reminder, time: Timestamp::UNIX_EPOCH, detail };
        let entry = serde_json::to_value(&notice).unwrap();
        let detail: serde_json::Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
        for field in ["owner", "configRuleName", "annotation", "certificateId"] {
            assert_eq!(detail[field], "pay??ments?", "{field}");
        }
    }
}
