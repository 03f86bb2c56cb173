//! Output formats of a scan: they agree with each other, hide nothing, and validate against their
//! schemas.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::{Value, json};

use crate::{here, stagecert, with_input};

const FORMATS: [&str; 8] = ["table", "json", "csv", "markdown", "sarif", "asff", "junit", "ics"];
const CHECKS: [&str; 4] = ["certificate-attached", "certificate-expiry", "certificate-unique", "owner-tag"];
/// An account with hostile names, IDs and tags, including a stage that can't be read.
const HOSTILE: &str = "scan --snapshot tests/cli/hostile.json";

fn json(arguments: &str) -> Value {
    let (_, out, _) = stagecert(arguments);
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{arguments}: {error}"))
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("{field}: {value}"))
}

pub(crate) fn fits(schema: &str, document: &Value) {
    // OASIS's schema has a pattern with an unbalanced bracket.
    let schema = std::fs::read_to_string(here(schema)).unwrap().replace("{2}]?$", "{2}$");
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn hostile_names_and_tags_are_escaped_in_every_format() {
    for format in FORMATS {
        let (status, out, err) = stagecert(&format!("{HOSTILE} --format {format}"));
        assert_eq!(status, 2, "{format}: a stage could not be evaluated");
        assert_eq!(
            err,
            "error: SelectResourceConfig: arn:aws:apigateway:eu-west-1::/restapis/a1/stages/broken: \
             configuration.canarySettings.deploymentId: not a string\n"
        );
        for raw in ['\u{1b}', '\u{9b}', '\u{202e}', '\u{200b}', '\t'] {
            assert!(!out.contains(raw), "{format}: {raw:?}");
        }
        assert!(out.contains("broken"), "{format} names the stage that was not evaluated");
        insta::assert_snapshot!(format!("hostile_{format}"), out);
    }
}

#[test]
fn json_fits_its_schema() {
    for arguments in [
        "scan --example",
        HOSTILE,
        "scan --example --only owner-tag,certificate-unique",
        "scan --example --param appliesTo=all-stages --param certificateSharing=acm --param excludeStages=*/prod",
        "scan --example --param certificateIds=h4t0vz --param ownerTagOn=certificate",
    ] {
        fits("docs/scan.schema.json", &json(&format!("{arguments} --format json")));
    }
}

#[test]
fn sarif_fits_its_schema() {
    for arguments in ["scan --example", HOSTILE, "scan --example --only owner-tag"] {
        let log = json(&format!("{arguments} --format sarif"));
        fits("tests/schemas/sarif-2.1.0.json", &log);
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
        }
        let successful = run["invocations"][0]["executionSuccessful"].as_bool().unwrap();
        assert_eq!(successful, arguments != HOSTILE);
    }
}

