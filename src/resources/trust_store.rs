//! The content of a truststore: the CA certificates in it, and revocation lists.

pub use crate::resources::ca_certificate::CaCertificate;
pub use crate::resources::revocation_list::Crl;
use crate::resources::{ca_certificate, pem};

/// The certificates of a truststore, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustStoreContent {
    /// The certificates that could be parsed.
    pub certificates: Vec<CaCertificate>,
    /// How many blocks of the file could not be parsed as a certificate.
    pub unparsed: usize,
}

/// A truststore in S3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredTruststore {
    /// Its certificates.
    pub content: TrustStoreContent,
    /// The version that was read; `None` if the bucket has no versions.
    pub version: Option<String>,
}

impl TrustStoreContent {
    /// The certificates in a PEM file. Text and comments between blocks are ignored; a block that
    /// is damaged or not a certificate counts as unparsed.
    ///
    /// Signatures are not verified: a certificate is the issuer of another if its subject is the
    /// other's issuer and, if both have a key id, the key ids are the same.
    #[must_use]
    pub fn parse(pem: &[u8]) -> Self {
        let (mut certificates, mut unparsed) = (Vec::new(), 0);
        for block in pem::blocks(pem) {
            let block = block.filter(|block| block.label.ends_with("CERTIFICATE"));
            match block.and_then(|block| ca_certificate::Parsed::parse(&block.der)) {
                Some(certificate) => certificates.push(certificate),
                None => unparsed += 1,
            }
        }
        ca_certificate::link(&mut certificates);
        Self { certificates: certificates.into_iter().map(|it| it.ca).collect(), unparsed }
    }
}

#[cfg(test)]
#[path = "trust_store_tests.rs"]
mod tests;
