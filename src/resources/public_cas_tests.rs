use std::fmt::Write as _;

use webpki_root_certs::TLS_SERVER_ROOT_CERTS;
use x509_parser::extensions::ParsedExtension;
use x509_parser::parse_x509_certificate;

use super::*;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/resources/public_cas.rs");
const START: &str = "#[rustfmt::skip]\n";
const END: &str = "];\n";

/// The table as Rust code, sorted.
fn table() -> String {
    let mut roots: Vec<Root> = TLS_SERVER_ROOT_CERTS
        .iter()
        .map(|der| {
            let (_, certificate) = parse_x509_certificate(der).unwrap();
            let key_id = certificate.extensions().iter().find_map(|it| match it.parsed_extension() {
                ParsedExtension::SubjectKeyIdentifier(id) => Some(half_hash(id.0)),
                _ => None,
            });
            let fingerprint = Sha256::digest(der).into();
            (fingerprint, half_hash(certificate.subject().as_raw()), key_id.unwrap_or(NO_KEY_ID))
        })
        .collect();
    roots.sort_unstable();
    let mut code = format!("{START}static ROOTS: [Root; {}] = [\n", roots.len());
    let literal = |bytes: &[u8]| {
        bytes.iter().fold(String::new(), |mut text, byte| {
            write!(text, "\\x{byte:02x}").unwrap();
            text
        })
    };
    for (fingerprint, name, key) in roots {
        let (fingerprint, name, key) = (literal(&fingerprint), literal(&name), literal(&key));
        writeln!(code, "    (*b\"{fingerprint}\", *b\"{name}\", *b\"{key}\"),").unwrap();
    }
    code + END
}

#[test]
fn the_table_has_all_roots_that_mozilla_trusts() {
    let source = std::fs::read_to_string(FILE).unwrap();
    let (before, rest) = source.split_once(START).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let expected = [before, &table(), after].concat();
    if std::env::var_os("WRITE_GENERATED").is_some() {
        std::fs::write(FILE, &expected).unwrap();
    }
    assert!(source == expected || std::env::var_os("WRITE_GENERATED").is_some(), "run `make docs`");
}

#[test]
fn each_root_is_recognized_and_so_is_what_it_issued() {
    assert!(TLS_SERVER_ROOT_CERTS.len() > 100);
    for der in TLS_SERVER_ROOT_CERTS {
        let fingerprint: [u8; 32] = Sha256::digest(der).into();
        assert!(is_root(&fingerprint));
        let (_, certificate) = parse_x509_certificate(der).unwrap();
        let subject = certificate.subject().as_raw();
        assert!(is_issuer(subject, None));
        for extension in certificate.extensions() {
            if let ParsedExtension::SubjectKeyIdentifier(id) = extension.parsed_extension() {
                assert!(is_issuer(subject, Some(id.0)) && is_name_and_key(subject, Some(id.0)));
                assert!(!is_issuer(subject, Some(b"another")) && !is_name_and_key(subject, None));
            }
        }
    }
}

#[test]
fn other_certificates_are_not_recognized() {
    assert!(!is_root(&[0; 32]));
    assert!(!is_issuer(b"", None) && !is_issuer(b"", Some(b"")) && !is_name_and_key(b"", Some(b"")));
}