/// The failing checks by stage, for each format that lists findings.
#[test]
fn all_formats_report_the_same_failures() {
    let scan = json("scan --example --format json");
    let mut verdicts: BTreeMap<(String, String), String> = BTreeMap::new();
    for stage in scan["places"][0]["stages"].as_array().unwrap() {
        for finding in stage["findings"].as_array().unwrap() {
            let key = (text(stage, "stage").to_owned(), text(finding, "check").to_owned());
            verdicts.insert(key, text(finding, "verdict").to_owned());
        }
    }
    let failed: BTreeSet<_> =
        verdicts.iter().filter(|(_, verdict)| *verdict == "failed").map(|(key, _)| key.clone()).collect();
    assert!(failed.len() > 25 && verdicts.len() > 130);

    let (_, out, _) = stagecert("scan --example --format csv");
    let mut reader = csv::Reader::from_reader(out.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let of_csv: BTreeMap<_, _> = rows
        .iter()
        .filter(|row| !row[7].is_empty())
        .map(|row| ((row[3].to_owned(), row[7].to_owned()), row[8].to_owned()))
        .collect();
    assert_eq!(of_csv, verdicts);

    let sarif = json("scan --example --format sarif");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let name = |result: &Value| text(&result["locations"][0]["logicalLocations"][0], "name").to_owned();
    let of_sarif: BTreeSet<_> =
        results.iter().map(|result| (name(result), text(result, "ruleId").to_owned())).collect();
    assert_eq!(of_sarif, failed);

    let asff = json("scan --example --format asff");
    let (of_account, findings): (Vec<&Value>, Vec<&Value>) =
        asff.as_array().unwrap().iter().partition(|it| it["Resources"][0]["Type"] == "AwsAccount");
    let [complete] = of_account.as_slice() else { panic!("{of_account:?}") };
    assert_eq!(
        (text(complete, "RecordState"), &complete["Compliance"]["Status"]),
        ("ARCHIVED", &Value::from("PASSED"))
    );
    let ids: BTreeSet<&str> = findings.iter().map(|finding| text(finding, "Id")).collect();
    assert_eq!((findings.len(), ids.len()), (36 * 4, 36 * 4), "one per stage and check");
    let count =
        |status: &str| findings.iter().filter(|finding| finding["Compliance"]["Status"] == status).count();
    assert_eq!(count("FAILED"), failed.len());
    assert_eq!(count("PASSED"), verdicts.values().filter(|verdict| *verdict == "passed").count());

    let (_, junit, _) = stagecert("scan --example --format junit");
    assert_eq!(junit.matches("<failure ").count(), failed.len());
    assert_eq!(junit.matches("<testcase ").count(), 36 * 4);
    assert!(junit.contains(&format!("tests=\"144\" failures=\"{}\" errors=\"0\"", failed.len())));

    let (_, markdown, _) = stagecert("scan --example --format markdown");
    assert_eq!(markdown.lines().filter(|line| line.starts_with("| `")).count(), 36);
    let of_markdown: usize =
        CHECKS.iter().map(|check| markdown.matches(&format!("**{check}**: ")).count()).sum();
    assert_eq!(of_markdown, failed.len());
}

#[test]
fn security_hub_never_gets_the_value_of_an_owner_tag() {
    let (_, out, _) = stagecert("scan --example --format asff");
    assert!(!out.contains("team-"));
}

#[test]
fn output_options_never_change_a_result() {
    let compliance = |scan: &Value| -> BTreeMap<String, String> {
        let stages = scan["places"][0]["stages"].as_array().unwrap().iter();
        stages.map(|one| (text(one, "resourceId").into(), text(one, "complianceType").into())).collect()
    };
    let whole = json("scan --example --format json");
    let all = compliance(&whole);
    for check in CHECKS {
        let part = json(&format!("scan --example --format json --only {check}"));
        let shown = compliance(&part);
        assert!(!shown.is_empty() && shown.len() < all.len(), "{check}");
        for (stage, compliance) in &shown {
            assert_eq!(compliance, &all[stage], "{check} {stage}");
        }
        let (summary, expected) = (&part["summary"], &whole["summary"]);
        for field in ["stages", "nonCompliant", "compliant", "notApplicable"] {
            assert_eq!(summary[field], expected[field], "{check} {field}");
        }
        let left_out = usize::try_from(summary["leftOut"]["stages"].as_u64().unwrap()).unwrap();
        assert_eq!(left_out, all.len() - shown.len(), "{check}");
        let findings = part["places"][0]["stages"][0]["findings"].as_array().unwrap();
        assert!(findings.iter().all(|finding| text(finding, "check") == check));

        let (status, csv, err) = stagecert(&format!("scan --example --format csv --only {check}"));
        assert_eq!(status, 1);
        assert!(err.starts_with(&format!("note: --only {check}: {left_out} stages left out, ")), "{err}");
        for row in csv::Reader::from_reader(csv.as_bytes()).records().map(Result::unwrap) {
            match &row[8] {
                "unused" => assert_eq!((&row[5], &row[6], &row[11]), ("", "", "k5dn0v")),
                _ => assert_eq!(row[6], all[&row[5]], "{check}: {row:?}"),
            }
        }
        for format in ["table", "markdown", "sarif", "junit"] {
            let (_, out, err) = stagecert(&format!("scan --example --format {format} --only {check}"));
            assert_eq!(err, "");
            assert!(out.contains(&format!("--only {check}: {left_out} stages left out, ")), "{format}");
        }
    }
}

#[test]
fn a_failing_stage_lists_its_other_failed_checks() {
    let (_, out, _) = stagecert("scan --example --only certificate-expiry");
    insta::assert_snapshot!(out);
    let (_, out, _) = stagecert("scan --example --only certificate-expiry --format markdown");
    assert!(out.contains("<br>and 1 more |"), "{out}");
}

#[test]
fn the_exit_status_depends_only_on_the_selected_checks_and_severities() {
    // One stage, which fails only owner-tag: LOW.
    let one = "scan --example --param includeStages=m4xe8p2gtq/prod";
    // HIGH: no certificate in front of HTTP backends.
    let high = "scan --example --param includeStages=b81yx6fk0e/dev";
    for (arguments, expected) in [
        (one.to_owned(), 1),
        (format!("{one} --fail-on owner-tag"), 1),
        (format!("{one} --fail-on certificate-attached,owner-tag"), 1),
        (format!("{one} --fail-on certificate-attached,certificate-expiry,certificate-unique"), 0),
        (format!("{one} --fail-on low"), 1),
        (format!("{one} --fail-on Medium"), 0),
        (format!("{one} --fail-on medium,owner-tag"), 1),
        (format!("{one} --fail-on CRITICAL,certificate-unique"), 0),
        (format!("{high} --fail-on medium"), 1),
        (format!("{high} --fail-on high"), 1),
        (format!("{high} --fail-on critical"), 0),
        // What --only hides never sets the status, with or without --fail-on.
        (format!("{one} --only certificate-attached"), 0),
        (format!("{one} --only certificate-attached --fail-on low"), 0),
        (format!("{one} --only certificate-attached,owner-tag"), 1),
        (format!("{one} --only owner-tag --fail-on owner-tag"), 1),
        (format!("{one} --only owner-tag --fail-on certificate-attached"), 2),
        // Other filters don't affect it.
        (format!("{one} --severity high"), 1),
        (format!("{one} --owner team-orders --failed"), 1),
        (format!("{one} --severity urgent"), 2),
        (format!("{one} --fail-on urgent"), 2),
        // A gate that matches nothing is not green.
        ("scan --example --param includeStages=nomatch/*".into(), 2),
        ("scan --example --param includeStages=nomatch/* --fail-on critical --quiet".into(), 2),
        ("scan --example --param includeStages=nomatch/*,m4xe8p2gtq/prod --fail-on critical".into(), 0),
        (format!("{one} --quiet"), 1),
        (format!("{HOSTILE} --fail-on certificate-attached --quiet"), 2),
        (format!("{one} --only certificate-lost"), 2),
        (format!("{one} --param checks=owner-tag --fail-on certificate-expiry"), 2),
        (format!("{one} --param checks=owner-tag --only certificate-expiry"), 2),
    ] {
        let (status, out, _) = stagecert(&arguments);
        assert_eq!(status, expected, "{arguments}");
        assert!(out.is_empty() || !arguments.contains("--quiet"), "{arguments}: {out}");
    }
    let (_, _, err) = stagecert(&format!("{one} --param checks=owner-tag --fail-on certificate-expiry"));
    assert_eq!(
        err,
        "error: --fail-on says certificate-expiry, but the rule parameter checks says owner-tag: nothing is read or reported\n"
    );
    let (_, _, err) = stagecert(&format!("{one} --only owner-tag --fail-on certificate-expiry"));
    assert_eq!(
        err,
        "error: --fail-on says certificate-expiry, but --only says owner-tag: nothing is read or reported\n"
    );
}

#[test]
fn globs_that_match_no_stage_are_named() {
    let (_, out, err) =
        stagecert("scan --example --format json --param includeStages=k3v9q0m2xa/prdo,nomatch/*");
    let message = "rule parameter includeStages: no stage matches \"k3v9q0m2xa/prdo,nomatch/*\"; globs match \
                   API/STAGE, and 36 stages were found, such as k3v9q0m2xa/prod";
    assert_eq!(err, format!("error: {message}\n"));
    let scan: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(scan["errors"][0]["message"], message);
    fits("docs/scan.schema.json", &scan);

    let some = "scan --example --fail-on critical --param includeStages=*/prdo,m4xe8p2gtq/prod";
    assert_eq!(stagecert(some).2, "note: includeStages: no stage matches */prdo\n");
    assert_eq!(stagecert(&format!("{some} --quiet")).2, "");

    let empty = r#"{"snapshotVersion": 1, "takenAt": "2026-11-21T12:00:00Z", "partition": "aws",
        "accountId": "111122223333", "awsRegion": "eu-west-1"}"#;
    let (status, _, err) = with_input("scan --snapshot - --param includeStages=*/prod", empty);
    assert_eq!(status, 2);
    assert_eq!(
        err,
        "note: account 111122223333, Region eu-west-1: the snapshot has no stages\n\
         error: rule parameter includeStages: no stage matches \"*/prod\"; no stages were found\n"
    );
    let (status, _, err) = stagecert("report --example --output - --param includeStages=nomatch/*");
    assert_eq!(status, 2);
    assert!(err.contains("no stage matches \"nomatch/*\""), "{err}");
    // It may match one of the stages that could not be read.
    let (_, _, err) = stagecert(&format!("{HOSTILE} --quiet --param includeStages=nomatch/*"));
    assert!(!err.contains("includeStages"), "{err}");
}

