//! The front door of the example account shows every reason, and every case in which a check does
//! not apply.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stagecert::checks::Check;
use stagecert::checks::front_door::Reason;
use stagecert::parameters::Parameters;
use stagecert::scan::front_door::{FrontDoorScan, scan_front_door};
use stagecert::snapshot::{Snapshot, SnapshotAccount};
use strum::VariantNames;

use crate::evaluate::example;

/// The cases in which a check does not apply, as `check: code`.
const NOT_APPLICABLE: [&str; 9] = [
    "mutual-tls: none",
    "mutual-tls: private",
    "truststore: no-mutual-tls",
    "domain-certificate: private",
    "tls-policy: private",
    "tls-policy: unknown-policy",
    "tls-policy: no-policy",
    "private-front-door: not-guarded",
    "private-front-door: not-private",
];

async fn scanned(account: &Value, parameters: &Value) -> FrontDoorScan {
    let snapshot = Snapshot::parse(&account.to_string()).unwrap();
    let account_region = snapshot.account_region();
    let codes: Vec<&str> = Check::FRONT_DOOR.map(Check::code).into();
    let mut parameters = parameters.clone();
    parameters["checks"] = codes.join(",").into();
    let parameters = Parameters::parse(Some(&parameters.to_string())).unwrap();
    let account = SnapshotAccount::new(&snapshot, &account_region);
    scan_front_door(&account, &parameters, snapshot.taken_at).await
}

/// The findings of each API and domain, as one line each.
fn lines(scan: &FrontDoorScan) -> Vec<String> {
    let mut lines = Vec::new();
    for resource in &scan.resources {
        let name = resource.name.as_deref().map(|name| format!(" ({name})")).unwrap_or_default();
        for finding in &resource.findings {
            let (check, text) = (finding.check(), serde_json::to_value(finding).unwrap());
            lines.push(format!("{}{name} {check}: {:?} {text}", resource.subject.label(), finding.verdict()));
        }
    }
    lines
}

/// The codes of everything that a scan found: reasons of failures, and why checks do not apply.
fn codes(scan: &FrontDoorScan) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut reasons, mut not_applicable) = (BTreeSet::new(), BTreeSet::new());
    for finding in scan.resources.iter().flat_map(|resource| &resource.findings) {
        let data = serde_json::to_value(finding).unwrap();
        assert_eq!(data["reason"], finding.reason(), "the code is the same in JSON");
        match data["problems"].as_array() {
            Some(problems) => {
                reasons.extend(problems.iter().map(|problem| problem["reason"].as_str().unwrap().to_owned()));
            }
            None if finding.reason() == "passed" => {}
            None => _ = not_applicable.insert(format!("{}: {}", finding.check(), finding.reason())),
        }
    }
    (reasons, not_applicable)
}

#[tokio::test]
async fn the_example_account_shows_every_reason_and_every_case_that_does_not_apply() {
    let default = scanned(&example(), &json!({})).await;
    assert_eq!(default.failures.len(), 0, "{:?}", default.failures);
    assert_eq!(default.not_evaluated.len(), 0, "{:?}", default.not_evaluated);
    let (mut reasons, not_applicable) = codes(&default);
    assert_eq!(not_applicable, NOT_APPLICABLE.map(str::to_owned).into());

    // Only for APIs that must require a certificate.
    let required = scanned(&example(), &json!({"requireMutualTls": "website.example.com,q3e0vh7u5t"})).await;
    reasons.extend(codes(&required).0);
    assert_eq!(reasons, Reason::VARIANTS.iter().map(|reason| (*reason).to_owned()).collect());
}

#[tokio::test]
async fn the_front_door_of_the_example_account() {
    insta::assert_snapshot!(lines(&scanned(&example(), &json!({})).await).join("\n"));
}
