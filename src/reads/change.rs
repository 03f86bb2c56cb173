use std::collections::{BTreeMap, HashMap};

use super::{Part, Reader, Reads};
use crate::account::Account;
use crate::certificate::CertificateId;
use crate::checks::Check;
use crate::checks::certificate_unique::Sharers;
use crate::evaluations::left_out;
use crate::stage::{Stage, StageArn};
use crate::trigger::{Change, Subject};

/// Reads for a change: the stage itself, the peers of the certificate it has and of the one it had.
///
/// Certificates, peers and the API's protocol are read side by side; then the tags of all stages in one call.
/// The stages come with the subject first, where it is a stage, and without it where it is gone.
pub async fn read_change<A: Account>(reader: &Reader<'_, A>, change: &Change) -> (Vec<Stage>, Reads) {
    let subject = match &change.subject {
        Subject::Stage(stage) => Some(stage),
        Subject::Other { .. } => None,
    };
    // Without the uniqueness check nobody's peers change; then certificates other than the subject's own are of no use.
    let of_interest: Vec<&CertificateId> = if reader.parameters.asks(Check::CertificateUnique) {
        change.certificates.iter().collect()
    } else {
        subject.and_then(|stage| stage.certificate.as_ref()).into_iter().collect()
    };
    let subject_arn: Vec<&StageArn> = subject.map(|stage| &stage.arn).into_iter().collect();
    let (certificates, peers, protocols) = tokio::join!(
        reader.certificates(of_interest.iter().copied()),
        peers(reader, change, &of_interest),
        reader.protocols(&subject_arn),
    );

    let mut reads = Reads::default();
    let mut stages: Vec<Stage> = subject.cloned().into_iter().collect();
    let mut others: BTreeMap<StageArn, Stage> = BTreeMap::new();
    for (id, with_it) in peers.found {
        reads.sharers.insert(id, with_it.iter().map(|stage| stage.arn.clone()).collect::<Sharers>());
        others.extend(with_it.into_iter().map(|stage| (stage.arn.clone(), stage)));
    }
    // The changed stage is judged by its item or, where it left the scope, not at all; it stays a peer of the others.
    others.retain(|arn, _| !change.subject.is(arn));
    stages.extend(others.into_values());

    let in_scope = stages.iter().filter(|stage| left_out(&stage.arn, reader.parameters).is_none());
    let arns: Vec<&StageArn> = in_scope.map(|stage| &stage.arn).collect();
    let unknown: Vec<&StageArn> =
        arns.iter().copied().filter(|arn| !protocols.found.contains_key(arn.api_arn())).collect();
    let unknown = if protocols.failures.is_empty() { unknown } else { Vec::new() };
    let (tags, peers_protocols) = tokio::join!(reader.tags(arns, of_interest), reader.protocols(&unknown));

    reads.certificates = certificates.found;
    reads.tags = tags.found;
    reads.protocols = protocols.found;
    reads.protocols.extend(peers_protocols.found);
    for failures in
        [certificates.failures, peers.failures, protocols.failures, tags.failures, peers_protocols.failures]
    {
        reads.failures.extend(failures);
    }
    (stages, reads)
}

/// The stages of each certificate as they are now: Config's index may lag behind the very item it sends us, so the subject
/// counts as what its item says.
async fn peers<A: Account>(
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
                stages.retain(|stage| stage.certificate.as_ref() == Some(&id));
                match &change.subject {
                    Subject::Stage(subject) => {
                        stages.retain(|stage| stage.arn != subject.arn);
                        stages.extend((subject.certificate.as_ref() == Some(&id)).then(|| subject.clone()));
                    }
                    Subject::Other { gone: Some(gone), .. } => stages.retain(|stage| stage.arn != *gone),
                    Subject::Other { gone: None, .. } => {}
                }
                part.found.insert(id, stages);
            }
            Err(failure) => part.failures.push(failure),
        }
    }
    part
}
