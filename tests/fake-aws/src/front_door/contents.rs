//! The contents of S3 objects and trust stores: fixed bytes, or certificates and CRLs that are
//! signed when they are served, so that they age with the world's clock.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName, DnType, IsCa,
    Issuer, KeyIdMethod, KeyPair, RevokedCertParams, SerialNumber,
};
use time::OffsetDateTime;

/// A self-signed CA with a SHA-1 signature, valid from 2020 to 2119.
pub const SHA1_CA: &str = include_str!("pem/sha1.pem");
/// A self-signed CA with a key of 1024 bits, valid from 2020 to 2119.
pub const RSA1024_CA: &str = include_str!("pem/rsa1024.pem");
/// A CA of the public web: ISRG Root X1, valid until 2035-06-04.
pub const PUBLIC_CA: &str = include_str!("pem/isrg-root-x1.pem");

/// The content of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// These bytes, whatever the clock says.
    Bytes(Arc<[u8]>),
    /// A PEM file.
    Certificates(Vec<PemEntry>),
    /// A CRL.
    Revocations(RevocationList),
}

impl Content {
    /// Fixed text.
    pub fn text(text: &str) -> Self {
        Self::Bytes(text.as_bytes().into())
    }

    /// A PEM file of generated certificates.
    pub fn generated(all: impl IntoIterator<Item = CaCertificate>) -> Self {
        Self::Certificates(all.into_iter().map(PemEntry::Generated).collect())
    }

    /// The bytes that are served at an offset of the clock: equal content and offset give equal
    /// bytes.
    pub fn bytes(&self, offset: SignedDuration) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) => bytes.to_vec(),
            Self::Certificates(entries) => {
                entries.iter().map(|entry| entry.pem(offset)).collect::<String>().into_bytes()
            }
            Self::Revocations(list) => list.bytes(offset),
        }
    }

    /// The number of certificates.
    pub fn certificates(&self) -> usize {
        match self {
            Self::Bytes(bytes) => String::from_utf8_lossy(bytes).matches("-----BEGIN CERTIFICATE").count(),
            Self::Certificates(entries) => entries.len(),
            Self::Revocations(_) => 0,
        }
    }
}

/// One entry of a PEM file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PemEntry {
    /// A certificate that ages.
    Generated(CaCertificate),
    /// Any text, such as [`PUBLIC_CA`].
    Fixed(String),
}

impl PemEntry {
    fn pem(&self, offset: SignedDuration) -> String {
        match self {
            Self::Generated(certificate) => certificate.pem(offset),
            Self::Fixed(text) => text.clone(),
        }
    }
}

/// The algorithm of a key. All signatures are with SHA-256, except those of Ed25519.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyKind {
    /// ECDSA with P-256.
    P256,
    /// RSA with 2048 bits.
    Rsa2048,
    /// Ed25519, which truststores don't support.
    Ed25519,
}

/// A certificate of a truststore or trust store. Keys are named: certificates that name the same
/// key of the same kind have the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaCertificate {
    /// The subject's common name.
    pub subject: String,
    /// The name of its key.
    pub key: String,
    /// The kind of its key.
    pub kind: KeyKind,
    /// The issuer's common name.
    pub issuer: String,
    /// The name of the issuer's key, which is of the same kind.
    pub issuer_key: String,
    /// Whether it is a CA's.
    pub is_ca: bool,
    /// Not-before, without the clock's offset.
    pub not_before: Timestamp,
    /// Not-after, without the clock's offset.
    pub not_after: Timestamp,
}

impl CaCertificate {
    /// A self-signed CA with P-256, valid from a year before `now` to ten years after.
    pub fn root(name: &str, now: Timestamp) -> Self {
        let days = |days: i64| now + SignedDuration::from_hours(24 * days);
        Self {
            subject: name.into(),
            key: name.into(),
            kind: KeyKind::P256,
            issuer: name.into(),
            issuer_key: name.into(),
            is_ca: true,
            not_before: days(-365),
            not_after: days(3650),
        }
    }

    /// Like [`CaCertificate::root`], issued by another CA.
    pub fn issued_by(name: &str, issuer: &Self, now: Timestamp) -> Self {
        Self {
            issuer: issuer.subject.clone(),
            issuer_key: issuer.key.clone(),
            kind: issuer.kind,
            ..Self::root(name, now)
        }
    }

    /// The same, with another not-after.
    #[must_use]
    pub fn until(self, not_after: Timestamp) -> Self {
        Self { not_after, ..self }
    }

