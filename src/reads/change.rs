use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::account::listing::Freshness;
use crate::account::{Account, BATCH};
use crate::checks::Check;
use crate::checks::stage::certificate_unique::{self, Sharers};
use crate::checks::stage::{Attached, certificate_attached};
use crate::evaluation::facts::Reads;
use crate::evaluation::scope::{NotEvaluated, excluded};
use crate::event::trigger::Change;
use crate::reads::{Part, Reader};
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::{StageArn, StageType};

/// What was read for a change.
#[derive(Debug)]
pub struct ChangeReads {
    /// The stages to evaluate: the changed one first, if it is evaluated, then its peers if they are re-evaluated.
    pub stages: Vec<Stage>,
    /// What they are evaluated by.
    pub reads: Reads,
    /// Config's latest item of the changed stage; `None` if it was not asked for.
    pub latest: Option<Latest>,
}

/// Config's latest item of a stage.
#[derive(Debug)]
pub enum Latest {
    /// The stage as the item describes it.
    Item(Box<Stage>),
    /// There is none.
    Nothing,
}

/// Reads for a change: the stage itself, and the peers of the certificate it has; those of the one it had too if peers are
/// re-evaluated.
///
/// Certificates, peers, the API's protocol and what is deployed are read at the same time; then the tags of all stages in one
/// call, and at the same time the peers' own latest items.
pub async fn read_change<A: Account>(reader: &Reader<'_, A>, change: &Change) -> ChangeReads {
    let subject = change.evaluated_stage();
    // Without the uniqueness check nobody's peers change; then certificates other than the subject's own are of no use.
    let of_interest: Vec<&CertificateId> = if reader.parameters.asks(Check::CertificateUnique) {
        change.certificates.iter().collect()
    } else {
        subject.and_then(|stage| stage.certificate.as_ref()).into_iter().collect()
    };
    let asked: BTreeSet<&CertificateId> =
        of_interest.iter().copied().chain(subject.and_then(|stage| stage.certificate.as_ref())).collect();
    let subject_arn: Vec<&StageArn> = subject.map(|stage| &stage.arn).into_iter().collect();
    let needs_export: Vec<&Stage> =
        subject.filter(|stage| will_owe_an_export(stage, reader)).into_iter().collect();
    let tried = needs_export.iter().map(|stage| stage.arn.clone()).collect();
    let (certificates, sharing, protocols, mut backends) = tokio::join!(
        reader.certificates(asked, Freshness::After(change.at)),
        sharing(reader, change, &of_interest),
        reader.protocols(&subject_arn),
        reader.backends(needs_export),
    );

    let mut peers: BTreeMap<&StageArn, &Stage> =
        sharing.found.values().flatten().map(|stage| (&stage.arn, stage)).collect();
    peers.retain(|arn, _| *arn.as_str() != *change.subject.id);
    let peers: Vec<&StageArn> = peers.into_keys().collect();
    let in_scope = |arn: &&StageArn| excluded(arn, reader.parameters, reader.now).is_none();
    let concerned = concerned_peers(reader, change, &sharing.found);
    let evaluated: Vec<&StageArn> =
        peers.iter().copied().filter(|arn| concerned.contains(arn)).filter(in_scope).collect();
    let arns: Vec<&StageArn> =
        subject_arn.iter().copied().filter(in_scope).chain(evaluated.clone()).collect();
    let without_protocol = if protocols.failures.is_empty() { evaluated } else { Vec::new() };
    // Asked for where it costs no call: the subject is the one more that a call has room for.
    let subject_id = StageArn::parse(&change.subject.id).ok();
    let beside = subject_id.as_ref().filter(|_| !peers.len().is_multiple_of(BATCH));
    let items: Vec<&StageArn> = peers.iter().copied().chain(beside).collect();
    let (tags, peers_protocols, latest) = tokio::join!(
        reader.tags(arns, of_interest.iter().copied()),
        reader.protocols(&without_protocol),
        latest(reader, &items),
    );

    let attached_after = subject.filter(|_| change.certificate_only).map(|stage| stage.arn.clone());
    let mut reads = Reads {
        certificates: certificates.found,
        tags: tags.found,
        protocols: protocols.found,
        tried,
        attached_after: attached_after.into_iter().collect(),
        ..Reads::default()
    };
    backends.add_to(&mut reads);
    reads.protocols.extend(peers_protocols.found);
    for (id, stages) in &sharing.found {
        // The newer of row and item says which certificate a peer has.
        let current = |stage: &'_ Stage| match latest.found.get(&stage.arn) {
            Some(item) => stage.newer(item).certificate.as_ref() == Some(id),
            None => true,
        };
        let is_subject = |stage: &Stage| *stage.arn.as_str() == *change.subject.id;
        let now = latest.found.values().filter(|item| item.certificate.as_ref() == Some(id));
        let now = now.filter(|item| !is_subject(item) && !is_outdated(item, &sharing.found));
        let sharers: Sharers = stages
            .iter()
            .filter(|stage| is_subject(stage) || current(stage))
            .chain(now)
            .map(|stage| stage.arn.clone())
            .collect();
        reads.sharers.insert(id.clone(), sharers);
    }
    // No query can ask who else has an id of an unknown form.
    if let Some((stage, id)) = subject.and_then(|stage| Some((stage, stage.certificate.as_ref()?)))
        && !id.is_recognised()
    {
        reads.sharers.insert(id.clone(), [stage.arn.clone()].into_iter().collect());
    }
    // A peer whose latest item is older than its row is left to its own event: nothing improves on the index's word alone.
    let confirmed =
        peers.iter().filter(|arn| concerned.contains(*arn)).filter_map(|arn| latest.found.get(*arn));
    let confirmed = confirmed.filter(|item| {
        !is_outdated(item, &sharing.found)
            && item.certificate.as_ref().is_some_and(|id| reads.sharers.contains_key(id))
    });
    let stages = subject.into_iter().chain(confirmed).cloned().collect();
    let of_subject = beside.filter(|_| latest.failures.is_empty()).map(|arn| match latest.found.get(arn) {
        Some(item) => Latest::Item(Box::new(item.clone())),
        None => Latest::Nothing,
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

/// The peers whose uniqueness may have changed: only where sharing isn't allowed anyway.
fn concerned_peers<'s, A>(
    reader: &Reader<'_, A>,
    change: &Change,
    sharing: &'s HashMap<CertificateId, Vec<Stage>>,
) -> HashSet<&'s StageArn> {
    let may_fail =
        |id: &CertificateId| certificate_unique::may_fail(id, &reader.parameters.certificate_unique);
    let stages = sharing.iter().filter(|(id, _)| change.reevaluates_peers && may_fail(id));
    stages.flat_map(|(_, stages)| stages).map(|stage| &stage.arn).collect()
}

