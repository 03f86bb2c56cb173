//! The results of probes in a scan and a report.

use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::formats::fits;
use crate::stagecert;

/// Stages of the example account that pass all checks, and one whose certificate is shared, each
/// with the URL of its only backend.
const PASSING: &str = "k3v9q0m2xa/prod";
const PASSING_URL: &str = "https://orders.example.internal/";
const OTHER: &str = "e6zr1bu8ws/prod";
const OTHER_URL: &str = "https://invoices.example.internal/";
const SHARED: &str = "w9s3ld5ovi/prod";
const SHARED_URL: &str = "https://tracking.example.internal/";
/// The example was taken on 2026-11-21.
const RECENT: &str = "2026-11-20T12:00:00Z";
const OLD: &str = "2026-10-20T12:00:00Z";

fn probe(stage: &str, url: &str, verdict: &str, at: &str) -> Value {
    json!({
        "url": url, "host": "h", "port": 443, "address": null, "verdict": verdict, "text": "GET / was sent",
        "problems": [], "asked": true, "hints": [], "hintCount": 0, "protocol": null, "server": null,
        "withoutCertificate": {"tls13": null, "tls12": null}, "impostor": null, "stages": [of(stage)], "at": at,
    })
}

fn of(stage: &str) -> Value {
    let (api, name) = stage.split_once('/').unwrap();
    json!({
        "accountId": "111122223333", "awsRegion": "eu-west-1", "stage": stage,
        "resourceId": format!("arn:aws:apigateway:eu-west-1::/restapis/{api}/stages/{name}"),
    })
}

/// A file with these results.
fn file(folder: &TempDir, probes: &[Value], not_probed: &[Value]) -> PathBuf {
    let path = folder.path().join("probes.json");
    let document = json!({"probeVersion": 1, "probes": probes, "notProbed": not_probed});
    std::fs::write(&path, document.to_string()).unwrap();
    path
}

