//! The results that Config holds for the stages of a change, which show what is new.

use std::collections::{HashMap, HashSet};

use futures_util::{StreamExt, stream};

use crate::Failure;
use crate::account::Account;
use crate::account::listing::ReportedResult;
use crate::evaluation::evaluated::EvaluatedStage;
use crate::notify::finding_change::Earlier;
use crate::reads::CONCURRENCY;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;
use crate::rule::Invocation;
use crate::rule::previous_results::{PreviousResults, is_permanent};

/// The maximum number of peers whose results are read one by one. Above it, all results of the rule
/// are read, 100 per call.
const MAX_SINGLE_READS: usize = 10;

/// The earlier results of the stages of a change.
#[derive(Debug, Default)]
pub(crate) struct ChangeResults {
    results: HashMap<StageArn, Earlier>,
    /// The stages whose results could not be read for now.
    unknown: HashSet<StageArn>,
    pub(crate) failures: Vec<Failure>,
}

impl ChangeResults {
    /// Returns the earlier result of a stage, or `None` if it was not read.
    pub(crate) fn of(&self, stage: &StageArn) -> Option<&Earlier> {
        self.results.get(stage)
    }

    /// Whether a stage's result could not be read for now.
    pub(crate) fn is_unknown(&self, stage: &StageArn) -> bool {
        self.unknown.contains(stage)
    }

    /// Removes the stages whose earlier results are unknown, and returns them.
    pub(crate) fn remove_unknown(&self, evaluated: &mut Vec<EvaluatedStage>) -> Vec<Stage> {
        let unknown = evaluated.extract_if(.., |it| self.is_unknown(&it.stage.arn));
        unknown.map(|it| it.stage).collect()
    }

    fn add(&mut self, stages: &[&StageArn], read: Result<Vec<ReportedResult>, Failure>, at: jiff::Timestamp) {
        match read {
            Ok(results) => {
                let results = PreviousResults::new(results);
                let earlier = |arn: &&StageArn| ((*arn).clone(), results.earlier(arn, at));
                self.results.extend(stages.iter().map(earlier));
            }
            Err(failure) => {
                if !is_permanent(&failure) {
                    self.unknown.extend(stages.iter().map(|arn| (*arn).clone()));
                }
                self.failures.push(failure);
            }
        }
    }
}

impl<A: Account, R> Invocation<'_, A, R> {
    /// Reads the results of the changed stage and of its peers, or nothing if no events are sent.
    pub(crate) async fn earlier_results(
        &self,
        subject: Option<&StageArn>,
        peers: &[&StageArn],
    ) -> ChangeResults {
        let mut earlier = ChangeResults::default();
        if !self.sends_events() {
            return earlier;
        }
        let single =
            subject.into_iter().chain(peers.iter().copied().filter(|_| peers.len() <= MAX_SINGLE_READS));
        let reads = stream::iter(single).map(|arn| async move { (arn, self.earlier_result(arn).await) });
        for (arn, read) in reads.buffer_unordered(CONCURRENCY).collect::<Vec<_>>().await {
            earlier.add(&[arn], read.map(Vec::from_iter), self.now);
        }
        if peers.len() > MAX_SINGLE_READS {
            earlier.add(peers, self.reader.account.earlier_results(self.rule_name).await, self.now);
        }
        earlier
    }

    async fn earlier_result(&self, stage: &StageArn) -> Result<Option<ReportedResult>, Failure> {
        self.reader.earlier_result(self.rule_name, stage).await
    }
}
