//! Certificates and revocation lists for tests, written in DER byte by byte. Their signatures are
//! not valid: nothing verifies them.

/// A certificate of a CA.
#[derive(Clone)]
pub(crate) struct Ca {
    pub(crate) subject: String,
    pub(crate) issuer: String,
    /// Instants such as `20270101000000Z`.
    pub(crate) validity: (String, String),
    pub(crate) key_id: Option<Vec<u8>>,
    pub(crate) issuer_key_id: Option<Vec<u8>>,
    pub(crate) signature: &'static [u8],
    pub(crate) key: Key,
}

/// A public key.
#[derive(Clone, Copy)]
pub(crate) enum Key {
    /// With this number of bits.
    Rsa(usize),
    /// On the curve with this object identifier.
    Curve(&'static [u8]),
    Ed25519,
}

/// The contents of object identifiers.
pub(crate) mod oid {
    pub(crate) const MD5_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 4];
    pub(crate) const SHA1_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5];
    pub(crate) const PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
    pub(crate) const SHA256_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
    pub(crate) const SHA512_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13];
    pub(crate) const SHA224_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 14];
    pub(crate) const SHA1_ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1];
    pub(crate) const SHA224_ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 1];
    pub(crate) const SHA256_ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    pub(crate) const SHA384_ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];
    pub(crate) const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
    pub(crate) const P_192: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 1];
    pub(crate) const P_256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
    pub(crate) const P_384: &[u8] = &[0x2b, 0x81, 4, 0, 0x22];
    pub(crate) const P_521: &[u8] = &[0x2b, 0x81, 4, 0, 0x23];
    pub(crate) const SECP256K1: &[u8] = &[0x2b, 0x81, 4, 0, 10];
    pub(super) const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
    pub(super) const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
    pub(super) const COMMON_NAME: &[u8] = &[0x55, 4, 3];
    pub(super) const KEY_ID: &[u8] = &[0x55, 0x1d, 14];
    pub(super) const ISSUER_KEY_ID: &[u8] = &[0x55, 0x1d, 35];
}

impl Ca {
    /// A strong certificate that is valid from 2020 to 2040, with key ids that are the names.
    pub(crate) fn new(subject: &str, issuer: &str) -> Self {
        Self {
            subject: subject.to_owned(),
            issuer: issuer.to_owned(),
            validity: ("20200101000000Z".to_owned(), "20400101000000Z".to_owned()),
            key_id: Some(subject.as_bytes().to_vec()),
            issuer_key_id: Some(issuer.as_bytes().to_vec()),
            signature: oid::SHA256_ECDSA,
            key: Key::Curve(oid::P_256),
        }
    }

    pub(crate) fn root(subject: &str) -> Self {
        Self::new(subject, subject)
    }

    pub(crate) fn until(self, not_after: &str) -> Self {
        Self { validity: (self.validity.0, not_after.to_owned()), ..self }
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        let mut extensions = Vec::new();
        if let Some(id) = &self.key_id {
            let value = element(0x04, &element(0x04, id));
            extensions.extend(sequence(&[element(0x06, oid::KEY_ID), value]));
        }
        if let Some(id) = &self.issuer_key_id {
            let value = element(0x04, &sequence(&[element(0x80, id)]));
            extensions.extend(sequence(&[element(0x06, oid::ISSUER_KEY_ID), value]));
        }
        let extensions =
            if extensions.is_empty() { Vec::new() } else { element(0xa3, &element(0x30, &extensions)) };
        let (from, to) = &self.validity;
        signed(
            &[
                element(0xa0, &element(0x02, &[2])),
                element(0x02, &[1]),
                algorithm(self.signature),
                name(&self.issuer),
                sequence(&[time(from), time(to)]),
                name(&self.subject),
                self.key.der(),
                extensions,
            ],
            self.signature,
        )
    }

    pub(crate) fn pem(&self) -> String {
        pem("CERTIFICATE", &self.der())
    }
}

impl Key {
    fn der(self) -> Vec<u8> {
        let point = || element(0x03, &[&[0, 4][..], &[1; 64]].concat());
        match self {
            Self::Rsa(bits) => {
                let mut modulus = vec![0; bits.div_ceil(8)];
                modulus[0] = 1 << ((bits - 1) % 8);
                if modulus[0] >= 0x80 {
                    // It keeps the number positive.
                    modulus.insert(0, 0);
                }
                let modulus = element(0x02, &modulus);
                let key = sequence(&[modulus, element(0x02, &[1, 0, 1])]);
                sequence(&[algorithm(oid::RSA), element(0x03, &[&[0][..], &key].concat())])
            }
            Self::Curve(curve) => {
                sequence(&[sequence(&[element(0x06, oid::EC), element(0x06, curve)]), point()])
            }
            Self::Ed25519 => sequence(&[algorithm(oid::ED25519), point()]),
        }
    }
}

/// A revocation list that was issued on 2026-01-01 and revokes this many certificates.
pub(crate) fn crl(next_update: Option<&str>, revoked: u8) -> Vec<u8> {
    let entry = |serial: u8| sequence(&[element(0x02, &[serial]), time("20260101000000Z")]);
    let revoked: Vec<u8> = (1..=revoked).flat_map(entry).collect();
    signed(
        &[
            element(0x02, &[1]),
            algorithm(oid::SHA256_ECDSA),
            name("A CA"),
            time("20260101000000Z"),
            next_update.map(time).unwrap_or_default(),
            if revoked.is_empty() { Vec::new() } else { element(0x30, &revoked) },
        ],
        oid::SHA256_ECDSA,
    )
}

pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let base64 = data_encoding::BASE64.encode(der);
    let lines: Vec<&str> =
        base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn signed(fields: &[Vec<u8>], signature: &[u8]) -> Vec<u8> {
    sequence(&[sequence(fields), algorithm(signature), element(0x03, &[0, 1, 2, 3])])
}

fn algorithm(oid: &[u8]) -> Vec<u8> {
    sequence(&[element(0x06, oid)])
}

fn name(common_name: &str) -> Vec<u8> {
    let attribute = sequence(&[element(0x06, oid::COMMON_NAME), element(0x0c, common_name.as_bytes())]);
    sequence(&[element(0x31, &attribute)])
}

fn time(text: &str) -> Vec<u8> {
    element(0x18, text.as_bytes())
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    element(0x30, &parts.concat())
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    let length = match content.len() {
        0..0x80 => vec![length[3]],
        0x80..0x100 => vec![0x81, length[3]],
        _ => vec![0x82, length[2], length[3]],
    };
    [&[tag][..], &length, content].concat()
}
