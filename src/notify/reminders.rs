//! Reminders: events that are sent on a schedule when the certificate of a stage is about to
//! expire.
//!
//! Each reminder is due in the interval of exactly one scheduled run, even if that run is late.

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
use crate::notify::due::{TimeLeft, Window, instant_of};
use crate::notify::{CertificateExpiration, DeliveryStats, Detail, EventPublisher, Message, MessageType};
use crate::parameters::Parameters;
use crate::reads::{Reader, read_common};
use crate::resources::certificate_id::{CertificateId, CertificateKind};
use crate::resources::stage::Stage;
use crate::resources::tags::Tags;

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
    now: Timestamp,
    deadline: Deadline,
) -> Result<DeliveryStats, Failure> {
    let mut listing = account.stages(run.parameters.inventory).await?;
    listing.stages.retain(|stage| stage.certificate.is_some());
    let checks = BTreeSet::from([Check::CertificateExpiry]);
    let parameters = Parameters { checks, ..run.parameters.clone() };
    // A late run says what is true now.
    let now = now.max(run.time);
    let reader = Reader { account, parameters: &parameters, deadline, now, persists_results: false };
    let mut reads = read_common(&reader, &listing).await;
    let mut failures = std::mem::take(&mut reads.failures);
    // A reminder doesn't depend on the backends, so mark them as tried.
    listing.stages.iter().for_each(|stage| reads.stage_mut(&stage.arn).export_attempted = true);
    let (due, unread) = due_stages(run, now, &parameters, &listing, &reads);
    if !unread.is_empty() {
        failures.push(Failure::Unreported { stages: unread, location: (&run.account_region).into() });
    }
    // An API whose stages couldn't be listed may have stages with a reminder due.
    let unlisted = std::mem::take(&mut listing.unreadable).into_iter().filter(|it| it.api_arn.is_some());
    failures.extend(unlisted.map(|it| it.failure));
    let tags = tags(account, &due).await?;
    let messages: Vec<Message> =
        due.iter().map(|due| message(run, now, due, owner(due, &reads, &tags, &parameters))).collect();
    let publisher = EventPublisher { events, account_region: &run.account_region, deadline };
    let DeliveryStats { sent, failures: not_sent } = publisher.deliver(&messages).await;
    failures.extend(not_sent);
    Ok(DeliveryStats { sent, failures })
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
    now: Timestamp,
    parameters: &Parameters,
    listing: &Listing,
    reads: &Reads,
) -> (Vec<Due>, Vec<String>) {
    let window = Window::own(run.time, run.interval);
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    for stage in &listing.stages {
        let known = stage.certificate.as_ref().and_then(|id| reads.certificates.get(id));
        let not_after = known.and_then(Option::as_ref).and_then(|certificate| certificate.not_after);
        let due = not_after.and_then(|not_after| Some((not_after, window.due(not_after, &run.days)?)));
        if known.is_some() && due.is_none() {
            continue;
        }
        let instant = due.map_or(now, |(not_after, days)| instant_to_evaluate(not_after, days, now));
        match evaluate(stage, reads, parameters, instant) {
            Ok(evaluated) => found.extend(expiring(evaluated)),
            Err(_) => unread.push(stage.arn.label()),
        }
    }
    (found, unread)
}

/// The instant at which a stage with a reminder due is evaluated: now, or else the instant that the
/// reminder is about. Up to an hour before it, a certificate can still be outside its window.
fn instant_to_evaluate(not_after: Timestamp, days: u16, now: Timestamp) -> Timestamp {
    const INSTANT: SignedDuration = SignedDuration::from_nanos(1);
    // The certificate is valid up to and including not-after.
    let ended = || not_after.saturating_add(INSTANT).unwrap_or(not_after);
    now.max(if days == 0 { ended() } else { instant_of(not_after, days) })
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
    let generated = || reads.certificates.get(&due.certificate)?.as_ref().map(|known| &known.tags);
    let certificate = tags.get(due.certificate.as_str()).or_else(generated);
    let stage = tags.get(due.stage.arn.as_str());
    owner_tag::owner(stage, certificate, &parameters.owner_tag).unwrap_or_default().to_owned()
}

fn message(run: &Reminders, now: Timestamp, due: &Due, owner: String) -> Message {
    let annotation = Annotation::from_findings(std::slice::from_ref(&due.finding));
    let failed = ComplianceType::NonCompliant;
    let detail =
        Detail::new(&run.account_region, &run.rule_name, &due.stage.arn, failed, annotation.as_str());
    let left = TimeLeft::new(due.not_after, now);
    let certificate = Some(CertificateExpiration {
        certificate_id: due.certificate.as_str().to_owned(),
        not_after: due.not_after,
        days_left: left.days(),
        hours_left: left.hours(),
        time_left: left.text(),
    });
    let detail = Detail { owner, certificate, ..detail };
    Message { message_type: MessageType::Reminder, time: run.time, detail }
}
