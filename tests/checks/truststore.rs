//! `truststore`: complete, valid for long enough, and limited to private CAs.

use jiff::Timestamp;
use proptest::prelude::*;
use stagecert::checks::truststore::{Answer, Settings, Truststore, Version, check};
use stagecert::resources::private_network::Unreadable;
use stagecert::resources::trust_store::{CaCertificate, TrustStoreContent};

use crate::answers::{codes, details, only};
use crate::cases::{cases, instant};
use crate::der::Ca;

const NAME: &str = "api.example.com: s3://bucket/ca.pem";
const SETTINGS: Settings = Settings { window_days: 90 };

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-11-30T12:00:00Z")
}

fn content(certificates: &[Ca]) -> TrustStoreContent {
    TrustStoreContent::parse(certificates.iter().map(Ca::pem).collect::<String>().as_bytes())
}

const PINNED_NEWEST: Option<Version<'_>> = Some(Version { pinned: Some("v2"), newest: Ok(Some("v2")) });

fn of(content: &TrustStoreContent) -> Answer {
    with(Truststore { name: NAME, content: Ok(content), version: PINNED_NEWEST, warnings: &[] })
}

fn with(truststore: Truststore<'_>) -> Answer {
    check(&[truststore], SETTINGS, now())
}

#[test]
fn a_complete_truststore_passes() {
    let content = content(&[Ca::root("Root").until("20300101000000Z"), Ca::new("Issuing", "Root")]);
    let evidence =
        format!("{NAME}: 2 CAs, the first expires on 2030-01-01T00:00:00Z, the newest version is pinned");
    assert_eq!(of(&content), Answer::Passed(evidence));
    let of_listener = Truststore { name: "front/1", content: Ok(&content), version: None, warnings: &[] };
    let evidence = "front/1: 2 CAs, the first expires on 2030-01-01T00:00:00Z";
    assert_eq!(with(of_listener), Answer::Passed(evidence.into()));
}

#[test]
fn no_truststore_is_not_applicable() {
    assert_eq!(codes(&check(&[], SETTINGS, now())), ["no-mutual-tls"]);
}

#[test]
fn the_window_includes_its_first_second() {
    // 90 days of 24 hours before the end.
    let content = content(&[Ca::root("Root").until("20270228120000Z")]);
    for (now, expected) in [
        ("2026-11-30T11:59:59Z", "passed"),
        ("2026-11-30T12:00:00Z", "ca-expiring"),
        ("2026-11-30T12:00:01Z", "ca-expiring"),
        ("2027-02-28T12:00:00Z", "ca-expiring"),
        ("2027-02-28T12:00:01Z", "ca-expired"),
    ] {
        let truststore =
            Truststore { name: NAME, content: Ok(&content), version: PINNED_NEWEST, warnings: &[] };
        assert_eq!(codes(&check(&[truststore], SETTINGS, at(now))), [expected], "{now}");
        let longer = Settings { window_days: 91 };
        let expected = if expected == "passed" { "ca-expiring" } else { expected };
        assert_eq!(codes(&check(&[truststore], longer, at(now))), [expected], "{now}");
    }
}

#[test]
fn each_problem_of_the_content_is_named() {
    let chain = |length: usize| -> Vec<Ca> {
        let issued = (1..length).map(|n| Ca::new(&format!("CA {n}"), &format!("CA {}", n - 1)));
        std::iter::once(Ca::root("CA 0")).chain(issued).collect()
    };
    let weak = Ca { key: crate::der::Key::Rsa(1024), ..Ca::root("Weak") };
    let none = TrustStoreContent::default();
    let two_unparsed = TrustStoreContent { unparsed: 2, ..content(&chain(1)) };
    for (content, text) in [
        (
            content(&[Ca::root("Old").until("20261130115959Z")]),
            "ca-expired: NAME: CN=Old expired on 2026-11-30T11:59:59Z",
        ),
        (
            content(&[Ca::root("Old").until("20261231000000Z")]),
            "ca-expiring: NAME: CN=Old expires on 2026-12-31T00:00:00Z",
        ),
        (
            content(&[Ca::new("Issuing", "Root")]),
            "incomplete-chain: the issuer is missing of NAME: CN=Issuing (issuer CN=Root)",
        ),
        (
            content(&chain(5)),
            "chain-too-long: chain of more than 4 certificates: NAME: CN=CA 4 (5 certificates)",
        ),
        (content(&[weak]), "weak-algorithm: NAME: CN=Weak (RSA key of 1024 bits)"),
        (none, "undetermined: NAME can't be evaluated (no certificate in it)"),
        (two_unparsed, "undetermined: NAME can't be evaluated (2 blocks are not readable certificates)"),
    ] {
        assert_eq!(only(&of(&content)), text.replace("NAME", NAME));
    }
    assert_eq!(codes(&of(&content(&chain(4)))), ["passed"]);
    let no_date = |ca: CaCertificate| CaCertificate { not_after: None, ..ca };
    let mut undated = content(&[Ca::root("Root")]);
    undated.certificates = undated.certificates.into_iter().map(no_date).collect();
    assert_eq!(codes(&of(&undated)), ["undetermined"]);
}

