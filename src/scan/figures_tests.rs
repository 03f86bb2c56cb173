use jiff::SignedDuration;

use super::*;
use crate::Failure;
use crate::checks::owner_tag::{Owned, Unowned};
use crate::checks::stage::{certificate_attached, certificate_expiry};
use crate::evaluation::scope::NotEvaluated;
use crate::resources::stage::Stage;
use crate::scan::remediation::{Remediation, remediation};
use crate::scan::timeline::{WEEKS, timeline};

const NOW: &str = "2026-11-21T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn account_region(region: &str) -> AccountRegion {
    AccountRegion { partition: "aws".into(), account: "111122223333".into(), region: region.into() }
}

fn arn(name: &str) -> StageArn {
    StageArn::of_rest_api("aws", "eu-west-1", "a1", name).unwrap()
}

fn id(id: &str) -> CertificateId {
    CertificateId::new(id.into())
}

fn evaluated(name: &str, certificate: Option<&str>, findings: Vec<Finding>) -> EvaluatedStage {
    let stage = Stage {
        arn: arn(name),
        certificate: certificate.map(id),
        deployment: None,
        canary: None,
        created: None,
        captured: None,
    };
    EvaluatedStage::new(stage, Ok(findings))
}

fn scan(stages: Vec<EvaluatedStage>) -> Scan {
    Scan { stages, ..Scan::default() }
}

fn figures(stages: Vec<EvaluatedStage>, parameters: &str) -> Figures {
    let (account_region, scan) = (account_region("eu-west-1"), scan(stages));
    let observation = Observation { account_region: &account_region, at: at(NOW), scan: &scan };
    Figures::of(&[observation], &Parameters::parse(Some(parameters)).unwrap())
}

/// Returns a stage whose certificate expires at `not_after`.
fn expiring(name: &str, certificate: &str, not_after: Option<&str>) -> EvaluatedStage {
    let answer = match not_after {
        Some(not_after) => certificate_expiry::Answer::Valid {
            certificate: id(certificate),
            not_after: at(not_after),
            pem_unreadable: false,
        },
        None => certificate_expiry::Answer::NoDate {
            certificate: id(certificate),
            backends: certificate_attached::Backends::NotAsked,
        },
    };
    let stage = evaluated(name, Some(certificate), vec![Finding::CertificateExpiry(answer)]);
    EvaluatedStage { not_after: not_after.map(at), ..stage }
}

fn attached(passes: bool) -> Finding {
    let backends = certificate_attached::Backends::NotAsked;
    Finding::CertificateAttached(if passes {
        certificate_attached::Answer::Attached { certificate: id("c1"), after_deployment: None }
    } else {
        certificate_attached::Answer::Missing { backends }
    })
}

fn without_http() -> Finding {
    let backends = certificate_attached::Backends::no_http(None);
    Finding::CertificateAttached(certificate_attached::Answer::NoHttpIntegration { backends })
}

#[test]
fn a_window_includes_its_last_instant_but_no_expired_certificate() {
    for (not_after, expired, within) in [
        ("2026-11-21T11:59:59Z", 1, [0, 0, 0]),
        ("2026-11-21T12:00:00Z", 0, [1, 1, 1]),
        ("2026-12-21T12:00:00Z", 0, [1, 1, 1]),
        ("2026-12-21T12:00:01Z", 0, [0, 1, 1]),
        ("2027-01-20T12:00:00Z", 0, [0, 1, 1]),
        ("2027-01-20T12:00:01Z", 0, [0, 0, 1]),
        ("2027-02-19T12:00:00Z", 0, [0, 0, 1]),
        ("2027-02-19T12:00:01Z", 0, [0, 0, 0]),
    ] {
        let expiry = figures(vec![expiring("s", "c1", Some(not_after))], "{}").expiry.unwrap();
        assert_eq!((expiry.expired, expiry.within), (expired, within), "{not_after}");
        assert_eq!((expiry.certificates, expiry.undated), (1, 0));
    }
}

