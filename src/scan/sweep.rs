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
use crate::evaluation::facts::MissingFact;
use crate::evaluation::facts::Reads;
use crate::evaluation::stage::evaluate;
use crate::reads::{Deployed, Known, Portions, Reader, by_deployment, in_turn, is_exported, read_common};
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;

/// The maximum number of batches that are read ahead and wait to be evaluated.
const PREFETCH: usize = 8;

/// Receives the evaluated stages of a sweep.
#[expect(async_fn_in_trait, reason = "the runtime is current-thread: no future crosses threads")]
pub trait Sink {
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
pub struct Sweep<'a, A> {
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
pub struct Remembered {
    /// The deployed backends.
    pub backends: Option<Backends>,
    /// Whether the stage's certificate was attached after the deployment.
    pub attached_after: bool,
}

/// The stages without a result so far, and the facts read until then.
#[derive(Debug, Default)]
pub struct Rest<'a> {
    /// The stages that need an export.
    pub needs_export: Vec<&'a Stage>,
    /// The stages with a fact that could not be read, and those that the sweep did not reach.
    pub unread: Vec<&'a Stage>,
    /// The other facts of the stages that need an export, and all failures.
    pub reads: Reads,
    /// Backends from previous results, for stages with a canary, which must still be checked.
    known: Known,
}

impl<'a, A: Account> Sweep<'a, A> {
    /// Evaluates every stage that needs no export. `previous_facts` returns what is already known
    /// about the deployment of a stage.
    pub async fn judge(&self, told: impl Fn(&Stage) -> Remembered, sink: &mut impl Sink) -> Rest<'a> {
        let portions = &Portions::of(self.reader, self.listing, |arn| !self.out_of_scope.contains(arn));
        let (read, mut waiting) = mpsc::channel(PREFETCH);
        let reading = async move {
            let mut portions = pin!(portions.read(self.reader));
            while let Some(portion) = portions.next().await {
                if read.send(portion).await.is_err() {
                    break;
                }
            }
        };
        let judging = async move {
            let mut rest = Rest { reads: read_common(self.reader, self.listing).await, ..Rest::default() };
            let mut seen = 0;
            while let Some(portion) = waiting.recv().await {
                seen += portion.stages.len();
                rest.reads.failures.extend(portion.failure);
                rest.reads.tags.extend(portion.tags);
                for stage in &portion.stages {
                    rest.remember(stage, told(stage));
                }
                let evaluated = self.judge_some(portion.stages, &mut rest);
                if !evaluated.is_empty() && !sink.take(evaluated, &rest.reads).await {
                    break;
                }
            }
            rest.unread.extend(portions.stages().skip(seen));
            rest
        };
        tokio::join!(reading, judging).1
    }

    /// Exports and evaluates the stages that need it. Stages without a result come first, then
    /// those whose result was `recorded` first. Stages that remain without a result are added to
    /// `unread`.
    pub async fn judge_owing(
        &self,
        mut rest: Rest<'a>,
        recorded: impl Fn(&Stage) -> Option<Timestamp>,
        sink: &mut impl Sink,
    ) -> Rest<'a> {
        let needs_export = std::mem::take(&mut rest.needs_export);
        let (to_export, others): (Vec<&Stage>, Vec<&Stage>) =
            needs_export.into_iter().partition(|it| is_exported(it));
        let to_export = in_turn(by_deployment(to_export), recorded, self.now);
        let (read, mut waiting) = mpsc::channel(PREFETCH);
        let (exported, known) = (to_export.clone(), std::mem::take(&mut rest.known));
        let reading = async move {
            let mut exports = pin!(self.reader.exports(exported, known).chunks(BATCH));
            while let Some(hundred) = exports.next().await {
                if read.send(hundred).await.is_err() {
                    break;
                }
            }
        };
        let judging = async move {
            let part = self.reader.told_without_export(&others).await;
            let mut deployed = Deployed { part, ..Deployed::default() };
            let (mut seen, mut goes_on) = (0, true);
            for hundred in others.chunks(BATCH) {
                if goes_on {
                    goes_on = self.take_told(hundred.to_vec(), &mut deployed, &mut rest, sink).await;
                } else {
                    rest.unread.extend(hundred);
                }
            }
            while goes_on {
                let Some(hundred) = waiting.recv().await else { break };
                seen += hundred.len();
                let stages = hundred.iter().map(|(stage, _)| *stage).collect();
                for (stage, export) in hundred {
                    deployed.add(stage, export);
                }
                goes_on = self.take_told(stages, &mut deployed, &mut rest, sink).await;
            }
            rest.reads.failures.extend(self.reader.out_of_time(deployed.left));
            rest.unread.append(&mut rest.needs_export);
            rest.unread.extend(to_export.into_iter().flatten().skip(seen));
            rest
        };
        tokio::join!(reading, judging).1
    }

    /// Evaluates up to one batch of stages whose backends were read. Returns whether the sweep
    /// should continue.
    async fn take_told(
        &self,
        stages: Vec<&'a Stage>,
        deployed: &mut Deployed,
        rest: &mut Rest<'a>,
        sink: &mut impl Sink,
    ) -> bool {
        deployed.add_to(&mut rest.reads);
        rest.reads.tried.extend(stages.iter().map(|stage| stage.arn.clone()));
        let evaluated = self.judge_some(stages, rest);
        evaluated.is_empty() || sink.take(evaluated, &rest.reads).await
    }

    /// Evaluates stages with the available facts and drops the facts that no other stage needs.
    fn judge_some(&self, stages: Vec<&'a Stage>, rest: &mut Rest<'a>) -> Vec<EvaluatedStage> {
        let mut evaluated = Vec::with_capacity(stages.len());
        for stage in stages {
            match evaluate(stage, &rest.reads, self.reader.parameters, self.now) {
                Ok(stage) => evaluated.push(stage),
                Err(MissingFact::Backends) => {
                    // Keep its tags, so that they are read only once.
                    rest.needs_export.push(stage);
                    continue;
                }
                Err(MissingFact::Fact) => rest.unread.push(stage),
            }
            rest.forget(stage);
        }
        evaluated
    }
}

impl Remembered {
    /// Adds the facts to `reads`. Returns the backends of a stage whose canary must still be
    /// checked.
    pub(crate) fn add_to(self, reads: &mut Reads, stage: &Stage) -> Option<Backends> {
        if self.attached_after {
            reads.attached_after.insert(stage.arn.clone());
        }
        match self.backends? {
            // If the stage's deployment has no HTTP backends, the result depends on its canary.
            backends @ Backends::NoHttp { .. } if stage.has_canary() => Some(backends),
            backends => {
                reads.backends.insert(stage.arn.clone(), backends);
                None
            }
        }
    }
}

impl Rest<'_> {
    fn remember(&mut self, stage: &Stage, told: Remembered) {
        if let Some(backends) = told.add_to(&mut self.reads, stage) {
            self.known.insert(stage.arn.clone(), backends);
        }
    }

    fn forget(&mut self, stage: &Stage) {
        self.reads.tags.remove(stage.arn.as_str());
        self.reads.backends.remove(&stage.arn);
        self.reads.attached_after.remove(&stage.arn);
        self.reads.tried.remove(&stage.arn);
        self.reads.gone.remove(&stage.arn);
        self.known.remove(&stage.arn);
    }
}
