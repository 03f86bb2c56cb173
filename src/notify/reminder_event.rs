//! The event of a reminder: one per certificate and owner, with the stages that present the
//! certificate.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::checks::finding::Finding;
use crate::checks::severity::{Severity, severity};
use crate::checks::what_to_do::Circumstances;
use crate::evaluation::annotation::Annotation;
use crate::evaluation::compliance::ComplianceType;
use crate::event::eventbridge::Reminders;
use crate::notify::due::{TimeLeft, instant_of_reminder};
use crate::notify::{Message, MessageType};
use crate::quote;
use crate::resources::backends::Backends;
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;

/// How many bytes the stages of an event may take, in `resources` and `stages`. Ten events with
/// everything else are then below the limit of 256 KB for one call of `PutEvents`.
const MAX_STAGES_BYTES: usize = 16 * 1024;

/// How many stages a mail names.
const MAX_IN_MAIL: usize = 20;

/// The content of a reminder. It ends up in mails and logs, so invisible characters in free text
/// are replaced when it is serialized.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReminderDetail {
    /// The stages' account, which can differ from the account of the event bus.
    pub aws_account_id: String,
    /// The stages' Region.
    pub aws_region: String,
    /// The name of the rule that evaluates the stages.
    #[serde(serialize_with = "quote::serialize")]
    pub config_rule_name: String,
    /// The resource type of the first stage, such as `AWS::ApiGateway::Stage`.
    pub resource_type: &'static str,
    /// The ARN of the first stage.
    pub resource_id: String,
    /// The first stage as `apiId/stageName`.
    pub stage: String,
    /// The name of the first stage's API; empty if Config doesn't record the API.
    #[serde(serialize_with = "quote::serialize")]
    pub api_name: String,
    /// The compliance type of the stages.
    pub compliance_type: ComplianceType,
    /// The annotation that Config would show for the check alone, at most 256 characters.
    #[serde(serialize_with = "quote::serialize")]
    pub annotation: String,
    /// The severity of the expiry now.
    pub severity: Option<Severity>,
    /// The value of the owner tag; empty if there is none.
    #[serde(serialize_with = "quote::serialize")]
    pub owner: String,
    /// What to do, in one sentence.
    pub what_to_do: &'static str,
    /// The same for the same reminder, whenever and however often it is sent: receivers can drop
    /// duplicates.
    #[serde(serialize_with = "quote::serialize")]
    pub reminder_id: String,
    /// The certificate's id or ARN.
    #[serde(serialize_with = "quote::serialize")]
    pub certificate_id: String,
    /// The last instant of validity.
    pub not_after: Timestamp,
    /// The number of 24-hour days until not-after, as [`TimeLeft::days`] rounds it; 0 if not-after
    /// has been reached.
    pub days_left: i64,
    /// The number of hours until not-after, rounded up.
    pub hours_left: i64,
    /// The same in words: `ends in 14 days`, below two days `ends in 25 hours`, or `has ended`.
    pub timing: String,
    /// What happens when the certificate ends, in one sentence.
    pub impact: &'static str,
    /// The stages as `apiId/stageName`, as far as they fit.
    pub stages: Vec<String>,
    /// How many stages there are.
    pub stage_count: usize,
    /// How many of them are not in `stages`.
    pub stages_left_out: usize,
    /// The stages in words, for a mail.
    pub stage_list: String,
    /// The ARNs of `stages`, which are the event's `resources`.
    #[serde(skip)]
    pub resources: Vec<String>,
}

impl ReminderDetail {
    /// What the event is about, for a failure.
    pub(crate) fn subject(&self) -> String {
        match self.stage_count {
            0 | 1 => self.stage.clone(),
            count => format!("{} and {} more", self.stage, count - 1),
        }
    }
}

/// A stage with a reminder due.
#[derive(Debug)]
pub(crate) struct Due {
    pub(crate) stage: Stage,
    pub(crate) certificate: CertificateId,
    pub(crate) not_after: Timestamp,
    /// Which reminder: the number of days before not-after, or 0 for its end.
    pub(crate) days: u16,
    pub(crate) finding: Finding,
    pub(crate) renews_automatically: bool,
}

/// The stages of one owner that present one certificate, in the order of their ARNs. Never empty.
#[derive(Debug)]
pub(crate) struct DueCertificate<'d> {
    pub(crate) owner: String,
    first: &'d Due,
    pub(crate) stages: Vec<&'d Stage>,
}

