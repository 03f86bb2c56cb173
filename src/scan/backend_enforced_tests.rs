use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::resources::backend::{Gap, Server};

const NOW: &str = "2026-11-21T12:00:00Z";

fn place() -> AccountRegion {
    AccountRegion { partition: "aws".into(), account: "111122223333".into(), region: "eu-west-1".into() }
}

fn stage() -> StageArn {
    StageArn::parse("arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5/stages/prod").unwrap()
}

fn probe(url: &str, verdict: &str, at: &str) -> serde_json::Value {
    json!({
        "url": url, "host": "h", "port": 443, "address": null, "verdict": verdict, "text": "GET /",
        "problems": [], "asked": true, "hints": [], "hintCount": 0, "protocol": null, "server": null,
        "withoutCertificate": {"tls13": null, "tls12": null}, "impostor": null,
        "stages": [{
            "accountId": "111122223333", "awsRegion": "eu-west-1", "stage": "a1b2c3d4e5/prod",
            "resourceId": stage().as_str(),
        }],
        "at": at,
    })
}

fn file(probes: &[serde_json::Value], not_probed: &[&str]) -> Probes {
    let stages = probe("", "open", NOW)["stages"].clone();
    let not_probed: Vec<_> = not_probed
        .iter()
        .map(|url| json!({"url": url, "reason": "no --host matches it", "stages": stages}))
        .collect();
    let document = json!({"probeVersion": 1, "probes": probes, "notProbed": not_probed});
    Probes::of([ProbeFile::parse(&document.to_string()).unwrap()])
}

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn finding(probes: &Probes) -> (Verdict, Reason, String) {
    let found = probes.finding(&place(), &stage(), None, now()).unwrap();
    assert_eq!(found.severity.is_some(), found.verdict == Verdict::Failed);
    (found.verdict, found.reason, found.text)
}

#[test]
fn a_stage_passes_only_if_all_of_its_backends_enforce_the_certificate() {
    let (one, other) = ("https://a.example.com/", "https://b.example.com/");
    let with = |verdict: &str| file(&[probe(one, "enforced", NOW), probe(other, verdict, NOW)], &[]);
    for (verdict, expected, text) in [
        ("enforced", (Verdict::Passed, Reason::Enforced), "2 of 2 probed backends enforce the certificate"),
        (
            "open",
            (Verdict::Failed, Reason::NotEnforced),
            "https://b.example.com/ answers without the certificate",
        ),
        (
            "forgeable",
            (Verdict::Failed, Reason::NotEnforced),
            "https://b.example.com/ accepts a forged certificate",
        ),
        ("plaintext", (Verdict::Failed, Reason::NotEnforced), "https://b.example.com/ is called without TLS"),
        (
            "inconclusive",
            (Verdict::NotApplicable, Reason::Undetermined),
            "https://b.example.com/ is inconclusive",
        ),
        (
            "unreachable",
            (Verdict::NotApplicable, Reason::Undetermined),
            "https://b.example.com/ is unreachable",
        ),
    ] {
        let (found, reason, sentence) = finding(&with(verdict));
        assert_eq!(((found, reason), sentence.as_str()), (expected, text));
    }
    let (verdict, reason, text) = finding(&file(&[probe(one, "enforced", NOW)], &[other]));
    assert_eq!((verdict, reason), (Verdict::NotApplicable, Reason::Undetermined));
    assert_eq!(text, "https://b.example.com/ was not probed: no --host matches it");
}

#[test]
fn a_probe_of_more_than_30_days_is_marked_and_lets_no_stage_pass() {
    let url = "https://a.example.com/";
    for (at, expected) in [
        ("2026-10-22T12:00:00Z", (Verdict::Passed, Reason::Enforced)),
        ("2026-10-22T11:59:59Z", (Verdict::NotApplicable, Reason::Old)),
    ] {
        let (verdict, reason, text) = finding(&file(&[probe(url, "enforced", at)], &[]));
        assert_eq!((verdict, reason), expected, "{at}");
        assert_eq!(
            text.ends_with("(probed 2026-10-22, more than 30 days ago)"),
            reason == Reason::Old,
            "{text}"
        );
    }
    let (verdict, _, text) = finding(&file(&[probe(url, "open", "2026-01-01T00:00:00Z")], &[]));
    assert_eq!(verdict, Verdict::Failed);
    assert!(text.ends_with("(probed 2026-01-01, more than 30 days ago)"), "{text}");
}

