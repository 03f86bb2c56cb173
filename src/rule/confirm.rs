//! Confirms results that would improve on those that Config holds. Config's index can be outdated,
//! so a sweep first compares such stages with Config's latest items, and asks API Gateway about
//! stages that seem to be gone.

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

/// The maximum number of stages to read one by one. Above it, all stages of each API are read at
/// once.
const MAX_SINGLE_READS: usize = 50;

/// The outcome of confirming some stages.
#[derive(Debug, Default)]
pub(crate) struct Confirmed {
    /// The stages that are confirmed, or were reevaluated with newer facts.
    pub(crate) evaluated: Vec<EvaluatedStage>,
    /// The stages that neither Config's items nor API Gateway have.
    pub(crate) gone: Vec<StageArn>,
    /// The stages that can't be evaluated now.
    pub(crate) unread: Vec<Stage>,
    pub(crate) failures: Vec<Failure>,
}

/// The stages that have a previous result and are not listed.
#[derive(Debug, Default)]
pub(crate) struct UnlistedStages {
    /// The stages that API Gateway has.
    pub(crate) existing: Vec<StageArn>,
    /// The stages that could not be read from API Gateway.
    pub(crate) unknown: Vec<StageArn>,
    /// The stages that no longer exist.
    pub(crate) gone: Vec<StageArn>,
    /// The stages that may exist, as peers of others.
    pub(crate) hidden: Vec<Hidden>,
    pub(crate) failures: Vec<Failure>,
}

/// The stages read from API Gateway: `None` for a stage that does not exist. A stage that could not
/// be read is absent.
#[derive(Debug, Default)]
struct Live {
    stages: HashMap<StageArn, Option<Stage>>,
    failures: Vec<Failure>,
}

