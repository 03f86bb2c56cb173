//! `domain-certificate`: the certificates of the domain are issued, and valid for long enough.

use jiff::Timestamp;
use stagecert::checks::domain_name::domain_certificate::{Certificates, check};
use stagecert::checks::front_door::Answer;
use stagecert::resources::api::EndpointConfiguration;
use stagecert::resources::certificate::{AcmDetail, Certificate};
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::domain_name::DomainName;

use crate::answers::{codes, only};

const ARN: &str = "arn:aws:acm:eu-west-1:111122223333:certificate/0d4f92b7-6e1c-4a58-b3f0-1e8c75a6d92f";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn certificate(status: &str, not_after: Option<&str>, is_renewed: bool) -> Certificate {
    let detail = AcmDetail {
        status: Some(status.to_owned()),
        renewal_eligibility: is_renewed.then(|| "ELIGIBLE".to_owned()),
        not_after: not_after.map(at),
        ..AcmDetail::default()
    };
    Certificate::acm(CertificateId::new(ARN.into()), detail)
}

fn domain(status: Option<&str>, endpoint_type: &str) -> DomainName {
    DomainName {
        domain_name: "api.example.com".into(),
        domain_name_status: status.map(str::to_owned),
        endpoint_configuration: EndpointConfiguration {
            types: vec![endpoint_type.into()],
            ..EndpointConfiguration::default()
        },
        ..DomainName::default()
    }
}

const NOW: &str = "2027-01-01T12:00:00Z";

#[expect(clippy::option_option, reason = "the types of the fields")]
fn of(
    domain: &DomainName,
    server: Option<Option<&Certificate>>,
    ownership: Option<Option<&Certificate>>,
) -> Answer {
    check(domain, Certificates { server, ownership }, 60, at(NOW))
}

#[test]
fn the_window_includes_its_first_second() {
    let public = domain(Some("AVAILABLE"), "REGIONAL");
    let good = certificate("ISSUED", Some("2029-01-01T00:00:00Z"), true);
    for (not_after, expected) in [
        ("2027-03-02T12:00:01Z", "passed"),
        ("2027-03-02T12:00:00Z", "expiring"),
        ("2027-01-01T12:00:00Z", "expiring"),
        ("2027-01-01T11:59:59Z", "expired"),
    ] {
        let certificate = certificate("ISSUED", Some(not_after), false);
        assert_eq!(codes(&of(&public, Some(Some(&certificate)), None)), [expected], "{not_after}");
        let ownership = of(&public, Some(Some(&good)), Some(Some(&certificate)));
        assert_eq!(codes(&ownership), [expected], "{not_after}");
    }
}

#[test]
fn each_problem_says_what_it_is_about() {
    let public = domain(Some("AVAILABLE"), "REGIONAL");
    let good = certificate("ISSUED", Some("2029-01-01T00:00:00Z"), true);
    for (certificate, text) in [
        (
            Some(certificate("ISSUED", Some("2027-01-15T00:00:00Z"), false)),
            "expiring: api.example.com: ROLE expires on 2027-01-15T00:00:00Z (ACM doesn't renew it)",
        ),
        (
            Some(certificate("ISSUED", Some("2027-01-15T00:00:00Z"), true)),
            "expiring: api.example.com: ROLE expires on 2027-01-15T00:00:00Z (ACM has not renewed it yet)",
        ),
        (
            Some(certificate("EXPIRED", Some("2026-01-15T00:00:00Z"), true)),
            "expired: api.example.com: ROLE expired on 2026-01-15T00:00:00Z (ACM has not renewed it)",
        ),
        (
            Some(certificate("REVOKED", Some("2028-01-15T00:00:00Z"), true)),
            "not-issued: api.example.com: ROLE is not issued (status REVOKED)",
        ),
        (
            Some(certificate("PENDING_VALIDATION", None, true)),
            "not-issued: api.example.com: ROLE is not issued (status PENDING_VALIDATION)",
        ),
        (None, "not-issued: api.example.com: ROLE is not issued (not in ACM)"),
        (
            Some(certificate("ISSUED", None, true)),
            "undetermined: api.example.com: ROLE can't be evaluated (no expiry date)",
        ),
    ] {
        let server = of(&public, Some(certificate.as_ref()), None);
        assert_eq!(only(&server), text.replace("ROLE", "server certificate"));
        let ownership = of(&public, Some(Some(&good)), Some(certificate.as_ref()));
        assert_eq!(only(&ownership), text.replace("ROLE", "ownership verification certificate"));
    }
    let evidence = "api.example.com: server certificate valid until 2029-01-01T00:00:00Z";
    assert_eq!(of(&public, Some(Some(&good)), None), Answer::Passed(evidence.into()));
}

#[test]
fn the_status_of_the_domain_counts() {
    let good = certificate("ISSUED", Some("2029-01-01T00:00:00Z"), true);
    for (status, code) in [
        (None, "passed"),
        (Some("AVAILABLE"), "passed"),
        (Some("UPDATING"), "passed"),
        (Some("PENDING"), "passed"),
        (Some("PENDING_CERTIFICATE_REIMPORT"), "pending-reimport"),
        (Some("PENDING_OWNERSHIP_VERIFICATION"), "pending-ownership-verification"),
        (Some("FAILED"), "domain-failed"),
        (Some("LOCKED"), "undetermined"),
    ] {
        for endpoint_type in ["REGIONAL", "EDGE", "PRIVATE"] {
            let answer = of(&domain(status, endpoint_type), Some(Some(&good)), None);
            assert_eq!(codes(&answer), [code], "{status:?}");
        }
    }
    // The most severe problem is first.
    let bad = certificate("ISSUED", Some("2027-01-15T00:00:00Z"), false);
    let answer = of(&domain(Some("FAILED"), "REGIONAL"), Some(Some(&bad)), Some(None));
    assert_eq!(codes(&answer), ["domain-failed", "expiring", "not-issued"]);
}

#[test]
fn a_domain_without_a_certificate_passes_only_if_it_is_private() {
    let status = Some("AVAILABLE");
    assert_eq!(codes(&of(&domain(status, "PRIVATE"), None, None)), ["private"]);
    assert_eq!(codes(&of(&domain(Some("FAILED"), "PRIVATE"), None, None)), ["domain-failed"]);
    assert_eq!(codes(&of(&domain(status, "REGIONAL"), None, None)), ["undetermined"]);
    let good = certificate("ISSUED", Some("2029-01-01T00:00:00Z"), true);
    assert_eq!(codes(&of(&domain(status, "REGIONAL"), None, Some(Some(&good)))), ["undetermined"]);
}
