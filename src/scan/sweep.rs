//! Evaluates all stages of a listing in batches.
//!
//! While one batch is passed on, the tags or exports of the next ones are read. What was read for a
//! batch is dropped after its evaluation. Only facts that other stages depend on are kept: who uses
//! which certificate.

use std::collections::HashSet;
use std::pin::pin;

use futures_util::StreamExt;
use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::account::listing::Listing;
use crate::account::{Account, BATCH};
use crate::checks::stage::certificate_attached::Backends;
use crate::evaluation::evaluated::EvaluatedStage;
use crate::evaluation::facts::{MissingFact, Reads};
use crate::evaluation::stage::{evaluate, evaluate_available};
use crate::reads::observer::Step;
use crate::reads::{
    Batches, Deployed, KnownBackends, Reader, by_deployment, can_be_exported, export_order, read_common,
};
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;

/// The maximum number of batches that are read ahead and wait to be evaluated.
const PREFETCH: usize = 8;

/// Receives the evaluated stages of a sweep.
pub(crate) trait Sink {
    /// Takes up to one batch of evaluated stages, and the reads shared by all stages. Returns
    /// whether the sweep should continue. Reads continue while this method waits.
    async fn take(&mut self, evaluated: Vec<EvaluatedStage>, reads: &Reads) -> bool;
}

/// Collects all evaluated stages.
impl Sink for Vec<EvaluatedStage> {
    async fn take(&mut self, evaluated: Vec<EvaluatedStage>, _: &Reads) -> bool {
        self.extend(evaluated);
        true
    }
}

/// A sweep over the stages of a listing.
#[derive(Debug)]
pub(crate) struct Sweep<'a, A> {
    /// Reads the facts of the stages.
    pub reader: &'a Reader<'a, A>,
    /// All stages of the account and Region.
    pub listing: &'a Listing,
    /// The stages that the rule does not evaluate. They still count as peers.
    pub out_of_scope: &'a HashSet<StageArn>,
    /// The instant of the evaluation.
    pub now: Timestamp,
}

/// What a previous result says about the current deployment of a stage.
#[derive(Debug, Default)]
pub(crate) struct PreviousFacts {
    /// The deployed backends.
    pub backends: Option<Backends>,
    /// Whether the stage's certificate was attached after the deployment.
    pub attached_after: bool,
}

/// The stages without a result so far, and the facts read until then.
#[derive(Debug, Default)]
pub(crate) struct Remaining<'a> {
    /// The stages that need an export.
    pub needs_export: Vec<&'a Stage>,
    /// The stages with a fact that could not be read, and those that the sweep did not reach.
    pub unread: Vec<&'a Stage>,
    /// The findings of those checks of unread stages whose facts were read.
    pub available: Vec<EvaluatedStage>,
    /// The other facts of the stages that need an export, and all failures.
    pub reads: Reads,
    /// Backends from previous results, for stages with a canary, which must still be checked.
    known_backends: KnownBackends,
}

