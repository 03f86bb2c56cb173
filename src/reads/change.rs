use std::collections::{BTreeMap, HashMap};

use super::{Part, Reader, Reads};
use crate::account::{Account, BATCH, Freshness};
use crate::certificate::CertificateId;
use crate::checks::certificate_unique::Sharers;
use crate::checks::{Attached, Check, certificate_attached};
use crate::evaluations::{NotEvaluated, left_out};
use crate::stage::{Stage, StageArn, StageType};
use crate::trigger::Change;

/// Reads for a change: the stage itself, the peers of the certificate it has and of the one it had.
///
/// Certificates, peers, the API's protocol and what is deployed are read side by side; then the tags of all stages in one
/// call, beside the peers' own latest items. The stages come with the changed one first, where that is evaluated.
pub async fn read_change<A: Account>(reader: &Reader<'_, A>, change: &Change) -> (Vec<Stage>, Reads) {
    let subject = change.evaluated_stage();
    // Without the uniqueness check nobody's peers change; then certificates other than the subject's own are of no use.
    let of_interest: Vec<&CertificateId> = if reader.parameters.asks(Check::CertificateUnique) {
        change.certificates.iter().collect()
    } else {
        subject.and_then(|stage| stage.certificate.as_ref()).into_iter().collect()
    };
    let subject_arn: Vec<&StageArn> = subject.map(|stage| &stage.arn).into_iter().collect();
    let owing: Vec<&Stage> = subject.filter(|stage| will_owe_an_export(stage, reader)).into_iter().collect();
    let tried = owing.iter().map(|stage| stage.arn.clone()).collect();
    let (certificates, sharing, protocols, backends) = tokio::join!(
        reader.certificates(of_interest.iter().copied(), Freshness::Recent),
        sharing(reader, change, &of_interest),
        reader.protocols(&subject_arn),
        reader.backends(owing),
    );

    let mut peers: BTreeMap<&StageArn, &Stage> =
        sharing.found.values().flatten().map(|stage| (&stage.arn, stage)).collect();
    peers.retain(|arn, _| *arn.as_str() != *change.subject.id);
    let in_scope = |arn: &&StageArn| left_out(arn, reader.parameters, reader.now).is_none();
    let peers: Vec<&StageArn> = peers.into_keys().collect();
    let arns: Vec<&StageArn> = subject_arn.iter().chain(&peers).copied().filter(in_scope).collect();
    let without_protocol: Vec<&StageArn> = if protocols.failures.is_empty() {
        peers.iter().copied().filter(in_scope).collect()
    } else {
        Vec::new()
    };
    let (tags, peers_protocols, latest) = tokio::join!(
        reader.tags(arns, of_interest),
        reader.protocols(&without_protocol),
        latest(reader, &peers),
    );

    let mut reads = Reads {
        certificates: certificates.found,
        tags: tags.found,
        protocols: protocols.found,
        backends: backends.found,
        tried,
        ..Reads::default()
    };
    reads.protocols.extend(peers_protocols.found);
    for (id, stages) in &sharing.found {
        // A peer whose latest item has another certificate is none; its own event speaks for it.
        let still = |stage: &&Stage| {
            latest.found.get(&stage.arn).is_none_or(|latest| latest.certificate == stage.certificate)
        };
        let now = latest.found.values().filter(|stage| stage.certificate.as_ref() == Some(id));
        let sharers: Sharers =
            stages.iter().filter(still).chain(now).map(|stage| stage.arn.clone()).collect();
        reads.sharers.insert(id.clone(), sharers);
    }
    let confirmed = peers.iter().filter_map(|arn| latest.found.get(*arn));
    let confirmed =
        confirmed.filter(|stage| stage.certificate.as_ref().is_some_and(|id| reads.sharers.contains_key(id)));
    let stages = subject.into_iter().chain(confirmed).cloned().collect();
    for failures in [
        certificates.failures,
        sharing.failures,
        protocols.failures,
        backends.failures,
        tags.failures,
        peers_protocols.failures,
        latest.failures,
    ] {
        reads.failures.extend(failures);
    }
    (stages, reads)
}

/// Whether it is certain before anything is read that the stage's answer depends on what is deployed. A V2 stage may turn out
/// to be of an HTTP API.
fn will_owe_an_export<A>(stage: &Stage, reader: &Reader<'_, A>) -> bool {
    let parameters = reader.parameters;
    stage.certificate.is_none()
        && stage.arn.stage_type() == StageType::Rest
        && parameters.asks(Check::CertificateAttached)
        && certificate_attached::depends_on_backends(Attached::Nothing, parameters)
        && left_out(&stage.arn, parameters, reader.now).is_none()
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
                let is_deleted = change.not_evaluated == Some(NotEvaluated::Deleted);
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