#[test]
fn a_ca_of_the_public_web_is_named() {
    let root = &webpki_root_certs::TLS_SERVER_ROOT_CERTS[0];
    let content = TrustStoreContent::parse(crate::der::pem("CERTIFICATE", root).as_bytes());
    let answer = of(&content);
    let [problem] = answer.problems() else { panic!("{answer:?}") };
    assert_eq!(codes(&answer), ["public-ca"]);
    assert_eq!(problem.on, format!("{NAME}: {}", content.certificates[0].subject));
}

#[test]
fn what_can_t_be_read_is_named() {
    let unreadable = Unreadable { why: "s3:GetObjectVersion is denied".into() };
    let unread = Truststore { name: NAME, content: Err(&unreadable), version: PINNED_NEWEST, warnings: &[] };
    let text = format!("unreadable: {NAME} can't be read (s3:GetObjectVersion is denied)");
    assert_eq!(only(&with(unread)), text);
}

#[test]
fn the_pinned_version_should_be_the_newest() {
    let content = content(&[Ca::root("Root")]);
    let denied = Unreadable { why: "s3:ListBucketVersions is denied".into() };
    let of = |pinned: Option<&'static str>, newest: Result<Option<&'static str>, &Unreadable>| {
        let version = Some(Version { pinned, newest });
        with(Truststore { name: NAME, content: Ok(&content), version, warnings: &[] })
    };
    for (pinned, newest, code) in [
        (Some("v2"), Ok(Some("v2")), "passed"),
        (Some("v1"), Ok(Some("v2")), "not-newest"),
        (Some("v1"), Ok(None), "undetermined"),
        (Some("null"), Ok(None), "unpinned"),
        (Some("null"), Ok(Some("null")), "unpinned"),
        (Some("null"), Err(&denied), "unpinned"),
        (Some("null"), Ok(Some("v2")), "not-newest"),
        (Some("v2"), Err(&denied), "passed"),
        (None, Ok(Some("v2")), "unpinned"),
        (None, Ok(None), "unpinned"),
        (None, Err(&denied), "unpinned"),
    ] {
        assert_eq!(codes(&of(pinned, newest)), [code], "{pinned:?} {newest:?}");
    }
    assert_eq!(
        only(&of(Some("v1"), Ok(Some("v2")))),
        format!("not-newest: {NAME}: not the newest version is pinned (pinned v1, newest v2)")
    );
    // A version that can't be read is not claimed to be the newest.
    let Answer::Passed(evidence) = of(Some("v2"), Err(&denied)) else { panic!() };
    assert!(evidence.ends_with("whether a newer version exists can't be read"), "{evidence}");
}

#[test]
fn the_warnings_of_aws_are_quoted() {
    let content = content(&[Ca::root("Root")]);
    let warnings = ["CN=Root: something\u{202e}\n".to_owned(), "w".repeat(500)];
    let truststore =
        Truststore { name: NAME, content: Ok(&content), version: PINNED_NEWEST, warnings: &warnings };
    let answer = with(truststore);
    assert_eq!(codes(&answer), ["warnings", "warnings"]);
    let long = "w".repeat(200) + "...";
    assert_eq!(details(answer.problems()), ["CN=Root: something??", &long]);
}

#[test]
fn all_problems_are_listed_and_the_most_severe_is_first() {
    let content = content(&[
        Ca::new("Issuing", "Root").until("20270101000000Z"),
        Ca::root("Old").until("20200101000000Z"),
    ]);
    let warnings = ["careful".to_owned()];
    let version = Some(Version { pinned: None, newest: Ok(None) });
    let first = Truststore { name: NAME, content: Ok(&content), version, warnings: &warnings };
    let unreadable = Unreadable { why: "denied".into() };
    let second = Truststore { name: "b", content: Err(&unreadable), version: None, warnings: &[] };
    assert_eq!(
        codes(&check(&[first, second], SETTINGS, now())),
        ["ca-expired", "ca-expiring", "incomplete-chain", "warnings", "unreadable", "unpinned"]
    );
}

fn ca() -> impl Strategy<Value = CaCertificate> {
    let text = || prop::option::weighted(0.2, Just("x".to_owned()));
    (prop::option::weighted(0.9, instant()), any::<bool>(), 1..6_usize, text(), text()).prop_map(
        |(not_after, has_issuer, chain_length, weakness, public_ca)| CaCertificate {
            subject: "CN=A".into(),
            issuer: "CN=B".into(),
            not_before: None,
            not_after,
            is_self_issued: false,
            has_issuer,
            chain_length,
            weakness,
            public_ca,
        },
    )
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn only_good_certificates_pass(
        certificates in prop::collection::vec(ca(), 0..4),
        unparsed in 0..2_usize,
        now in instant(),
    ) {
        let content = TrustStoreContent { certificates: certificates.clone(), unparsed };
        let truststore =
            Truststore { name: NAME, content: Ok(&content), version: PINNED_NEWEST, warnings: &[] };
        let answer = check(&[truststore], SETTINGS, now);
        let is_good = |ca: &CaCertificate| {
            let seconds = ca.not_after.map(|end| end.duration_since(now).as_secs());
            seconds.is_some_and(|left| left >= 90 * 86_400)
                && ca.has_issuer
                && ca.chain_length <= 4
                && ca.weakness.is_none()
                && ca.public_ca.is_none()
        };
        if matches!(answer, Answer::Passed(_)) {
            prop_assert!(unparsed == 0 && !certificates.is_empty() && certificates.iter().all(is_good));
        } else {
            prop_assert!(!answer.problems().is_empty());
        }
    }
}
