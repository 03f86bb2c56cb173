//! `diff`: what changed between two snapshots.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::accounts::{at, delete, detach, stage, write};
use crate::formats::fits;
use crate::stagecert;

const OCTOBER: &str = "2026-10-21T12:00:00Z";
const NOVEMBER: &str = "2026-11-21T12:00:00Z";

/// The example in October: one stage without its certificate, one with another certificate, one
/// stage that was deleted since, and one that was not there yet.
fn october() -> Value {
    at(OCTOBER, |account| {
        detach(account, "k3v9q0m2xa/prod");
        stage(account, "e6zr1bu8ws/prod")["clientCertificateId"] = "q9b2mx".into();
        delete(account, "d5ok2y8vgj/dev");
        let of_rest_api = |row: &&Value| row["resourceType"] == "AWS::ApiGateway::Stage";
        let mut old = account["stages"].as_array().unwrap().iter().find(of_rest_api).unwrap().clone();
        old["resourceId"] = "arn:aws:apigateway:eu-west-1::/restapis/gone000000/stages/v1".into();
        account["stages"].as_array_mut().unwrap().push(old);
    })
}

fn folders(before: &[(&str, Value)], after: &[(&str, Value)]) -> (TempDir, TempDir) {
    let written = |accounts: &[(&str, Value)]| {
        let folder = tempfile::tempdir().unwrap();
        for (name, account) in accounts {
            write(folder.path(), name, account);
        }
        folder
    };
    (written(before), written(after))
}

fn diff(before: &Path, after: &Path, options: &str) -> (i32, String, String) {
    stagecert(&format!("diff {} {} {options}", before.display(), after.display()))
}

fn json(before: &Path, after: &Path) -> (i32, Value) {
    let (status, out, err) = diff(before, after, "--format json");
    let document = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {err}"));
    fits("docs/diff.schema.json", &document);
    (status, document)
}

#[test]
fn every_format_lists_the_same_changes() {
    let (before, after) = folders(&[("a.json", october())], &[("a.json", at(NOVEMBER, |_| {}))]);
    let (before, after) = (before.path().join("a.json"), after.path().join("a.json"));
    for format in ["table", "markdown", "json"] {
        let (status, out, err) = diff(&before, &after, &format!("--format {format}"));
        assert_eq!((status, err.as_str()), (1, ""), "{format}");
        insta::assert_snapshot!(format!("diff_{format}"), out);
    }
    let (_, document) = json(&before, &after);
    for key in ["new", "worse", "fixed", "rotated", "added", "removed"] {
        assert!(document["summary"][key].as_u64().unwrap() > 0, "{key}: {}", document["summary"]);
    }
}

#[test]
fn the_exit_status_says_whether_anything_is_new_or_worse() {
    let detached = |account: &mut Value| detach(account, "k3v9q0m2xa/prod");
    let same = |instant| at(instant, |_| {});
    for (before, after, status) in [
        (same(NOVEMBER), same(NOVEMBER), 0),
        (at(NOVEMBER, detached), same(NOVEMBER), 0),
        (same(NOVEMBER), at(NOVEMBER, detached), 1),
        // Certificates have come closer to their end.
        (same(OCTOBER), same(NOVEMBER), 1),
    ] {
        let (before, after) = folders(&[("a.json", before)], &[("a.json", after)]);
        assert_eq!(diff(before.path(), after.path(), "").0, status);
        let (quiet, out, err) = diff(before.path(), after.path(), "--quiet");
        assert_eq!((quiet, out.as_str(), err.as_str()), (status, "", ""));
    }
}

#[test]
fn folders_are_matched_by_account_and_region_and_the_newest_snapshot_counts() {
    let elsewhere = |instant| at(instant, |account| account["awsRegion"] = "eu-west-3".into());
    let middle = "2026-11-01T12:00:00Z";
    let (before, after) = folders(
        &[("x.json", october()), ("y.json", elsewhere(OCTOBER)), ("z.json", at(middle, |_| {}))],
        &[("1.json", elsewhere(NOVEMBER)), ("2.json", at(NOVEMBER, |_| {})), ("note.txt", Value::Null)],
    );
    let (_, document) = json(before.path(), after.path());
    let places: Vec<(&str, &str)> = document["places"]
        .as_array()
        .unwrap()
        .iter()
        .map(|place| (place["awsRegion"].as_str().unwrap(), place["evaluatedBefore"].as_str().unwrap()))
        .collect();
    assert_eq!(places, [("eu-west-1", middle), ("eu-west-3", OCTOBER)]);
    let (_, _, err) = diff(before.path(), after.path(), "");
    assert!(err.contains(&format!("the one of {middle} is used, not that of {OCTOBER}")), "{err}");
}

