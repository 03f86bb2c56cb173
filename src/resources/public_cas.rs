//! The CAs of the public web: the roots that Mozilla trusts for servers.
//!
//! The table is generated from the crate `webpki-root-certs` by `make docs`, and a test fails if it
//! is outdated.

use sha2::{Digest as _, Sha256};

/// A root: the SHA-256 fingerprint of the certificate, and the first half of the SHA-256 hashes of
/// its subject in DER and of its subject key id; the latter is zero if it has no key id.
type Root = ([u8; 32], [u8; 16], [u8; 16]);

/// Whether a certificate with this SHA-256 fingerprint is a public root.
pub(crate) fn is_root(fingerprint: &[u8; 32]) -> bool {
    ROOTS.iter().any(|(root, ..)| root == fingerprint)
}

/// Whether a public root has this subject (DER) and key id: the same CA in another certificate.
pub(crate) fn is_name_and_key(subject: &[u8], key_id: Option<&[u8]>) -> bool {
    let Some(key_id) = key_id.map(half_hash) else { return false };
    let subject = half_hash(subject);
    ROOTS.iter().any(|(_, name, key)| *name == subject && *key == key_id)
}

/// Whether a public root is the issuer with this name (DER) and key id. A missing key id is no
/// difference: then the name decides.
pub(crate) fn is_issuer(issuer: &[u8], key_id: Option<&[u8]>) -> bool {
    let (issuer, key_id) = (half_hash(issuer), key_id.map(half_hash));
    let is_key = |key: &[u8; 16]| *key == NO_KEY_ID || key_id.is_none_or(|key_id| *key == key_id);
    ROOTS.iter().any(|(_, name, key)| *name == issuer && is_key(key))
}

const NO_KEY_ID: [u8; 16] = [0; 16];

fn half_hash(bytes: &[u8]) -> [u8; 16] {
    let hash: [u8; 32] = Sha256::digest(bytes).into();
    hash.first_chunk().copied().unwrap_or_default()
}

#[rustfmt::skip]
static ROOTS: [Root; 0] = [
];

#[cfg(test)]
#[path = "public_cas_tests.rs"]
mod tests;
