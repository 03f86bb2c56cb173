//! The command line as a user runs it: output, errors and exit status of the real program.
#![cfg(test)]

mod accounts;
mod backends;
mod config;
mod diff;
mod exemptions;
mod fix;
mod formats;
mod front_door;
mod front_door_report;
mod input;
mod output;
mod pages;
mod probes;
mod report;
mod rotations;
mod table;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The absolute path of a file in the repository.
fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Runs the program in the repository root; returns exit status, standard output and standard
/// error.
fn stagecert(arguments: &str) -> (i32, String, String) {
    with_input(arguments, "")
}

fn with_input(arguments: &str, input: &str) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_stagecert"))
        .args(arguments.split_whitespace())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_scan_of_the_example_is_a_table_and_fails() {
    let (status, out, err) = stagecert("scan --snapshot examples/account.json");
    assert_eq!((status, err.as_str()), (1, ""));
    assert!(!out.contains('\u{1b}'), "no color in a pipe");
    insta::assert_snapshot!(out);
    let out = out.replace("--snapshot examples/account.json", "--example");
    assert_eq!(stagecert("scan --example"), (1, out, String::new()));
}

#[test]
fn the_readme_shows_what_the_example_prints() {
    let (_, out, _) = stagecert("scan --example");
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let shown = readme.split("```text\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert!(shown.lines().count() > 5);
    for line in shown.lines() {
        assert!(out.lines().any(|printed| printed == line), "{line}");
    }
}

#[test]
fn the_same_scan_as_data() {
    let (status, out, err) = stagecert("scan --example --format json");
    assert_eq!((status, err.as_str()), (1, ""));
    insta::assert_snapshot!(out);
    let data: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(data["places"][0]["stages"].as_array().unwrap().len(), 36);
}

#[test]
fn a_scan_without_failures_exits_with_0() {
    let (status, out, err) = stagecert("scan --example --param includeStages=k3v9q0m2xa/prod,c7ah0n6rby/v1");
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(out.contains(": 36 stages, 0 NON_COMPLIANT, 2 COMPLIANT, 34 NOT_APPLICABLE\n"), "{out}");
}

#[test]
fn errors_take_one_line_and_exit_with_2() {
    for (arguments, says) in [
        ("scan --snapshot no-such-file.json", "error: no-such-file.json: No such file or directory"),
        (
            "scan --snapshot events/scheduled.json",
            "error: events/scheduled.json: snapshot.version: unknown field `version`, expected one of `snapshotVersion`",
        ),
        (
            "scan --example --param expiryWindowDays=0",
            "error: rule parameter expiryWindowDays: \"0\" is not allowed",
        ),
        (
            "scan --example --param window=60",
            "error: rule parameter ruleParameters: \"window\" is not allowed; allowed: the keys",
        ),
        (
            "scan --example --param checks=owner-tag --param checks=owner-tag",
            "error: rule parameter checks: ",
        ),
        (
            "scan --example --param securityHub=yes",
            "error: rule parameter securityHub: \"yes\" is not allowed",
        ),
        ("scan --example --param nonsense", "error: invalid value 'nonsense'"),
        (
            "snapshot --snapshot examples/account.json --redact --output examples/account.json",
            "error: not supported: --output must not be the snapshot itself",
        ),
        (
            "snapshot --snapshot examples/account.json --redact --redaction-key rustfmt.toml --output no/such/folder/x",
            "error: --output no/such/folder/x: No such file or directory",
        ),
        (
            "snapshot --snapshot examples/account.json --redact --redaction-key /dev/null --output -",
            "error: redaction key: 0 bytes; allowed: 16 or more random bytes",
        ),
        (
            "snapshot --snapshot examples/account.json --output -",
            "error: the following required arguments were not provided:\n  --redact",
        ),
        ("snapshot --region eu-west-1 --account 111122223333 --output -", "--role-name <NAME>"),
        (
            "report --snapshot examples/account.json --snapshot examples/account.json --output -",
            "error: examples/account.json: account 111122223333, Region eu-west-1 at 2026-11-21T12:00:00Z; allowed: one snapshot",
        ),
        (
            "report --example --since examples/account.json --output -",
            "error: examples/account.json: account 111122223333, Region eu-west-1 at 2026-11-21T12:00:00Z; allowed: snapshots that are earlier",
        ),
        (
            "report --example --output no/such/folder/x.html",
            "error: --output no/such/folder/x.html: No such file or directory",
        ),
        ("explain certificate-lost", "[possible values: certificate-attached, certificate-expiry"),
        ("explain certificate-expired", "tip: a similar value exists: 'certificate-expiry'"),
        (
            "invoke events/malformed.json --snapshot examples/account.json",
            "error: events/malformed.json: invokingEvent.configurationItem: missing field `resourceId`",
        ),
        (
            "invoke events/proactive.json --snapshot examples/account.json",
            "error: not supported: evaluationMode PROACTIVE",
        ),
    ] {
        refused(arguments, says);
    }
}

#[test]
fn only_one_way_to_select_accounts_is_allowed() {
    for (arguments, says) in [
        (
            "scan --example --snapshot examples/account.json",
            "error: the argument '--example' cannot be used with",
        ),
        ("scan --example --profile audit", "error: the argument '--example' cannot be used with"),
        (
            "scan --example --role-name reader --organization",
            "error: the argument '--example' cannot be used with",
        ),
        (
            "scan --region eu-west-1 --role-name reader",
            "<--accounts <ID,…>|--organization|--aggregator <NAME>>",
        ),
        ("scan --region eu-west-1 --accounts 111122223333", "--role-name <NAME>"),
        ("scan --region eu-west-1 --organization", "--role-name <NAME>"),
        ("scan --aggregator all", "--role-name <NAME>"),
        ("scan --region eu-west-1 --aggregator-region eu-west-1", "cannot be used with"),
        (
            "scan --region eu-west-1 --all-regions",
            "error: the argument '--region <REGION>' cannot be used with",
        ),
        (
            "scan --region eu-west-1 --role-name reader --accounts 111122223333 --organization",
            "error: the argument '--accounts <ID,…>' cannot be used with '--organization'",
        ),
        ("scan --region eu-west-1 --role-name reader --accounts 1111,2", "expected an account ID: 12 digits"),
        ("scan --region europe", "expected a Region, such as eu-west-1"),
        ("scan --all-regions --organization --role-name /reader", "expected the name of an IAM role"),
        ("scan --aggregator a.b --role-name reader", "expected an aggregator name"),
    ] {
        refused(arguments, says);
    }
}

#[test]
fn every_command_that_reads_accounts_takes_several_snapshots_the_example_and_an_output_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let other = path("other.json");
    let run = |arguments: &str| {
        let (status, out, err) = stagecert(arguments);
        assert_eq!((status < 2, err.as_str()), (true, ""), "{arguments}");
        out
    };
    // A redacted account has another id.
    assert_eq!(run(&format!("snapshot --example --redact -o {other} --quiet")), "");
    let both = format!("--snapshot {other} --snapshot examples/account.json");
    let scanned: serde_json::Value =
        serde_json::from_str(&run(&format!("scan {both} --format json"))).unwrap();
    assert_eq!(scanned["places"].as_array().unwrap().len(), 2);
    assert_eq!(scanned["summary"]["stages"], 72);
    let report = run(&format!("report {both} --quiet -o -"));
    assert!(report.contains("111122223333") && report.matches("<h1").count() == 1);
    let event = "invoke events/change-detached.json";
    let requests = run(&format!("{event} --snapshot examples/account.json"));
    assert_eq!(run(&format!("{event} --example")), requests);
    assert_eq!(run(&format!("{event} --example -o {}", path("requests.json"))), "");
    assert_eq!(std::fs::read_to_string(path("requests.json")).unwrap(), requests);
    assert_eq!(run(&format!("{event} --example --quiet")), "");
    let page = run("explain owner-tag");
    assert_eq!(run(&format!("explain owner-tag -o {}", path("page.md"))), "");
    assert_eq!(std::fs::read_to_string(path("page.md")).unwrap(), page);
    refused(
        &format!("scan --snapshot {other} --snapshot {other}"),
        "allowed: one snapshot per account and Region",
    );
}