/// The severity of each failed finding, by stage and check.
fn severities(scan: &Value) -> BTreeMap<(String, String), String> {
    let stages = scan["places"][0]["stages"].as_array().unwrap().iter();
    let of_stage = |stage: &Value| -> Vec<_> {
        let findings = stage["findings"].as_array().unwrap().iter();
        let failed = findings.filter(|finding| finding["verdict"] == "failed");
        let name = text(stage, "stage");
        failed
            .map(|it| ((name.to_owned(), text(it, "check").to_owned()), text(it, "severity").to_owned()))
            .collect()
    };
    stages.flat_map(of_stage).collect()
}

#[test]
fn all_formats_show_the_same_severity_and_the_name_of_the_api() {
    let scan = json("scan --example --format json");
    let expected = severities(&scan);
    let count = |severity: &str| expected.values().filter(|it| *it == severity).count();
    for severity in ["CRITICAL", "HIGH", "MEDIUM", "LOW"] {
        assert!(count(severity) > 0, "{severity}");
    }

    let (_, out, _) = stagecert("scan --example --format csv");
    let mut reader = csv::Reader::from_reader(out.as_bytes());
    let column = reader.headers().unwrap().iter().position(|name| name == "severity").unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let of_csv: BTreeMap<_, _> = rows
        .iter()
        .filter(|row| !row[column].is_empty())
        .map(|row| ((row[3].to_owned(), row[7].to_owned()), row[column].to_owned()))
        .collect();
    assert_eq!(of_csv, expected);
    assert!(rows.iter().any(|row| &row[3] == "k3v9q0m2xa/prod" && &row[column + 1] == "orders"));

    let sarif = json("scan --example --format sarif");
    let score = |severity: &str| match severity {
        "CRITICAL" => "9.5",
        "HIGH" => "8.0",
        "MEDIUM" => "5.5",
        _ => "2.0",
    };
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let worst: BTreeMap<&str, f64> = rules
        .iter()
        .map(|rule| (text(rule, "id"), text(&rule["properties"], "security-severity").parse().unwrap()))
        .collect();
    let mut of_sarif = BTreeMap::new();
    for result in sarif["runs"][0]["results"].as_array().unwrap() {
        let properties = &result["properties"];
        let stage = text(&result["locations"][0]["logicalLocations"][0], "name").to_owned();
        let severity = text(properties, "severity").to_owned();
        assert_eq!(text(properties, "security-severity"), score(&severity));
        let check = text(result, "ruleId");
        assert!(score(&severity).parse::<f64>().unwrap() <= worst[check], "{check} {severity}");
        assert!(text(&result["message"], "text").contains(&format!(" ({}): ", text(properties, "apiName"))));
        of_sarif.insert((stage, check.to_owned()), severity);
    }
    assert_eq!(of_sarif, expected);

    let (_, junit, _) = stagecert("scan --example --format junit");
    let (_, markdown, _) = stagecert("scan --example --format markdown");
    for severity in ["CRITICAL", "HIGH", "MEDIUM", "LOW"] {
        let failures = junit.matches(&format!("<failure message=\"{severity}: ")).count();
        assert_eq!(failures, count(severity), "{severity}");
        let stages = scan["places"][0]["stages"].as_array().unwrap();
        let stages = stages.iter().filter(|stage| stage["severity"] == severity).count();
        assert_eq!(scan["summary"]["severities"][severity.to_lowercase()], stages, "{severity}");
        assert_eq!(markdown.matches(&format!("` | {severity} | ")).count(), stages, "{severity}");
    }
    assert!(markdown.contains("| `k3v9q0m2xa/prod` | `orders` | - | COMPLIANT |"), "{markdown}");
}

