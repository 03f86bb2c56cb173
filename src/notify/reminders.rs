//! Reminders: events that are sent on a schedule when the certificate of a stage is about to
//! expire, or what the front door depends on.
//!
//! Each reminder is due in the interval of exactly one scheduled run, even if that run is late. A
//! run also sends what the runs since the last complete one did not, and says what is true now.

use std::collections::{BTreeSet, HashMap};

use futures_util::StreamExt as _;
use jiff::Timestamp;

use crate::Failure;
use crate::account::front_door::FrontDoor;
use crate::account::listing::Listing;
use crate::account::{Account, BATCH};
use crate::checks::finding::Finding;
use crate::checks::stage::certificate_expiry;
use crate::checks::{Check, owner_tag};
use crate::deadline::Deadline;
use crate::evaluation::evaluated::EvaluatedStage;
use crate::evaluation::facts::Reads;
use crate::evaluation::stage::evaluate;
use crate::event::eventbridge::Reminders;
use crate::notify::deliver::Events;
use crate::notify::due::{Window, instant_of_reminder};
use crate::notify::last_run::{LastRun, Parameter, Progress, ReminderId};
use crate::notify::reminder_event::{Due, DueCertificate, ReminderDetail};
use crate::notify::{DeliveryStats, EventPublisher, Message};
use crate::parameters::Parameters;
use crate::reads::observer::Observer;
use crate::reads::{EarlierResults, KnownBackends, Reader, by_deployment, can_be_exported, read_common};
use crate::resources::backends::Backends;
use crate::resources::certificate::Certificate;
use crate::resources::certificate_id::CertificateKind;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;
use crate::resources::tags::Tags;

/// How many stages of one certificate and owner are exported to say what happens when it ends.
const MAX_EXPORTS: usize = 20;

/// Sends the reminders that are due: those of the run's own interval, and those of earlier runs
/// since the last complete one.
///
/// The parameter `name` has the instant of the last complete run. If it can't be read, the
/// reminders of the run's own interval are sent, and the failure is returned. It is replaced once
/// EventBridge has accepted every event, and is never moved back.
///
/// If a fact can't be read, only the stages that need it get no reminder, and the failure is
/// returned. A stage that is listed but can't be read is not a failure here, because the sweep
/// reports it.
///
/// If the stages or the owners of the stages with a reminder due can't be read, no reminder is
/// sent, and the failure is returned.
pub(crate) async fn remind<A: FrontDoor, E: Events + Parameter>(
    run: &Reminders,
    name: &str,
    account: &A,
    events: &E,
    now: Timestamp,
    deadline: Deadline,
) -> DeliveryStats {
    // A late run says what is true now.
    let now = now.max(run.time);
    let last_run = LastRun { parameters: events, name, account_region: &run.account_region };
    let read = last_run.read(now).await;
    let known = read.as_ref().ok().and_then(Option::as_ref);
    let own = Window::own(run.time, run.interval);
    let covered = known.map_or(Some(own), |known| Window::after(known.complete, run.time, run.interval));
    let Some(window) = covered else { return DeliveryStats::default() };
    let sent = known.map(|known| known.sent.clone()).unwrap_or_default();
    let sender = Sender { run, window, account, events, now, deadline };
    let (mut stats, sent) = if run.parameters.is_of_front_door() {
        sender.send_front_door(&sent).await
    } else {
        sender.send(&sent).await.unwrap_or_else(|failure| {
            (DeliveryStats { failures: vec![failure], ..DeliveryStats::default() }, sent)
        })
    };
    let written = match read {
        Err(unreadable) => Err(unreadable),
        Ok(before) if stats.failures.is_empty() => {
            let complete = Progress { complete: run.time, sent: BTreeSet::new() };
            last_run.write(before.as_ref(), &complete, now).await
        }
        // The next run makes up for this one, but does not send again what this one has sent.
        Ok(before) => {
            let complete = before.as_ref().map_or_else(
                || run.time.saturating_sub(run.interval).unwrap_or(Timestamp::MIN),
                |before| before.complete,
            );
            let incomplete = Progress { complete, sent };
            last_run.write(before.as_ref(), &incomplete, now).await
        }
    };
    stats.failures.extend(written.err());
    stats
}

