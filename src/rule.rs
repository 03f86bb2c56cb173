//! The rule from end to end: one event in, evaluations put. Lambda and the command line both call [`run`].

mod earlier;
mod established;
mod security_hub;
mod told;

use jiff::Timestamp;
use serde::Serialize;

use crate::Failure;
use crate::account::{Account, Connect, Findings, Results};
use crate::deadline::Deadline;
use crate::evaluations::{EvaluatedStage, Evaluation, Unread, evaluate};
use crate::event::{Event, Notification, Request};
use crate::invocation::Invocation as Told;
use crate::parameters::Parameters;
use crate::put::Putter;
use crate::reads::{Reader, Reads, read_change, read_sweep};
use crate::stage::{Stage, StageType};
use crate::trigger::{Change, Trigger, stage_arn};
use earlier::Earlier;
use established::Established;
use security_hub::Gone;

/// What an invocation did, for its one log line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// `change`, `sweep`, `reminders`, `compliance-change`, or the message type that there was nothing to do for.
    pub kind: String,
    /// How many resources were judged.
    pub evaluated: usize,
    /// How many of those are not compliant.
    pub non_compliant: usize,
    /// How many evaluations Config took.
    pub put: usize,
    /// How many findings Security Hub took.
    pub imported: usize,
    /// Findings were to be imported, and Security Hub is not enabled in the account and Region.
    pub security_hub_not_enabled: bool,
    /// How many events EventBridge took.
    pub told: usize,
}

/// Evaluates an event at the instant `now` and puts the results; or tells of what is due, where EventBridge asks.
///
/// # Errors
/// Whatever kept it from doing the whole; what was established by then has been put.
pub async fn run<C: Connect>(
    event: &str,
    connect: &C,
    now: Timestamp,
    deadline: Deadline,
) -> Result<Report, Failure> {
    if let Some(told) = Told::parse(event)? {
        return told::tell(told, connect, deadline).await;
    }
    let event = match Event::parse(event)? {
        Request::Evaluate(event) => event,
        Request::Ignore { message_type } => return Ok(Report { kind: message_type, ..Report::default() }),
    };
    let parameters = Parameters::parse(event.rule_parameters.as_deref())?;
    let role = parameters.execution_role_name.as_deref();
    let (account, results) = connect.connect(&event.place, role, deadline).await?;
    let invocation = Invocation {
        reader: Reader { account: &account, parameters: &parameters, deadline },
        putter: Putter {
            results: &results,
            result_token: &event.result_token,
            place: &event.place,
            deadline,
        },
        rule_name: &event.rule_name,
        now,
    };
    match trigger(&event, &account).await? {
        Trigger::Change(change) => invocation.change(&change).await,
        Trigger::Sweep { at } => invocation.sweep(at).await,
    }
}

/// What the event asks for. An oversized change's item is fetched here, unless the summary already says that it is gone.
async fn trigger<A: Account>(event: &Event, account: &A) -> Result<Trigger, Failure> {
    let place = &event.place;
    let change = match &event.notification {
        Notification::Scheduled { created } => return Ok(Trigger::Sweep { at: *created }),
        Notification::Change { item, previous_certificate, left_scope } => {
            Change::of(item, previous_certificate.as_ref(), *left_scope, place)?
        }
        Notification::Oversized { summary, left_scope } => {
            let stage_type = StageType::from_resource_type(&summary.resource_type);
            if let Some(stage_type) = stage_type.filter(|_| summary.status.is_recorded()) {
                // Before AWS is asked for it: the event is untrusted until validated.
                stage_arn(summary, stage_type, place)?;
                let item = account.configuration_item(summary).await?;
                item.agree_with(place)?;
                Change::of(&item, None, *left_scope, place)?
            } else {
                Change::of(summary, None, *left_scope, place)?
            }
        }
    };
    Ok(Trigger::Change(Box::new(change)))
}

struct Invocation<'a, A, R> {
    reader: Reader<'a, A>,
    putter: Putter<'a, R>,
    rule_name: &'a str,
    now: Timestamp,
}