/// Whether a filter lists a stage of the JSON.
type Matches = fn(&Value) -> bool;

#[test]
fn filters_list_the_matching_stages_in_every_format() {
    let all = json("scan --example --format json");
    let all: Vec<Value> = all["places"][0]["stages"].as_array().unwrap().clone();
    let cases: [(&str, Matches); 7] = [
        ("--failed", |stage| stage["complianceType"] == "NON_COMPLIANT"),
        ("--severity critical", |stage| stage["severity"] == "CRITICAL"),
        ("--severity Medium", |stage| {
            ["CRITICAL", "HIGH", "MEDIUM"].contains(&stage["severity"].as_str().unwrap_or_default())
        }),
        ("--owner team-orders", |stage| stage["owner"] == "team-orders"),
        ("--owner TEAM-O* --owner team-iot", |stage| {
            ["team-orders", "team-iot"].contains(&stage["owner"].as_str().unwrap_or_default())
        }),
        ("--owner=", |stage| stage["owner"].is_null()),
        ("--severity high --owner team-logistics", |stage| {
            stage["owner"] == "team-logistics"
                && ["CRITICAL", "HIGH"].contains(&stage["severity"].as_str().unwrap_or_default())
        }),
    ];
    for (options, matches) in cases {
        let expected: BTreeSet<&str> =
            all.iter().filter(|stage| matches(stage)).map(|stage| text(stage, "stage")).collect();
        assert!(!expected.is_empty() && expected.len() < all.len(), "{options}");
        // A calendar has certificates, not stages.
        for format in FORMATS.into_iter().filter(|format| *format != "ics") {
            let (status, out, _) = stagecert(&format!("scan --example --format {format} {options}"));
            assert_eq!(status, 1, "filters don't affect the status");
            for stage in &all {
                let (name, arn) = (text(stage, "stage"), text(stage, "resourceId"));
                let listed = match format {
                    "json" => out.contains(&format!("\"stage\": \"{name}\"")),
                    "csv" => out.contains(&format!(",{name},")),
                    "markdown" => out.contains(&format!("\n| `{name}` ")),
                    "junit" => out.contains(&format!("classname=\"{name}\"")),
                    "sarif" => out.contains(&format!("\"name\": \"{name}\"")),
                    "asff" => out.contains(&format!("\"Id\": \"{arn}\"")),
                    // Peers are named too.
                    _ => out.lines().any(|line| line.split_whitespace().take(2).any(|word| word == name)),
                };
                // SARIF has only failures.
                let expected = expected.contains(name) && (format != "sarif" || !stage["severity"].is_null());
                assert_eq!(listed, expected, "{options} {format} {name}\n{out}");
            }
        }
    }
    let part = json("scan --example --format json --severity critical --owner team-partners");
    fits("docs/scan.schema.json", &part);
    let left_out = &part["summary"]["leftOut"];
    assert_eq!((&left_out["severity"], &left_out["owner"]), (&"CRITICAL".into(), &json!(["team-partners"])));
    assert_eq!(severities(&part).values().filter(|severity| *severity != "CRITICAL").count(), 0);
}

