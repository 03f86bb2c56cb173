use std::collections::{BTreeMap, BTreeSet};

use crate::resources::certificate::DatesFrom;
use crate::resources::certificate_id::{CertificateId, CertificateKind};
use crate::snapshot::pseudonyms::Form;
use crate::snapshot::redaction::Redaction;
use crate::snapshot::schema::{AcmCertificate, ClientCertificate, RenewalSummary};
use crate::snapshot::{blank_certificate, known};

impl Redaction<'_> {
    /// The client certificates with their dates and with the tags that are kept.
    pub(crate) fn client_certificates(&mut self) -> Vec<ClientCertificate> {
        // If an id occurs twice, a scan uses the last certificate.
        let read: BTreeMap<&str, &ClientCertificate> = self
            .original
            .client_certificates
            .iter()
            .map(|it| (it.client_certificate_id.as_str(), it))
            .collect();
        let mut redacted: Vec<ClientCertificate> = read
            .into_values()
            .map(|original| {
                let facts = original.certificate();
                let dates = facts.not_before.zip(facts.not_after);
                let tags: BTreeMap<String, String> =
                    original.tags.iter().flatten().filter_map(|(key, value)| self.tag(key, value)).collect();
                ClientCertificate {
                    client_certificate_id: self.certificate_id(&facts.id),
                    description: None,
                    pem_encoded_certificate: dates
                        .filter(|_| facts.dates_from == DatesFrom::X509)
                        .and_then(|(not_before, not_after)| blank_certificate::pem(not_before, not_after)),
                    expiration_date: facts.not_after,
                    tags: (!tags.is_empty()).then_some(tags),
                }
            })
            .collect();
        redacted.sort_by(|one, other| one.client_certificate_id.cmp(&other.client_certificate_id));
        redacted
    }

    /// The ACM certificates with their dates and with AWS's values for status, type and renewal.
    pub(crate) fn acm_certificates(&mut self) -> Vec<AcmCertificate> {
        let mut seen = BTreeSet::new();
        let mut redacted: Vec<AcmCertificate> = Vec::new();
        for original in &self.original.acm_certificates {
            let id = CertificateId::new(original.certificate_arn.clone());
            // If an ARN occurs twice, a scan uses the first certificate.
            if id.kind() != CertificateKind::Acm || !seen.insert(&original.certificate_arn) {
                continue;
            }
            redacted.push(self.acm_certificate(original));
        }
        redacted.sort_by(|one, other| one.certificate_arn.cmp(&other.certificate_arn));
        redacted
    }

    /// An ACM certificate with its dates and with AWS's values for status, type and renewal.
    pub(crate) fn acm_certificate(&mut self, original: &AcmCertificate) -> AcmCertificate {
        let renewal_status = original.renewal_summary.as_ref().and_then(|it| it.renewal_status.as_deref());
        AcmCertificate {
            certificate_arn: self.certificate_id(&CertificateId::new(original.certificate_arn.clone())),
            status: known::STATUS.known(original.status.as_deref()),
            r#type: known::TYPE.known(original.r#type.as_deref()),
            renewal_eligibility: known::RENEWAL_ELIGIBILITY.known(original.renewal_eligibility.as_deref()),
            renewal_summary: known::RENEWAL_STATUS
                .known(renewal_status)
                .map(|status| RenewalSummary { renewal_status: Some(status) }),
            not_before: original.not_before,
            not_after: original.not_after,
        }
    }

    /// A certificate id of the same kind; an ACM certificate is in the snapshot's account and
    /// Region if and only if the original is.
    pub(crate) fn certificate_id(&mut self, id: &CertificateId) -> String {
        let text = id.as_str();
        match (id.kind(), text.splitn(6, ':').collect::<Vec<_>>().as_slice()) {
            (CertificateKind::Generated, _) => self.names.of(Form::Certificate, text),
            (CertificateKind::Acm, &[_, partition, _, region, account, resource]) => {
                let account = self.names.of(Form::Account, account);
                let (partition, region) = (self.partition(partition), self.region(region));
                let id = self.names.of(Form::AcmCertificate, resource);
                format!("arn:{partition}:acm:{region}:{account}:certificate/{id}")
            }
            _ => self.names.of(Form::Unrecognized, text),
        }
    }
}
