//! All stages of a listing, judged a hundred at a time as soon as what they need is there.
//!
//! What is read for one hundred is forgotten once they are judged, and while one hundred is handed over the tags of the next
//! ones, or their exports, are read. Only what a stage's answer depends on in others is held for all: who has which
//! certificate.

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
use crate::evaluation::stage::evaluate;
use crate::reads::{Deployed, Known, Portions, Reader, by_deployment, in_turn, is_exported, read_common};
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;

/// How many hundreds may wait to be judged: what is read ahead while others are put.
const PREFETCH: usize = 8;

/// Where every stage that a sweep has judged goes.
#[expect(async_fn_in_trait, reason = "the runtime is current-thread: no future crosses threads")]
pub trait Sink {
    /// Takes a hundred of them at most, and what the sweep has read for all stages; whether the sweep is to go on. What it waits
    /// for keeps no read waiting.
    async fn take(&mut self, evaluated: Vec<EvaluatedStage>, reads: &Reads) -> bool;
}

/// Keeps them all.
impl Sink for Vec<EvaluatedStage> {
    async fn take(&mut self, evaluated: Vec<EvaluatedStage>, _: &Reads) -> bool {
        self.extend(evaluated);
        true
    }
}

/// One sweep over the stages of a listing.
#[derive(Debug)]
pub struct Sweep<'a, A> {
    /// Reads what the stages need.
    pub reader: &'a Reader<'a, A>,
    /// All stages of the account and Region.
    pub listing: &'a Listing,
    /// Those that the rule does not evaluate; they still count as peers.
    pub out_of_scope: &'a HashSet<StageArn>,
    /// The instant by which they are judged.
    pub now: Timestamp,
}

/// What an earlier result says about the deployment that a stage has now.
#[derive(Debug, Default)]
pub struct Remembered {
    /// What is deployed.
    pub backends: Option<Backends>,
    /// The stage's certificate was attached after this deployment.
    pub attached_after: bool,
}

/// The stages that were not judged, and what is known by then.
#[derive(Debug, Default)]
pub struct Rest<'a> {
    /// They owe an export.
    pub needs_export: Vec<&'a Stage>,
    /// Something about them could not be read, or the sweep was ended before them.
    pub unread: Vec<&'a Stage>,
    /// What those that owe an export are judged by beside it, and all that failed.
    pub reads: Reads,
    /// What is remembered of stages whose canary has to be asked about all the same.
    known: Known,
}

impl<'a, A: Account> Sweep<'a, A> {
    /// Judges every stage that needs no export. `told` is what is known already of a stage's deployment.
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

    /// Judges those that owe an export, as the exports come in: those without any result first, then the one whose result was
    /// `recorded` longest ago. A stage that is still without a result is among the unread.
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

    /// Judges a hundred stages at most by what was told of them. Whether the sweep is to go on.
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

    /// Judges stages by what is there, and forgets what is of no use to others.
    fn judge_some(&self, stages: Vec<&'a Stage>, rest: &mut Rest<'a>) -> Vec<EvaluatedStage> {
        let mut evaluated = Vec::with_capacity(stages.len());
        for stage in stages {
            match evaluate(stage, &rest.reads, self.reader.parameters, self.now) {
                Ok(stage) => evaluated.push(stage),
                Err(MissingFact::Backends) => {
                    // Its tags are asked for once.
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
    /// Adds it to what is known of the stage; gives back what is known of one whose canary has to be asked about all the same.
    pub(crate) fn add_to(self, reads: &mut Reads, stage: &Stage) -> Option<Backends> {
        if self.attached_after {
            reads.attached_after.insert(stage.arn.clone());
        }
        match self.backends? {
            // Without HTTP in the stage's own deployment, it depends on the canary's.
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