#[test]
fn an_output_file_is_complete_or_absent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scan.json");
    let shown = path.display();
    let (status, out, err) = stagecert(&format!("scan --example --format json --output {shown}"));
    assert_eq!((status, err.as_str()), (1, ""));
    assert_eq!(out, format!("{shown}: 36 stages, 25 NON_COMPLIANT, 10 COMPLIANT, 1 NOT_APPLICABLE\n"));
    let (_, printed, _) = stagecert("scan --example --format json --output -");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), printed);

    let (status, out, err) = stagecert(&format!("scan --example --param window=1 --output {shown}"));
    assert_eq!((status, out.as_str()), (2, ""), "{err}");
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        printed,
        "an error before the scan leaves the file unchanged"
    );

    let (status, out, _) = stagecert(&format!("scan --example --format csv --quiet -o {shown}"));
    assert_eq!((status, out.as_str()), (1, ""));
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("accountId,"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");

    let nowhere = folder.path().join("no/such/folder");
    let (status, _, err) = stagecert(&format!("scan --example --output {}", nowhere.display()));
    assert_eq!(status, 2);
    assert!(
        err.starts_with(&format!(
            "error: --output {}: No such file or directory (os error 2)\n hint: the folder does not exist",
            nowhere.display()
        )),
        "{err}"
    );
}

#[cfg(unix)]
#[test]
fn links_are_followed_permissions_kept_and_devices_not_replaced() {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};

    let folder = tempfile::tempdir().unwrap();
    let (target, link) = (folder.path().join("target"), folder.path().join("link"));
    std::fs::write(&target, "old").unwrap();
    std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&target, &link).unwrap();
    stagecert(&format!("scan --example -o {}", link.display()));
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(std::fs::read_to_string(&target).unwrap().contains("NON_COMPLIANT"));
    assert_eq!(std::fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o640);

    let (status, _, _) = stagecert("scan --example -o /dev/null");
    assert_eq!(status, 1);
    assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
}