#[test]
fn an_account_and_region_that_only_one_side_has_is_never_ignored() {
    let elsewhere = at(NOVEMBER, |account| account["awsRegion"] = "eu-west-3".into());
    let both = [("a.json", at(NOVEMBER, |_| {})), ("b.json", elsewhere)];
    let (two, one) = folders(&both, &both[..1]);
    let (status, _, err) = diff(two.path(), one.path(), "");
    assert_eq!(status, 2);
    assert!(err.contains("no snapshot of account 111122223333, Region eu-west-3, which "), "{err}");
    let (status, document) = json(one.path(), two.path());
    assert_eq!((status, &document["places"][1]["evaluatedBefore"]), (1, &Value::Null));
    assert_eq!(document["places"][1]["added"].as_array().unwrap().len(), 36);
}

#[test]
fn errors_name_the_file() {
    let (before, after) = folders(&[("a.json", at(NOVEMBER, |_| {}))], &[("a.json", october())]);
    let (status, _, err) = diff(before.path(), after.path(), "");
    assert!(status == 2 && err.contains("allowed: a snapshot that is not earlier than that of"), "{err}");
    let empty = tempfile::tempdir().unwrap();
    let (status, _, err) = diff(before.path(), empty.path(), "");
    assert!(status == 2 && err.contains("no snapshot, *.json, in this folder"), "{err}");
    std::fs::write(empty.path().join("broken.json"), "{\"snapshotVersion\": 1, \"takenAt\": 7}").unwrap();
    let (status, _, err) = diff(before.path(), empty.path(), "");
    assert!(status == 2 && err.contains("broken.json"), "{err}");
    let (status, _, err) = diff(before.path(), Path::new("no/such/folder"), "");
    assert!(status == 2 && err.contains("error: no/such/folder: No such file"), "{err}");
}

#[test]
fn a_stage_that_could_not_be_evaluated_makes_it_an_error() {
    let broken = at(NOVEMBER, |account| {
        *stage(account, "k3v9q0m2xa/prod") = serde_json::json!({"canarySettings": {"deploymentId": 7}});
    });
    let (before, after) = folders(&[("a.json", at(OCTOBER, |_| {}))], &[("a.json", broken)]);
    let (status, document) = json(before.path(), after.path());
    assert_eq!((status, &document["complete"]), (2, &Value::Bool(false)));
    assert_eq!(document["places"][0]["removed"], Value::Array(vec![]));
    let (_, out, _) = diff(before.path(), after.path(), "");
    assert!(out.contains("INCOMPLETE (errors: "), "{out}");
}

#[test]
fn a_file_gets_the_page_and_standard_output_the_summary() {
    let (before, after) = folders(&[("a.json", october())], &[("a.json", at(NOVEMBER, |_| {}))]);
    let file = before.path().join("changes.md");
    let (status, out, _) = diff(before.path(), after.path(), &format!("--format md -o {}", file.display()));
    assert_eq!(status, 1);
    assert!(out.starts_with(&format!("{}: failed checks: ", file.display())), "{out}");
    assert!(std::fs::read_to_string(file).unwrap().starts_with("# Changes of API Gateway stages\n"));
}

#[test]
fn include_stages_that_match_nothing_are_an_error() {
    let (before, after) = folders(&[("a.json", october())], &[("a.json", at(NOVEMBER, |_| {}))]);
    let (status, _, err) = diff(before.path(), after.path(), "--param includeStages=nomatch/*");
    assert_eq!(status, 2);
    assert!(err.contains("includeStages: no stage matches \"nomatch/*\""), "{err}");
}
