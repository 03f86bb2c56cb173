//! X.509 certificates like those of `GenerateClientCertificate`: self-signed, CN=ApiGateway,
//! RSA-2048, SHA-256, 365 days.
//!
//! One key per process signs all of them, because generating an RSA key takes a hundred times as
//! long as signing. If `RegionOptions::own_keys` is set, each has its own key: only then does
//! OpenSSL distinguish two certificates with the same subject. Those keys are generated when first
//! needed, and used again in other worlds of the process.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_RSA_SHA256, SerialNumber};
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::sign::{CertifiedKey, SigningKey};
use time::OffsetDateTime;

/// How long a generated certificate is valid.
pub const VALID_FOR: SignedDuration = SignedDuration::from_hours(365 * 24);

static KEY: LazyLock<Arc<Key>> = LazyLock::new(Key::generate);
/// The keys of certificates with their own key, by `ClientCertificate::own_key`.
static OWN_KEYS: Mutex<Vec<Arc<Key>>> = Mutex::new(Vec::new());

/// An RSA key, which signs certificates and TLS handshakes.
struct Key {
    pair: KeyPair,
    signing: Arc<dyn SigningKey>,
}

impl Key {
    fn generate() -> Arc<Self> {
        let pair = KeyPair::generate_for(&PKCS_RSA_SHA256).expect("aws-lc generates RSA keys");
        let der = PrivatePkcs8KeyDer::from(pair.serialize_der()).into();
        let signing = any_supported_type(&der).expect("it is an RSA key");
        Arc::new(Self { pair, signing })
    }
}

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
    /// The number of its key in `OWN_KEYS`; `None` if it is signed with the shared key.
    pub(crate) own_key: Option<usize>,
    pub(crate) signed: Signed,
}

/// The most recently served certificate and its not-before.
pub(crate) type Signed = Arc<Mutex<Option<(Timestamp, rcgen::Certificate)>>>;

impl ClientCertificate {
    /// The PEM with its validity shifted by `-offset`, with CRLF line endings.
    pub fn pem(&self, offset: SignedDuration) -> String {
        let pem = || self.signed(offset, rcgen::Certificate::pem);
        let crlf = |pem: String| pem.trim_end().replace("\r\n", "\n").replace('\n', "\r\n");
        self.pem_override.clone().unwrap_or_else(|| crlf(pem()))
    }

    /// The certificate of [`ClientCertificate::pem`] with its key, as API Gateway presents them to
    /// a backend.
    pub(crate) fn identity(&self, offset: SignedDuration) -> CertifiedKey {
        let certificate = self.signed(offset, |certificate| certificate.der().clone());
        CertifiedKey::new(vec![certificate], Arc::clone(&self.key().signing))
    }

    fn signed<T>(&self, offset: SignedDuration, read: impl Fn(&rcgen::Certificate) -> T) -> T {
        let not_before = self.not_before - offset;
        let mut signed = self.signed.lock().expect("no thread panics while signing");
        match &*signed {
            Some((of, certificate)) if *of == not_before => read(certificate),
            _ => {
                let certificate = sign(&self.key().pair, &self.id, not_before, self.not_after - offset);
                let value = read(&certificate);
                *signed = Some((not_before, certificate));
                value
            }
        }
    }

    fn key(&self) -> Arc<Key> {
        let Some(number) = self.own_key else { return Arc::clone(&KEY) };
        let mut keys = OWN_KEYS.lock().expect("no thread panics while generating keys");
        while keys.len() <= number {
            keys.push(Key::generate());
        }
        Arc::clone(&keys[number])
    }

    /// `expirationDate`, without the clock's offset.
    pub fn expiration(&self) -> Timestamp {
        self.expiration_override.unwrap_or(self.not_after)
    }
}

fn sign(key: &KeyPair, id: &str, not_before: Timestamp, not_after: Timestamp) -> rcgen::Certificate {
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
    params.self_signed(key).expect("the parameters are valid")
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
