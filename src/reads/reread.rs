use crate::account::Account;
use crate::account::listing::Freshness;
use crate::checks::stage::certificate_unique::Sharers;
use crate::evaluation::facts::Reads;
use crate::reads::Reader;
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;

impl<A: Account> Reader<'_, A> {
    /// Reads the facts of stages whose latest item differs from the listing. `known` holds what the
    /// sweep has read. The caller reads the backends.
    ///
    /// `all_read` says whether every row of the listing could be read. If not, an unreadable
    /// stage may share a certificate that no listed stage uses.
    pub(crate) async fn reread(&self, stages: &[Stage], known: &Reads, all_read: bool) -> Reads {
        let ids = || stages.iter().filter_map(|stage| stage.certificate.as_ref());
        let unread: Vec<&CertificateId> = ids().filter(|id| !known.certificates.contains_key(*id)).collect();
        let arns: Vec<&StageArn> = stages.iter().map(|stage| &stage.arn).collect();
        let (certificates, tags) =
            tokio::join!(self.certificates(unread, Freshness::Fresh), self.tags(arns, ids()));
        let mut reads = Reads {
            certificates: certificates.found,
            tags: tags.found,
            exemptions: self.exemptions.clone(),
            failures: [certificates.failures, tags.failures].into_iter().flatten().collect(),
            ..Reads::default()
        };
        for stage in stages {
            let protocol = known.protocols.get_key_value(stage.arn.api_arn());
            reads.protocols.extend(protocol.map(|(arn, protocol)| (arn.clone(), *protocol)));
            let Some(id) = &stage.certificate else { continue };
            if let Some(certificate) = known.certificates.get(id) {
                reads.certificates.insert(id.clone(), certificate.clone());
            }
            let listed = known.sharers.get(id).cloned();
            let unlisted = || if all_read { Sharers::default() } else { Sharers::default().incomplete() };
            let also = reads.sharers.remove(id).unwrap_or_default();
            let sharers = listed.unwrap_or_else(unlisted).with(also);
            reads.sharers.insert(id.clone(), sharers.with([stage.arn.clone()].into_iter().collect()));
        }
        reads
    }
}