fn findings(scan: &Value, stage: &str) -> Vec<Value> {
    let stages = scan["places"][0]["stages"].as_array().unwrap();
    let row = stages.iter().find(|row| row["stage"] == stage).unwrap();
    row["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["check"] == "backend-enforced")
        .cloned()
        .collect()
}

#[test]
fn a_backend_that_is_open_fails_its_stage_in_json_table_and_report() {
    let folder = tempfile::tempdir().unwrap();
    let probes = [
        probe(PASSING, PASSING_URL, "open", RECENT),
        probe(OTHER, OTHER_URL, "enforced", RECENT),
        probe(SHARED, SHARED_URL, "enforced", OLD),
    ];
    let path = file(&folder, &probes, &[]);
    let with = format!("--example --probes {}", path.display());
    let (status, out, _) = stagecert(&format!("scan {with} --format json"));
    let scan: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(status, 1);
    fits("docs/scan.schema.json", &scan);
    assert_eq!(scan["backendsThatEnforce"], json!({"enforced": 1, "backends": 3, "old": 1}));
    let failed = &findings(&scan, PASSING)[0];
    assert_eq!((failed["verdict"].as_str(), failed["severity"].as_str()), (Some("failed"), Some("HIGH")));
    let old = &findings(&scan, SHARED)[0];
    assert_eq!((old["verdict"].as_str(), old["reason"].as_str()), (Some("not-applicable"), Some("old")));
    assert_eq!(old["probes"][0]["old"], true);
    let without: Value = serde_json::from_str(&stagecert("scan --example --format json").1).unwrap();
    assert_eq!(findings(&without, PASSING), Vec::<Value>::new());
    assert_eq!(without["backendsThatEnforce"], Value::Null);
    let high = |scan: &Value| scan["summary"]["severities"]["high"].as_u64().unwrap();
    assert_eq!(high(&scan), high(&without) + 1);

    let (_, table, _) = stagecert(&format!("scan {with}"));
    let row = table.lines().find(|line| line.contains(PASSING)).unwrap();
    assert!(row.starts_with("HIGH "), "{row}");
    for text in [
        "backend: https://orders.example.internal/ answers without the certificate",
        "backend: https://tracking.example.internal/ enforced the certificate (probed 2026-10-20, more than 30 days ago)",
        "backends that enforce the certificate: 1 of 3, 1 probed more than 30 days ago",
    ] {
        assert!(table.replace("\n          ", " ").contains(text), "{text}: {table}");
    }

    let report = folder.path().join("report.html");
    let (status, _, _) = stagecert(&format!("report {with} --output {}", report.display()));
    assert_eq!(status, 1);
    let page = std::fs::read_to_string(report).unwrap();
    for text in [
        "Backends that enforce",
        "1 of 3 backends",
        "backend-enforced: https://orders.example.internal/ answers without the certificate",
        "backend-enforced: https://tracking.example.internal/ enforced the certificate (probed 2026-10-20, more than 30 days ago)",
        "<option>backend-enforced</option>",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn the_exit_status_depends_on_probes_unless_only_hides_them() {
    let folder = tempfile::tempdir().unwrap();
    let open = file(&folder, &[probe(PASSING, PASSING_URL, "open", RECENT)], &[]);
    let of_stage = format!("scan --example --param includeStages={PASSING} --probes {}", open.display());
    for (options, expected) in [
        ("", 1),
        ("--fail-on backend-enforced", 1),
        ("--fail-on high", 1),
        ("--fail-on critical", 0),
        ("--fail-on owner-tag", 0),
        ("--only owner-tag", 0),
        ("--only owner-tag --fail-on backend-enforced", 2),
    ] {
        assert_eq!(stagecert(&format!("{of_stage} --quiet {options}")).0, expected, "{options}");
    }
    for (verdict, not_probed) in [("enforced", vec![]), ("inconclusive", vec![])] {
        file(&folder, &[probe(PASSING, PASSING_URL, verdict, RECENT)], &not_probed);
        assert_eq!(stagecert(&format!("{of_stage} --quiet")).0, 0, "{verdict}");
    }
    let (status, _, err) = stagecert("scan --example --fail-on backend-enforced");
    assert_eq!(status, 2);
    assert_eq!(err, "error: --fail-on: backend-enforced needs --probes, without --only\n");
}

#[test]
fn failed_lists_a_stage_whose_backend_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, &[probe(PASSING, PASSING_URL, "forgeable", RECENT)], &[]);
    let listed = |options: &str| {
        let (_, out, _) = stagecert(&format!("scan --example {options} --format json"));
        out.contains(&format!("\"{PASSING}\""))
    };
    let with = format!("--probes {}", path.display());
    for (options, expected) in [
        ("--failed".to_owned(), false),
        (format!("--failed {with}"), true),
        (format!("--severity high {with}"), true),
        (format!("--severity critical {with}"), false),
        (format!("--failed --owner team-orders {with}"), true),
        (format!("--failed --owner team-x {with}"), false),
    ] {
        assert_eq!(listed(&options), expected, "{options}");
    }
}

#[test]
fn a_stage_with_a_backend_that_was_not_probed_does_not_pass() {
    let folder = tempfile::tempdir().unwrap();
    let stage = "x2m7t9ajd4/v4";
    let path = file(&folder, &[probe(stage, "https://shipping.example.internal/", "enforced", RECENT)], &[]);
    let (_, out, _) = stagecert(&format!("scan --example --probes {} --format json", path.display()));
    let scan: Value = serde_json::from_str(&out).unwrap();
    fits("docs/scan.schema.json", &scan);
    let found = &findings(&scan, stage)[0];
    // It also calls a server over http.
    assert_eq!((found["verdict"].as_str(), found["reason"].as_str()), (Some("failed"), Some("not-enforced")));
    assert_eq!(
        found["notProbed"],
        json!(["http://labels.example.internal:8080/", "https://api.carrier.example.com/"])
    );
}

#[test]
fn hostile_text_in_results_is_escaped_and_a_malformed_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let url = "https://orders.example.internal/\u{1b}[31m<script>alert(1)</script>\u{202e}";
    let path = file(&folder, &[probe(PASSING, url, "open", RECENT)], &[]);
    let report = folder.path().join("report.html");
    stagecert(&format!("report --example --probes {} --output {}", path.display(), report.display()));
    let page = std::fs::read_to_string(report).unwrap();
    assert!(!page.contains("<script>alert") && !page.contains('\u{1b}') && !page.contains('\u{202e}'));
    for format in ["table", "json"] {
        let (_, out, _) = stagecert(&format!("scan --example --probes {} --format {format}", path.display()));
        assert!(
            out.contains("orders.example.internal") && !out.contains('\u{1b}') && !out.contains('\u{202e}'),
            "{format}"
        );
    }
    std::fs::write(&path, r#"{"probeVersion": 1, "probes": [{"url": 7}]}"#).unwrap();
    let (status, _, err) = stagecert(&format!("scan --example --probes {}", path.display()));
    assert_eq!(status, 2);
    assert!(err.starts_with(&format!("error: {}: probes.probes[0].url: ", path.display())), "{err}");
}

#[test]
fn results_that_are_about_no_stage_of_the_scan_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let mut of_url = probe(PASSING, PASSING_URL, "open", RECENT);
    of_url["stages"] = json!([]);
    let mut elsewhere = probe(PASSING, PASSING_URL, "enforced", RECENT);
    elsewhere["stages"][0]["accountId"] = json!("444455556666");
    for probes in [vec![], vec![of_url], vec![elsewhere]] {
        let path = file(&folder, &probes, &[]);
        for command in ["scan --example", "report --example -o -"] {
            let (status, out, err) = stagecert(&format!("{command} --probes {}", path.display()));
            assert_eq!(status, 2, "{command} {probes:?}");
            assert!(err.contains("error: --probes: no result is about a stage of this scan"), "{err}");
            assert!(!out.contains("backends that enforce the certificate"), "{out}");
        }
    }
}