/// Sends the reminders of one run.
pub(super) struct Sender<'a, A, E> {
    pub(super) run: &'a Reminders,
    pub(super) window: Window,
    pub(super) account: &'a A,
    pub(super) events: &'a E,
    pub(super) now: Timestamp,
    pub(super) deadline: Deadline,
}

impl<A: Account, E: Events> Sender<'_, A, E> {
    /// Sends the reminders that are due and not in `before`. Returns also those that are due and
    /// have been sent by now.
    ///
    /// # Errors
    /// Returns a failure if the stages or the owners can't be read. No reminder has been sent then.
    async fn send(
        &self,
        before: &BTreeSet<ReminderId>,
    ) -> Result<(DeliveryStats, BTreeSet<ReminderId>), Failure> {
        let Self { run, account, now, deadline, .. } = *self;
        let mut listing = account.stages(run.parameters.inventory).await?;
        listing.stages.retain(|stage| stage.certificate.is_some());
        let checks = BTreeSet::from([Check::CertificateExpiry]);
        // The owners are read later, and only for the stages with a reminder due.
        // An exemption suppresses a result, never a reminder.
        let parameters = Parameters {
            checks,
            events: false,
            exclude_stages: Vec::new(),
            exemption_tag: None,
            exemptions: None,
            exemption_document: None,
            ..run.parameters.clone()
        };
        let reader = Reader {
            account,
            parameters: &parameters,
            deadline,
            exemptions: None,
            persists_results: false,
            observer: Observer::default(),
            earlier_results: EarlierResults::default(),
        };
        let mut reads = read_common(&reader, &listing).await;
        let mut failures = std::mem::take(&mut reads.failures);
        // Whether a reminder is due doesn't depend on the backends, so mark them as tried.
        listing.stages.iter().for_each(|stage| reads.stage_mut(&stage.arn).export_attempted = true);
        let (due, unread) = self.due_stages(&parameters, &listing, &reads);
        if !unread.is_empty() {
            failures.push(Failure::Unreported { stages: unread, location: (&run.account_region).into() });
        }
        // An API whose stages couldn't be listed may have stages with a reminder due.
        let unlisted = std::mem::take(&mut listing.unreadable).into_iter();
        failures.extend(unlisted.filter(|it| it.api_arn.is_some()).map(|it| it.failure));
        let tags = tags(account, &due).await?;
        let groups = DueCertificate::group(&due, |due| owner(due, &reads, &tags, &parameters));
        let mut sent = BTreeSet::new();
        let mut messages = Vec::new();
        for group in &groups {
            let id = ReminderId::of(&group.id(run));
            if before.contains(&id) {
                sent.insert(id);
            } else {
                let no_http = no_http_backends(&reader, &group.stages).await;
                messages.push(group.message(run, now, no_http.as_ref()));
            }
        }
        self.add_api_names(&mut messages).await;
        let publisher = EventPublisher { events: self.events, account_region: &run.account_region, deadline };
        let mut stats = publisher.deliver(&messages).await;
        let accepted = stats.accepted.iter().filter_map(|message| message.detail.reminder());
        sent.extend(accepted.map(|reminder| ReminderId::of(&reminder.reminder_id)));
        failures.append(&mut stats.failures);
        Ok((DeliveryStats { failures, ..stats }, sent))
    }

    /// Adds the names of the APIs, for people. Reminders are sent without a name that can't be
    /// read.
    async fn add_api_names(&self, messages: &mut [Message]) {
        let reminders = messages.iter_mut().filter_map(|message| message.detail.reminder_mut());
        let mut reminders: Vec<(&mut ReminderDetail, StageArn)> = reminders
            .filter_map(|reminder| StageArn::parse(&reminder.resource_id).ok().map(|arn| (reminder, arn)))
            .collect();
        let apis: BTreeSet<&str> = reminders.iter().map(|(_, arn)| arn.api_arn()).collect();
        if apis.is_empty() {
            return;
        }
        let Ok(names) = self.account.api_names(&apis).await else { return };
        for (reminder, arn) in &mut reminders {
            reminder.api_name = names.get(arn.api_arn()).cloned().unwrap_or_default();
        }
    }

    /// Returns the stages with a reminder due, and the `apiId/stageName` of those that can't be
    /// evaluated.
    fn due_stages(
        &self,
        parameters: &Parameters,
        listing: &Listing,
        reads: &Reads,
    ) -> (Vec<Due>, Vec<String>) {
        let (mut found, mut unread) = (Vec::new(), Vec::new());
        for stage in &listing.stages {
            let read = stage.certificate.as_ref().and_then(|id| reads.certificates.get(id));
            let certificate = read.and_then(Option::as_ref);
            let not_after = certificate.and_then(|certificate| certificate.not_after);
            let due = not_after
                .and_then(|not_after| Some((not_after, self.window.due(not_after, &self.run.days)?)));
            if read.is_some() && due.is_none() {
                continue;
            }
            let instant =
                due.map_or(self.now, |(not_after, days)| instant_of_reminder(not_after, days, self.now));
            match (evaluate(stage, reads, parameters, instant), certificate, due) {
                (Ok(evaluated), Some(certificate), Some((_, days))) => {
                    found.extend(expiring(evaluated, certificate, days));
                }
                (Ok(_), ..) => {}
                (Err(_), ..) => unread.push(stage.arn.label()),
            }
        }
        (found, unread)
    }
}