impl<'a, A: Account> Sweep<'a, A> {
    /// Evaluates every stage that needs no export. `previous_facts` returns what is already known
    /// about the deployment of a stage.
    pub(crate) async fn evaluate_without_export(
        &self,
        previous_facts: impl Fn(&Stage) -> PreviousFacts,
        sink: &mut impl Sink,
    ) -> Remaining<'a> {
        let batches = &Batches::of(self.reader, self.listing, |arn| !self.out_of_scope.contains(arn));
        let (read, mut waiting) = mpsc::channel(PREFETCH);
        let reading = async move {
            let mut batches = pin!(batches.read(self.reader));
            while let Some(batch) = batches.next().await {
                if read.send(batch).await.is_err() {
                    break;
                }
            }
        };
        let evaluating = async move {
            let mut remaining =
                Remaining { reads: read_common(self.reader, self.listing).await, ..Remaining::default() };
            let mut seen = 0;
            while let Some(batch) = waiting.recv().await {
                seen += batch.stages.len();
                remaining.reads.failures.extend(batch.failure);
                remaining.reads.tags.extend(batch.tags);
                for stage in &batch.stages {
                    remaining.add_previous(stage, previous_facts(stage));
                }
                let evaluated = self.evaluate_batch(batch.stages, &mut remaining);
                self.reader.observer.notify(Step::Evaluated(evaluated.len()));
                if !evaluated.is_empty() && !sink.take(evaluated, &remaining.reads).await {
                    break;
                }
            }
            remaining.unread.extend(batches.stages().skip(seen));
            remaining
        };
        tokio::join!(reading, evaluating).1
    }

    /// Exports and evaluates the stages that need it. Stages without a result come first, then
    /// those whose result was `recorded` first. Stages that remain without a result are added to
    /// `unread`.
    pub(crate) async fn evaluate_with_export(
        &self,
        mut remaining: Remaining<'a>,
        recorded: impl Fn(&Stage) -> Option<Timestamp>,
        sink: &mut impl Sink,
    ) -> Remaining<'a> {
        let needs_export = std::mem::take(&mut remaining.needs_export);
        let (to_export, others): (Vec<&Stage>, Vec<&Stage>) =
            needs_export.into_iter().partition(|it| can_be_exported(it));
        self.reader.observer.notify(Step::ExportsNeeded(to_export.len()));
        let to_export = export_order(by_deployment(to_export), recorded, self.now);
        let (read, mut waiting) = mpsc::channel(PREFETCH);
        let (exported, known) = (to_export.clone(), std::mem::take(&mut remaining.known_backends));
        let reading = async move {
            let mut exports = pin!(self.reader.exports(exported, known).chunks(BATCH));
            while let Some(batch) = exports.next().await {
                if read.send(batch).await.is_err() {
                    break;
                }
            }
        };
        let evaluating = async move {
            let partial = self.reader.backends_without_export(&others).await;
            let mut deployed = Deployed { partial, ..Deployed::default() };
            let (mut seen, mut can_continue) = (0, true);
            for batch in others.chunks(BATCH) {
                if can_continue {
                    can_continue = self
                        .evaluate_with_backends(batch.to_vec(), &mut deployed, &mut remaining, sink)
                        .await;
                } else {
                    remaining.unread.extend(batch);
                }
            }
            self.reader.observer.notify(Step::Evaluated(others.len()));
            while can_continue {
                let Some(batch) = waiting.recv().await else { break };
                seen += batch.len();
                let stages = batch.iter().map(|(stage, _)| *stage).collect();
                for (stage, export) in batch {
                    deployed.add(stage, export);
                }
                can_continue = self.evaluate_with_backends(stages, &mut deployed, &mut remaining, sink).await;
            }
            remaining.reads.failures.extend(self.reader.out_of_time(deployed.out_of_time));
            remaining.unread.append(&mut remaining.needs_export);
            remaining.unread.extend(to_export.into_iter().flatten().skip(seen));
            remaining
        };
        tokio::join!(reading, evaluating).1
    }

    /// Evaluates up to one batch of stages whose backends were read. Returns whether the sweep
    /// should continue.
    async fn evaluate_with_backends(
        &self,
        stages: Vec<&'a Stage>,
        deployed: &mut Deployed,
        remaining: &mut Remaining<'a>,
        sink: &mut impl Sink,
    ) -> bool {
        deployed.add_to(&mut remaining.reads);
        for stage in &stages {
            remaining.reads.stage_mut(&stage.arn).export_attempted = true;
        }
        let evaluated = self.evaluate_batch(stages, remaining);
        evaluated.is_empty() || sink.take(evaluated, &remaining.reads).await
    }

    /// Evaluates stages with the available facts and drops the facts that no other stage needs.
    fn evaluate_batch(&self, stages: Vec<&'a Stage>, remaining: &mut Remaining<'a>) -> Vec<EvaluatedStage> {
        let mut evaluated = Vec::with_capacity(stages.len());
        for stage in stages {
            match evaluate(stage, &remaining.reads, self.reader.parameters, self.now) {
                Ok(stage) => evaluated.push(stage),
                Err(MissingFact::Backends) => {
                    // Keep its tags, so that they are read only once.
                    remaining.needs_export.push(stage);
                    continue;
                }
                Err(MissingFact::Fact) => {
                    let (parameters, reads) = (self.reader.parameters, &remaining.reads);
                    remaining.available.push(evaluate_available(stage, reads, parameters, self.now));
                    remaining.unread.push(stage);
                }
            }
            remaining.drop_facts(stage);
        }
        evaluated
    }
}

impl PreviousFacts {
    /// Adds the facts to `reads`. Returns the backends of a stage whose canary must still be
    /// checked.
    pub(crate) fn add_to(self, reads: &mut Reads, stage: &Stage) -> Option<Backends> {
        if self.attached_after {
            reads.stage_mut(&stage.arn).attached_after_deployment = true;
        }
        match self.backends? {
            // If the stage's deployment has no HTTP backends, the result depends on its canary.
            backends @ Backends::NoHttp { .. } if stage.has_canary() => Some(backends),
            backends => {
                reads.stage_mut(&stage.arn).backends = Some(backends);
                None
            }
        }
    }
}

impl Remaining<'_> {
    fn add_previous(&mut self, stage: &Stage, facts: PreviousFacts) {
        if let Some(backends) = facts.add_to(&mut self.reads, stage) {
            self.known_backends.insert(stage.arn.clone(), backends);
        }
    }

    fn drop_facts(&mut self, stage: &Stage) {
        self.reads.tags.remove(stage.arn.as_str());
        self.reads.subjects.remove(stage.arn.as_str());
        self.known_backends.remove(&stage.arn);
    }
}
