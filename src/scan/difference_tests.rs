use super::*;
use crate::Failure;
use crate::checks::stage::{certificate_attached, certificate_expiry, certificate_unique};
use crate::evaluation::scope::NotEvaluated;
use crate::resources::backends::Backends;
use crate::resources::stage::Stage;
use crate::scan::Scan;

const BEFORE: &str = "2026-10-21T12:00:00Z";
const AFTER: &str = "2026-11-21T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn id(id: &str) -> CertificateId {
    CertificateId::new(id.into())
}

fn stage(name: &str, certificate: Option<(&str, &str)>, findings: Vec<Finding>) -> EvaluatedStage {
    let stage = Stage {
        arn: StageArn::of_rest_api("aws", "eu-west-1", "a1", name).unwrap(),
        certificate: certificate.map(|(it, _)| id(it)),
        deployment: None,
        canary: None,
        created: None,
        captured: None,
    };
    let not_after = certificate.map(|(_, not_after)| at(not_after));
    EvaluatedStage { not_after, ..EvaluatedStage::new(stage, Ok(findings)) }
}

fn missing(backends: Backends) -> Finding {
    Finding::CertificateAttached(certificate_attached::Answer::Missing { backends })
}

fn attached(certificate: &str) -> Finding {
    let certificate = id(certificate);
    Finding::CertificateAttached(certificate_attached::Answer::Attached {
        certificate,
        after_deployment: None,
    })
}

fn expiring(not_after: &str) -> Finding {
    Finding::CertificateExpiry(certificate_expiry::Answer::Expiring {
        certificate: id("abc123"),
        not_after: at(not_after),
        window_days: 60,
        pem_unreadable: false,
        backends: Backends::http(None),
    })
}

fn shared() -> Finding {
    let (certificate, peers, peer_count) = (id("abc123"), vec!["a1/dev".into()], 1);
    Finding::CertificateUnique(certificate_unique::Answer::Shared { certificate, peers, peer_count })
}

fn not_applicable() -> Finding {
    Finding::CertificateUnique(certificate_unique::Answer::NoCertificate)
}

/// The changes between two scans, as `kind stage check before after`.
fn changes(before: Vec<EvaluatedStage>, after: Vec<EvaluatedStage>) -> Vec<String> {
    let scan = |stages| Scan { stages, ..Scan::default() };
    let (before, after) = (scan(before), scan(after));
    compared(Some(&before), &after, |difference| {
        let line = |it: &Change<'_>| {
            let name = it.stage.stage.arn.stage_name();
            format!("{} {name} {} {:?} {:?}", it.kind.name(), it.check, it.before, it.after)
        };
        difference.changes.iter().map(line).collect()
    })
}

