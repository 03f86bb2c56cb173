//! Ids of client certificates, and which of AWS's two kinds of certificate each names.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::resources::account_region::{self, AccountRegion};

/// What a stage's `clientCertificateId` says, and which of AWS's two kinds of certificate it names. A clone shares the text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CertificateId {
    text: Arc<str>,
    kind: CertificateKind,
}

/// Who keeps a client certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CertificateKind {
    /// API Gateway made it (`GenerateClientCertificate`): a short id, self-signed, valid for 365 days, never renewed.
    Generated,
    /// ACM keeps it: `clientCertificateId` is its ARN (since September 2026).
    Acm,
    /// Neither form: no API can be asked about it, so it counts as a certificate that does not exist.
    Unrecognised,
}

impl CertificateId {
    /// Takes the text as AWS gave it; [`CertificateId::kind`] tells whether its form is known.
    #[must_use]
    pub fn new(text: String) -> Self {
        let kind = if is_generated_id(&text) {
            CertificateKind::Generated
        } else if is_acm_arn(&text) {
            CertificateKind::Acm
        } else {
            CertificateKind::Unrecognised
        };
        Self { text: text.into(), kind }
    }

    /// The id or ARN as AWS spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Generated, ACM's, or of no known form.
    #[must_use]
    pub fn kind(&self) -> CertificateKind {
        self.kind
    }

    /// Whether it can exist in `account_region`: ACM keeps a stage's certificate in the stage's own account and Region.
    #[must_use]
    pub fn is_local_to(&self, account_region: &AccountRegion) -> bool {
        let home = format!(
            "arn:{}:acm:{}:{}:",
            account_region.partition, account_region.region, account_region.account
        );
        match self.kind {
            CertificateKind::Generated => true,
            CertificateKind::Acm => self.text.starts_with(&home),
            CertificateKind::Unrecognised => false,
        }
    }

    /// Whether it may stand in a query expression or an ARN: only text of a known form may.
    #[must_use]
    pub fn is_recognised(&self) -> bool {
        self.kind != CertificateKind::Unrecognised
    }
}

/// The name for people: a generated certificate's id, or the last part of an ACM ARN.
impl fmt::Display for CertificateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            CertificateKind::Acm => f.write_str(self.text.rsplit(':').next().unwrap_or_default()),
            CertificateKind::Generated => f.write_str(&self.text),
            // One word in quotes: no name may read like a sentence or a code of ours.
            CertificateKind::Unrecognised => {
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

/// API Gateway's ids are short words of letters and digits.
fn is_generated_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// `arn:PARTITION:acm:REGION:ACCOUNT:certificate/ID`, where the id is hexadecimal words and hyphens (or `mrk-…`).
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
