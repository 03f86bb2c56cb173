//! Reminders: events that are sent on a schedule when the certificate of a stage is about to
//! expire.
//!
//! Reminders need no state. Each reminder is due at the instant `notAfter - d days`, which is in
//! the interval of exactly one scheduled run, even if that run is late. So no reminder is sent
//! twice and none is missed.

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
use crate::notify::{CertificateExpiration, DeliveryStats, Detail, EventPublisher, Message, MessageType};
use crate::parameters::Parameters;
use crate::reads::{EarlierResults, Reader, read_common};
use crate::resources::certificate_id::{CertificateId, CertificateKind};
use crate::resources::stage::Stage;
use crate::resources::tags::Tags;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Sends a reminder for each stage whose certificate has one due.
///
/// It reads the stages, the certificates, and the tags of the few stages with a reminder due. If a
/// fact can't be read, only the stages that need it get no reminder, and the failure is returned. A
/// stage that is listed but can't be read is not a failure here, because the sweep reports it.
///
/// # Errors
/// Returns a failure if the stages or the owners of the stages with a reminder due can't be read.
/// No reminder has been sent then.
pub(crate) async fn remind<A: Account, E: Events>(
    run: &Reminders,
    account: &A,
    events: &E,
    deadline: Deadline,
) -> Result<DeliveryStats, Failure> {
    let mut listing = account.stages(run.parameters.inventory).await?;
    listing.stages.retain(|stage| stage.certificate.is_some());
    let checks = BTreeSet::from([Check::CertificateExpiry]);
    let parameters = Parameters { checks, ..run.parameters.clone() };
    // At the scheduled instant, so that a late run has the same result.
    let reader = Reader {
        account,
        parameters: &parameters,
        deadline,
        now: run.time,
        persists_results: false,
        earlier_results: EarlierResults::default(),
    };
    let mut reads = read_common(&reader, &listing).await;
    let mut failures = std::mem::take(&mut reads.failures);
    // A reminder doesn't depend on the backends, so mark them as tried.
    listing.stages.iter().for_each(|stage| reads.stage_mut(&stage.arn).export_attempted = true);
    let (due, unread) = due_stages(run, &parameters, &listing, &reads);
    if !unread.is_empty() {
        failures.push(Failure::Unreported { stages: unread, location: (&run.account_region).into() });
    }
    // An API whose stages couldn't be listed may have stages with a reminder due.
    let unlisted = std::mem::take(&mut listing.unreadable).into_iter().filter(|it| it.api_arn.is_some());
    failures.extend(unlisted.map(|it| it.failure));
    let tags = tags(account, &due).await?;
    let messages: Vec<Message> =
        due.iter().map(|due| message(run, due, owner(due, &reads, &tags, &parameters))).collect();
    let publisher = EventPublisher { events, account_region: &run.account_region, deadline };
    let DeliveryStats { sent, failures: not_sent, .. } = publisher.deliver(&messages).await;
    failures.extend(not_sent);
    Ok(DeliveryStats { sent, failures, ..DeliveryStats::default() })
}

/// Returns the smallest of `days` whose reminder is due in `(time - interval, time]`.
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

/// Returns the number of 24-hour days from `time` to `not_after`, rounded up, or 0 if `not_after`
/// has been reached.
fn days_left(not_after: Timestamp, time: Timestamp) -> i64 {
    let left = not_after.duration_since(time).as_secs().max(0);
    left / DAY.as_secs() + i64::from(left % DAY.as_secs() > 0)
}

/// A stage with a reminder due.
struct Due {
    stage: Stage,
    certificate: CertificateId,
    not_after: Timestamp,
    finding: Finding,
}

/// Returns the stages with a reminder due, and the `apiId/stageName` of those that can't be
/// evaluated.
fn due_stages(
    run: &Reminders,
    parameters: &Parameters,
    listing: &Listing,
    reads: &Reads,
) -> (Vec<Due>, Vec<String>) {
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    for stage in &listing.stages {
        match evaluate(stage, reads, parameters, run.time) {
            Ok(evaluated) => found.extend(expiring(evaluated)),
            Err(_) => unread.push(stage.arn.label()),
        }
    }
    found.retain(|stage| due(stage.not_after, run.time, run.interval, &run.days).is_some());
    (found, unread)
}

/// Returns the stage if its certificate has expired or expires within the window.
fn expiring(evaluated: EvaluatedStage) -> Option<Due> {
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

/// Returns the tags of these stages and of their ACM certificates, by ARN.
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

/// Returns the owner of the stage, or else of its certificate, or an empty string. The tags of a
/// generated certificate have been read with the certificate.
fn owner(due: &Due, reads: &Reads, tags: &HashMap<String, Tags>, parameters: &Parameters) -> String {
    let of = |tags| owner_tag::owner(tags, &parameters.owner_tag);
    let generated = || reads.certificates.get(&due.certificate)?.as_ref().map(|known| &known.tags);
    let certificate = || tags.get(due.certificate.as_str()).or_else(generated).and_then(of);
    let stage = tags.get(due.stage.arn.as_str()).and_then(of);
    stage.or_else(certificate).unwrap_or_default().to_owned()
}

fn message(run: &Reminders, due: &Due, owner: String) -> Message {
    let annotation = Annotation::from_findings(std::slice::from_ref(&due.finding));
    let failed = ComplianceType::NonCompliant;
    let detail =
        Detail::new(&run.account_region, &run.rule_name, &due.stage.arn, failed, annotation.as_str());
    let certificate = Some(CertificateExpiration {
        certificate_id: due.certificate.as_str().to_owned(),
        not_after: due.not_after,
        days_left: days_left(due.not_after, run.time),
    });
    let detail = Detail { owner, certificate, ..detail };
    Message { message_type: MessageType::Reminder, time: run.time, detail: detail.into() }
}

#[cfg(test)]
#[path = "reminders_tests.rs"]
mod tests;