#[test]
fn the_latest_probe_of_a_url_counts() {
    let url = "https://a.example.com/";
    let (earlier, later) = ("2026-11-20T12:00:00Z", NOW);
    let of = |one: (&str, &str), other: (&str, &str)| {
        finding(&file(&[probe(url, one.0, one.1), probe(url, other.0, other.1)], &[])).0
    };
    for swap in [false, true] {
        let both = |one, other| if swap { of(other, one) } else { of(one, other) };
        assert_eq!(both(("open", earlier), ("enforced", later)), Verdict::Passed);
        assert_eq!(both(("enforced", earlier), ("open", later)), Verdict::Failed);
        assert_eq!(both(("enforced", later), ("open", later)), Verdict::Failed);
    }
}

#[test]
fn results_of_other_stages_accounts_and_regions_do_not_count() {
    let probes = file(&[probe("https://a.example.com/", "open", NOW)], &[]);
    let other = StageArn::parse("arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5/stages/test").unwrap();
    assert!(probes.finding(&place(), &other, None, now()).is_none());
    let elsewhere = AccountRegion { account: "444455556666".into(), ..place() };
    assert!(probes.finding(&elsewhere, &stage(), None, now()).is_none());
}

#[test]
fn a_failure_remains_until_a_result_shows_the_opposite() {
    let url = "https://a.example.com/";
    let with_impostor = |verdict: &str, at: &str| {
        let mut probe = probe(url, verdict, at);
        probe["impostor"] = json!({"tls13": null, "tls12": null});
        probe
    };
    let (earlier, later) = ("2026-11-20T12:00:00Z", NOW);
    for (one, other, expected) in [
        (probe(url, "open", earlier), probe(url, "unreachable", later), Verdict::Failed),
        (probe(url, "open", earlier), probe(url, "inconclusive", later), Verdict::Failed),
        (with_impostor("forgeable", earlier), probe(url, "enforced", later), Verdict::Failed),
        (with_impostor("forgeable", earlier), with_impostor("enforced", later), Verdict::Passed),
        (probe(url, "enforced", earlier), probe(url, "inconclusive", later), Verdict::NotApplicable),
    ] {
        assert_eq!(finding(&file(&[one, other], &[])).0, expected);
    }
}

#[test]
fn a_private_backend_passes_only_if_api_gateway_called_it() {
    let url = "https://a.example.com/";
    let mut direct = probe(url, "enforced", NOW);
    direct["private"] = json!(true);
    assert_eq!(finding(&file(&[direct], &[])).1, Reason::Undetermined);
    let other = |probes: &[serde_json::Value]| {
        let stages = probe("", "open", NOW)["stages"].clone();
        let private = json!({"url": url, "reason": "private", "private": true, "stages": stages});
        let document = json!({"probeVersion": 1, "probes": probes, "notProbed": [private]});
        finding(&Probes::of([ProbeFile::parse(&document.to_string()).unwrap()])).1
    };
    assert_eq!(other(&[probe(url, "enforced", NOW)]), Reason::Undetermined);
    let mut through = probe("https://a.example.com/health", "enforced", NOW);
    through["withoutCertificate"]["gateway"] =
        json!({"outcome": "refused", "asked": true, "status": 400, "alert": null, "detail": "x"});
    assert_eq!(other(&[through]), Reason::Enforced);
}