#[test]
fn a_certificate_counts_once_per_account_and_region() {
    let (ireland, paris) = (account_region("eu-west-1"), account_region("eu-west-3"));
    let not_after = Some("2026-11-30T00:00:00Z");
    let both =
        scan(vec![expiring("s", "c1", not_after), expiring("t", "c1", not_after), expiring("u", "c2", None)]);
    let other = scan(vec![expiring("s", "c1", not_after)]);
    let observations = [
        Observation { account_region: &ireland, at: at(NOW), scan: &both },
        Observation { account_region: &paris, at: at(NOW), scan: &other },
    ];
    let expiry = Figures::of(&observations, &Parameters::default()).expiry.unwrap();
    assert_eq!(expiry, Expiry { certificates: 3, expired: 0, within: [2, 2, 2], undated: 1 });
    let presented = presented(&observations);
    let names: Vec<_> = presented.iter().map(|it| (it.id.as_str(), it.stages.len())).collect();
    assert_eq!(names, [("c1", 2), ("c1", 1), ("c2", 1)]);
}

#[test]
fn the_presenting_share_excludes_stages_that_the_check_does_not_apply_to() {
    let stages = vec![
        evaluated("s", Some("c1"), vec![attached(true)]),
        evaluated("t", None, vec![attached(false)]),
        evaluated("u", None, vec![without_http()]),
    ];
    let figures = figures(stages, "{}");
    assert_eq!(figures.presenting, Some(Share { part: 1, whole: 2 }));
    assert_eq!(
        (figures.stages, figures.compliant, figures.non_compliant, figures.not_applicable),
        (3, 1, 1, 1)
    );
}

