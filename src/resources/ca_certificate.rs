//! The certificates of a truststore: what is in them, and which of them issued which.

use std::collections::VecDeque;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use x509_parser::asn1_rs::Tag;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::parse_x509_certificate;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::X509Name;

use crate::quote::brief;
use crate::resources::certificate::instant;
use crate::resources::public_cas;

/// The number of characters of a name that are kept.
const MAX_NAME: usize = 200;
/// The smallest RSA key that API Gateway and ELB accept, in bits.
const MIN_RSA_BITS: usize = 2048;

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
    /// Whether its issuer is in the same truststore. Always true if it is self-issued; false if it
    /// and others only issued each other.
    pub has_issuer: bool,
    /// The number of certificates from this one to its root, both included, as far as the
    /// truststore has them. If there are several roots, the shortest chain counts.
    pub chain_length: usize,
    /// What is weak about its key or signature, in words; `None` if nothing is.
    pub weakness: Option<String>,
    /// Its subject, if it is a CA of the public web or was issued by one.
    pub public_ca: Option<String>,
}

/// A certificate with what identifies it and its issuer, in DER.
pub(crate) struct Parsed {
    pub(crate) ca: CaCertificate,
    subject: Vec<u8>,
    issuer: Vec<u8>,
    key_id: Option<Vec<u8>>,
    issuer_key_id: Option<Vec<u8>>,
}

impl Parsed {
    /// Parses a certificate in DER; `None` if any part of it can't be parsed.
    pub(crate) fn parse(der: &[u8]) -> Option<Self> {
        let (rest, certificate) = parse_x509_certificate(der).ok()?;
        if !rest.is_empty() {
            return None;
        }
        let (subject, issuer) = (certificate.subject().as_raw(), certificate.issuer().as_raw());
        let (key_id, issuer_key_id) = key_ids(&certificate);
        let date = |seconds: i64| instant(i128::from(seconds) * 1000);
        let name = brief(&name_text(certificate.subject()), MAX_NAME);
        let fingerprint: [u8; 32] = Sha256::digest(der).into();
        let is_public = public_cas::is_root(&fingerprint)
            || public_cas::is_name_and_key(subject, key_id)
            || public_cas::is_issuer(issuer, issuer_key_id);
        let ca = CaCertificate {
            issuer: brief(&name_text(certificate.issuer()), MAX_NAME),
            not_before: date(certificate.validity().not_before.timestamp()),
            not_after: date(certificate.validity().not_after.timestamp()),
            is_self_issued: subject == issuer && is_same_key(issuer_key_id, key_id),
            has_issuer: true,
            chain_length: 1,
            weakness: weak_signature(&certificate).or_else(|| weak_key(&certificate)),
            public_ca: is_public.then(|| name.clone()),
            subject: name,
        };
        let owned = |bytes: Option<&[u8]>| bytes.map(<[u8]>::to_vec);
        Some(Self {
            ca,
            subject: subject.to_vec(),
            issuer: issuer.to_vec(),
            key_id: owned(key_id),
            issuer_key_id: owned(issuer_key_id),
        })
    }

    /// Whether the other certificate names this one as its issuer.
    fn issued(&self, other: &Self) -> bool {
        self.subject == other.issuer && is_same_key(other.issuer_key_id.as_deref(), self.key_id.as_deref())
    }
}

/// A name, such as `C=US, O=Example, CN=Clients`. x509-parser's own text of a name would add a
/// table of all object identifiers to the function's zip.
fn name_text(name: &X509Name<'_>) -> String {
    let mut text = String::new();
    for attribute in name.iter_attributes() {
        text.push_str(if text.is_empty() { "" } else { ", " });
        let id = attribute.attr_type().to_id_string();
        text.push_str(match id.as_str() {
            "2.5.4.3" => "CN",
            "2.5.4.5" => "serialNumber",
            "2.5.4.6" => "C",
            "2.5.4.7" => "L",
            "2.5.4.8" => "ST",
            "2.5.4.10" => "O",
            "2.5.4.11" => "OU",
            "0.9.2342.19200300.100.1.25" => "DC",
            "1.2.840.113549.1.9.1" => "emailAddress",
            other => other,
        });
        text.push('=');
        match attribute.as_str() {
            Ok(value) => text.push_str(value),
            // As in RFC 4514.
            Err(_) => text.extend(["#", &HEXLOWER.encode(attribute.as_slice())]),
        }
    }
    text
}

