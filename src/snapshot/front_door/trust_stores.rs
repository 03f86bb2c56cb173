use data_encoding::BASE64;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::quote::quoted;
use crate::resources::private_network::Unreadable;
use crate::resources::trust_store::{CaCertificate, Crl, TrustStoreContent};
use crate::snapshot::schema::certificate_date;

/// Why content that a snapshot lacks can't be read.
const MISSING: &str = "not in the snapshot";

/// The truststore of a domain: an object in S3.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TruststoreItem {
    /// The object: `s3://BUCKET/KEY`.
    pub uri: String,
    /// Its version; absent if the bucket has no versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The certificates.
    pub content: CertificateBundle,
}

/// The newest version of an object in S3.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewestVersion {
    /// The version; absent if the bucket has no versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Why it can't be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
}

/// The trust store of a listener.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrustStoreItem {
    /// The certificates, from `GetTrustStoreCaCertificatesBundle`.
    #[serde(default)]
    pub content: CertificateBundle,
    /// The lists of `DescribeTrustStoreRevocations`; absent if they were not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocations: Option<Vec<RevocationList>>,
    /// Why the lists can't be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocations_unreadable: Option<String>,
}

/// The content of a truststore: the file, or the facts in it, or why it can't be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateBundle {
    /// The PEM file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pem: Option<String>,
    /// The facts about each certificate of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificates: Option<Vec<CaCertificateItem>>,
    /// The number of blocks of the file that are no certificate, next to `certificates`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unparsed: usize,
    /// Why the file can't be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
}

/// The facts about a certificate of a truststore on which the checks depend.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CaCertificateItem {
    /// The subject.
    pub subject: String,
    /// The issuer.
    pub issuer: String,
    /// The first instant of validity.
    #[serde(default, deserialize_with = "certificate_date", skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// The last instant of validity.
    #[serde(default, deserialize_with = "certificate_date", skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
    /// Whether it is its own issuer.
    pub self_issued: bool,
    /// Whether its issuer is in the same truststore.
    pub has_issuer: bool,
    /// The number of certificates from this one to its root.
    pub chain_length: usize,
    /// What is weak about its key or signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weakness: Option<String>,
    /// The CA of the public web that it is, or that issued it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_ca: Option<String>,
}

/// A revocation list: the list, or only when the next one is due.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RevocationList {
    /// Its id in the trust store.
    pub revocation_id: String,
    /// The list, as PEM or as DER in Base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// When the next list is due; absent if the list doesn't say.
    #[serde(default, deserialize_with = "certificate_date", skip_serializing_if = "Option::is_none")]
    pub next_update: Option<Timestamp>,
}

impl CertificateBundle {
    /// The certificates.
    pub(in crate::snapshot) fn read(&self) -> Result<TrustStoreContent, Unreadable> {
        if let Some(why) = &self.unreadable {
            return Err(Unreadable { why: why.clone() });
        }
        if let Some(certificates) = &self.certificates {
            let certificates = certificates.iter().map(CaCertificateItem::certificate).collect();
            return Ok(TrustStoreContent { certificates, unparsed: self.unparsed });
        }
        let pem = self.pem.as_deref().ok_or_else(missing)?;
        Ok(TrustStoreContent::parse(pem.as_bytes()))
    }

    /// The facts in a truststore, or why it can't be read.
    #[cfg(feature = "cli")]
    pub(in crate::snapshot) fn of(content: Result<&TrustStoreContent, &Unreadable>) -> Self {
        match content {
            Ok(content) => Self {
                certificates: Some(content.certificates.iter().map(CaCertificateItem::of).collect()),
                unparsed: content.unparsed,
                ..Self::default()
            },
            Err(Unreadable { why }) => Self { unreadable: Some(why.clone()), ..Self::default() },
        }
    }
}

impl TrustStoreItem {
    /// The revocation lists.
    pub(in crate::snapshot) fn revocation_lists(&self) -> Result<Vec<Crl>, Unreadable> {
        if let Some(why) = &self.revocations_unreadable {
            return Err(Unreadable { why: why.clone() });
        }
        self.revocations.as_ref().ok_or_else(missing)?.iter().map(RevocationList::read).collect()
    }
}

impl NewestVersion {
    /// The version; the inner `None` if the bucket has no versions.
    pub(super) fn read(&self) -> Result<Option<String>, Unreadable> {
        match &self.unreadable {
            Some(why) => Err(Unreadable { why: why.clone() }),
            None => Ok(self.version.clone()),
        }
    }
}

impl RevocationList {
    fn read(&self) -> Result<Crl, Unreadable> {
        let Some(content) = &self.content else {
            return Ok(Crl { id: self.revocation_id.clone(), next_update: self.next_update });
        };
        let bytes = if content.contains("-----BEGIN") {
            Some(content.clone().into_bytes())
        } else {
            BASE64.decode(content.trim().as_bytes()).ok()
        };
        bytes.and_then(|bytes| Crl::parse(&self.revocation_id, &bytes)).ok_or_else(|| Unreadable {
            why: format!("revocation list {} can't be parsed", quoted(&self.revocation_id)),
        })
    }
}

impl CaCertificateItem {
    fn certificate(&self) -> CaCertificate {
        let item = self.clone();
        CaCertificate {
            subject: item.subject,
            issuer: item.issuer,
            not_before: item.not_before,
            not_after: item.not_after,
            is_self_issued: item.self_issued,
            has_issuer: item.has_issuer,
            chain_length: item.chain_length,
            weakness: item.weakness,
            public_ca: item.public_ca,
        }
    }

    #[cfg(feature = "cli")]
    fn of(certificate: &CaCertificate) -> Self {
        let facts = certificate.clone();
        Self {
            subject: facts.subject,
            issuer: facts.issuer,
            not_before: facts.not_before,
            not_after: facts.not_after,
            self_issued: facts.is_self_issued,
            has_issuer: facts.has_issuer,
            chain_length: facts.chain_length,
            weakness: facts.weakness,
            public_ca: facts.public_ca,
        }
    }
}

pub(super) fn missing() -> Unreadable {
    Unreadable { why: MISSING.into() }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde requires")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}
