//! Reminders: on a schedule, those who own a stage are told that its certificate ends.
//!
//! There is no state. Each end has an instant a reminder, `notAfter - d days`, and each instant lies in the interval of exactly
//! one run of a fixed schedule, however late that run comes: none is told twice and none is missed.

use std::collections::{BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use crate::Failure;
use crate::account::listing::Listing;
use crate::account::{Account, BATCH};
use crate::checks::finding::Finding;
use crate::checks::stage::certificate_expiry;
use crate::checks::{Check, owner_tag};
use crate::deadline::Deadline;
use crate::evaluation::annotation::Annotation;
use crate::evaluation::compliance::ComplianceType;
use crate::evaluation::evaluated::EvaluatedStage;
use crate::evaluation::facts::Reads;
use crate::evaluation::stage::evaluate;
use crate::event::eventbridge::Reminders;
use crate::notify::deliver::Events;
use crate::notify::{Delivered, Detail, Ending, EventPublisher, Notice, NoticeType};
use crate::parameters::Parameters;
use crate::reads::{Reader, read_common};
use crate::resources::certificate_id::{CertificateId, CertificateKind};
use crate::resources::stage::Stage;
use crate::resources::tags::Tags;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What a run came to.
#[derive(Debug, Default)]
pub struct Reminded {
    /// How many stages have a certificate.
    pub looked_at: usize,
    /// How many reminders were due.
    pub due: usize,
    /// How many of them EventBridge took.
    pub told: usize,
    /// What kept the others from being told.
    pub failures: Vec<Failure>,
}

/// Looks at all stages with a certificate, and tells of those whose reminder is due.
///
/// It reads stages, certificates, and the tags of the few stages that are due. What could not be read costs only those that need
/// it their reminder, and is among the failures. A stage that AWS lists and that can't be read is the sweep's to name.
///
/// # Errors
/// Where not even the stages could be listed, or the owners of those that are due. Nothing has been told by then.
pub async fn remind<A: Account, E: Events>(
    run: &Reminders,
    account: &A,
    events: &E,
    deadline: Deadline,
) -> Result<Reminded, Failure> {
    let mut listing = account.stages(run.parameters.inventory).await?;
    listing.stages.retain(|stage| stage.certificate.is_some());
    let checks = BTreeSet::from([Check::CertificateExpiry]);
    let parameters = Parameters { checks, ..run.parameters.clone() };
    // By the schedule's instant, so that a run that comes late finds what it would have found.
    let reader = Reader { account, parameters: &parameters, deadline, now: run.time, remembers: false };
    let mut reads = read_common(&reader, &listing).await;
    let mut failures = std::mem::take(&mut reads.failures);
    // What is deployed makes no difference to a reminder.
    reads.tried.extend(listing.stages.iter().map(|stage| stage.arn.clone()));
    let (due, unread) = due_stages(run, &parameters, &listing, &reads);
    if !unread.is_empty() {
        failures.push(Failure::Unreported { stages: unread, location: (&run.account_region).into() });
    }
    // An API whose stages nobody could list may have some that are due.
    let unlisted = std::mem::take(&mut listing.unreadable).into_iter().filter(|it| it.api_arn.is_some());
    failures.extend(unlisted.map(|it| it.failure));
    let tags = tags(account, &due).await?;
    let notices: Vec<Notice> =
        due.iter().map(|due| notice(run, due, owner(due, &reads, &tags, &parameters))).collect();
    let publisher = EventPublisher { events, account_region: &run.account_region, deadline };
    let Delivered { taken, failures: undelivered } = publisher.deliver(&notices).await;
    failures.extend(undelivered);
    Ok(Reminded { looked_at: listing.stages.len(), due: due.len(), told: taken, failures })
}

/// The smallest of `days` whose instant before `not_after` lies in `(time - interval, time]`.
#[must_use]
pub fn due(
    not_after: Timestamp,
    time: Timestamp,
    interval: SignedDuration,
    days: &BTreeSet<u16>,
) -> Option<u16> {
    days.iter().copied().find(|days| {
        let before = not_after.duration_since(time) - DAY * i32::from(*days);
        -interval < before && before <= SignedDuration::ZERO
    })
}

/// Days of 24 hours from `time` to `not_after`, the last one begun counted whole; 0 where it has come.
fn days_left(not_after: Timestamp, time: Timestamp) -> i64 {
    let left = not_after.duration_since(time).as_secs().max(0);
    left / DAY.as_secs() + i64::from(left % DAY.as_secs() > 0)
}

/// A stage that somebody is told of now.
struct Due {
    stage: Stage,
    certificate: CertificateId,
    not_after: Timestamp,
    finding: Finding,
}

/// The stages that somebody is told of now, and those of which that is not known, by `apiId/stageName`.
fn due_stages(
    run: &Reminders,
    parameters: &Parameters,
    listing: &Listing,
    reads: &Reads,
) -> (Vec<Due>, Vec<String>) {
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    for stage in &listing.stages {
        match evaluate(stage, reads, parameters, run.time) {
            Ok(evaluated) => found.extend(ending(evaluated)),
            Err(_) => unread.push(stage.arn.label()),
        }
    }
    found.retain(|ending| due(ending.not_after, run.time, run.interval, &run.days).is_some());
    (found, unread)
}

/// A stage whose certificate ends within its window, or has ended.
fn ending(evaluated: EvaluatedStage) -> Option<Due> {
    let finding = evaluated.result.ok()?.into_iter().next()?;
    let (certificate, not_after) = match &finding {
        Finding::CertificateExpiry(
            certificate_expiry::Answer::Expiring { certificate, not_after, .. }
            | certificate_expiry::Answer::Expired { certificate, not_after, .. },
        ) => (certificate.clone(), *not_after),
        _ => return None,
    };
    Some(Due { stage: evaluated.stage, certificate, not_after, finding })
}

/// The tags of these stages, and of their certificates as far as ACM keeps them.
async fn tags<A: Account>(account: &A, due: &[Due]) -> Result<HashMap<String, Tags>, Failure> {
    let of_acm = |due: &Due| {
        (due.certificate.kind() == CertificateKind::Acm).then(|| due.certificate.as_str().to_owned())
    };
    let stages = due.iter().map(|due| due.stage.arn.as_str().to_owned());
    let arns: BTreeSet<String> = stages.chain(due.iter().filter_map(of_acm)).collect();
    let arns: Vec<String> = arns.into_iter().collect();
    let mut tags = HashMap::new();
    for arns in arns.chunks(BATCH) {
        tags.extend(account.tags(arns).await?);
    }
    Ok(tags)
}

/// The stage's owner, or else its certificate's; a generated certificate brings its tags along.
fn owner(due: &Due, reads: &Reads, tags: &HashMap<String, Tags>, parameters: &Parameters) -> String {
    let of = |tags| owner_tag::owner(tags, &parameters.owner_tag);
    let generated = || reads.certificates.get(&due.certificate)?.as_ref().map(|known| &known.tags);
    let certificate = || tags.get(due.certificate.as_str()).or_else(generated).and_then(of);
    let stage = tags.get(due.stage.arn.as_str()).and_then(of);
    stage.or_else(certificate).unwrap_or_default().to_owned()
}

fn notice(run: &Reminders, due: &Due, owner: String) -> Notice {
    let annotation = Annotation::of_findings(std::slice::from_ref(&due.finding));
    let failed = ComplianceType::NonCompliant;
    let detail = Detail::of(&run.account_region, &run.rule_name, &due.stage.arn, failed, annotation.as_str());
    let certificate = Some(Ending {
        certificate_id: due.certificate.as_str().to_owned(),
        not_after: due.not_after,
        days_left: days_left(due.not_after, run.time),
    });
    let detail = Detail { owner, certificate, ..detail };
    Notice { notice_type: NoticeType::Reminder, time: run.time, detail }
}

#[cfg(test)]
#[path = "reminders_tests.rs"]
mod tests;