impl<'d> DueCertificate<'d> {
    /// Groups stages by certificate and owner.
    pub(crate) fn group(due: &'d [Due], owner: impl Fn(&Due) -> String) -> Vec<Self> {
        let mut groups: BTreeMap<(&str, String), Self> = BTreeMap::new();
        for one in due {
            let owner = owner(one);
            groups
                .entry((one.certificate.as_str(), owner.clone()))
                .or_insert_with(|| Self { owner, first: one, stages: Vec::new() })
                .stages
                .push(&one.stage);
        }
        let mut groups: Vec<Self> = groups.into_values().collect();
        for group in &mut groups {
            group.stages.sort_by(|one, other| one.arn.as_str().cmp(other.arn.as_str()));
        }
        groups
    }

    /// The reminder's id, which contains everything that distinguishes it from others.
    pub(crate) fn id(&self, run: &Reminders) -> String {
        let Due { certificate, not_after, days, .. } = self.first;
        let (account, region) = (&run.account_region.account, &run.account_region.region);
        let (rule, owner) = (&run.rule_name, &self.owner);
        format!("{account}/{region}/{rule}/{}/{not_after}/{days}/{owner}", certificate.as_str())
    }

    /// The event, without the name of the API. `backends` is known only if no stage has an HTTP
    /// backend.
    pub(crate) fn message(&self, run: &Reminders, now: Timestamp, backends: Option<&Backends>) -> Message {
        let Due { certificate, not_after, days, finding, renews_automatically, .. } = self.first;
        let first = self.stages.first().map_or(&self.first.stage.arn, |stage| &stage.arn);
        let annotation = Annotation::from_findings(std::slice::from_ref(finding));
        // A run looks ahead: the severity is the one at the instant that the reminder is about.
        let at = instant_of_reminder(*not_after, *days, now);
        let circumstances =
            Circumstances { renews_automatically: Some(*renews_automatically), deployed: backends };
        let left = TimeLeft::new(*not_after, now);
        let listed: Vec<&StageArn> = listed(&self.stages);
        let detail = ReminderDetail {
            aws_account_id: run.account_region.account.clone(),
            aws_region: run.account_region.region.clone(),
            config_rule_name: run.rule_name.clone(),
            resource_type: first.stage_type().resource_type(),
            resource_id: first.as_str().to_owned(),
            stage: first.label(),
            api_name: String::new(),
            compliance_type: ComplianceType::NonCompliant,
            annotation: annotation.as_str().to_owned(),
            severity: severity(finding, backends, at),
            owner: self.owner.clone(),
            what_to_do: finding.what_to_do(circumstances),
            reminder_id: self.id(run),
            certificate_id: certificate.as_str().to_owned(),
            not_after: *not_after,
            days_left: left.days(),
            hours_left: left.hours(),
            timing: left.text(),
            impact: impact(left, backends),
            stages: listed.iter().map(|arn| arn.label()).collect(),
            stage_count: self.stages.len(),
            stages_left_out: self.stages.len() - listed.len(),
            stage_list: in_words(&self.stages),
            resources: listed.iter().map(|arn| arn.as_str().to_owned()).collect(),
        };
        Message { message_type: MessageType::Reminder, time: run.time, detail: detail.into() }
    }
}

/// The stages that fit into an event.
fn listed<'s>(stages: &[&'s Stage]) -> Vec<&'s StageArn> {
    let mut bytes = 0;
    let fits = |arn: &&StageArn| {
        // The quotation marks and the comma around the label.
        bytes += arn.as_str().len() + arn.label().len() + 3;
        bytes <= MAX_STAGES_BYTES
    };
    stages.iter().map(|stage| &stage.arn).take_while(fits).collect()
}

fn in_words(stages: &[&Stage]) -> String {
    let named: Vec<String> = stages.iter().take(MAX_IN_MAIL).map(|stage| stage.arn.label()).collect();
    let more = stages.len() - named.len();
    let named = named.join(", ");
    if more == 0 { named } else { format!("{named} and {more} more") }
}

/// What happens when a certificate ends: without an HTTP backend, afterwards, and before.
pub(crate) const IMPACTS: [&str; 3] = [
    "no HTTP backend is deployed where it is attached, so no request fails because of it.",
    "backends that require it reject every request that presents it.",
    "once it has ended, backends that require it reject every request that presents it.",
];

fn impact(left: TimeLeft, backends: Option<&Backends>) -> &'static str {
    let [no_http, ended, ends] = IMPACTS;
    match backends {
        Some(Backends::NoHttp { .. }) => no_http,
        _ if left.is_over() => ended,
        _ => ends,
    }
}

#[cfg(test)]
#[path = "reminder_event_tests.rs"]
mod tests;
