//! Rotations in a scan and a report, from the tags of certificates.

use serde_json::{Value, json};

use crate::formats::fits;
use crate::stagecert;

/// The example account with two more certificates: one replaces the certificate of a stage, and one
/// is the result of an earlier rotation.
fn snapshot(folder: &tempfile::TempDir) -> String {
    let mut account: Value =
        serde_json::from_str(&std::fs::read_to_string("examples/account.json").unwrap()).unwrap();
    let certificates = account["clientCertificates"].as_array_mut().unwrap();
    let of = |id: &str, tags: Value, certificates: &mut Vec<Value>| {
        let mut new = certificates.iter().find(|it| it["clientCertificateId"] == "h4t0vz").unwrap().clone();
        new["clientCertificateId"] = id.into();
        new["tags"] = tags;
        certificates.push(new);
    };
    let state = json!({
        "stagecert:replaces": "h4t0vz", "stagecert:stages": "k3v9q0m2xa/prod",
        "stagecert:tested": "2026-11-20T08:00:00Z",
    });
    of("new111", state, certificates);
    of("old222", json!({"stagecert:rotated": "2026-11-01T00:00:00Z/2026-11-04T00:00:00Z"}), certificates);
    let path = folder.path().join("account.json");
    std::fs::write(&path, account.to_string()).unwrap();
    path.display().to_string()
}

#[test]
fn a_stage_in_a_rotation_says_so_in_json_table_and_report() {
    let folder = tempfile::tempdir().unwrap();
    let path = snapshot(&folder);
    let (_, out, _) = stagecert(&format!("scan --snapshot {path} --format json"));
    let scan: Value = serde_json::from_str(&out).unwrap();
    fits("docs/scan.schema.json", &scan);
    assert_eq!(
        scan["rotations"],
        json!({"inProgress": 1, "certificatesInOverlap": 1, "finished": 1, "meanSecondsToRotate": 259_200})
    );
    let stages = scan["places"][0]["stages"].as_array().unwrap();
    let rotating: Vec<&Value> = stages.iter().filter(|it| !it["rotation"].is_null()).collect();
    assert_eq!(rotating.len(), 1);
    assert_eq!(
        (&rotating[0]["stage"], &rotating[0]["rotation"]["step"]),
        (&json!("k3v9q0m2xa/prod"), &json!("tested"))
    );
    assert!(!rotating[0]["annotation"].as_str().unwrap().contains("rotation"));

    let text = "rotation from certificate h4t0vz to new111: tested, in progress since ";
    let (_, table, _) = stagecert(&format!("scan --snapshot {path}"));
    assert!(table.replace("\n          ", " ").contains(text), "{table}");
    let line = "rotations: 1 in progress, 1 certificates in overlap, 1 finished, on average in 3 days\n";
    assert!(table.contains(line), "{table}");
    let (_, page, _) = stagecert(&format!("report --snapshot {path} --output -"));
    assert!(page.contains(text) && page.contains("Mean time to rotate") && page.contains(">3 days<"));

    let (_, without, _) = stagecert("scan --example --format json");
    assert!(!without.contains("\"rotation"));
}