fn refused(arguments: &str, says: &str) {
    let (status, _, err) = stagecert(arguments);
    assert_eq!(status, 2, "{arguments}: {err}");
    assert!(err.contains(says), "{arguments}: {err}");
}

#[test]
fn invoke_prints_only_the_requests() {
    let (status, out, err) = stagecert("invoke events/change-detached.json --snapshot examples/account.json");
    assert_eq!((status, err.as_str()), (1, ""));
    insta::assert_snapshot!(out);
    let (status, out, _) = stagecert("invoke events/change-ok.json --snapshot examples/account.json");
    assert_eq!((status, out.matches("\"ResultToken\"").count()), (0, 1));
    let (status, out, _) =
        stagecert("invoke events/snapshot-delivered.json --snapshot examples/account.json");
    assert_eq!((status, out.as_str()), (0, "[]\n"));
}

#[test]
fn invoke_reads_standard_input_and_overrides_parameters() {
    let event =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/events/change-ok.json")).unwrap();
    let (status, out, _) =
        with_input("invoke - --snapshot examples/account.json --param expiryWindowDays=365", &event);
    assert_eq!(status, 1);
    assert!(
        out.contains(
            "certificate-expiry: client certificate h4t0vz expires 2027-09-14T08:12:31Z, within 365 days"
        ),
        "{out}"
    );
}

