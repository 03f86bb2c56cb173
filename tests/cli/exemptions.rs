//! Exemption documents, and how a scan shows exemptions of all three sources.

use serde_json::{Value, json};

use crate::formats::fits;
use crate::{here, stagecert};

const EXAMPLE: &str = "examples/exemptions.json";

/// Writes a document and returns the status and all output of the command, with `{}` replaced by
/// its path.
fn with_document(document: &str, command: &str) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("exemptions.json");
    std::fs::write(&path, document).unwrap();
    let (status, out, err) = stagecert(&command.replace("{}", path.to_str().unwrap()));
    (status, (out + &err).replace(path.to_str().unwrap(), "FILE"))
}

fn entry(field: &str, value: &Value) -> Value {
    let mut entry = json!({"account": "111122223333", "region": "eu-west-1", "stages": "w9s3ld5ovi/*"});
    entry[field] = value.clone();
    entry
}

fn document(entries: &[Value]) -> String {
    json!({"exemptionsVersion": 1, "exemptions": entries}).to_string()
}

#[test]
fn the_example_is_valid_and_fits_the_schema() {
    let text = std::fs::read_to_string(here(EXAMPLE)).unwrap();
    fits("docs/exemptions.schema.json", &serde_json::from_str(&text).unwrap());
    for (day, status, lapsed) in [("2026-12-31", 0, "0 have lapsed"), ("2027-01-01", 1, "1 has lapsed")] {
        let command = format!("exemptions check {} --on {day}", here(EXAMPLE).display());
        let (found, out, err) = stagecert(&command);
        assert_eq!((found, err.as_str()), (status, ""), "{day}");
        assert!(out.contains(&format!("valid, 3 exemptions, {lapsed}")), "{out}");
    }
}

#[test]
fn an_invalid_document_is_an_error_that_names_the_file_and_each_entry() {
    let entries =
        [entry("until", &"soon".into()), entry("checks", &json!(["owner"])), entry("color", &1.into())];
    let (status, output) = with_document(&document(&entries), "exemptions check {}");
    assert_eq!(status, 2);
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(
        lines,
        [
            "error: FILE: exemptions[0].until: \"soon\" is not allowed; allowed: a day, as YYYY-MM-DD",
            "error: FILE: exemptions[1].checks: \"owner\" is not allowed; allowed: at least one of \
             certificate-attached, certificate-expiry, certificate-unique, owner-tag, each once",
            "error: FILE: exemptions[2]: unknown field `color`, expected one of `account`, `region`, `stages`, \
             `checks`, `until`, `reason`, `approvedBy`",
        ]
    );
    let (status, _) = with_document("{}", "scan --example --exemptions {}");
    assert_eq!(status, 2);
}

#[test]
fn the_schema_and_the_program_agree() {
    let schema = std::fs::read_to_string(here("docs/exemptions.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let schema = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    for (field, value) in [
        ("account", json!("*")),
        ("account", json!("11112222333")),
        ("region", json!("*")),
        ("region", json!("Ireland")),
        ("stages", json!("*/prod*")),
        ("stages", json!("prod")),
        ("stages", json!("a/b/c")),
        ("checks", json!(["owner-tag", "certificate-expiry"])),
        ("checks", json!(["owner-tag", "owner-tag"])),
        ("checks", json!([])),
        ("checks", json!(["all"])),
        ("until", json!("2028-02-29")),
        ("until", json!("2027-02-29")),
        ("until", json!("20270228")),
        ("reason", json!("x".repeat(200))),
        ("reason", json!("x".repeat(201))),
        ("reason", json!("  ")),
        ("reason", json!("a\tb")),
        ("approvedBy", json!("")),
        ("approved", json!("kim")),
    ] {
        let text = document(&[entry(field, &value)]);
        let is_valid = schema.is_valid(&serde_json::from_str(&text).unwrap());
        let (status, output) = with_document(&text, "exemptions check {} --on 2026-11-21");
        assert_eq!(is_valid, status == 0, "{field} {value}: {output}");
    }
}

#[test]
fn a_scan_lists_exemptions_with_source_and_end_and_warns_about_useless_ones() {
    let entries = [
        entry("checks", &json!(["certificate-unique"])),
        json!({"account": "*", "region": "*", "stages": "x9/*", "reason": "none of these"}),
    ];
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.json");
    let parameters = json!({"exemptionTag": "owner", "excludeStages": "*/legacy,*/dev until=2026-11-20"});
    std::fs::write(&config, json!({ "parameters": parameters }).to_string()).unwrap();
    let command = format!("scan --example --exemptions {{}} --config {}", config.display());
    let (status, output) = with_document(&document(&entries), &command);
    assert_eq!(status, 1, "{output}");
    for line in [
        "excludeStages */legacy: all checks, no end (1 stage)",
        "excludeStages */dev: all checks, lapsed 2026-11-20 (6 stages)",
        "exemptions w9s3ld5ovi/*, account 111122223333, Region eu-west-1: certificate-unique, no end (4 stages)",
        "exemptions x9/*: all checks, no end, because none of these (0 stages)",
        "exempt: certificate is EXPIRED in ACM",
        "note: excludeStages */dev has lapsed: 2026-11-20",
        "note: exemptions x9/* matches no stage",
        "is not an exemption, so it exempts nothing",
    ] {
        let unwrapped = output.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(unwrapped.contains(line), "{line}: {output}");
    }
}

#[test]
fn json_lists_exemptions_and_keeps_the_facts_of_exempt_stages() {
    let entries =
        [json!({"account": "*", "region": "*", "stages": "*/*", "until": "2026-12-31", "reason": "move"})];
    let command = "scan --example --exemptions {} --format json --quiet --output -";
    let (_, plain, _) = stagecert("scan --example --format json");
    let plain: Value = serde_json::from_str(&plain).unwrap();
    let (status, output) = with_document(&document(&entries), &command.replace("--quiet --output -", ""));
    assert_eq!(status, 0, "{output}");
    let exempt: Value = serde_json::from_str(&output).unwrap();
    fits("docs/scan.schema.json", &exempt);
    assert_eq!(exempt["summary"]["nonCompliant"], 0);
    let stages = |document: &Value| document["places"][0]["stages"].as_array().unwrap().clone();
    for (stage, without) in stages(&exempt).iter().zip(stages(&plain)) {
        for fact in ["stage", "apiName", "clientCertificateId", "notAfter", "owner"] {
            assert_eq!(stage[fact], without[fact], "{fact}");
        }
        for (finding, failed) in
            stage["findings"].as_array().unwrap().iter().zip(without["findings"].as_array().unwrap())
        {
            if failed["verdict"] == "failed" {
                assert_eq!((&finding["verdict"], &finding["reason"]), (&json!("exempt"), &json!("exempt")));
                assert_eq!(finding["finding"]["reason"], failed["reason"]);
                assert_eq!(finding["exemption"]["until"], "2026-12-31");
            }
        }
    }
}

#[test]
fn a_snapshot_needs_the_document_as_a_file() {
    let (status, out, err) =
        stagecert("scan --example --param exemptions=s3://my-bucket/exemptions.json --quiet");
    assert_eq!((status, out.as_str()), (2, ""));
    let expected = "error: not supported: reading s3://my-bucket/exemptions.json for a snapshot: pass the document with --exemptions\n";
    assert_eq!(err, expected);
}