/// What is deployed on the stage.
fn deployed(urls: &[&str], gaps: Vec<Gap>) -> StageBackends {
    let backend = |url: &&str| Backend {
        server: Server::of(url),
        vpc_link: None,
        insecure_skip_verification: false,
        methods: 1,
        paths: 1,
        unresolved: BTreeSet::new(),
    };
    StageBackends { stage: stage(), certificate: None, backends: urls.iter().map(backend).collect(), gaps }
}

#[test]
fn what_is_deployed_decides_which_backends_must_enforce_the_certificate() {
    let probes = file(&[probe("https://a.example.com/", "enforced", NOW)], &[]);
    let open = file(&[probe("https://old.example.com/", "open", NOW)], &[]);
    let of = |probes: &Probes, urls: &[&str], gaps| {
        probes.finding(&place(), &stage(), Some(&deployed(urls, gaps)), now()).unwrap().reason
    };
    for (urls, gaps, expected) in [
        (&["https://a.example.com/x"][..], vec![], Reason::Enforced),
        (&["https://a.example.com/x"], vec![Gap::Canary], Reason::Undetermined),
        (&["https://a.example.com:8443/x"], vec![], Reason::Undetermined),
        (&["https://a.example.com/x", "https://b.example.com/"], vec![], Reason::Undetermined),
        (&["https://a.example.com/x", "http://a.example.com/"], vec![], Reason::NotEnforced),
        (&["https://changed.example.com/"], vec![], Reason::Undetermined),
        (&[], vec![], Reason::Undetermined),
    ] {
        assert_eq!(of(&probes, urls, gaps), expected, "{urls:?}");
    }
    assert_eq!(of(&open, &["https://a.example.com/"], vec![]), Reason::Undetermined);
    assert_eq!(of(&open, &["https://a.example.com/"], vec![Gap::Canary]), Reason::NotEnforced);
}

#[test]
fn the_key_figure_counts_each_server_with_its_worst_result() {
    let probes = file(
        &[
            probe("https://a.example.com/", "enforced", NOW),
            probe("https://a.example.com/other", "open", NOW),
            probe("https://b.example.com/", "enforced", NOW),
            probe("https://b.example.com:443/x", "enforced", NOW),
            probe("https://c.example.com/", "enforced", "2026-01-01T00:00:00Z"),
            probe("https://d.example.com/", "unreachable", NOW),
        ],
        &["https://e.example.com/", "https://b.example.com/"],
    );
    let finding = || probes.finding(&place(), &stage(), None, now()).unwrap();
    let place = place();
    let figure = Enforcing { enforced: 1, backends: 5, old: 1 };
    assert_eq!(Enforcing::of([(&place, finding())]), Some(figure));
    assert_eq!(Enforcing::of([(&place, finding()), (&place, finding())]), Some(figure));
    let elsewhere = AccountRegion { account: "444455556666".into(), ..place.clone() };
    let both = Enforcing { enforced: 2, backends: 10, old: 2 };
    assert_eq!(Enforcing::of([(&place, finding()), (&elsewhere, finding())]), Some(both));
    assert_eq!(Enforcing::of([]), None);
}

#[test]
fn contradictions_and_results_of_the_future_are_refused() {
    let parse = |probe: serde_json::Value| {
        let document = json!({"probeVersion": 1, "probes": [probe]}).to_string();
        ProbeFile::parse(&document).and_then(|file| file.ensure_made_before(now()))
    };
    let url = "https://a.example.com/";
    assert!(parse(probe(url, "enforced", NOW)).is_ok());
    let mut not_permitted = probe(url, "enforced", NOW);
    not_permitted["permitted"] = json!(false);
    for (probe, field) in [
        (probe("HTTP://a.example.com/", "enforced", NOW), "probes.probes[0].verdict: "),
        (not_permitted, "probes.probes[0].verdict: "),
        (
            probe(url, "enforced", "2026-11-21T12:00:01Z"),
            "probes.probes[0].at: 2026-11-21T12:00:01Z is in the future",
        ),
    ] {
        let problem = parse(probe).unwrap_err().to_string();
        assert!(problem.starts_with(field), "{problem}");
    }
}