#[test]
fn unused_certificates_are_listed_in_every_format() {
    for format in ["table", "json", "csv", "markdown"] {
        let (_, out, _) = stagecert(&format!("scan --example --format {format}"));
        let line = out.lines().find(|line| line.contains("k5dn0v")).expect(format);
        assert!(!line.contains("h4t0vz"), "a stage uses it: {line}");
        let (_, out, _) = stagecert(&format!("scan --example --format {format} --only owner-tag"));
        assert!(out.contains("k5dn0v"), "{format}");
    }
    let unused = |arguments: &str, account: &Value| {
        let (_, out, _) =
            with_input(&format!("scan --snapshot - --format json {arguments}"), &account.to_string());
        let scan: Value = serde_json::from_str(&out).unwrap();
        scan["places"][0]["unusedCertificates"].clone()
    };
    let example: Value = serde_json::from_str(include_str!("../../examples/account.json")).unwrap();
    let only = json!([{"clientCertificateId": "k5dn0v", "notAfter": "2027-03-12T08:28:10Z"}]);
    assert_eq!(unused("", &example), only);
    assert_eq!(
        unused("--param excludeStages=*/*", &example),
        only,
        "excluded stages have their certificates"
    );
    // No enabled check looks at certificates.
    assert_eq!(unused("--param checks=owner-tag --param ownerTagOn=stage", &example), Value::Null);
    // An unreadable stage may use any of them.
    let mut unreadable = example.clone();
    unreadable["stages"][0] =
        json!({"resourceId": unreadable["stages"][0]["resourceId"], "configuration": 7});
    assert_eq!(unused("", &unreadable), Value::Null);
    // The certificates of an account whose APIs have all been deleted.
    let mut empty = example.clone();
    empty["stages"] = json!([]);
    assert_eq!(unused("", &empty).as_array().unwrap().len(), 15);
}

/// The batches that the loop in docs/formats.md passes to `aws`, one entry per call; `None` if jq,
/// which the loop needs, isn't installed.
fn imported(findings: usize) -> Option<Vec<Vec<usize>>> {
    use std::os::unix::fs::PermissionsExt;

    Command::new("jq").arg("--version").output().ok()?;
    let page = std::fs::read_to_string(here("docs/formats.md")).unwrap();
    let example = page.split("```sh\n").find(|example| example.contains("batch-import-findings")).unwrap();
    let (scan, import) = example.split_once("```").unwrap().0.split_once('\n').unwrap();
    assert!(scan.starts_with("stagecert scan ") && scan.ends_with(" --output findings.json"), "{scan}");
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let list: Vec<serde_json::Value> = (0..findings).map(|id| serde_json::json!({ "Id": id })).collect();
    std::fs::write(at("findings.json"), serde_json::to_string_pretty(&list).unwrap()).unwrap();
    std::fs::write(at("calls"), "").unwrap();
    std::fs::write(at("aws"), "#!/bin/sh\ncat >> calls\n").unwrap();
    std::fs::set_permissions(at("aws"), PermissionsExt::from_mode(0o755)).unwrap();
    let script = format!("PATH=$PWD:$PATH\n{import}");
    let mut bash = Command::new("bash");
    let ran = bash.args(["-euo", "pipefail", "-c", &script]).current_dir(folder.path());
    assert!(ran.status().unwrap().success());
    let calls = std::fs::read_to_string(at("calls")).unwrap();
    let ids = |call: &str| {
        let call: Vec<serde_json::Value> = serde_json::from_str(call).unwrap();
        call.iter().map(|finding| usize::try_from(finding["Id"].as_u64().unwrap()).unwrap()).collect()
    };
    Some(calls.lines().map(ids).collect())
}

#[test]
fn the_documented_loop_imports_each_finding_once_and_never_an_empty_list() {
    for (findings, calls) in
        [(0, vec![]), (1, vec![1]), (100, vec![100]), (101, vec![100, 1]), (250, vec![100, 100, 50])]
    {
        let Some(imported) = imported(findings) else { return };
        assert_eq!(imported.iter().map(Vec::len).collect::<Vec<_>>(), calls);
        assert_eq!(imported.concat(), (0..findings).collect::<Vec<_>>());
    }
}
