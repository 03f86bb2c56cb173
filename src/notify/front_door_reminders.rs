//! Reminders about CAs of truststores and certificates of custom domain names, in the runs and with
//! the windows of the reminders about client certificates.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use crate::Failure;
use crate::account::front_door::FrontDoor;
use crate::checks::Check;
use crate::checks::front_door::Reason;
use crate::checks::severity::Severity;
use crate::evaluation::front_door::{EvaluatedResource, Expires, ExpiryDate, FrontDoorSubject};
use crate::event::eventbridge::Reminders;
use crate::notify::deliver::Events;
use crate::notify::due::{TimeLeft, Window};
use crate::notify::last_run::ReminderId;
use crate::notify::reminders::Sender;
use crate::notify::{Content, DeliveryStats, EventPublisher, Message, MessageType};
use crate::parameters::Parameters;
use crate::quote;
use crate::scan::front_door::scan_front_door;

/// How many bytes the resources of an event may take, as those of the stages of an event.
const MAX_RESOURCES_BYTES: usize = 16 * 1024;
/// How many resources a mail names.
const MAX_IN_MAIL: usize = 20;
/// The maximum length of a CA's subject, in characters.
const MAX_SUBJECT: usize = 512;

/// The content of a reminder about a CA or the certificate of a domain: the fields of a reminder
/// about a client certificate, but for those that only stages have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FrontDoorReminder {
    /// The account, which can differ from the account of the event bus.
    pub aws_account_id: String,
    /// The Region.
    pub aws_region: String,
    /// The name of the rule that evaluates the resources.
    #[serde(serialize_with = "quote::serialize")]
    pub config_rule_name: String,
    /// The resource type of the first resource.
    pub resource_type: String,
    /// AWS Config's id of the first resource, or the ARN of a domain that AWS Config does not list.
    pub resource_id: String,
    /// The first resource: the API's id, or the domain.
    #[serde(serialize_with = "quote::serialize")]
    pub resource: String,
    /// The name of the first resource's API; empty for a domain.
    #[serde(serialize_with = "quote::serialize")]
    pub api_name: String,
    /// `truststore` or `domain-certificate`.
    pub check: Check,
    /// The severity of the check at the instant that the reminder is about.
    pub severity: Severity,
    /// What to do, in one sentence.
    pub what_to_do: &'static str,
    /// The same for the same reminder, whenever and however often it is sent.
    #[serde(serialize_with = "quote::serialize")]
    pub reminder_id: String,
    /// The subject of a CA, or the ARN of a certificate.
    #[serde(serialize_with = "quote::serialize")]
    pub certificate_id: String,
    /// The last instant of validity.
    pub not_after: Timestamp,
    /// The number of 24-hour days until not-after, as [`TimeLeft::days`] rounds it.
    pub days_left: i64,
    /// The number of hours until not-after, rounded up.
    pub hours_left: i64,
    /// The same in words, such as `ends in 14 days`.
    pub timing: String,
    /// How many resources there are.
    pub resource_count: usize,
    /// The resources in words, for a mail.
    #[serde(serialize_with = "quote::serialize")]
    pub resource_list: String,
    /// The ids of the resources as far as they fit, which are the event's `resources`.
    #[serde(skip)]
    pub resources: Vec<String>,
}

impl<A: FrontDoor, E: Events> Sender<'_, A, E> {
    /// Sends the reminders that are due and not in `before`. Returns also those that are due and
    /// have been sent by now. What can't be read has no reminder, and its failure is returned.
    pub(super) async fn send_front_door(
        &self,
        before: &BTreeSet<ReminderId>,
    ) -> (DeliveryStats, BTreeSet<ReminderId>) {
        let run = self.run;
        let checks: BTreeSet<Check> =
            run.parameters.checks.iter().copied().filter(|check| has_dates(*check)).collect();
        if checks.is_empty() {
            return (DeliveryStats::default(), BTreeSet::new());
        }
        let parameters = Parameters { checks, ..run.parameters.clone() };
        let mut scan = scan_front_door(self.account, &parameters, self.now).await;
        let mut failures = std::mem::take(&mut scan.failures);
        if !scan.not_evaluated.is_empty() {
            let stages = scan.not_evaluated.iter().map(FrontDoorSubject::label).collect();
            failures.push(Failure::Unreported { stages, location: (&run.account_region).into() });
        }
        let mut sent = BTreeSet::new();
        let mut messages = Vec::new();
        for due in DueDate::group(&scan.resources, run, self.window) {
            let id = ReminderId::of(&due.id(run));
            if before.contains(&id) {
                sent.insert(id);
            } else {
                messages.push(due.message(run, self.now));
            }
        }
        let account_region = &run.account_region;
        let publisher = EventPublisher { events: self.events, account_region, deadline: self.deadline };
        let mut stats = publisher.deliver(&messages).await;
        let accepted = stats.accepted.iter().filter_map(|message| match &message.detail {
            Content::FrontDoorReminder(detail) => Some(ReminderId::of(&detail.reminder_id)),
            _ => None,
        });
        sent.extend(accepted);
        failures.append(&mut stats.failures);
        (DeliveryStats { failures, ..stats }, sent)
    }
}