/// Returns the stage if its certificate has expired or expires within the window.
fn expiring(evaluated: EvaluatedStage, certificate: &Certificate, days: u16) -> Option<Due> {
    let finding = evaluated.result.ok()?.into_iter().next()?;
    let not_after = match &finding {
        Finding::CertificateExpiry(
            certificate_expiry::Answer::Expiring { not_after, .. }
            | certificate_expiry::Answer::Expired { not_after, .. },
        ) => *not_after,
        _ => return None,
    };
    let renews_automatically = certificate.renews_automatically;
    let certificate = certificate.id.clone();
    Some(Due { stage: evaluated.stage, certificate, not_after, days, finding, renews_automatically })
}

/// Returns the backends if it was read of each of these stages that nothing deployed on it calls an
/// HTTP backend. Any doubt, such as a failed export, counts as having HTTP backends: the reminder
/// is sent all the same, and the sweep reports the failure.
async fn no_http_backends<A: Account>(reader: &Reader<'_, A>, stages: &[&Stage]) -> Option<Backends> {
    if stages.len() > MAX_EXPORTS {
        return None;
    }
    let (to_export, others): (Vec<&Stage>, Vec<&Stage>) =
        stages.iter().copied().partition(|stage| can_be_exported(stage));
    let mut found = Vec::new();
    for stage in &others {
        found.push(reader.backends_without_export(&[*stage]).await.found.remove(&stage.arn)?);
    }
    for deployment in by_deployment(to_export) {
        let count = deployment.len();
        let exports = reader.exports(vec![deployment], KnownBackends::new());
        let exports = exports.collect::<Vec<_>>().await;
        found.extend(exports.into_iter().filter_map(|(_, export)| export.backends()));
        if found.len() < count || !found.iter().all(|it| matches!(it, Backends::NoHttp { .. })) {
            return None;
        }
    }
    let is_none = found.len() == stages.len() && found.iter().all(|it| matches!(it, Backends::NoHttp { .. }));
    found.into_iter().next().filter(|_| is_none)
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

/// Returns the owner, or an empty string. The tags of a generated certificate have been read with
/// the certificate.
fn owner(due: &Due, reads: &Reads, tags: &HashMap<String, Tags>, parameters: &Parameters) -> String {
    let generated = || reads.certificates.get(&due.certificate)?.as_ref().map(|known| &known.tags);
    let certificate = tags.get(due.certificate.as_str()).or_else(generated);
    let stage = tags.get(due.stage.arn.as_str());
    owner_tag::owner(stage, certificate, &parameters.owner_tag).unwrap_or_default().to_owned()
}
