use super::*;
use crate::checks::Check;
use crate::checks::owner_tag;

pub(crate) const ARN: &str =
    "arn:aws:acm:eu-west-1:111122223333:certificate/0d4f92b7-6e1c-4a58-b3f0-1e8c75a6d92f";

/// One finding for each reason to fail, about a certificate with this id or ARN.
pub(crate) fn failed(id: &str, backends: &Backends) -> Vec<Finding> {
    let (certificate, backends) = (|| CertificateId::new(id.into()), || backends.clone());
    let at = || "2026-12-05T08:00:00Z".parse().unwrap();
    let (attached, expiry) = (Finding::CertificateAttached, Finding::CertificateExpiry);
    vec![
        attached(Attached::Missing { backends: backends() }),
        attached(Attached::Dangling { certificate: certificate(), backends: backends() }),
        attached(Attached::NotIssued {
            certificate: certificate(),
            status: "REVOKED".into(),
            backends: backends(),
        }),
        attached(Attached::NotAllowed { certificate: certificate(), backends: backends() }),
        expiry(Expiry::Expired {
            certificate: certificate(),
            not_after: at(),
            pem_unreadable: false,
            backends: backends(),
        }),
        expiry(Expiry::NotYetValid { certificate: certificate(), not_before: at(), backends: backends() }),
        expiry(Expiry::Expiring {
            certificate: certificate(),
            not_after: at(),
            window_days: 60,
            pem_unreadable: false,
            backends: backends(),
        }),
        expiry(Expiry::NoDate { certificate: certificate(), backends: backends() }),
        Finding::CertificateUnique(Unique::Shared {
            certificate: certificate(),
            peers: vec!["a1/dev".into()],
            peer_count: 1,
        }),
        Finding::OwnerTag(owner_tag::Answer::Unowned { unowned: vec![], keys: vec!["owner".into()] }),
    ]
}

fn advice(id: &str, backends: &Backends, renews: Option<bool>) -> Vec<(&'static str, &'static str)> {
    let circumstances = Circumstances { renews_automatically: renews, deployed: Some(backends) };
    failed(id, backends).iter().map(|it| (it.reason(), it.what_to_do(circumstances))).collect()
}

#[test]
fn it_depends_on_the_reason_the_certificate_and_the_backends() {
    let of = |check: Check| check.advice().what_to_do;
    let (http, no_http) = (Backends::http(None), Backends::no_http(None));
    let attached = |dangling, not_issued, not_allowed| {
        [
            ("missing", of(Check::CertificateAttached)),
            ("dangling", dangling),
            ("not-issued", not_issued),
            ("not-allowed", not_allowed),
        ]
    };
    let expiry = |expired, not_yet, expiring, no_date| {
        [("expired", expired), ("not-yet-valid", not_yet), ("expiring", expiring), ("no-date", no_date)]
    };
    let rest = |shared| [("shared", shared), ("unowned", of(Check::OwnerTag))];
    let shared = of(Check::CertificateUnique);
    let usual = attached(DANGLING, NOT_ISSUED, NOT_ALLOWED);
    let without_http = attached(NO_HTTP, NO_HTTP, NO_HTTP);
    for (id, backends, renews, expected) in [
        ("abc123", &http, None, [usual, expiry(EXPIRED, NOT_YET_VALID, EXPIRING, NO_DATE)]),
        ("abc123", &Backends::NotAsked, None, [usual, expiry(EXPIRED, NOT_YET_VALID, EXPIRING, NO_DATE)]),
        (ARN, &http, Some(true), [usual, expiry(EXPIRED_ACM, NOT_YET_VALID, RENEWAL_STUCK, NO_DATE)]),
        (ARN, &http, Some(false), [usual, expiry(EXPIRED_ACM, NOT_YET_VALID, EXPIRING_ACM, NO_DATE)]),
        (ARN, &http, None, [usual, expiry(EXPIRED_ACM, NOT_YET_VALID, EXPIRING_ACM, NO_DATE)]),
        ("abc123", &no_http, None, [without_http, expiry(NO_HTTP, NO_HTTP, NO_HTTP, NO_HTTP)]),
        (ARN, &no_http, Some(true), [without_http, expiry(NO_HTTP, NO_HTTP, NO_HTTP, NO_HTTP)]),
    ] {
        let shared = if id == ARN { SHARED_ACM } else { shared };
        let expected: Vec<_> = expected.into_iter().flatten().chain(rest(shared)).collect();
        assert_eq!(advice(id, backends, renews), expected, "{id}, {backends}, {renews:?}");
    }
}

#[test]
fn no_text_gives_advice_that_can_be_wrong() {
    let all =
        |id: &str, backends: &Backends| [None, Some(true), Some(false)].map(|it| advice(id, backends, it));
    let (http, no_http) = (Backends::http(None), Backends::no_http(None));
    // API Gateway can't generate the successor of an ACM certificate.
    for (reason, text) in all(ARN, &http).concat() {
        if ["expired", "expiring", "not-issued", "shared"].contains(&reason) {
            assert!(!text.contains("Generate") && !text.contains("generate"), "{reason}: {text}");
        }
    }
    // There is no time left in which both certificates are trusted.
    for (_, text) in [all("abc123", &http), all(ARN, &http)].concat().concat() {
        assert!(!text.contains("before the old one ends"), "{text}");
    }
    for text in [EXPIRED, EXPIRED_ACM] {
        assert!(!text.contains("both"), "{text}");
    }
    for (reason, text) in [all("abc123", &no_http), all(ARN, &no_http)].concat().concat() {
        if !["missing", "shared", "unowned"].contains(&reason) {
            assert!(text.contains("nothing checks the certificate"), "{reason}: {text}");
        }
    }
}

#[test]
fn each_text_is_one_sentence_that_fits_security_hub() {
    for id in ["abc123", ARN] {
        for backends in [Backends::http(None), Backends::no_http(None)] {
            for renews in [None, Some(true), Some(false)] {
                for (reason, text) in advice(id, &backends, renews) {
                    assert!(text.len() <= 512 && text.ends_with('.'), "{reason}: {text}");
                    assert_eq!(text.matches(". ").count(), 0, "{reason}: {text}");
                }
            }
        }
    }
}

#[test]
fn a_check_that_has_not_failed_needs_nothing() {
    let passed = Attached::Attached { certificate: CertificateId::new("a".into()), after_deployment: None };
    assert_eq!(Finding::CertificateAttached(passed).what_to_do(Circumstances::default()), NOTHING);
}