impl<A: Account, R> Invocation<'_, A, R> {
    /// Confirms up to [`BATCH`] stages of a listing. `reads` holds what the sweep has read,
    /// `previous` the results that Config holds.
    pub(crate) async fn confirm(
        &self,
        stages: Vec<EvaluatedStage>,
        listing: &Listing,
        reads: &Reads,
        previous: Option<&PreviousResults>,
    ) -> Confirmed {
        let mut confirmed = Confirmed::default();
        let arns: BTreeSet<&StageArn> = stages.iter().map(|evaluated| &evaluated.stage.arn).collect();
        // A stage that shared its certificate is unique only if its peers no longer use that
        // certificate. The index may show that too early.
        let peers = former_peers(&arns, listing, previous);
        let items = match self.items(arns.iter().copied().chain(peers)).await {
            Ok(items) => items,
            Err(failure) => {
                confirmed.failures.push(failure);
                confirmed.unread.extend(stages.into_iter().map(|evaluated| evaluated.stage));
                return confirmed;
            }
        };
        let sharers = sharers_by_items(&items);
        let is_shared = |stage: &Stage| {
            let id = stage.certificate.as_ref();
            let listed = id.and_then(|id| reads.sharers.get(id));
            let also = id.and_then(|id| sharers.get(id)).into_iter().flatten();
            also.into_iter()
                .any(|arn| *arn != stage.arn && !listed.is_some_and(|listed| listed.contains(arn)))
        };
        let mut outdated = Vec::new();
        let mut unconfirmed = Vec::new();
        for evaluated in stages {
            let listed = &evaluated.stage;
            match items.get(&listed.arn) {
                // Parameters and scope alone decide the result of this stage.
                Some(_) if evaluated.result.is_err() => confirmed.evaluated.push(evaluated),
                Some(item) if item.has_same_facts(listed) && is_shared(item) => outdated.push(item.clone()),
                Some(item) if item.has_same_facts(listed) => confirmed.evaluated.push(evaluated),
                Some(item) if item.captured >= listed.captured => outdated.push(item.clone()),
                // This stage was listed by API Gateway, not by Config's index.
                _ if is_listed_live(listed, listing) && is_shared(listed) => outdated.push(listed.clone()),
                _ if is_listed_live(listed, listing) => confirmed.evaluated.push(evaluated),
                _ => unconfirmed.push(evaluated),
            }
        }
        let mut live = self.live(unconfirmed.iter().map(|evaluated| &evaluated.stage.arn)).await;
        confirmed.failures.append(&mut live.failures);
        for evaluated in unconfirmed {
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
        self.reevaluate(outdated, listing, reads, &sharers, previous, &mut confirmed).await;
        confirmed
    }

    /// Reads and evaluates stages whose facts differ from the listing. Adds them to `confirmed`.
    async fn reevaluate(
        &self,
        stages: Vec<Stage>,
        listing: &Listing,
        known: &Reads,
        sharers: &HashMap<CertificateId, Sharers>,
        previous: Option<&PreviousResults>,
        confirmed: &mut Confirmed,
    ) {
        if stages.is_empty() {
            return;
        }
        let is_known = |hidden: &Hidden| hidden.certificates.is_some();
        let all_read = listing.unreadable.is_empty() && listing.hidden.iter().all(is_known);
        let mut reads = self.reader.reread(&stages, known, all_read).await;
        for (id, listed) in &mut reads.sharers {
            let also = sharers.get(id).cloned().unwrap_or_default();
            *listed = std::mem::take(listed).with(also);
        }
        for stage in stages {
            if let Some(previous) = previous {
                previous.facts(&stage).add_to(&mut reads, &stage);
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

    /// Config's latest items of the stages, by ARN.
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

    /// Asks Config's items and API Gateway about stages that are not listed. A stage exists only if
    /// API Gateway has it, and a stage whose item can't be read is not assumed to be gone.
    pub(crate) async fn check_unlisted(&self, arns: Vec<StageArn>) -> UnlistedStages {
        let mut unlisted = UnlistedStages::default();
        let mut items = HashMap::new();
        let mut to_read: Vec<&StageArn> = Vec::with_capacity(arns.len());
        for batch in arns.chunks(BATCH) {
            match self.items(batch.iter()).await {
                Ok(found) => {
                    to_read.extend(batch);
                    items.extend(found);
                }
                Err(failure) => unlisted.failures.push(failure),
            }
        }
        let mut live = self.live(to_read).await;
        unlisted.failures.append(&mut live.failures);
        for arn in arns {
            let certificate = |stage: &Stage| stage.certificate.clone();
            let from_item = items.get(&arn).and_then(certificate);
            let certificates = match live.stages.remove(&arn) {
                Some(None) => {
                    unlisted.gone.push(arn);
                    continue;
                }
                Some(Some(stage)) => {
                    unlisted.existing.push(arn.clone());
                    Some(from_item.into_iter().chain(certificate(&stage)).collect())
                }
                None => {
                    unlisted.unknown.push(arn.clone());
                    None
                }
            };
            unlisted.hidden.push(Hidden { arn, certificates });
        }
        unlisted
    }

    /// Reads stages from API Gateway.
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

/// The stages that use each certificate according to Config's latest items.
fn sharers_by_items(items: &HashMap<StageArn, Stage>) -> HashMap<&CertificateId, Vec<StageArn>> {
    let mut sharers: HashMap<&CertificateId, Vec<StageArn>> = HashMap::new();
    for item in items.values() {
        if let Some(id) = &item.certificate {
            sharers.entry(id).or_default().push(item.arn.clone());
        }
    }
    sharers
}

/// The listed stages that shared a certificate with one of `stages` according to its previous
/// result, or all listed stages if that result doesn't name all of its peers.
fn former_peers<'l>(
    stages: &BTreeSet<&StageArn>,
    listing: &'l Listing,
    previous: Option<&PreviousResults>,
) -> Vec<&'l StageArn> {
    let Some(previous) = previous else { return Vec::new() };
    let mut labels: HashSet<String> = HashSet::new();
    let mut all = false;
    for stage in stages {
        match previous.peers(stage) {
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
    listing.from == Some(ListedFrom::ApiGateway) && stage.arn.stage_type() == StageType::RestApi
}
