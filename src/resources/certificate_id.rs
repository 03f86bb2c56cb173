//! Ids of client certificates.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::resources::account_region::{self, AccountRegion};

/// A stage's `clientCertificateId`: a generated certificate's id or an ACM certificate's ARN.
/// Clones share the text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CertificateId {
    text: Arc<str>,
    kind: CertificateKind,
}

/// The service that issued or stores a client certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CertificateKind {
    /// API Gateway, through `GenerateClientCertificate`: the id is short, and the certificate is
    /// self-signed, valid for 365 days and never renewed.
    Generated,
    /// ACM: `clientCertificateId` is the certificate's ARN (since September 2026).
    Acm,
    /// Unknown, because the id has neither form. No API accepts such an id, so it counts as a
    /// certificate that doesn't exist.
    Unrecognized,
}

impl CertificateId {
    /// Returns the id for the text that AWS returned. [`CertificateId::kind`] says whether the form
    /// is recognized.
    #[must_use]
    pub fn new(text: String) -> Self {
        let kind = if is_generated_id(&text) {
            CertificateKind::Generated
        } else if is_acm_arn(&text) {
            CertificateKind::Acm
        } else {
            CertificateKind::Unrecognized
        };
        Self { text: text.into(), kind }
    }

    /// Returns the id or ARN as AWS spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the kind of certificate that the id names.
    #[must_use]
    pub fn kind(&self) -> CertificateKind {
        self.kind
    }

    /// Returns whether the certificate can exist in `account_region`: an ACM certificate has to be
    /// in the stage's own account and Region.
    #[must_use]
    pub fn is_local_to(&self, account_region: &AccountRegion) -> bool {
        let home = format!(
            "arn:{}:acm:{}:{}:",
            account_region.partition, account_region.region, account_region.account
        );
        match self.kind {
            CertificateKind::Generated => true,
            CertificateKind::Acm => self.text.starts_with(&home),
            CertificateKind::Unrecognized => false,
        }
    }

    /// Returns whether the id has a recognized form. Only such an id may be inserted into a query
    /// expression or an ARN.
    #[must_use]
    pub fn is_recognized(&self) -> bool {
        self.kind != CertificateKind::Unrecognized
    }
}

/// Writes the short name: a generated certificate's id or the last part of an ACM ARN.
impl fmt::Display for CertificateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            CertificateKind::Acm => f.write_str(self.text.rsplit(':').next().unwrap_or_default()),
            CertificateKind::Generated => f.write_str(&self.text),
            // A single quoted word, so that the id can't imitate a sentence or a check code.
            CertificateKind::Unrecognized => {
                let printable = |c: char| if c.is_ascii_graphic() && c != '"' { c } else { '?' };
                write!(f, "\"{}\"", self.text.chars().map(printable).collect::<String>())
            }
        }
    }
}

impl Serialize for CertificateId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Returns whether the text has the form of API Gateway's ids: 1 to 64 letters and digits.
fn is_generated_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Returns whether the text has the form `arn:PARTITION:acm:REGION:ACCOUNT:certificate/ID`, with an
/// id of letters, digits and hyphens (a UUID or `mrk-…`).
fn is_acm_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let &["arn", partition, "acm", region, account, resource] = parts.as_slice() else { return false };
    account_region::is_partition(partition)
        && account_region::is_region(region)
        && account_region::is_account_id(account)
        && resource.strip_prefix("certificate/").is_some_and(|id| {
            !id.is_empty()
                && id.len() <= 64
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
}