#[test]
fn invoke_prints_findings_and_events_after_the_requests() {
    let printed = |arguments: &str, event: &str| -> Vec<serde_json::Value> {
        let (_, out, err) = with_input(arguments, event);
        assert_eq!(err, "");
        serde_json::from_str(&out).unwrap()
    };
    let keys = |requests: &[serde_json::Value]| -> Vec<Vec<String>> {
        requests.iter().map(|request| request.as_object().unwrap().keys().cloned().collect()).collect()
    };
    let invoke = "invoke - --snapshot examples/account.json";
    let event =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/events/change-ok.json")).unwrap();
    let puts = vec![vec!["Evaluations".to_owned(), "ResultToken".to_owned()]];
    assert_eq!(keys(&printed(invoke, &event)), puts);
    let requests = printed(&format!("{invoke} --param securityHub=on"), &event);
    assert_eq!(keys(&requests), [puts[0].clone(), vec!["Findings".to_owned()]]);
    let findings = requests[1]["Findings"].as_array().unwrap();
    let evaluations = requests[0]["Evaluations"].as_array().unwrap();
    assert_eq!(findings.len(), evaluations.len() * 4);
    assert_eq!(findings[0]["Resources"][0]["Id"], evaluations[0]["ComplianceResourceId"]);

    let reminders = r#"{"stagecert": "reminders", "time": "2026-11-21T08:00:00Z", "hours": 24, "accountId": "111122223333",
        "region": "eu-west-1", "ruleName": "stagecert", "days": "DAYS", "ruleParameters": "{}"}"#;
    let every_day = (0..=365).map(|day| day.to_string()).collect::<Vec<_>>().join(",");
    let requests = printed(invoke, &reminders.replace("DAYS", &every_day));
    assert_eq!(keys(&requests), [["Entries"]]);
    assert_eq!(requests[0]["Entries"][0]["DetailType"], "Client Certificate Reminder");
    assert!(printed(invoke, &reminders.replace("DAYS", "365")).is_empty());
}

#[test]
fn explain_shows_the_documentation_of_a_check() {
    let (status, out, _) = stagecert("explain");
    assert_eq!(status, 0);
    insta::assert_snapshot!(out);
    let (status, out, _) = stagecert("explain owner-tag");
    assert!(status == 0 && out.starts_with("# owner-tag\n\nAPI Gateway stages and their client certificates should have an owner tag.\n\n## What it asks\n"), "{out}");
}

#[test]
fn a_redacted_snapshot_can_be_scanned_and_two_of_them_differ() {
    let redact = "snapshot --snapshot examples/account.json --redact --output -";
    let (status, one, err) = stagecert(redact);
    assert_eq!((status, err.as_str()), (0, ""));
    assert_ne!(one, stagecert(redact).1, "a random key every time");
    let keyed = format!("{redact} --redaction-key clippy.toml");
    assert_eq!(stagecert(&keyed).1, stagecert(&keyed).1);
    let (status, out, err) = with_input("scan --snapshot -", &one);
    assert_eq!((status, err.as_str()), (1, ""));
    assert!(out.contains(": 36 stages, 25 NON_COMPLIANT, 10 COMPLIANT, 1 NOT_APPLICABLE\n"), "{out}");
}
