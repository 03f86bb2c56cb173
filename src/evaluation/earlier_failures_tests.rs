use super::*;
use crate::evaluation::annotation::Annotation;
use crate::resources::stage::DeploymentId;

const NOW: &str = "2026-11-21T12:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn parsed(annotation: &str) -> Vec<(&'static str, Option<Severity>)> {
    let earlier = EarlierFailures::parse(annotation, now());
    earlier.failures.iter().map(|failure| (failure.check.code(), failure.severity)).collect()
}

#[test]
fn each_code_is_a_failure_with_the_severity_of_its_reason() {
    use Severity::{Critical, High, Low, Medium};
    let (attached, expiry, unique, owner) =
        ("certificate-attached", "certificate-expiry", "certificate-unique", "owner-tag");
    for (annotation, expected) in [
        ("owner-tag: stage has no tag owner", vec![(owner, Some(Low))]),
        (
            "certificate-attached: no certificate, HTTP backends in deployment d1",
            vec![(attached, Some(High))],
        ),
        ("certificate-attached: no certificate, required on all stages", vec![(attached, Some(High))]),
        (
            "certificate-attached: no certificate, API not exportable in deployment d1, so counted as having HTTP backends",
            vec![(attached, Some(Medium))],
        ),
        (
            "api-not-recorded: API not recorded by Config (AWS::ApiGatewayV2::Api), so counted as a WebSocket API",
            vec![(attached, Some(Medium))],
        ),
        (
            "certificate-attached, owner-tag: client certificate abc does not exist, HTTP backends in deployment d1; stage has no tag owner or Owner",
            vec![(attached, Some(Critical)), (owner, Some(Low))],
        ),
        (
            "certificate-attached: client certificate arn:aws:acm:eu-west-1:111122223333:certificate/a is PENDING_VALIDATION in ACM, not ISSUED, HTTP backends in deployment d1",
            vec![(attached, Some(Critical))],
        ),
        (
            "certificate-expiry, certificate-attached: client certificate abc expired 2026-11-20T00:00:00Z, HTTP backends in deployment d1; abc is not in certificateIds",
            vec![(expiry, Some(Critical)), (attached, Some(Medium))],
        ),
        (
            "certificate-expiry: client certificate abc expired 2026-11-20T00:00:00Z by API Gateway's date (PEM unreadable), no HTTP integration in deployment d1",
            vec![(expiry, Some(Low))],
        ),
        (
            "certificate-expiry, certificate-unique: client certificate abc not valid before 2026-12-01T00:00:00Z, HTTP backends in deployment d1; abc shared with a1/dev",
            vec![(expiry, Some(Critical)), (unique, Some(Medium))],
        ),
        (
            "certificate-expiry: client certificate abc: no expiry date available",
            vec![(expiry, Some(Medium))],
        ),
        (
            "certificate-expiry: client certificate abc expires 2026-11-29T00:00:00Z, within 60 days",
            vec![(expiry, Some(Medium))],
        ),
        (
            "certificate-expiry: client certificate abc expires 2026-11-28T12:00:00Z, within 60 days",
            vec![(expiry, Some(High))],
        ),
        // Another version of the program, or another rule with the same name.
        ("certificate-color, owner-tag: red", vec![(owner, Some(Low))]),
        ("anything at all", vec![]),
        ("", vec![]),
    ] {
        assert_eq!(parsed(annotation), expected, "{annotation}");
    }
}

#[test]
fn time_alone_raises_no_severity() {
    // What the annotation said on the day before, read after the certificate expired.
    let annotation =
        "certificate-expiry: client certificate abc expires 2026-11-21T11:59:59Z, within 60 days";
    assert_eq!(parsed(annotation), [("certificate-expiry", Some(Severity::Critical))]);
    let at_the_end = annotation.replace("11:59:59", "12:00:00");
    assert_eq!(parsed(&at_the_end), [("certificate-expiry", Some(Severity::High))]);
}

#[test]
fn a_reason_that_was_cut_off_has_no_severity() {
    let cut =
        "certificate-expiry, certificate-attached: client certificate abc expired 2026-11-20T00:00:00Z ...";
    assert_eq!(
        parsed(cut),
        [("certificate-expiry", Some(Severity::Critical)), ("certificate-attached", None)]
    );
}

/// The annotations that the program really writes, for every failure that has a severity.
#[test]
fn the_severity_survives_the_annotation() {
    let (id, at) = (|| CertificateId::new("abc123".into()), |text: &str| text.parse::<Timestamp>().unwrap());
    let deployment = || DeploymentId::new("d1".into());
    for backends in [
        Backends::http(deployment()),
        Backends::Http { deployment: deployment(), private: true, current: false },
        Backends::no_http(deployment()),
        Backends::NoHttp { deployment: None, canary: None, current: true },
        Backends::undetermined(Undetermined::Canary),
        Backends::undetermined(Undetermined::NotRecorded),
        Backends::undetermined(Undetermined::Redeployed),
        Backends::undetermined(Undetermined::LeftToSweep),
        Backends::undetermined(Undetermined::ApiNotRecorded),
        Backends::NotAsked,
    ] {
        let of = || backends.clone();
        let pem_unreadable = true;
        for finding in [
            Finding::CertificateAttached(certificate_attached::Answer::Missing { backends: of() }),
            Finding::CertificateAttached(certificate_attached::Answer::Dangling {
                certificate: id(),
                backends: of(),
            }),
            Finding::CertificateAttached(certificate_attached::Answer::NotAllowed {
                certificate: id(),
                backends: of(),
            }),
            Finding::CertificateAttached(certificate_attached::Answer::NotIssued {
                certificate: id(),
                status: "REVOKED".into(),
                backends: of(),
            }),
            Finding::CertificateExpiry(certificate_expiry::Answer::Expired {
                certificate: id(),
                not_after: at("2026-11-20T00:00:00Z"),
                pem_unreadable,
                backends: of(),
            }),
            Finding::CertificateExpiry(certificate_expiry::Answer::Expiring {
                certificate: id(),
                not_after: at("2026-12-20T00:00:00Z"),
                window_days: 60,
                pem_unreadable,
                backends: of(),
            }),
            Finding::CertificateExpiry(certificate_expiry::Answer::NotYetValid {
                certificate: id(),
                not_before: at("2026-12-20T00:00:00Z"),
                backends: of(),
            }),
            Finding::CertificateExpiry(certificate_expiry::Answer::NoDate {
                certificate: id(),
                backends: of(),
            }),
        ] {
            let annotation = Annotation::from_findings(std::slice::from_ref(&finding));
            let expected = vec![(finding.check().code(), severity(&finding, Some(&backends), now()))];
            assert_eq!(parsed(annotation.as_str()), expected, "{annotation}");
        }
    }
}
