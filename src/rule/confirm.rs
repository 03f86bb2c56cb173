//! Nothing improves on the index's word alone: what a sweep would report as better than what Config holds is compared with
//! Config's latest items, and with API Gateway for stages that seem to be gone.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use futures_util::{StreamExt, stream};

use crate::Failure;
use crate::account::listing::{Hidden, ListedFrom, Listing};
use crate::account::{Account, BATCH};
use crate::checks::stage::certificate_unique::{NamedPeers, Sharers};
use crate::evaluation::evaluated::EvaluatedStage;
use crate::evaluation::facts::{MissingFact, Reads};
use crate::evaluation::stage::evaluate;
use crate::reads::CONCURRENCY;
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::{StageArn, StageType};
use crate::rule::Invocation;
use crate::rule::previous_results::PreviousResults;

/// Above so many stages, API Gateway is asked for all stages of an API at once.
const MAX_SINGLE_READS: usize = 50;

/// What became of stages that were to be confirmed.
#[derive(Debug, Default)]
pub(crate) struct Confirmed {
    /// As they were, or evaluated again by newer facts.
    pub(crate) evaluated: Vec<EvaluatedStage>,
    /// Neither Config's items nor API Gateway have them.
    pub(crate) gone: Vec<StageArn>,
    /// Nothing can be said about them now.
    pub(crate) unread: Vec<Stage>,
    pub(crate) failures: Vec<Failure>,
}

/// Stages that have an earlier result and are not listed.
#[derive(Debug, Default)]
pub(crate) struct Missing {
    /// API Gateway has them.
    pub(crate) existing: Vec<StageArn>,
    /// Whether it has them is not known.
    pub(crate) unknown: Vec<StageArn>,
    /// They are gone.
    pub(crate) gone: Vec<StageArn>,
    /// Those that are not gone, as peers of others.
    pub(crate) hidden: Vec<Hidden>,
    pub(crate) failures: Vec<Failure>,
}

/// What API Gateway says of stages: `None` for one that does not exist. One that could not be read is absent.
#[derive(Debug, Default)]
struct Live {
    stages: HashMap<StageArn, Option<Stage>>,
    failures: Vec<Failure>,
}

