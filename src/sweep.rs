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

use crate::account::{Account, BATCH, Listing};
use crate::checks::certificate_attached::Backends;
use crate::evaluations::{EvaluatedStage, Unread, evaluate};
use crate::reads::{Part, Portions, Reader, Reads, add, by_deployment, is_exported, read_common};
use crate::stage::{Stage, StageArn};

/// How many hundreds may wait to be judged: what is read ahead while others are put.
const AHEAD: usize = 8;

/// Where every stage that a sweep has judged goes.
#[expect(async_fn_in_trait, reason = "the runtime is current-thread: no future crosses threads")]
pub trait Sink {
    /// Takes a hundred of them at most, and what the sweep has read for all stages; whether the sweep is to go on. What it waits
    /// for keeps no read waiting.
    async fn take(&mut self, judged: Vec<EvaluatedStage>, reads: &Reads) -> bool;
}

/// Keeps them all.
impl Sink for Vec<EvaluatedStage> {
    async fn take(&mut self, judged: Vec<EvaluatedStage>, _: &Reads) -> bool {
        self.extend(judged);
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

/// The stages that were not judged, and what is known by then.
#[derive(Debug, Default)]
pub struct Rest<'a> {
    /// They owe an export.
    pub owing: Vec<&'a Stage>,
    /// Something about them could not be read, or the sweep was ended before them.
    pub unread: Vec<&'a Stage>,
    /// What those that owe an export are judged by beside it, and all that failed.
    pub reads: Reads,
}

impl<'a, A: Account> Sweep<'a, A> {
    /// Judges every stage that needs no export. `told` is what is known already of a stage's deployment.
    pub async fn judge(&self, told: impl Fn(&Stage) -> Option<Backends>, sink: &mut impl Sink) -> Rest<'a> {
        let portions = &Portions::of(self.reader, self.listing, |arn| !self.out_of_scope.contains(arn));
        let (read, mut waiting) = mpsc::channel(AHEAD);
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
                let known = |stage: &&Stage| Some((stage.arn.clone(), told(stage)?));
                rest.reads.backends.extend(portion.stages.iter().filter_map(known));
                let judged = self.judge_some(portion.stages, &mut rest);
                if !judged.is_empty() && !sink.take(judged, &rest.reads).await {
                    break;
                }
            }
            rest.unread.extend(portions.stages().skip(seen));
            rest
        };
        tokio::join!(reading, judging).1
    }

    /// Judges those that owe an export, as the exports come in. Whoever is still without a result is among the unread.
    pub async fn judge_owing(&self, mut rest: Rest<'a>, sink: &mut impl Sink) -> Rest<'a> {
        let owing = std::mem::take(&mut rest.owing);
        let (to_export, others): (Vec<&Stage>, Vec<&Stage>) =
            owing.into_iter().partition(|it| is_exported(it));
        let to_export = by_deployment(to_export);
        let (read, mut waiting) = mpsc::channel(AHEAD);
        let exported = to_export.clone();
        let reading = async move {
            let mut exports = pin!(self.reader.exports(exported).chunks(BATCH));
            while let Some(hundred) = exports.next().await {
                if read.send(hundred).await.is_err() {
                    break;
                }
            }
        };
        let judging = async move {
            let mut part = self.reader.told_without_export(&others).await;
            let (mut left, mut seen, mut goes_on) = (Vec::new(), 0, true);
            for hundred in others.chunks(BATCH) {
                if goes_on {
                    goes_on = self.take_told(hundred.to_vec(), &mut part, &mut rest, sink).await;
                } else {
                    rest.unread.extend(hundred);
                }
            }
            while goes_on {
                let Some(hundred) = waiting.recv().await else { break };
                seen += hundred.len();
                let stages = hundred.iter().map(|(stage, _)| *stage).collect();
                for (stage, export) in hundred {
                    add(stage, export, &mut part, &mut left);
                }
                goes_on = self.take_told(stages, &mut part, &mut rest, sink).await;
            }
            rest.reads.failures.extend(self.reader.out_of_time(left));
            rest.unread.append(&mut rest.owing);
            rest.unread.extend(to_export.into_iter().flatten().skip(seen));
            rest
        };
        tokio::join!(reading, judging).1
    }

    /// Judges a hundred stages at most by what was told of them. Whether the sweep is to go on.
    async fn take_told(
        &self,
        stages: Vec<&'a Stage>,
        part: &mut Part<StageArn, Backends>,
        rest: &mut Rest<'a>,
        sink: &mut impl Sink,
    ) -> bool {
        rest.reads.backends.extend(part.found.drain());
        rest.reads.failures.append(&mut part.failures);
        let judged = self.judge_some(stages, rest);
        judged.is_empty() || sink.take(judged, &rest.reads).await
    }

    /// Judges stages by what is there, and forgets what is of no use to others.
    fn judge_some(&self, stages: Vec<&'a Stage>, rest: &mut Rest<'a>) -> Vec<EvaluatedStage> {
        let mut judged = Vec::with_capacity(stages.len());
        for stage in stages {
            match evaluate(stage, &rest.reads, self.reader.parameters, self.now) {
                Ok(evaluated) => judged.push(evaluated),
                Err(Unread::Backends) => {
                    // Its tags are asked for once.
                    rest.owing.push(stage);
                    continue;
                }
                Err(Unread::Fact) => rest.unread.push(stage),
            }
            rest.reads.tags.remove(stage.arn.as_str());
            rest.reads.backends.remove(&stage.arn);
        }
        judged
    }
}