/// Whether a row of the index says something newer about the stage than its item.
fn is_outdated(item: &Stage, sharing: &HashMap<CertificateId, Vec<Stage>>) -> bool {
    let mut rows = sharing.values().flatten().filter(|row| row.arn == item.arn);
    rows.any(|row| row.captured > item.captured && !row.has_same_facts(item))
}

/// Whether it is certain before anything is read that the stage's answer depends on what is deployed. A V2 stage may turn out
/// to be of an HTTP API.
fn will_owe_an_export<A>(stage: &Stage, reader: &Reader<'_, A>) -> bool {
    let parameters = reader.parameters;
    stage.certificate.is_none()
        && stage.arn.stage_type() == StageType::Rest
        && parameters.asks(Check::CertificateAttached)
        && certificate_attached::depends_on_backends(Attached::Nothing, &parameters.certificate_attached)
        && excluded(&stage.arn, parameters, reader.now).is_none()
}

/// The stages that have each certificate. Config's index may lag behind the very item it sends us, so the changed stage counts
/// as its item says.
async fn sharing<A: Account>(
    reader: &Reader<'_, A>,
    change: &Change,
    certificates: &[&CertificateId],
) -> Part<CertificateId, Vec<Stage>> {
    let mut part = Part { found: HashMap::new(), failures: Vec::new() };
    if !reader.parameters.asks(Check::CertificateUnique) {
        return part;
    }
    let reads = certificates.iter().map(|id| async { (reader.account.stages_with(id).await, (*id).clone()) });
    for (read, id) in futures_util::future::join_all(reads).await {
        match read {
            Ok(mut stages) => {
                let is_deleted =
                    matches!(change.not_evaluated, Some(NotEvaluated::Deleted | NotEvaluated::Vanished));
                let is_told = is_deleted || change.stage.is_some();
                stages.retain(|stage| stage.certificate.as_ref() == Some(&id));
                stages.retain(|stage| !(is_told && *stage.arn.as_str() == *change.subject.id));
                stages.extend(
                    change.stage.iter().filter(|stage| stage.certificate.as_ref() == Some(&id)).cloned(),
                );
                part.found.insert(id, stages);
            }
            Err(failure) => part.failures.push(failure),
        }
    }
    part
}

/// The peers by their latest items: a peer that has just changed too may still stand in the index as it was, and would be
/// called COMPLIANT for what it no longer has. One without item stays a peer and is not judged.
async fn latest<A: Account>(reader: &Reader<'_, A>, peers: &[&StageArn]) -> Part<StageArn, Stage> {
    let mut part = Part { found: HashMap::new(), failures: Vec::new() };
    for batch in peers.chunks(BATCH) {
        match reader.account.latest(batch).await {
            Ok(stages) => part.found.extend(stages.into_iter().map(|stage| (stage.arn.clone(), stage))),
            Err(failure) => part.failures.push(failure),
        }
    }
    part
}
