//! Nothing improves on the index's word alone: what a sweep would report as better than what Config holds is compared with
//! Config's latest items, and with API Gateway for stages that seem to be gone.

use std::collections::{BTreeMap, HashMap};

use futures_util::{StreamExt, stream};

use super::Invocation;
use crate::Failure;
use crate::account::{Account, BATCH, ListedFrom, Listing};
use crate::checks::certificate_attached::Backends;
use crate::evaluations::{EvaluatedStage, Unread, evaluate};
use crate::reads::{CONCURRENCY, Reads};
use crate::stage::{Stage, StageArn, StageType};

/// Above so many stages, API Gateway is asked for all stages of an API at once.
const MAX_SINGLE_READS: usize = 50;

/// What became of stages that were to be confirmed.
#[derive(Debug, Default)]
pub(super) struct Confirmed {
    /// As they were, or evaluated again by newer facts.
    pub(super) evaluated: Vec<EvaluatedStage>,
    /// Neither Config's items nor API Gateway have them.
    pub(super) gone: Vec<StageArn>,
    /// Nothing can be said about them now.
    pub(super) unread: Vec<Stage>,
    pub(super) failures: Vec<Failure>,
}

/// What API Gateway says of stages: `None` for one that does not exist. One that could not be read is absent.
#[derive(Debug, Default)]
pub(super) struct Live {
    pub(super) stages: HashMap<StageArn, Option<Stage>>,
    pub(super) failures: Vec<Failure>,
}

impl<A: Account, R> Invocation<'_, A, R> {
    /// Confirms at most [`BATCH`] stages of a listing. `reads` is what the sweep has read, `known_backends` what is remembered
    /// of a stage's deployment.
    pub(super) async fn confirm(
        &self,
        stages: Vec<EvaluatedStage>,
        listing: &Listing,
        reads: &Reads,
        known_backends: impl Fn(&Stage) -> Option<Backends>,
    ) -> Confirmed {
        let mut confirmed = Confirmed::default();
        let arns: Vec<&StageArn> = stages.iter().map(|evaluated| &evaluated.stage.arn).collect();
        let items = match self.reader.account.latest(&arns).await {
            Ok(items) => items,
            Err(failure) => {
                confirmed.failures.push(failure);
                confirmed.unread.extend(stages.into_iter().map(|evaluated| evaluated.stage));
                return confirmed;
            }
        };
        let items: HashMap<StageArn, Stage> =
            items.into_iter().map(|stage| (stage.arn.clone(), stage)).collect();
        let mut outdated = Vec::new();
        let mut unsure = Vec::new();
        for evaluated in stages {
            let listed = &evaluated.stage;
            match items.get(&listed.arn) {
                // Parameters and scope decide about it, whatever else is true of it.
                Some(_) if evaluated.result.is_err() => confirmed.evaluated.push(evaluated),
                Some(item) if item.has_same_facts(listed) => confirmed.evaluated.push(evaluated),
                Some(item) if item.captured >= listed.captured => outdated.push(item.clone()),
                // Not the index: API Gateway itself has listed it.
                _ if is_listed_live(listed, listing) => confirmed.evaluated.push(evaluated),
                _ => unsure.push(evaluated),
            }
        }
        let mut live = self.live(unsure.iter().map(|evaluated| &evaluated.stage.arn)).await;
        confirmed.failures.append(&mut live.failures);
        for evaluated in unsure {
            match live.stages.remove(&evaluated.stage.arn) {
                Some(Some(_)) if evaluated.result.is_err() => confirmed.evaluated.push(evaluated),
                Some(Some(stage)) if stage.has_same_facts(&evaluated.stage) => {
                    confirmed.evaluated.push(evaluated)
                }
                Some(Some(stage)) => outdated.push(stage),
                Some(None) => confirmed.gone.push(evaluated.stage.arn),
                None => confirmed.unread.push(evaluated.stage),
            }
        }
        self.evaluate_again(outdated, listing, reads, known_backends, &mut confirmed).await;
        confirmed
    }

    async fn evaluate_again(
        &self,
        stages: Vec<Stage>,
        listing: &Listing,
        known: &Reads,
        known_backends: impl Fn(&Stage) -> Option<Backends>,
        confirmed: &mut Confirmed,
    ) {
        if stages.is_empty() {
            return;
        }
        let all_listed = listing.unreadable.is_empty();
        let mut reads = self.reader.read_again(&stages, known, all_listed).await;
        for stage in stages {
            reads.backends.extend(known_backends(&stage).map(|backends| (stage.arn.clone(), backends)));
            let mut result = evaluate(&stage, &reads, self.reader.parameters, self.now);
            if matches!(result, Err(Unread::Backends)) {
                self.reader.read_backends([&stage], &mut reads).await;
                result = evaluate(&stage, &reads, self.reader.parameters, self.now);
            }
            match result {
                Ok(evaluated) => confirmed.evaluated.push(evaluated),
                Err(_) => confirmed.unread.push(stage),
            }
        }
        confirmed.failures.append(&mut reads.failures);
    }

    /// Whether stages exist, by Config's items first: stages that seem to be gone. An item never makes a stage exist that API
    /// Gateway does not have, but a failure to read items keeps it from being gone.
    pub(super) async fn absent(&self, arns: &[StageArn]) -> Live {
        let mut failures = Vec::new();
        let mut asked: Vec<&StageArn> = Vec::with_capacity(arns.len());
        for batch in arns.chunks(BATCH) {
            let batch: Vec<&StageArn> = batch.iter().collect();
            match self.reader.account.latest(&batch).await {
                Ok(_) => asked.extend(batch),
                Err(failure) => failures.push(failure),
            }
        }
        let mut live = self.live(asked).await;
        live.failures.append(&mut failures);
        live
    }

    /// Reads stages from API Gateway, at its pace.
    async fn live<'s>(&self, arns: impl IntoIterator<Item = &'s StageArn>) -> Live {
        let arns: Vec<&StageArn> = arns.into_iter().collect();
        let account = self.reader.account;
        let mut live = Live::default();
        if arns.len() <= MAX_SINGLE_READS {
            let reads = stream::iter(arns).map(|arn| async move { (arn, account.live_stage(arn).await) });
            for (arn, read) in reads.buffered(CONCURRENCY).collect::<Vec<_>>().await {
                match read {
                    Ok(stage) => _ = live.stages.insert(arn.clone(), stage),
                    Err(failure) => live.failures.push(failure),
                }
            }
            return live;
        }
        let mut by_api: BTreeMap<&str, Vec<&StageArn>> = BTreeMap::new();
        for arn in arns {
            by_api.entry(arn.api_arn()).or_default().push(arn);
        }
        let reads = stream::iter(by_api.into_values()).map(|arns| async move {
            let read = match arns.first() {
                Some(first) => account.live_stages(first).await,
                None => Ok(Vec::new()),
            };
            (arns, read)
        });
        for (arns, read) in reads.buffered(CONCURRENCY).collect::<Vec<_>>().await {
            match read {
                Ok(stages) => live.stages.extend(
                    arns.into_iter()
                        .map(|arn| (arn.clone(), stages.iter().find(|stage| stage.arn == *arn).cloned())),
                ),
                Err(failure) => live.failures.push(failure),
            }
        }
        live
    }
}

fn is_listed_live(stage: &Stage, listing: &Listing) -> bool {
    listing.from == Some(ListedFrom::ApiGateway) && stage.arn.stage_type() == StageType::Rest
}
