use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::account::listing::Freshness;
use crate::account::{Account, BATCH};
use crate::checks::Check;
use crate::checks::stage::certificate_unique::{self, Sharers};
use crate::checks::stage::{Attached, certificate_attached};
use crate::evaluation::facts::Reads;
use crate::evaluation::scope::{NotEvaluated, is_included};
use crate::event::trigger::Change;
use crate::reads::changed_backends::DeployedFrom;
use crate::reads::{Partial, Reader};
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::{StageArn, StageType};

/// What was read for a change.
#[derive(Debug)]
pub(crate) struct ChangeReads {
    /// The stages to evaluate: the changed stage first, if it is evaluated, then its affected
    /// peers.
    pub stages: Vec<Stage>,
    /// The facts to evaluate them with.
    pub reads: Reads,
    /// Config's latest item of the changed stage; `None` if it was not requested.
    pub latest: Option<LatestItem>,
}

/// Config's latest item of a stage.
#[derive(Debug)]
pub(crate) enum LatestItem {
    /// The stage that the item describes.
    Found(Box<Stage>),
    /// Config has no item of the stage.
    Missing,
}

/// Reads the changed stage, the peers that share its certificate and, if peers are reevaluated,
/// those that share its former one.
///
/// Certificates, peers, the API's protocol and the backends are read concurrently. Then the tags of
/// all stages and the latest items of the peers are read concurrently.
pub(crate) async fn read_change<A: Account>(
    reader: &Reader<'_, A>,
    change: &Change,
    from: DeployedFrom<'_>,
) -> ChangeReads {
    let subject = change.evaluated_stage();
    // Without the uniqueness check, peers don't change and only the subject's own certificate
    // matters.
    let certificate_ids: Vec<&CertificateId> = if reader.parameters.asks(Check::CertificateUnique) {
        change.certificates.iter().collect()
    } else {
        subject.and_then(|stage| stage.certificate.as_ref()).into_iter().collect()
    };
    let ids: BTreeSet<&CertificateId> =
        certificate_ids.iter().copied().chain(subject.and_then(|stage| stage.certificate.as_ref())).collect();
    let subject_arn: Vec<&StageArn> = subject.map(|stage| &stage.arn).into_iter().collect();
    let needs_export = subject.filter(|stage| will_need_export(stage, reader));
    let (certificates, sharing, protocols, mut backends) = tokio::join!(
        reader.certificates(ids, Freshness::After(change.at)),
        stages_by_certificate(reader, change, &certificate_ids),
        reader.protocols(&subject_arn),
        reader.changed_backends(needs_export, from),
    );

    let mut peers: BTreeMap<&StageArn, &Stage> =
        sharing.found.values().flatten().map(|stage| (&stage.arn, stage)).collect();
    peers.retain(|arn, _| *arn.as_str() != *change.subject.id);
    let peers: Vec<&StageArn> = peers.into_keys().collect();
    let in_scope = |arn: &&StageArn| reader.needs_facts_of(arn);
    let affected = affected_peers(reader, change, &sharing.found);
    let evaluated: Vec<&StageArn> =
        peers.iter().copied().filter(|arn| affected.contains(arn)).filter(in_scope).collect();
    let arns: Vec<&StageArn> = subject_arn
        .iter()
        .copied()
        .filter(|arn| reader.needs_facts_of(arn))
        .chain(evaluated.clone())
        .collect();
    let without_protocol = if protocols.failures.is_empty() { evaluated } else { Vec::new() };
    // Request the subject's latest item only if it fits into a call that is made anyway.
    let subject_id = StageArn::parse(&change.subject.id).ok();
    let fitting_subject = subject_id.as_ref().filter(|_| !peers.len().is_multiple_of(BATCH));
    let items: Vec<&StageArn> = peers.iter().copied().chain(fitting_subject).collect();
    let (tags, peers_protocols, latest) = tokio::join!(
        reader.tags(arns, certificate_ids.iter().copied()),
        reader.protocols(&without_protocol),
        latest_items(reader, &items),
    );

    let mut reads = Reads {
        certificates: certificates.found,
        tags: tags.found,
        protocols: protocols.found,
        exemptions: reader.exemptions.clone(),
        ..Reads::default()
    };
    if let Some(stage) = needs_export {
        reads.stage_mut(&stage.arn).export_attempted = true;
    }
    if let Some(stage) = subject.filter(|_| change.certificate_only) {
        reads.stage_mut(&stage.arn).attached_after_deployment = true;
    }
    backends.add_to(&mut reads);
    reads.protocols.extend(peers_protocols.found);
    reads.sharers = sharers(change, &sharing.found, &latest.found);
    // Config's query can't look for sharers of an id of unknown form.
    if let Some((stage, id)) = subject.and_then(|stage| Some((stage, stage.certificate.as_ref()?)))
        && !id.is_recognized()
    {
        reads.sharers.insert(id.clone(), [stage.arn.clone()].into_iter().collect());
    }
    // A peer whose latest item is older than its row is left to its own event: the index alone must
    // not improve a result.
    let confirmed =
        peers.iter().filter(|arn| affected.contains(*arn)).filter_map(|arn| latest.found.get(*arn));
    let confirmed = confirmed.filter(|item| {
        !is_outdated(item, &sharing.found)
            && item.certificate.as_ref().is_some_and(|id| reads.sharers.contains_key(id))
    });
    let stages = subject.into_iter().chain(confirmed).cloned().collect();
    let of_subject =
        fitting_subject.filter(|_| latest.failures.is_empty()).map(|arn| match latest.found.get(arn) {
            Some(item) => LatestItem::Found(Box::new(item.clone())),
            None => LatestItem::Missing,
        });
    for failures in [
        certificates.failures,
        sharing.failures,
        protocols.failures,
        tags.failures,
        peers_protocols.failures,
        latest.failures,
    ] {
        reads.failures.extend(failures);
    }
    ChangeReads { stages, reads, latest: of_subject }
}