fn has_dates(check: Check) -> bool {
    matches!(check, Check::Truststore | Check::DomainCertificate)
}

/// A date with a reminder due, and the resources that it is about.
struct DueDate<'r> {
    date: &'r ExpiryDate,
    days: u16,
    /// Never empty.
    resources: Vec<&'r EvaluatedResource>,
}

impl<'r> DueDate<'r> {
    /// The dates with a reminder due, each once, the earliest first.
    fn group(resources: &'r [EvaluatedResource], run: &Reminders, window: Window) -> Vec<Self> {
        let mut groups: BTreeMap<&ExpiryDate, Self> = BTreeMap::new();
        for resource in resources {
            for date in &resource.dates {
                // ACM's own renewal replaces it in time, and the check reports if that fails.
                if date.what == Expires::ServerCertificate && date.renews_automatically {
                    continue;
                }
                let max = match date.what {
                    Expires::Ca => run.parameters.truststore.window_days,
                    _ => run.parameters.certificate_expiry.expiry_window_days,
                };
                // A check that passes has no reminder.
                let days = run.days.iter().copied().filter(|days| *days <= max).collect();
                let Some(days) = window.due(date.not_after, &days) else { continue };
                let group = groups.entry(date);
                group.or_insert_with(|| Self { date, days, resources: Vec::new() }).resources.push(resource);
            }
        }
        groups.into_values().collect()
    }

    fn check(&self) -> Check {
        match self.date.what {
            Expires::Ca => Check::Truststore,
            Expires::ServerCertificate | Expires::OwnershipCertificate => Check::DomainCertificate,
        }
    }

    /// The reminder's id, which contains everything that distinguishes it from others.
    fn id(&self, run: &Reminders) -> String {
        let (account, region) = (&run.account_region.account, &run.account_region.region);
        let ExpiryDate { certificate, not_after, .. } = self.date;
        let (rule, check, days) = (&run.rule_name, self.check(), self.days);
        format!("{account}/{region}/{rule}/{check}/{}/{not_after}/{days}", short(certificate))
    }

    fn message(&self, run: &Reminders, now: Timestamp) -> Message {
        let ExpiryDate { certificate, not_after, what, .. } = self.date;
        let (check, left) = (self.check(), TimeLeft::new(*not_after, now));
        // A run looks ahead: the severity is the one at the instant that the reminder is about.
        let has_ended = self.days == 0 || left.is_over();
        let reason = match what {
            Expires::Ca if has_ended => Reason::CaExpired,
            Expires::Ca => Reason::CaExpiring,
            _ if has_ended => Reason::Expired,
            _ => Reason::Expiring,
        };
        let labels: Vec<String> = self.resources.iter().map(|it| it.subject.label()).collect();
        let first = self.resources.first();
        let mut bytes = 0;
        let fits = |id: &String| {
            bytes += id.len();
            bytes <= MAX_RESOURCES_BYTES
        };
        let ids = self.resources.iter().map(|it| it.resource.id.to_string());
        let detail = FrontDoorReminder {
            aws_account_id: run.account_region.account.clone(),
            aws_region: run.account_region.region.clone(),
            config_rule_name: run.rule_name.clone(),
            resource_type: first.map(|it| it.resource.resource_type.to_string()).unwrap_or_default(),
            resource_id: first.map(|it| it.resource.id.to_string()).unwrap_or_default(),
            resource: labels.first().cloned().unwrap_or_default(),
            api_name: first.and_then(|it| it.name.clone()).unwrap_or_default(),
            check,
            severity: reason.severity(),
            what_to_do: check.advice().what_to_do,
            reminder_id: self.id(run),
            certificate_id: short(certificate),
            not_after: *not_after,
            days_left: left.days(),
            hours_left: left.hours(),
            timing: left.text(),
            resource_count: labels.len(),
            resource_list: in_words(&labels),
            resources: ids.take_while(fits).collect(),
        };
        let detail = Content::FrontDoorReminder(Box::new(detail));
        Message { message_type: MessageType::Reminder, time: run.time, detail }
    }
}

fn short(certificate: &str) -> String {
    quote::brief(certificate, MAX_SUBJECT)
}

fn in_words(labels: &[String]) -> String {
    let (named, more) = labels.split_at(labels.len().min(MAX_IN_MAIL));
    let named = named.join(", ");
    if more.is_empty() { named } else { format!("{named} and {} more", more.len()) }
}

#[cfg(test)]
#[path = "front_door_reminders_tests.rs"]
mod tests;
