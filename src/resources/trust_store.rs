//! The content of a truststore: the CA certificates in it, and revocation lists.

use jiff::Timestamp;

/// The certificates of a truststore, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustStoreContent {
    /// The certificates that could be parsed.
    pub certificates: Vec<CaCertificate>,
    /// How many blocks of the file could not be parsed as a certificate.
    pub unparsed: usize,
}

/// A certificate of a truststore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaCertificate {
    /// The subject, as text.
    pub subject: String,
    /// The issuer, as text.
    pub issuer: String,
    /// The first instant of its validity.
    pub not_before: Option<Timestamp>,
    /// The last instant of its validity; `None` if it can't be read.
    pub not_after: Option<Timestamp>,
    /// Whether it is its own issuer.
    pub is_self_issued: bool,
    /// Whether its issuer is in the same truststore. Always true if it is self-issued.
    pub has_issuer: bool,
    /// The number of certificates from this one to its root, both included, as far as the
    /// truststore has them.
    pub chain_length: usize,
    /// What is weak about its key or signature, in words; `None` if nothing is.
    pub weakness: Option<String>,
    /// The CA of the public web that it is, or that issued it.
    pub public_ca: Option<String>,
}

/// A certificate revocation list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crl {
    /// Its id in the trust store.
    pub id: String,
    /// When the next list is due at the latest; `None` if the list doesn't say.
    pub next_update: Option<Timestamp>,
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
    /// The certificates in a PEM file. Text between certificates is ignored.
    #[must_use]
    pub fn parse(_pem: &[u8]) -> Self {
        Self::default()
    }
}

impl Crl {
    /// The list with this id, in DER or PEM; `None` if it can't be parsed.
    #[must_use]
    pub fn parse(_id: &str, _bytes: &[u8]) -> Option<Self> {
        None
    }
}
