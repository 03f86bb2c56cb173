//! The results of probes in a scan and a report.

use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::formats::fits;
use crate::stagecert;

/// Stages of the example account: one that passes all checks, and one without a certificate.
const PASSING: &str = "7hd2wq4tzn/live";
const FAILING: &str = "w9s3ld5ovi/test";
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
        probe(PASSING, "https://a.example.com/", "open", RECENT),
        probe(FAILING, "https://b.example.com/", "enforced", RECENT),
        probe(FAILING, "https://c.example.com/", "enforced", OLD),
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
    let old = &findings(&scan, FAILING)[0];
    assert_eq!((old["verdict"].as_str(), old["reason"].as_str()), (Some("not-applicable"), Some("old")));
    assert_eq!(old["probes"][1]["old"], true);
    let without: Value = serde_json::from_str(&stagecert("scan --example --format json").1).unwrap();
    assert_eq!(findings(&without, PASSING), Vec::<Value>::new());
    assert_eq!(without["backendsThatEnforce"], Value::Null);
    let high = |scan: &Value| scan["summary"]["severities"]["high"].as_u64().unwrap();
    assert_eq!(high(&scan), high(&without) + 1);

    let (_, table, _) = stagecert(&format!("scan {with}"));
    let row = table.lines().find(|line| line.contains(PASSING)).unwrap();
    assert!(row.starts_with("HIGH "), "{row}");
    for text in [
        "backend: https://a.example.com/ answers without the certificate",
        "backend: https://c.example.com/ enforced the certificate (probed 2026-10-20, more than 30 days ago)",
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
        "1 of 3 probed backends",
        "backend-enforced: https://a.example.com/ answers without the certificate",
        "backend-enforced: https://c.example.com/ enforced the certificate (probed 2026-10-20, more than 30 days ago)",
        "<option>backend-enforced</option>",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn the_exit_status_depends_on_probes_unless_only_hides_them() {
    let folder = tempfile::tempdir().unwrap();
    let open = file(&folder, &[probe(PASSING, "https://a.example.com/", "open", RECENT)], &[]);
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
        file(&folder, &[probe(PASSING, "https://a.example.com/", verdict, RECENT)], &not_probed);
        assert_eq!(stagecert(&format!("{of_stage} --quiet")).0, 0, "{verdict}");
    }
    let (status, _, err) = stagecert("scan --example --fail-on backend-enforced");
    assert_eq!(status, 2);
    assert_eq!(err, "error: --fail-on: backend-enforced needs --probes, without --only\n");
}

#[test]
fn failed_lists_a_stage_whose_backend_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, &[probe(PASSING, "https://a.example.com/", "forgeable", RECENT)], &[]);
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
        (format!("--failed --owner team-payments {with}"), true),
        (format!("--failed --owner team-x {with}"), false),
    ] {
        assert_eq!(listed(&options), expected, "{options}");
    }
}

#[test]
fn a_stage_with_a_backend_that_was_not_probed_does_not_pass() {
    let folder = tempfile::tempdir().unwrap();
    let other =
        json!({"url": "https://b.example.com/", "reason": "no --host matches it", "stages": [of(PASSING)]});
    let path = file(&folder, &[probe(PASSING, "https://a.example.com/", "enforced", RECENT)], &[other]);
    let (_, out, _) = stagecert(&format!("scan --example --probes {} --format json", path.display()));
    let scan: Value = serde_json::from_str(&out).unwrap();
    fits("docs/scan.schema.json", &scan);
    let found = &findings(&scan, PASSING)[0];
    assert_eq!(
        (found["verdict"].as_str(), found["reason"].as_str()),
        (Some("not-applicable"), Some("undetermined"))
    );
    assert_eq!(found["notProbed"], json!(["https://b.example.com/"]));
}

#[test]
fn hostile_text_in_results_is_escaped_and_a_malformed_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let url = "https://a.example.com/\u{1b}[31m<script>alert(1)</script>\u{202e}";
    let path = file(&folder, &[probe(PASSING, url, "open", RECENT)], &[]);
    let report = folder.path().join("report.html");
    stagecert(&format!("report --example --probes {} --output {}", path.display(), report.display()));
    let page = std::fs::read_to_string(report).unwrap();
    assert!(!page.contains("<script>alert") && !page.contains('\u{1b}') && !page.contains('\u{202e}'));
    for format in ["table", "json"] {
        let (_, out, _) = stagecert(&format!("scan --example --probes {} --format {format}", path.display()));
        assert!(
            out.contains("a.example.com") && !out.contains('\u{1b}') && !out.contains('\u{202e}'),
            "{format}"
        );
    }
    std::fs::write(&path, r#"{"probeVersion": 1, "probes": [{"url": 7}]}"#).unwrap();
    let (status, _, err) = stagecert(&format!("scan --example --probes {}", path.display()));
    assert_eq!(status, 2);
    assert!(err.starts_with(&format!("error: {}: probes.probes[0].url: ", path.display())), "{err}");
}

#[test]
fn results_of_single_urls_count_only_for_the_key_figure() {
    let folder = tempfile::tempdir().unwrap();
    let mut of_url = probe(PASSING, "https://a.example.com/", "open", RECENT);
    of_url["stages"] = json!([]);
    let path = file(&folder, &[of_url], &[]);
    let (_, out, err) = stagecert(&format!("scan --example --probes {}", path.display()));
    assert!(out.contains("backends that enforce the certificate: 0 of 1\n"), "{out}");
    assert!(err.contains("--probes: 1 results of single URLs name no stage"), "{err}");
}
