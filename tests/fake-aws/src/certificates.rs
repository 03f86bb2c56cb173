//! X.509 certificates like those of `GenerateClientCertificate`: self-signed, CN=ApiGateway,
//! RSA-2048, SHA-256, 365 days.
//!
//! One key per process signs all of them: generating an RSA key takes a hundred times as long as
//! signing.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_RSA_SHA256, SerialNumber};
use time::OffsetDateTime;

/// How long a generated certificate is valid.
pub const VALID_FOR: SignedDuration = SignedDuration::from_hours(365 * 24);

static KEY: LazyLock<KeyPair> =
    LazyLock::new(|| KeyPair::generate_for(&PKCS_RSA_SHA256).expect("aws-lc generates RSA keys"));

/// A certificate that API Gateway generated.
#[derive(Clone, Debug)]
pub struct ClientCertificate {
    /// Six letters and digits.
    pub id: String,
    /// The requested description.
    pub description: Option<String>,
    /// Not-before, without the clock's offset.
    pub not_before: Timestamp,
    /// Not-after, without the clock's offset.
    pub not_after: Timestamp,
    /// Text to serve instead of a PEM, for tests of PEMs that can't be parsed.
    pub pem_override: Option<String>,
    /// An `expirationDate` that differs from the PEM's not-after.
    pub expiration_override: Option<Timestamp>,
    /// Its ARN, the key of its tags.
    pub arn: String,
    pub(crate) signed: Signed,
}

/// The most recently served PEM and its not-before.
pub(crate) type Signed = Arc<Mutex<Option<(Timestamp, String)>>>;

impl ClientCertificate {
    /// The PEM with its validity shifted by `-offset`, with CRLF line endings.
    pub fn pem(&self, offset: SignedDuration) -> String {
        if let Some(text) = &self.pem_override {
            return text.clone();
        }
        let not_before = self.not_before - offset;
        let mut signed = self.signed.lock().expect("no thread panics while signing");
        match &*signed {
            Some((of, pem)) if *of == not_before => pem.clone(),
            _ => {
                let pem = sign(&self.id, not_before, self.not_after - offset);
                *signed = Some((not_before, pem.clone()));
                pem
            }
        }
    }

    /// `expirationDate`, without the clock's offset.
    pub fn expiration(&self) -> Timestamp {
        self.expiration_override.unwrap_or(self.not_after)
    }
}

fn sign(id: &str, not_before: Timestamp, not_after: Timestamp) -> String {
    let instant = |at: Timestamp| {
        OffsetDateTime::from_unix_timestamp(at.as_second()).expect("the years of certificates are in range")
    };
    let mut params = CertificateParams::default();
    params.not_before = instant(not_before);
    params.not_after = instant(not_after);
    params.serial_number = Some(SerialNumber::from_slice(id.as_bytes()));
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CountryName, "US");
    subject.push(DnType::LocalityName, "Seattle");
    subject.push(DnType::CommonName, "ApiGateway");
    params.distinguished_name = subject;
    let certificate = params.self_signed(&*KEY).expect("the parameters are valid");
    certificate.pem().trim_end().replace("\r\n", "\n").replace('\n', "\r\n")
}

/// An ACM certificate.
#[derive(Clone, Debug)]
pub struct AcmCertificate {
    /// Its ARN.
    pub arn: String,
    /// ACM's status; `ISSUED` is served as `EXPIRED` after not-after.
    pub status: String,
    /// `IMPORTED`, `PRIVATE` or `AMAZON_ISSUED`.
    pub kind: String,
    /// `ELIGIBLE` or `INELIGIBLE`.
    pub renewal_eligibility: String,
    /// `RenewalSummary.RenewalStatus`, if a renewal has started.
    pub renewal_status: Option<String>,
    /// Not-before, without the clock's offset.
    pub not_before: Timestamp,
    /// Not-after, without the clock's offset.
    pub not_after: Timestamp,
}

impl AcmCertificate {
    /// The status at an instant of the certificates' clock.
    pub fn status_at(&self, now: Timestamp) -> &str {
        if self.status == "ISSUED" && self.not_after < now { "EXPIRED" } else { &self.status }
    }

    /// Whether ACM renews it: true if a private CA issued it and it wasn't imported.
    pub fn is_managed(&self) -> bool {
        self.renewal_eligibility == "ELIGIBLE" && self.kind != "IMPORTED"
    }
}

/// The tags of one resource.
pub type Tags = BTreeMap<String, String>;