#[test]
fn a_gate_on_backends_needs_a_result_that_shows_something() {
    let folder = tempfile::tempdir().unwrap();
    for (verdict, at, expected) in
        [("enforced", RECENT, 0), ("inconclusive", RECENT, 2), ("enforced", OLD, 2), ("open", OLD, 1)]
    {
        let path = file(&folder, &[probe(PASSING, PASSING_URL, verdict, at)], &[]);
        let (status, _, err) = stagecert(&format!(
            "scan --example --param includeStages={PASSING} --probes {} --fail-on backend-enforced --quiet",
            path.display()
        ));
        assert_eq!(status, expected, "{verdict} {at}: {err}");
    }
}

#[test]
fn what_the_snapshot_shows_as_deployed_must_be_probed() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, &[probe(PASSING, "https://old.example.com/", "enforced", RECENT)], &[]);
    let (_, out, _) = stagecert(&format!("scan --example --probes {} --format json", path.display()));
    let found = &findings(&serde_json::from_str(&out).unwrap(), PASSING)[0];
    assert_eq!(found["reason"], "undetermined");
    assert_eq!(found["notProbed"], json!([PASSING_URL]));
}

#[test]
fn an_output_never_replaces_an_input() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, &[probe(PASSING, PASSING_URL, "enforced", RECENT)], &[]);
    let snapshot = folder.path().join("account.json");
    std::fs::copy("examples/account.json", &snapshot).unwrap();
    let (path, snapshot) = (path.display(), snapshot.display());
    for arguments in [
        format!("scan --example --probes {path} -o {path}"),
        format!("report --example --probes {path} -o {path}"),
        format!("scan --snapshot {snapshot} -o {snapshot}"),
        format!("report --snapshot {snapshot} -o {snapshot}"),
        format!("backends --snapshot {snapshot} -o {snapshot}"),
    ] {
        let (status, _, err) = stagecert(&arguments);
        assert_eq!(status, 2, "{arguments}");
        assert!(err.contains("--output must not replace an input"), "{err}");
    }
    assert!(std::fs::read_to_string(snapshot.to_string()).unwrap().contains("snapshotVersion"));
}
