use jiff::Timestamp;

use super::*;
use der::{Ca, Key, crl, oid, pem};

#[path = "../../tests/certificates/der.rs"]
mod der;

fn parse(certificates: &[Ca]) -> TrustStoreContent {
    TrustStoreContent::parse(certificates.iter().map(Ca::pem).collect::<String>().as_bytes())
}

fn at(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

#[test]
fn names_dates_and_key_are_read() {
    let content = parse(&[Ca::root("Example Root").until("20270102030405Z")]);
    assert_eq!(
        content,
        TrustStoreContent {
            certificates: vec![CaCertificate {
                subject: "CN=Example Root".to_owned(),
                issuer: "CN=Example Root".to_owned(),
                not_before: at("2020-01-01T00:00:00Z"),
                not_after: at("2027-01-02T03:04:05Z"),
                is_self_issued: true,
                has_issuer: true,
                chain_length: 1,
                weakness: None,
                public_ca: None,
            }],
            unparsed: 0,
        }
    );
}

#[test]
fn certificates_of_other_programs_are_read() {
    let content = TrustStoreContent::parse(include_bytes!("../../tests/certificates/leap-day.pem"));
    let [certificate] = content.certificates.as_slice() else { panic!("{content:?}") };
    assert_eq!(certificate.not_after, at("2028-02-29T23:59:59Z"));
    assert_eq!((certificate.is_self_issued, certificate.has_issuer), (true, true));
    assert_eq!((certificate.weakness.clone(), content.unparsed), (None, 0));
}

#[test]
fn text_between_certificates_is_ignored_and_damage_is_counted() {
    let (one, other) = (Ca::root("One").pem(), Ca::root("Other").pem());
    let count = |text: &str| {
        let content = TrustStoreContent::parse(text.as_bytes());
        (content.certificates.len(), content.unparsed)
    };
    for (text, expected) in [
        (String::new(), (0, 0)),
        ("no certificate at all".to_owned(), (0, 0)),
        (format!("# comment\n{one}\nsubject=CN=Other\n{other}# end"), (2, 0)),
        (one.replace('\n', "\r\n") + &other.replace('\n', "\r"), (2, 0)),
        (one.replace("CERTIFICATE", "TRUSTED CERTIFICATE"), (1, 0)),
        // A key or a revocation list.
        (one.replace("CERTIFICATE", "PRIVATE KEY") + &other, (1, 1)),
        (pem("X509 CRL", &crl(None, 0)) + &other, (1, 1)),
        // Damaged lines.
        (one.replace("-----END CERTIFICATE-----", "") + &other, (1, 1)),
        (one.replace("-----BEGIN CERTIFICATE-----", "") + &other, (1, 1)),
        // Whether a reader takes it depends on the reader.
        (one.replace("-----", "x-----") + &other, (1, 2)),
        (format!("x {}", one.replace('\n', "")) + "\n" + &other, (1, 1)),
        (one.replace("-----BEGIN CERTIFICATE-----", "----BEGIN CERTIFICATE-----") + &other, (1, 2)),
        (one.replace("-----END CERTIFICATE-----", "-----END CERTIFICATE----") + &other, (1, 1)),
        (one.replace("END CERTIFICATE", "END KEY") + &other, (1, 1)),
        (one.replace('\n', "") + "\n" + &other, (1, 1)),
        // Damaged content.
        (one.replace('M', "*") + &other, (1, 1)),
        (one.replace("=\n", "\n") + &other, if one.contains("=\n") { (1, 1) } else { (2, 0) }),
        (pem("CERTIFICATE", &[Ca::root("One").der(), vec![0]].concat()) + &other, (1, 1)),
        (pem("CERTIFICATE", b"") + &other, (1, 1)),
    ] {
        assert_eq!(count(&text), expected, "{text}");
    }
}

#[test]
fn no_damage_to_a_certificate_goes_unnoticed() {
    let der = Ca::root("One").der();
    for end in 0..der.len() {
        let content = TrustStoreContent::parse(pem("CERTIFICATE", &der[..end]).as_bytes());
        assert_eq!((content.certificates.len(), content.unparsed), (0, 1), "{end}");
    }
}

/// The chain length of each certificate, and whether its issuer is there.
fn chains(certificates: &[Ca]) -> Vec<(usize, bool)> {
    parse(certificates).certificates.iter().map(|it| (it.chain_length, it.has_issuer)).collect()
}

#[test]
fn the_chain_of_each_certificate_is_measured_in_any_order() {
    let (root, one, two) = (Ca::root("Root"), Ca::new("One", "Root"), Ca::new("Two", "One"));
    let three = Ca::new("Three", "Two");
    assert_eq!(
        chains(&[root.clone(), one.clone(), two.clone(), three.clone()]),
        [(1, true), (2, true), (3, true), (4, true)]
    );
    assert_eq!(
        chains(&[three.clone(), two.clone(), one.clone(), root]),
        [(4, true), (3, true), (2, true), (1, true)]
    );
    // Only the certificate whose own issuer is missing counts as incomplete.
    assert_eq!(chains(&[three, two, one]), [(3, true), (2, true), (1, false)]);
}

#[test]
fn the_shortest_chain_to_a_root_counts() {
    let cross = Ca::new("Root", "Old Root");
    let leaf = Ca::new("Leaf", "Root");
    let cases = [Ca::root("Old Root"), cross, Ca::root("Root"), leaf];
    assert_eq!(chains(&cases), [(1, true), (2, true), (1, true), (2, true)]);
    assert_eq!(
        chains(&[cases[0].clone(), cases[1].clone(), cases[3].clone()]),
        [(1, true), (2, true), (3, true)]
    );
}

#[test]
fn certificates_that_only_issued_each_other_have_no_issuer() {
    let (one, two) = (Ca::new("One", "Two"), Ca::new("Two", "One"));
    assert_eq!(chains(&[one.clone(), two.clone()]), [(1, false), (1, false)]);
    assert_eq!(chains(&[one, two, Ca::root("One")]), [(3, true), (2, true), (1, true)]);
}

#[test]
fn an_issuer_with_the_right_name_must_have_the_right_key() {
    let root = |key_id: Option<&[u8]>| Ca { key_id: key_id.map(Into::into), ..Ca::root("Root") };
    let issued = |id: Option<&[u8]>| Ca { issuer_key_id: id.map(Into::into), ..Ca::new("One", "Root") };
    for (own, expected, has_issuer) in [
        (Some(b"a"), Some(b"a"), true),
        (Some(b"a"), Some(b"b"), false),
        (None, Some(b"a"), true),
        (Some(b"a"), None, true),
        (None, None, true),
    ] {
        let root = Ca { issuer_key_id: None, ..root(own.map(|id| &id[..])) };
        let found = chains(&[root, issued(expected.map(|id| &id[..]))])[1].1;
        assert_eq!(found, has_issuer, "{own:?} {expected:?}");
    }
    // The successor of a root, signed with the old key.
    let renewed = Ca { key_id: Some(b"new".into()), issuer_key_id: Some(b"Root".into()), ..Ca::root("Root") };
    assert_eq!(chains(std::slice::from_ref(&renewed)), [(1, false)]);
    assert_eq!(chains(&[renewed, Ca::root("Root")]), [(2, true), (1, true)]);
}

#[test]
fn weak_keys_and_signatures_are_named() {
    let rsa = |bits: usize| Ca { key: Key::Rsa(bits), signature: oid::SHA256_RSA, ..Ca::root("Root") };
    let signed = |signature: &'static [u8]| Ca { signature, ..Ca::root("Root") };
    let curve = |curve: &'static [u8]| Ca { key: Key::Curve(curve), ..Ca::root("Root") };
    for (certificate, expected) in [
        (rsa(4096), None),
        (rsa(2048), None),
        (rsa(2047), Some("RSA key of 2047 bits")),
        (rsa(1024), Some("RSA key of 1024 bits")),
        (curve(oid::P_256), None),
        (curve(oid::P_384), None),
        (curve(oid::P_521), None),
        (curve(oid::P_192), Some("EC key on the weak or unknown curve 1.2.840.10045.3.1.1")),
        (curve(oid::SECP256K1), Some("EC key on the weak or unknown curve 1.3.132.0.10")),
        (Ca { key: Key::Ed25519, ..Ca::root("Root") }, Some("key of the unknown algorithm 1.3.101.112")),
        (signed(oid::SHA256_RSA), None),
        (signed(oid::SHA512_RSA), None),
        (signed(oid::SHA384_ECDSA), None),
        (signed(oid::MD5_RSA), Some("signed with MD5")),
        (signed(oid::SHA1_RSA), Some("signed with SHA-1")),
        (signed(oid::SHA1_ECDSA), Some("signed with SHA-1")),
        (signed(oid::SHA224_RSA), Some("signed with the unknown algorithm 1.2.840.113549.1.1.14")),
        (signed(oid::SHA224_ECDSA), Some("signed with the unknown algorithm 1.2.840.10045.4.3.1")),
        (signed(oid::PSS), Some("signed with the unknown algorithm 1.2.840.113549.1.1.10")),
        (signed(oid::ED25519), Some("signed with the unknown algorithm 1.3.101.112")),
    ] {
        let content = parse(&[certificate]);
        assert_eq!(content.certificates[0].weakness.as_deref(), expected);
    }
    // P-256 by its parameters, made with OpenSSL.
    let explicit = TrustStoreContent::parse(include_bytes!("../../tests/certificates/explicit-curve.pem"));
    assert_eq!(explicit.certificates[0].weakness.as_deref(), Some("EC key on an unnamed curve"));
}

#[test]
fn a_public_ca_and_what_it_issued_are_recognized() {
    let root = &webpki_root_certs::TLS_SERVER_ROOT_CERTS[0];
    let content = TrustStoreContent::parse(pem("CERTIFICATE", root).as_bytes());
    let [found] = content.certificates.as_slice() else { panic!("{content:?}") };
    assert_eq!(found.public_ca.as_ref(), Some(&found.subject));
    let own = parse(&[Ca::root("Private CA"), Ca::new("Issuing CA", "Private CA")]);
    assert!(own.certificates.iter().all(|it| it.public_ca.is_none()));
}

#[test]
fn a_revocation_list_says_when_the_next_one_is_due() {
    let due = at("2026-02-03T04:05:06Z");
    for revoked in [0, 1, 200] {
        let list = crl(Some("20260203040506Z"), revoked);
        let expected = Some(Crl { id: "1".to_owned(), next_update: due });
        assert_eq!(Crl::parse("1", &list), expected);
        assert_eq!(Crl::parse("1", pem("X509 CRL", &list).as_bytes()), expected);
        let without = Some(Crl { id: "1".to_owned(), next_update: None });
        assert_eq!(Crl::parse("1", &crl(None, revoked)), without);
    }
    let both = pem("X509 CRL", &crl(Some("20260203040506Z"), 1))
        + &pem("X509 CRL", &crl(Some("20250101000000Z"), 1));
    assert_eq!(Crl::parse("1", both.as_bytes()).unwrap().next_update, at("2025-01-01T00:00:00Z"));
}

#[test]
fn the_start_of_a_revocation_list_is_enough() {
    let list = crl(Some("20260203040506Z"), 200);
    let text = pem("X509 CRL", &list);
    let whole = Crl::parse("1", &list);
    // Version, algorithm, issuer and both times.
    for length in [90, 100, 500, list.len()] {
        assert_eq!(Crl::parse_head("1", &list[..length]), whole, "{length}");
        assert_eq!(Crl::parse_head("1", &text.as_bytes()[..length * 4 / 3 + 40]), whole, "{length}");
    }
    for length in 0..60 {
        assert_eq!(Crl::parse_head("1", &list[..length]), None, "{length}");
    }
    assert_eq!(Crl::parse("1", &list[..list.len() - 1]), None);
}

#[test]
fn no_cut_or_damage_changes_what_a_revocation_list_says() {
    for next_update in [None, Some("20260203040506Z")] {
        for revoked in [0, 2] {
            let list = crl(next_update, revoked);
            let whole = Crl::parse("1", &list).unwrap();
            for length in 0..list.len() {
                let head = Crl::parse_head("1", &list[..length]);
                assert!(head.is_none() || head.as_ref() == Some(&whole), "{length}: {head:?}");
                assert_eq!(Crl::parse("1", &list[..length]), None, "{length}");
            }
        }
    }
    for text in ["", "no list", "-----BEGIN X509 CRL-----\n", "-----BEGIN CERTIFICATE-----\nMAA=\n"] {
        assert_eq!(Crl::parse("1", text.as_bytes()), None);
        assert_eq!(Crl::parse_head("1", text.as_bytes()), None);
    }
    // Lengths that are indefinite, too long, or not there.
    for bytes in [&[0x30, 0x80, 0, 0][..], &[0x30, 0x89, 1], &[0x30, 0x84, 255, 255], &[0x30], &[0x30, 0]] {
        assert_eq!(Crl::parse("1", bytes), None);
        assert_eq!(Crl::parse_head("1", bytes), None);
    }
}