/// The stages that use each certificate according to both the index and the latest items.
fn sharers(
    change: &Change,
    sharing: &HashMap<CertificateId, Vec<Stage>>,
    latest: &HashMap<StageArn, Stage>,
) -> HashMap<CertificateId, Sharers> {
    let is_subject = |stage: &Stage| *stage.arn.as_str() == *change.subject.id;
    let of_certificate = |(id, stages): (&CertificateId, &Vec<Stage>)| {
        // The newer of the row and the item says which certificate a peer has.
        let is_current = |stage: &Stage| match latest.get(&stage.arn) {
            Some(item) => stage.newer(item).certificate.as_ref() == Some(id),
            None => true,
        };
        let items = latest.values().filter(|item| item.certificate.as_ref() == Some(id));
        let items = items.filter(|item| !is_subject(item) && !is_outdated(item, sharing));
        let sharers: Sharers = stages
            .iter()
            .filter(|stage| is_subject(stage) || is_current(stage))
            .chain(items)
            .map(|stage| stage.arn.clone())
            .collect();
        (id.clone(), sharers)
    };
    sharing.iter().map(of_certificate).collect()
}

/// The peers whose uniqueness may have changed, which requires that sharing is not allowed.
fn affected_peers<'s, A>(
    reader: &Reader<'_, A>,
    change: &Change,
    sharing: &'s HashMap<CertificateId, Vec<Stage>>,
) -> HashSet<&'s StageArn> {
    let may_fail =
        |id: &CertificateId| certificate_unique::may_fail(id, reader.parameters.certificate_unique);
    let stages = sharing.iter().filter(|(id, _)| change.reevaluates_peers && may_fail(id));
    stages.flat_map(|(_, stages)| stages).map(|stage| &stage.arn).collect()
}

/// Whether a row of the index has newer facts about the stage than its item.
fn is_outdated(item: &Stage, sharing: &HashMap<CertificateId, Vec<Stage>>) -> bool {
    let mut rows = sharing.values().flatten().filter(|row| row.arn == item.arn);
    rows.any(|row| row.captured > item.captured && !row.has_same_facts(item))
}

/// Whether the stage's result is certain to depend on its backends before anything is read. A V2
/// stage may turn out to belong to an HTTP API.
fn will_need_export<A>(stage: &Stage, reader: &Reader<'_, A>) -> bool {
    let parameters = reader.parameters;
    stage.certificate.is_none()
        && stage.arn.stage_type() == StageType::RestApi
        && parameters.asks(Check::CertificateAttached)
        && certificate_attached::depends_on_backends(Attached::Nothing, &parameters.certificate_attached)
        && is_included(&stage.arn, parameters)
}

/// The stages that use each certificate. Config's index may lag behind the item in the event, so
/// the item decides for the changed stage.
async fn stages_by_certificate<A: Account>(
    reader: &Reader<'_, A>,
    change: &Change,
    certificates: &[&CertificateId],
) -> Partial<CertificateId, Vec<Stage>> {
    let mut partial = Partial::default();
    if !reader.parameters.asks(Check::CertificateUnique) {
        return partial;
    }
    let reads = certificates.iter().map(|id| async { (reader.account.stages_with(id).await, (*id).clone()) });
    for (read, id) in futures_util::future::join_all(reads).await {
        match read {
            Ok(mut stages) => {
                let is_deleted =
                    matches!(change.not_evaluated, Some(NotEvaluated::Deleted | NotEvaluated::Vanished));
                let is_known = is_deleted || change.stage.is_some();
                stages.retain(|stage| stage.certificate.as_ref() == Some(&id));
                stages.retain(|stage| !(is_known && *stage.arn.as_str() == *change.subject.id));
                stages.extend(
                    change.stage.iter().filter(|stage| stage.certificate.as_ref() == Some(&id)).cloned(),
                );
                partial.found.insert(id, stages);
            }
            Err(failure) => partial.failures.push(failure),
        }
    }
    partial
}

/// The latest items of the peers. The index may still show an old certificate for a peer that has
/// just changed too, which could make that peer COMPLIANT by mistake. A peer without an item stays
/// a peer and is not evaluated.
async fn latest_items<A: Account>(reader: &Reader<'_, A>, peers: &[&StageArn]) -> Partial<StageArn, Stage> {
    let mut partial = Partial::default();
    for batch in peers.chunks(BATCH) {
        match reader.account.latest(batch).await {
            Ok(stages) => partial.found.extend(stages.into_iter().map(|stage| (stage.arn.clone(), stage))),
            Err(failure) => partial.failures.push(failure),
        }
    }
    partial
}