    /// Whether it is its own issuer.
    pub fn is_self_signed(&self) -> bool {
        self.subject == self.issuer && self.key == self.issuer_key
    }

    /// The PEM with its validity shifted by `-offset`.
    pub fn pem(&self, offset: SignedDuration) -> String {
        static SIGNED: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());
        let mut signed = SIGNED.lock().expect("no thread panics while signing");
        signed.entry(format!("{self:?} {offset}")).or_insert_with(|| self.sign(offset)).clone()
    }

    fn sign(&self, offset: SignedDuration) -> String {
        let key = key(&self.key, self.kind);
        let mut params = params(&self.subject);
        params.not_before = instant(self.not_before - offset);
        params.not_after = instant(self.not_after - offset);
        params.serial_number = Some(SerialNumber::from_slice(&serial(&self.subject)));
        params.is_ca =
            if self.is_ca { IsCa::Ca(BasicConstraints::Unconstrained) } else { IsCa::ExplicitNoCa };
        params.use_authority_key_identifier_extension = true;
        let signed = if self.is_self_signed() {
            params.self_signed(&key)
        } else {
            params.signed_by(&key, &issuer(&self.issuer, &self.issuer_key, self.kind))
        };
        signed.expect("the parameters are valid").pem().replace("\r\n", "\n")
    }
}

/// A CRL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationList {
    /// The issuer's common name.
    pub issuer: String,
    /// The name of the issuer's key of kind P-256.
    pub issuer_key: String,
    /// `thisUpdate`, without the clock's offset.
    pub this_update: Timestamp,
    /// `nextUpdate`, without the clock's offset.
    pub next_update: Timestamp,
    /// The number of revoked certificates.
    pub revoked: u16,
    /// DER instead of PEM.
    pub der: bool,
}

impl RevocationList {
    fn bytes(&self, offset: SignedDuration) -> Vec<u8> {
        static SIGNED: Mutex<BTreeMap<String, Vec<u8>>> = Mutex::new(BTreeMap::new());
        let mut signed = SIGNED.lock().expect("no thread panics while signing");
        signed.entry(format!("{self:?} {offset}")).or_insert_with(|| self.sign(offset)).clone()
    }

    fn sign(&self, offset: SignedDuration) -> Vec<u8> {
        let (this_update, next_update) =
            (instant(self.this_update - offset), instant(self.next_update - offset));
        let revoked = (1..=self.revoked).map(|number| RevokedCertParams {
            serial_number: SerialNumber::from(u64::from(number)),
            revocation_time: this_update,
            reason_code: None,
            invalidity_date: None,
        });
        let params = CertificateRevocationListParams {
            this_update,
            next_update,
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let issuer = issuer(&self.issuer, &self.issuer_key, KeyKind::P256);
        let list = params.signed_by(&issuer).expect("the parameters are valid");
        if self.der {
            return list.der().to_vec();
        }
        list.pem().expect("DER can be written as PEM").into_bytes()
    }
}

fn issuer(name: &str, key_name: &str, kind: KeyKind) -> Issuer<'static, &'static KeyPair> {
    Issuer::new(params(name), key(key_name, kind))
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// The key with this name. Keys are generated when first needed, and kept until the process ends.
fn key(name: &str, kind: KeyKind) -> &'static KeyPair {
    static KEYS: Mutex<BTreeMap<(String, KeyKind), &KeyPair>> = Mutex::new(BTreeMap::new());
    let mut keys = KEYS.lock().expect("no thread panics while generating keys");
    let generate = || {
        let algorithm = match kind {
            KeyKind::P256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            KeyKind::Rsa2048 => &rcgen::PKCS_RSA_SHA256,
            KeyKind::Ed25519 => &rcgen::PKCS_ED25519,
        };
        &*Box::leak(Box::new(KeyPair::generate_for(algorithm).expect("aws-lc generates keys of each kind")))
    };
    keys.entry((name.into(), kind)).or_insert_with(generate)
}

/// A positive serial number of eight bytes, the same for the same name.
fn serial(name: &str) -> [u8; 8] {
    let fnv = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let mut serial = name.bytes().fold(0xcbf2_9ce4_8422_2325, fnv).to_be_bytes();
    serial[0] = serial[0] & 0x3f | 0x40;
    serial
}

fn instant(at: Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(at.as_second()).expect("the years of certificates are in range")
}
