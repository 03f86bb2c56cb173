use std::collections::{HashMap, HashSet};

use super::{Reader, Reads};
use crate::account::{Account, Freshness, Listing};
use crate::certificate::CertificateId;
use crate::checks::Check;
use crate::checks::certificate_unique::Sharers;
use crate::evaluations::left_out;
use crate::stage::StageArn;

/// Reads for a sweep over the stages of a listing: everything but what is deployed, which only some of them will need.
pub async fn read_sweep<A: Account>(reader: &Reader<'_, A>, listing: &Listing) -> Reads {
    let in_scope = || {
        listing.stages.iter().filter(|stage| left_out(&stage.arn, reader.parameters, reader.now).is_none())
    };
    let ids = || in_scope().filter_map(|stage| stage.certificate.as_ref());
    let arns: Vec<&StageArn> = in_scope().map(|stage| &stage.arn).collect();
    let (certificates, tags, protocols) = tokio::join!(
        reader.certificates(ids(), Freshness::Fresh),
        reader.tags(arns.iter().copied(), ids()),
        reader.protocols(&arns),
    );
    let sharers =
        if reader.parameters.asks(Check::CertificateUnique) { sharers(listing) } else { HashMap::new() };
    let failures = [certificates.failures, tags.failures, protocols.failures].into_iter().flatten().collect();
    Reads {
        certificates: certificates.found,
        tags: tags.found,
        protocols: protocols.found,
        sharers,
        failures,
        ..Reads::default()
    }
}

/// Which stages present each certificate, over both types of stages. One that a stage may have of which that can't be told
/// is left out: whoever has it can't be judged.
#[must_use]
pub fn sharers(listing: &Listing) -> HashMap<CertificateId, Sharers> {
    let mut by_certificate: HashMap<&CertificateId, Vec<StageArn>> = HashMap::new();
    for stage in &listing.stages {
        if let Some(id) = &stage.certificate {
            by_certificate.entry(id).or_default().push(stage.arn.clone());
        }
    }
    let mut untold: HashSet<&CertificateId> = HashSet::new();
    for unreadable in &listing.unreadable {
        let Some(ids) = &unreadable.certificates else { return HashMap::new() };
        match unreadable.resource_id.as_deref().map(StageArn::parse) {
            Some(Ok(arn)) => {
                for id in ids {
                    by_certificate.entry(id).or_default().push(arn.clone());
                }
            }
            _ => untold.extend(ids),
        }
    }
    by_certificate.retain(|id, _| !untold.contains(id));
    by_certificate.into_iter().map(|(id, arns)| (id.clone(), arns.into_iter().collect())).collect()
}
