use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fake_aws::{FakeAws, Fleet};
use serde_json::Value;

use crate::program::{ProgramRun, REGIONS, ROLE, organization, scan, stagecert};

/// The path of a file that doesn't exist yet; a file that is replaced would keep its mode.
fn file(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_file(&path);
    path
}

/// Whether only its owner can read a file. With the default umask, others can too.
fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777 == 0o600
}

/// The stages in a scan's output with everything reported about them.
fn stages(run: &ProgramRun) -> Value {
    assert_eq!(run.status, 1, "{}", run.err);
    run.json()["places"][0]["stages"].clone()
}

/// The number of stages by compliance type and reason.
fn counted(stages: &Value) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for stage in stages.as_array().unwrap() {
        let findings = stage["findings"].as_array().unwrap();
        let reasons: Vec<String> =
            findings.iter().map(|finding| format!("{} {}", finding["check"], finding["reason"])).collect();
        *counted.entry(format!("{} {}", stage["complianceType"], reasons.join(", "))).or_default() += 1;
    }
    counted
}

#[test]
fn scanning_a_snapshot_gives_the_same_results_as_scanning_the_account() {
    let fake_aws = FakeAws::spawn(organization(3));
    let account = Fleet::account(1);
    for (name, taken, scanned) in [
        ("own", "", ""),
        ("all", "--param appliesTo=all-stages", "--param appliesTo=all-stages"),
        ("listed", "--param inventory=apigateway", "--param inventory=apigateway"),
        (
            "other",
            &*format!("--account {account} --role-name {ROLE}"),
            &*format!("--accounts {account} --role-name {ROLE}"),
        ),
    ] {
        let path = file(&format!("{name}.json"));
        let of_account = scan(&fake_aws, &format!("--region {} {scanned} --format json", REGIONS[1]));
        let taken = format!("snapshot --region {} {taken} --output {}", REGIONS[1], path.display());
        let taken = stagecert(&fake_aws, &taken, &[]);
        assert_eq!((taken.status, taken.err.as_str()), (0, ""), "{name}");
        assert!(is_private(&path), "{name}");
        let parameters = if scanned.starts_with("--param") { scanned } else { "" };
        let of_snapshot =
            scan(&fake_aws, &format!("--snapshot {} {parameters} --format json", path.display()));
        assert!(stages(&of_account).as_array().unwrap().len() > 5, "{name}");
        assert_eq!(stages(&of_snapshot), stages(&of_account), "{name}");
    }
    assert!(fake_aws.log().never_crossed_accounts());
}

#[test]
fn a_redacted_snapshot_names_nothing_and_gives_the_same_results() {
    let fake_aws = FakeAws::spawn(organization(2));
    let path = file("redacted.json");
    let region = REGIONS[0];
    let taken = format!("snapshot --region {region} --redact --output {}", path.display());
    assert_eq!(stagecert(&fake_aws, &taken, &[]).status, 0);
    assert!(!is_private(&path));
    let of_account = stages(&scan(&fake_aws, &format!("--region {region} --format json")));
    let redacted = scan(&fake_aws, &format!("--snapshot {} --format json", path.display()));
    assert_eq!(counted(&stages(&redacted)), counted(&of_account));
    let text = std::fs::read_to_string(path).unwrap();
    for stage in of_account.as_array().unwrap() {
        assert!(!text.contains(stage["resourceId"].as_str().unwrap()));
    }
    assert!(!text.contains(&Fleet::account(0)));
}

#[test]
fn a_snapshot_is_refused_if_something_could_not_be_read() {
    let fake_aws = FakeAws::spawn(organization(2));
    fake_aws.faults().always("GetResources", fake_aws::Fault::AccessDenied);
    let path = file("partial.json");
    let taken = format!("snapshot --region {} --output {}", REGIONS[0], path.display());
    let taken = stagecert(&fake_aws, &taken, &[]);
    assert_eq!(taken.status, 2);
    assert!(taken.err.contains("GetResources") && !path.exists(), "{}", taken.err);
}

#[test]
fn an_organization_report_has_every_stage_and_names_the_missing_account() {
    let fake_aws = FakeAws::spawn(organization(4));
    let closed = Fleet::account(2);
    fake_aws.world().remove_role(&closed, ROLE);
    let run = stagecert(
        &fake_aws,
        &format!("report --all-regions --organization --role-name {ROLE} --output -"),
        &[],
    );
    assert_eq!(run.status, 2, "{}", run.err);
    let scanned =
        scan(&fake_aws, &format!("--all-regions --organization --role-name {ROLE} --format json")).results();
    let rows = scanned.values().flatten().count();
    assert!(rows > 30);
    assert_eq!(run.out.matches("<tr><th scope=\"row\"><b class=\"id\">").count(), rows, "one row per stage");
    assert!(run.out.contains("This report is incomplete") && run.out.contains(&closed));
    assert!(run.out.contains("AssumeRole"));
}