impl<A: Account, R: Results + Findings> Invocation<'_, A, R> {
    /// The changed resource's evaluation first, then those of its present and former peers.
    async fn change(&self, change: &Change) -> Result<Report, Failure> {
        let mut established = Established::default();
        if let Some(reason) = &change.not_evaluated {
            established.add(Evaluation::not_applicable(change.subject.clone(), reason, change.at));
        }
        let (stages, mut reads) = read_change(&self.reader, change).await;
        let mut judged = self.judge(&stages, &reads);
        if !judged.owing.is_empty() {
            self.reader.read_backends(judged.owing.iter().copied(), &mut reads).await;
            judged = self.judge(&stages, &reads);
        }
        // A peer that is left out of the rule has nothing new to say.
        judged.evaluated.retain(|evaluated| {
            evaluated.result.is_ok() || evaluated.stage.arn.as_str() == change.subject.id
        });
        for evaluated in &judged.evaluated {
            established.add(evaluated.evaluation(change.at));
        }
        let unread: Vec<&Stage> = judged.unread.into_iter().chain(judged.owing).collect();
        established.unread(unread.iter().copied());
        established.failures.extend(reads.failures);
        if !established.evaluations.is_empty() {
            self.put(&mut established).await;
        }
        let gone = Gone::of(&change.subject.id, change.not_evaluated.as_ref());
        established.imported(self.import(&[&judged.evaluated], &unread, &gone).await);
        established.report("change", self.putter.place)
    }

    /// All stages, those that need no export first; and the results of stages that are gone.
    async fn sweep(&self, at: Timestamp) -> Result<Report, Failure> {
        let account = self.reader.account;
        let (listing, earlier) = tokio::join!(
            account.stages(self.reader.parameters.inventory),
            account.earlier_results(self.rule_name),
        );
        let listing = listing?;
        let mut established = Established::default();
        let earlier = match earlier {
            Ok(results) => Some(Earlier::new(results)),
            Err(failure) => {
                established.failures.push(failure);
                None
            }
        };
        let mut reads = read_sweep(&self.reader, &listing).await;
        if let Some(earlier) = &earlier {
            reads.backends.extend(
                listing.stages.iter().filter_map(|stage| Some((stage.arn.clone(), earlier.backends(stage)?))),
            );
        }

        let judged = self.judge(&listing.stages, &reads);
        established.add_changed(&judged.evaluated, earlier.as_ref(), self.reader.parameters.reporting, at);
        if let Some(earlier) = &earlier {
            // A row without an id may be any of those that seem to be gone: then none is said to be.
            let unreadable: Option<Vec<&str>> =
                listing.unreadable.iter().map(|stage| stage.resource_id.as_deref()).collect();
            if let Some(unreadable) = unreadable {
                let present = listing.stages.iter().map(|stage| stage.arn.as_str()).chain(unreadable);
                established.evaluations.extend(earlier.vanished(&present.collect(), at));
            }
        }
        established.failures.append(&mut reads.failures);
        let gone = Gone::all_but(&listing);
        established.failures.extend(listing.unreadable.into_iter().map(|stage| stage.failure));
        established.unread(judged.unread.iter().copied());
        let mut unread = judged.unread;

        let mut later = Judged::default();
        if judged.owing.is_empty() {
            self.put(&mut established).await;
        } else if earlier.is_none() {
            // Without the earlier results every stage would seem to owe an export: too dear to be tried blindly.
            established.unread(judged.owing.iter().copied());
            unread.extend(judged.owing);
            self.put(&mut established).await;
        } else {
            later = self.sweep_owing(judged.owing, &mut reads, earlier.as_ref(), &mut established, at).await;
        }
        unread.extend(later.unread.into_iter().chain(later.owing));
        let judged: [&[EvaluatedStage]; 2] = [&judged.evaluated, &later.evaluated];
        established.imported(self.import(&judged, &unread, &gone).await);
        established.report("sweep", self.putter.place)
    }

    /// Puts what is established, and only then spends the time that is left on exports.
    async fn sweep_owing<'s>(
        &self,
        owing: Vec<&'s Stage>,
        reads: &mut Reads,
        earlier: Option<&Earlier>,
        established: &mut Established,
        at: Timestamp,
    ) -> Judged<'s> {
        if !established.evaluations.is_empty() && !self.put(established).await {
            established.unread(owing.iter().copied());
            return Judged { owing, ..Judged::default() };
        }
        self.reader.read_backends(owing.iter().copied(), reads).await;
        established.failures.append(&mut reads.failures);
        let judged = self.judge(owing, reads);
        established.add_changed(&judged.evaluated, earlier, self.reader.parameters.reporting, at);
        established.unread(judged.unread.iter().chain(&judged.owing).copied());
        if !established.evaluations.is_empty() || established.put == 0 {
            self.put(established).await;
        }
        judged
    }

    fn judge<'s>(&self, stages: impl IntoIterator<Item = &'s Stage>, reads: &Reads) -> Judged<'s> {
        let mut judged = Judged::default();
        for stage in stages {
            match evaluate(stage, reads, self.reader.parameters, self.now) {
                Ok(evaluated) => judged.evaluated.push(evaluated),
                Err(Unread::Backends) => judged.owing.push(stage),
                Err(Unread::Fact) => judged.unread.push(stage),
            }
        }
        judged
    }

    /// Puts what is established so far; whether another put would have a chance.
    async fn put(&self, established: &mut Established) -> bool {
        let outcome = self.putter.put(&established.evaluations).await;
        established.put += outcome.taken;
        established.failures.extend(outcome.failures);
        established.evaluations.clear();
        outcome.may_go_on
    }
}

/// Stages, sorted by how far judging them came.
#[derive(Default)]
struct Judged<'s> {
    evaluated: Vec<EvaluatedStage>,
    /// They owe an export.
    owing: Vec<&'s Stage>,
    /// Something about them could not be read.
    unread: Vec<&'s Stage>,
}
