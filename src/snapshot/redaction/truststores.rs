//! Truststores with pseudonyms: the facts about their certificates, but no certificate.

use crate::snapshot::front_door::{
    CaCertificateItem, CertificateBundle, FrontDoorItems, NewestVersion, RevocationList, TrustStoreItem,
    TruststoreItem,
};
use crate::snapshot::known;
use crate::snapshot::pseudonyms::Form;
use crate::snapshot::redaction::Redaction;
use crate::snapshot::redaction::front_door_names::unreadable;

impl Redaction<'_> {
    /// The truststores of domains and listeners. Everything else is empty.
    pub(crate) fn truststores(&mut self, original: &FrontDoorItems) -> FrontDoorItems {
        let mut of_domains: Vec<TruststoreItem> = Vec::new();
        for item in &original.truststores {
            of_domains.push(TruststoreItem {
                uri: self.s3_uri(&item.uri),
                version: item.version.as_ref().map(|version| self.version(version)),
                content: self.bundle(&item.content),
            });
        }
        // The sort is stable: of two items for one version, the first one counts.
        of_domains.sort_by(|one, other| (&one.uri, &one.version).cmp(&(&other.uri, &other.version)));
        let newest = original.newest_versions.iter().map(|(uri, newest)| {
            let newest = NewestVersion {
                version: newest.version.as_ref().map(|version| self.version(version)),
                unreadable: newest.unreadable.as_deref().map(unreadable),
            };
            (self.s3_uri(uri), newest)
        });
        let newest_versions = newest.collect();
        let of_listeners = original.trust_stores.iter().map(|(arn, item)| {
            let item = self.trust_store(item);
            (self.elb_arn(arn), item)
        });
        FrontDoorItems {
            truststores: of_domains,
            newest_versions,
            trust_stores: of_listeners.collect(),
            ..FrontDoorItems::default()
        }
    }

    fn trust_store(&mut self, original: &TrustStoreItem) -> TrustStoreItem {
        let content = self.bundle(&original.content);
        match original.revocation_lists() {
            Ok(lists) => {
                let mut lists: Vec<RevocationList> = lists
                    .into_iter()
                    .map(|list| RevocationList {
                        revocation_id: self.names.of(Form::Unrecognized, &list.id),
                        content: None,
                        next_update: list.next_update,
                    })
                    .collect();
                lists.sort_by(|one, other| one.revocation_id.cmp(&other.revocation_id));
                TrustStoreItem { content, revocations: Some(lists), revocations_unreadable: None }
            }
            Err(why) => TrustStoreItem {
                content,
                revocations: None,
                revocations_unreadable: Some(unreadable(&why.why)),
            },
        }
    }

    fn bundle(&mut self, original: &CertificateBundle) -> CertificateBundle {
        let content = original.read();
        let mut redacted = CertificateBundle::of(content.as_ref());
        redacted.unreadable = redacted.unreadable.as_deref().map(unreadable);
        for certificate in redacted.certificates.iter_mut().flatten() {
            self.replace_names(certificate);
        }
        redacted
    }

    fn replace_names(&mut self, certificate: &mut CaCertificateItem) {
        certificate.subject = self.names.of(Form::Subject, &certificate.subject);
        certificate.issuer = self.names.of(Form::Subject, &certificate.issuer);
        if let Some(weakness) = &mut certificate.weakness {
            let is_known = weakness.split_whitespace().all(known::is_of_algorithms);
            *weakness = if is_known { weakness.clone() } else { "weak".into() };
        }
        if let Some(public_ca) = &mut certificate.public_ca {
            *public_ca = self.names.of(Form::Subject, public_ca);
        }
    }
}