#[test]
fn a_certificate_is_unowned_if_any_of_its_stages_says_so() {
    let owned = || {
        let both = [OwnerTagOn::Stage, OwnerTagOn::Certificate];
        owner_tag::Answer::Owned { owned: both.map(|on| Owned { on, key: "owner".into() }).to_vec() }
    };
    let unowned = |on| owner_tag::Answer::Unowned {
        unowned: vec![Unowned { on, unmatched_keys: Vec::new(), near_misses: Vec::new() }],
        keys: vec!["owner".into()],
    };
    let stages = || {
        vec![
            evaluated("s", Some("c1"), vec![Finding::OwnerTag(owned())]),
            evaluated("t", Some("c2"), vec![Finding::OwnerTag(unowned(OwnerTagOn::Certificate))]),
            evaluated("u", Some("c2"), vec![Finding::OwnerTag(unowned(OwnerTagOn::Stage))]),
            evaluated("v", None, vec![Finding::OwnerTag(unowned(OwnerTagOn::Stage))]),
        ]
    };
    let both = figures(stages(), "{}");
    assert_eq!(both.owned_stages, Some(Share { part: 2, whole: 4 }));
    assert_eq!(both.owned_certificates, Some(Share { part: 1, whole: 2 }));
    let of_stages = figures(stages(), r#"{"ownerTagOn":"stage"}"#);
    assert_eq!((of_stages.owned_stages.is_some(), of_stages.owned_certificates), (true, None));
}

#[test]
fn figures_of_certificates_exclude_dangling_ones() {
    let owned =
        owner_tag::Answer::Owned { owned: vec![Owned { on: OwnerTagOn::Stage, key: "owner".into() }] };
    let dangling = certificate_expiry::Answer::Dangling { certificate: id("ghost1") };
    let stage = || {
        let findings = vec![Finding::CertificateExpiry(dangling.clone()), Finding::OwnerTag(owned.clone())];
        evaluated("s", Some("ghost1"), findings)
    };
    let figures = figures(vec![stage(), expiring("t", "c1", None)], "{}");
    assert_eq!(figures.expiry, Some(Expiry { certificates: 1, undated: 1, ..Expiry::default() }));
    assert_eq!(figures.owned_certificates, Some(Share::default()));
    let (account_region, scan) = (account_region("eu-west-1"), scan(vec![stage()]));
    assert!(
        presented(&[Observation { account_region: &account_region, at: at(NOW), scan: &scan }]).is_empty()
    );
}

#[test]
fn sharing_is_allowed_only_if_it_is_on_all_stages() {
    let shared = |name, certificate: &str| {
        let peers = vec!["a1/x".to_owned()];
        let answer =
            certificate_unique::Answer::Shared { certificate: id(certificate), peers, peer_count: 1 };
        evaluated(name, Some(certificate), vec![Finding::CertificateUnique(answer)])
    };
    let allowed = |name, certificate: &str| {
        let answer = certificate_unique::Answer::SharingAllowed { certificate: id(certificate) };
        evaluated(name, Some(certificate), vec![Finding::CertificateUnique(answer)])
    };
    let unique = certificate_unique::Answer::Unique { certificate: id("c4") };
    let none = certificate_unique::Answer::NoCertificate;
    let figures = figures(
        vec![
            shared("s", "c1"),
            allowed("t", "c2"),
            allowed("u", "c3"),
            shared("v", "c3"),
            evaluated("w", Some("c4"), vec![Finding::CertificateUnique(unique)]),
            evaluated("x", None, vec![Finding::CertificateUnique(none)]),
        ],
        "{}",
    );
    let expected = Sharing { shared: Share { part: 3, whole: 4 }, allowed: 1 };
    assert_eq!(figures.sharing, Some(expected));
}

#[test]
fn figures_of_disabled_checks_are_none_and_failures_are_counted() {
    let (account_region, mut scan) = (account_region("eu-west-1"), scan(Vec::new()));
    scan.not_evaluated.push(arn("s"));
    scan.failures.push(Failure::NotSupported("x".into()));
    let observation = Observation { account_region: &account_region, at: at(NOW), scan: &scan };
    let parameters = Parameters::parse(Some(r#"{"checks":"certificate-unique"}"#)).unwrap();
    let figures = Figures::of(&[observation], &parameters);
    assert_eq!((figures.presenting, figures.expiry, figures.owned_stages), (None, None, None));
    assert_eq!(figures.sharing, Some(Sharing::default()));
    assert_eq!((figures.stages, figures.not_evaluated, figures.failures), (0, 1, 1));
}

#[test]
fn percent_is_rounded_down_and_none_for_an_empty_share() {
    for (part, whole, percent) in
        [(0, 3, Some(0)), (2, 3, Some(66)), (999, 1000, Some(99)), (3, 3, Some(100))]
    {
        assert_eq!(Share { part, whole }.percent(), percent);
    }
    assert_eq!(Share::default().percent(), None);
}

#[test]
fn a_week_begins_on_monday_in_utc() {
    let (account_region, now) = (account_region("eu-west-1"), at(NOW));
    let scan = scan(vec![
        expiring("a", "c1", Some("2026-11-21T11:59:59Z")),
        expiring("b", "c2", Some("2026-11-22T23:59:59Z")),
        expiring("c", "c3", Some("2026-11-23T00:00:00Z")),
        expiring("d", "c4", Some("2027-11-28T23:59:59Z")),
        expiring("e", "c5", Some("2027-11-29T00:00:00Z")),
        expiring("f", "c6", None),
    ]);
    let presented = presented(&[Observation { account_region: &account_region, at: now, scan: &scan }]);
    let timeline = timeline(&presented, now);
    let ids = |list: &[&Presented<'_>]| list.iter().map(|it| it.id.to_string()).collect::<Vec<_>>().join(" ");
    assert_eq!(
        (ids(&timeline.expired), ids(&timeline.later), ids(&timeline.undated)),
        ("c1".into(), "c5".into(), "c6".into())
    );
    let weeks: Vec<(String, String)> = timeline
        .weeks
        .iter()
        .filter(|week| !week.certificates.is_empty())
        .map(|week| (week.monday.to_string(), ids(&week.certificates)))
        .collect();
    let expected = [("2026-11-16", "c2"), ("2026-11-23", "c3"), ("2027-11-22", "c4")];
    assert_eq!(weeks, expected.map(|(monday, id)| (monday.to_owned(), id.to_owned())));
    assert_eq!(timeline.weeks.len(), WEEKS);
}

#[test]
fn a_timeline_at_the_limits_of_time_does_not_panic() {
    let (account_region, early) = (account_region("eu-west-1"), at("-009999-01-02T01:59:59Z"));
    let scan = scan(vec![expiring("a", "c1", Some("9999-12-30T22:00:00Z"))]);
    let presented = presented(&[Observation { account_region: &account_region, at: early, scan: &scan }]);
    assert_eq!(timeline(&presented, early).later.len(), 1);
    assert_eq!(timeline(&presented, at("9999-12-30T22:00:00Z")).weeks.len(), 1);
}

/// Scans one stage daily: `+` passed, `-` failed, `0` not applicable, `x` excluded, ` ` absent, `?`
/// not evaluated.
fn history(states: &str) -> Option<Remediation> {
    let account_region = account_region("eu-west-1");
    let scans: Vec<(Timestamp, Scan)> = states
        .chars()
        .enumerate()
        .map(|(day, state)| {
            let stage = |finding| scan(vec![evaluated("s", None, vec![finding])]);
            let scan = match state {
                '+' => stage(attached(true)),
                '-' => stage(attached(false)),
                '0' => stage(without_http()),
                'x' => {
                    let mut excluded = evaluated("s", None, Vec::new());
                    excluded.result = Err(NotEvaluated::NotIncluded);
                    scan(vec![excluded])
                }
                '?' => Scan {
                    not_evaluated: vec![arn("s")],
                    failures: vec![Failure::NotSupported("x".into())],
                    ..Scan::default()
                },
                _ => scan(Vec::new()),
            };
            (at(NOW) + SignedDuration::from_hours(24 * i64::try_from(day).unwrap()), scan)
        })
        .collect();
    let observations: Vec<Observation<'_>> = scans
        .iter()
        .map(|(at, scan)| Observation { account_region: &account_region, at: *at, scan })
        .rev()
        .collect();
    remediation(&observations)
}

#[test]
fn a_finding_is_remediated_if_its_check_passes_later() {
    let days = |days: i64| Some(SignedDuration::from_hours(24 * days));
    for (states, remediated, mean, at_least, ended_otherwise, open) in [
        ("++", 0, None, None, 0, 0),
        ("-+", 1, days(1), days(0), 0, 0),
        ("+--+", 1, days(2), days(1), 0, 0),
        ("--", 0, None, None, 0, 1),
        ("-?", 0, None, None, 0, 1),
        ("-?+", 1, days(2), days(0), 0, 0),
        ("-?-+", 1, days(3), days(2), 0, 0),
        ("-0", 0, None, None, 1, 0),
        ("-0+", 0, None, None, 1, 0),
        ("- ", 0, None, None, 1, 0),
        ("-x+", 0, None, None, 1, 0),
        ("- -+", 1, days(1), days(0), 1, 0),
        ("-+---+-", 2, days(2), days(1), 0, 1),
    ] {
        let expected = Remediation { remediated, mean, at_least, ended_otherwise, open };
        assert_eq!(history(states), Some(expected), "{states}");
    }
    assert_eq!((history("-"), history("")), (None, None));
}

#[test]
fn scans_of_different_regions_are_not_compared() {
    let (ireland, paris) = (account_region("eu-west-1"), account_region("eu-west-3"));
    let (failing, passing) = (
        scan(vec![evaluated("s", None, vec![attached(false)])]),
        scan(vec![evaluated("s", None, vec![attached(true)])]),
    );
    let one = Observation { account_region: &ireland, at: at(NOW), scan: &failing };
    let other = Observation { account_region: &paris, at: at("2026-11-22T12:00:00Z"), scan: &passing };
    assert_eq!(remediation(&[one, other]), None);
}

#[test]
fn unused_certificates_are_known_only_if_every_scan_knows_them() {
    let (ireland, paris) = (account_region("eu-west-1"), account_region("eu-west-3"));
    let of = |count: usize, total| {
        let generated = || {
            crate::resources::certificate::Certificate::generated(
                id("c1"),
                None,
                None,
                crate::resources::tags::Tags::default(),
            )
        };
        let certificates = (0..count).map(|_| generated()).collect();
        Scan { unused: Some(crate::scan::Unused { certificates, total }), ..Scan::default() }
    };
    let (one, other, unknown) = (of(2, 5), of(0, 3), Scan::default());
    let figures = |second| {
        let at = at(NOW);
        let observations = [
            Observation { account_region: &ireland, at, scan: &one },
            Observation { account_region: &paris, at, scan: second },
        ];
        Figures::of(&observations, &Parameters::default()).unused
    };
    assert_eq!(figures(&other), Some(Share { part: 2, whole: 8 }));
    assert_eq!(figures(&unknown), None);
}