impl<A: Account, R> Invocation<'_, A, R> {
    /// Confirms at most [`BATCH`] stages of a listing. `reads` is what the sweep has read, `earlier` what Config holds.
    pub(crate) async fn confirm(
        &self,
        stages: Vec<EvaluatedStage>,
        listing: &Listing,
        reads: &Reads,
        earlier: Option<&PreviousResults>,
    ) -> Confirmed {
        let mut confirmed = Confirmed::default();
        let arns: BTreeSet<&StageArn> = stages.iter().map(|evaluated| &evaluated.stage.arn).collect();
        // One that shared its certificate is unique only if its peers let go of it, which the index may show too early.
        let peers = former_peers(&arns, listing, earlier);
        let items = match self.items(arns.iter().copied().chain(peers)).await {
            Ok(items) => items,
            Err(failure) => {
                confirmed.failures.push(failure);
                confirmed.unread.extend(stages.into_iter().map(|evaluated| evaluated.stage));
                return confirmed;
            }
        };
        let mut sharers: HashMap<&CertificateId, Vec<StageArn>> = HashMap::new();
        for item in items.values() {
            if let Some(id) = &item.certificate {
                sharers.entry(id).or_default().push(item.arn.clone());
            }
        }
        let is_shared = |stage: &Stage| {
            let id = stage.certificate.as_ref();
            let listed = id.and_then(|id| reads.sharers.get(id));
            let also = id.and_then(|id| sharers.get(id)).into_iter().flatten();
            also.into_iter()
                .any(|arn| *arn != stage.arn && !listed.is_some_and(|listed| listed.contains(arn)))
        };
        let mut outdated = Vec::new();
        let mut unsure = Vec::new();
        for evaluated in stages {
            let listed = &evaluated.stage;
            match items.get(&listed.arn) {
                // Parameters and scope decide about it, whatever else is true of it.
                Some(_) if evaluated.result.is_err() => confirmed.evaluated.push(evaluated),
                Some(item) if item.has_same_facts(listed) && is_shared(item) => outdated.push(item.clone()),
                Some(item) if item.has_same_facts(listed) => confirmed.evaluated.push(evaluated),
                Some(item) if item.captured >= listed.captured => outdated.push(item.clone()),
                // Not the index: API Gateway itself has listed it.
                _ if is_listed_live(listed, listing) && is_shared(listed) => outdated.push(listed.clone()),
                _ if is_listed_live(listed, listing) => confirmed.evaluated.push(evaluated),
                _ => unsure.push(evaluated),
            }
        }
        let mut live = self.live(unsure.iter().map(|evaluated| &evaluated.stage.arn)).await;
        confirmed.failures.append(&mut live.failures);
        for evaluated in unsure {
            match live.stages.remove(&evaluated.stage.arn) {
                Some(Some(_)) if evaluated.result.is_err() => confirmed.evaluated.push(evaluated),
                Some(Some(stage)) if stage.has_same_facts(&evaluated.stage) && !is_shared(&stage) => {
                    confirmed.evaluated.push(evaluated);
                }
                Some(Some(stage)) => outdated.push(stage),
                Some(None) => confirmed.gone.push(evaluated.stage.arn),
                None => confirmed.unread.push(evaluated.stage),
            }
        }
        let sharers =
            sharers.into_iter().map(|(id, arns)| (id.clone(), arns.into_iter().collect())).collect();
        self.evaluate_again(outdated, listing, reads, &sharers, earlier, &mut confirmed).await;
        confirmed
    }

    async fn evaluate_again(
        &self,
        stages: Vec<Stage>,
        listing: &Listing,
        known: &Reads,
        sharers: &HashMap<CertificateId, Sharers>,
        earlier: Option<&PreviousResults>,
        confirmed: &mut Confirmed,
    ) {
        if stages.is_empty() {
            return;
        }
        let is_known = |hidden: &Hidden| hidden.certificates.is_some();
        let all_listed = listing.unreadable.is_empty() && listing.hidden.iter().all(is_known);
        let mut reads = self.reader.read_again(&stages, known, all_listed).await;
        for (id, listed) in &mut reads.sharers {
            let also = sharers.get(id).cloned().unwrap_or_default();
            *listed = std::mem::take(listed).with(also);
        }
        for stage in stages {
            if let Some(earlier) = earlier {
                earlier.remembered(&stage).add_to(&mut reads, &stage);
            }
            let mut result = evaluate(&stage, &reads, self.reader.parameters, self.now);
            if matches!(result, Err(MissingFact::Backends)) {
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

    /// Config's latest items of stages, by ARN.
    async fn items<'s>(
        &self,
        arns: impl Iterator<Item = &'s StageArn>,
    ) -> Result<HashMap<StageArn, Stage>, Failure> {
        let arns: Vec<&StageArn> = arns.collect();
        let mut items = HashMap::with_capacity(arns.len());
        for batch in arns.chunks(BATCH) {
            let latest = self.reader.account.latest(batch).await?;
            items.extend(latest.into_iter().map(|stage| (stage.arn.clone(), stage)));
        }
        Ok(items)
    }

    /// Asks Config's items and then API Gateway about stages that seem to be gone. An item alone makes no stage exist that API
    /// Gateway does not have, but a stage whose item can't be read is not gone.
    pub(crate) async fn missing(&self, arns: Vec<StageArn>) -> Missing {
        let mut missing = Missing::default();
        let mut items = HashMap::new();
        let mut asked: Vec<&StageArn> = Vec::with_capacity(arns.len());
        for batch in arns.chunks(BATCH) {
            match self.items(batch.iter()).await {
                Ok(found) => {
                    asked.extend(batch);
                    items.extend(found);
                }
                Err(failure) => missing.failures.push(failure),
            }
        }
        let mut live = self.live(asked).await;
        missing.failures.append(&mut live.failures);
        for arn in arns {
            let certificate = |stage: &Stage| stage.certificate.clone();
            let by_item = items.get(&arn).and_then(certificate);
            let certificates = match live.stages.remove(&arn) {
                Some(None) => {
                    missing.gone.push(arn);
                    continue;
                }
                Some(Some(stage)) => {
                    missing.existing.push(arn.clone());
                    Some(by_item.into_iter().chain(certificate(&stage)).collect())
                }
                None => {
                    missing.unknown.push(arn.clone());
                    None
                }
            };
            missing.hidden.push(Hidden { arn, certificates });
        }
        missing
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

/// The listed stages that shared a certificate with one of these by its earlier result; all others, if that does not name them.
fn former_peers<'l>(
    stages: &BTreeSet<&StageArn>,
    listing: &'l Listing,
    earlier: Option<&PreviousResults>,
) -> Vec<&'l StageArn> {
    let Some(earlier) = earlier else { return Vec::new() };
    let mut labels: HashSet<String> = HashSet::new();
    let mut all = false;
    for stage in stages {
        match earlier.peers(stage) {
            NamedPeers::All(named) => labels.extend(named),
            NamedPeers::NotAll => all = true,
        }
    }
    if labels.is_empty() && !all {
        return Vec::new();
    }
    let is_one = |arn: &&StageArn| !stages.contains(arn) && (all || labels.contains(&arn.label()));
    listing.stages.iter().map(|stage| &stage.arn).filter(is_one).collect()
}

fn is_listed_live(stage: &Stage, listing: &Listing) -> bool {
    listing.from == Some(ListedFrom::ApiGateway) && stage.arn.stage_type() == StageType::Rest
}
