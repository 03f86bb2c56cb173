use std::collections::HashMap;

use super::{Reader, Reads};
use crate::account::{Account, Freshness};
use crate::certificate::CertificateId;
use crate::checks::Check;
use crate::checks::certificate_unique::Sharers;
use crate::evaluations::left_out;
use crate::stage::{Stage, StageArn};

/// Reads for a sweep over `stages`: everything but what is deployed, which only some of them will need.
pub async fn read_sweep<A: Account>(reader: &Reader<'_, A>, stages: &[Stage]) -> Reads {
    let in_scope = || stages.iter().filter(|stage| left_out(&stage.arn, reader.parameters).is_none());
    let ids = || in_scope().filter_map(|stage| stage.certificate.as_ref());
    let arns: Vec<&StageArn> = in_scope().map(|stage| &stage.arn).collect();
    let (certificates, tags, protocols) = tokio::join!(
        reader.certificates(ids(), Freshness::Fresh),
        reader.tags(arns.iter().copied(), ids()),
        reader.protocols(&arns),
    );
    let sharers =
        if reader.parameters.asks(Check::CertificateUnique) { sharers(stages) } else { HashMap::new() };
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

/// Which stages present each certificate, over both types of stages.
#[must_use]
pub fn sharers(stages: &[Stage]) -> HashMap<CertificateId, Sharers> {
    let mut by_certificate: HashMap<&CertificateId, Vec<StageArn>> = HashMap::new();
    for stage in stages {
        if let Some(id) = &stage.certificate {
            by_certificate.entry(id).or_default().push(stage.arn.clone());
        }
    }
    by_certificate.into_iter().map(|(id, arns)| (id.clone(), arns.into_iter().collect())).collect()
}