/// Finds the issuer of each certificate, and the length of its shortest chain: to a root if it
/// has one, and otherwise as far as there are issuers.
pub(crate) fn link(certificates: &mut [Parsed]) {
    let is_end = |ends_without_issuer: bool, certificates: &[Parsed], at: usize| {
        let Some(certificate) = certificates.get(at) else { return false };
        if certificate.ca.is_self_issued || !ends_without_issuer {
            return certificate.ca.is_self_issued;
        }
        !certificates.iter().enumerate().any(|(other, it)| other != at && it.issued(certificate))
    };
    let mut lengths = vec![0_usize; certificates.len()];
    // Chains to roots first; what they don't reach can only end at a missing issuer.
    for ends_without_issuer in [false, true] {
        let mut queue: VecDeque<usize> = VecDeque::new();
        for (at, length) in lengths.iter_mut().enumerate().filter(|(_, length)| **length == 0) {
            if is_end(ends_without_issuer, certificates, at) {
                *length = 1;
                queue.push_back(at);
            }
        }
        if ends_without_issuer {
            for at in &queue {
                if let Some(certificate) = certificates.get_mut(*at) {
                    certificate.ca.has_issuer = false;
                }
            }
        }
        while let Some(at) = queue.pop_front() {
            let (Some(issuer), Some(length)) = (certificates.get(at), lengths.get(at).copied()) else {
                continue;
            };
            for (below, (certificate, its_length)) in certificates.iter().zip(&mut lengths).enumerate() {
                if *its_length == 0 && issuer.issued(certificate) {
                    *its_length = length + 1;
                    queue.push_back(below);
                }
            }
        }
    }
    for (certificate, length) in certificates.iter_mut().zip(lengths) {
        // A length of 0 is left for certificates that only issued each other.
        certificate.ca.has_issuer &= length > 0;
        certificate.ca.chain_length = length.max(1);
    }
}

/// Whether the key id of an issuer, as the issued certificate has it, is that of a certificate.
/// A missing id is no difference.
fn is_same_key(of_issuer: Option<&[u8]>, own: Option<&[u8]>) -> bool {
    match (of_issuer, own) {
        (Some(of_issuer), Some(own)) => of_issuer == own,
        _ => true,
    }
}

/// The subject key id and the authority key id.
fn key_ids<'a>(certificate: &'a X509Certificate<'_>) -> (Option<&'a [u8]>, Option<&'a [u8]>) {
    let (mut own, mut issuer) = (None, None);
    for extension in certificate.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(id) => own = own.or(Some(id.0)),
            ParsedExtension::AuthorityKeyIdentifier(authority) => {
                issuer = issuer.or(authority.key_identifier.as_ref().map(|id| id.0));
            }
            _ => {}
        }
    }
    (own, issuer)
}

/// What is weak about the signature: anything but RSA or ECDSA with SHA-256 or stronger, which is
/// what API Gateway accepts.
fn weak_signature(certificate: &X509Certificate<'_>) -> Option<String> {
    const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
    const ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04];
    let algorithm = &certificate.signature_algorithm.algorithm;
    let bytes = algorithm.as_bytes();
    let weak = match (bytes.strip_prefix(RSA), bytes.strip_prefix(ECDSA)) {
        (Some([0x0b..=0x0d]), _) | (_, Some([0x03, 0x02..=0x04])) => return None,
        (Some([0x04]), _) => "signed with MD5",
        (Some([0x05]), _) | (_, Some([0x01])) => "signed with SHA-1",
        _ => return Some(format!("signed with the unknown algorithm {}", algorithm.to_id_string())),
    };
    Some(weak.to_owned())
}

/// What is weak about the public key: anything but RSA with 2048 bits or P-256, P-384 or P-521.
fn weak_key(certificate: &X509Certificate<'_>) -> Option<String> {
    const P_256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    const P_384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
    const P_521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];
    let key = certificate.public_key();
    match key.parsed() {
        Ok(PublicKey::RSA(rsa)) => {
            let mut modulus = rsa.modulus;
            while let Some((0, rest)) = modulus.split_first() {
                modulus = rest;
            }
            let unused = modulus.first().map_or(0, |byte| byte.leading_zeros());
            let bits = (modulus.len() * 8).saturating_sub(usize::try_from(unused).unwrap_or(0));
            (bits < MIN_RSA_BITS).then(|| format!("RSA key of {bits} bits"))
        }
        Ok(PublicKey::EC(_)) => {
            // `as_oid` takes the content of any element.
            let curve = key.algorithm.parameters.as_ref().filter(|parameters| parameters.tag() == Tag::Oid);
            let curve = curve.and_then(|parameters| parameters.as_oid().ok());
            let is_strong =
                curve.as_ref().is_some_and(|curve| [P_256, P_384, P_521].contains(&curve.as_bytes()));
            (!is_strong).then(|| match curve {
                Some(curve) => format!("EC key on the weak or unknown curve {}", curve.to_id_string()),
                None => "EC key on an unnamed curve".to_owned(),
            })
        }
        _ => Some(format!("key of the unknown algorithm {}", key.algorithm.algorithm.to_id_string())),
    }
}