fn compared<T>(before: Option<&Scan>, after: &Scan, of: impl FnOnce(Difference<'_>) -> T) -> T {
    let account_region = AccountRegion::in_region("111122223333", "eu-west-1");
    let observation = |instant, scan| Observation { account_region: &account_region, at: at(instant), scan };
    of(Difference::between(before.map(|scan| observation(BEFORE, scan)), observation(AFTER, after)))
}

#[test]
fn each_kind_of_change_is_recognized() {
    let http = || Backends::http(None);
    for (before, after, expected) in [
        (vec![attached("abc123")], vec![missing(http())], vec!["new s certificate-attached None Some(High)"]),
        (
            vec![missing(http())],
            vec![attached("abc123")],
            vec!["fixed s certificate-attached Some(High) None"],
        ),
        (
            vec![missing(Backends::no_http(None))],
            vec![missing(http())],
            vec!["worse s certificate-attached Some(Low) Some(High)"],
        ),
        (
            vec![missing(http())],
            vec![missing(Backends::no_http(None))],
            vec!["better s certificate-attached Some(High) Some(Low)"],
        ),
        (vec![shared()], vec![not_applicable()], vec!["ended s certificate-unique Some(Medium) None"]),
        (vec![shared()], vec![shared()], vec![]),
        (vec![not_applicable()], vec![attached("abc123")], vec![]),
        // 36 days were left at the time of the first scan, and 5 at the time of the second.
        (
            vec![expiring("2026-11-26T12:00:00Z")],
            vec![expiring("2026-11-26T12:00:00Z")],
            vec!["worse s certificate-expiry Some(Medium) Some(High)"],
        ),
    ] {
        let one = |findings| vec![stage("s", None, findings)];
        assert_eq!(changes(one(before), one(after)), expected);
    }
}

#[test]
fn changes_are_listed_by_kind_then_most_severe_first() {
    let before = vec![
        stage("a", None, vec![shared()]),
        stage("b", None, vec![missing(Backends::http(None))]),
        stage("c", None, vec![not_applicable()]),
    ];
    let after = vec![
        stage("a", None, vec![not_applicable()]),
        stage("b", None, vec![attached("abc123")]),
        stage("c", None, vec![shared()]),
        stage("d", None, vec![missing(Backends::http(None))]),
    ];
    let kinds: Vec<String> =
        changes(before, after).iter().map(|line| line.chars().take(7).collect()).collect();
    assert_eq!(kinds, ["new d c", "new c c", "fixed b", "ended a"]);
}

#[test]
fn a_stage_that_is_left_out_now_has_ended_failures() {
    let before = stage("s", None, vec![shared(), not_applicable()]);
    let mut after = stage("s", None, vec![]);
    after.result = Err(NotEvaluated::NotIncluded);
    assert_eq!(changes(vec![before], vec![after]), ["ended s certificate-unique Some(Medium) None"]);
}

#[test]
fn replaced_and_renewed_certificates_are_rotated() {
    let (old, new) = (("abc123", "2026-12-01T00:00:00Z"), ("def456", "2027-12-01T00:00:00Z"));
    let renewed = ("abc123", "2027-12-01T00:00:00Z");
    for (before, after, expected) in [
        (Some(old), Some(new), Some("abc123 2026-12-01T00:00:00Z def456 2027-12-01T00:00:00Z s,t")),
        (Some(old), Some(renewed), Some("abc123 2026-12-01T00:00:00Z abc123 2027-12-01T00:00:00Z s,t")),
        (Some(old), Some(old), None),
        (None, Some(new), None),
        (Some(old), None, None),
    ] {
        let scan = |certificate: Option<_>| Scan {
            stages: vec![stage("s", certificate, vec![]), stage("t", certificate, vec![])],
            ..Scan::default()
        };
        let (before, after) = (scan(before), scan(after));
        let rotated: Vec<String> = compared(Some(&before), &after, |difference| {
            let line = |it: &Rotation<'_>| {
                let stages: Vec<&str> = it.stages.iter().map(|arn| arn.stage_name()).collect();
                let (from, to) = (it.before.not_after.unwrap(), it.after.not_after.unwrap());
                format!("{} {from} {} {to} {}", it.before.id, it.after.id, stages.join(","))
            };
            difference.rotated.iter().map(line).collect()
        });
        assert_eq!(rotated, expected.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn a_stage_counts_as_added_or_removed_only_if_the_other_scan_is_complete() {
    let scan = |name: &str, complete: bool| Scan {
        stages: vec![stage(name, None, vec![shared()])],
        failures: if complete { vec![] } else { vec![Failure::NotSupported("listing".into())] },
        ..Scan::default()
    };
    for (before, after, added, removed) in [(true, true, 1, 1), (false, true, 0, 1), (true, false, 1, 0)] {
        let (before, after) = (scan("old", before), scan("new", after));
        compared(Some(&before), &after, |difference| {
            assert_eq!((difference.added.len(), difference.removed.len()), (added, removed));
            // What could not be read before hides no failure.
            assert_eq!(difference.of_kind(ChangeKind::New).count(), 1);
            assert!(difference.is_regression());
        });
    }
}

#[test]
fn without_an_earlier_scan_everything_is_new() {
    let after = Scan { stages: vec![stage("s", None, vec![shared()])], ..Scan::default() };
    compared(None, &after, |difference| {
        assert_eq!((difference.added.len(), difference.changes.len()), (1, 1));
        assert!(difference.is_regression() && difference.before.is_none());
    });
    compared(Some(&after), &after, |difference| {
        assert!(difference.is_empty() && !difference.is_regression());
    });
}
