//! The front door on the command line: what `--front-door` evaluates, in every output format.

use serde_json::{Value, json};

use crate::formats::fits;
use crate::{here, stagecert, with_input};

const FORMATS: [&str; 8] = ["table", "json", "csv", "markdown", "sarif", "asff", "junit", "ics"];
/// An account with APIs behind several domains, and with hostile names.
const ACCOUNT: &str = "--snapshot tests/cli/front_door.json";

pub(crate) fn account() -> Value {
    serde_json::from_str(&std::fs::read_to_string(here("tests/cli/front_door.json")).unwrap()).unwrap()
}

fn scan(arguments: &str) -> (i32, String, String) {
    stagecert(&format!("scan {ACCOUNT} --front-door {arguments}"))
}

fn scan_of(account: &Value, arguments: &str) -> (i32, String, String) {
    with_input(&format!("scan --snapshot - --front-door {arguments}"), &account.to_string())
}

fn json_of(arguments: &str) -> Value {
    serde_json::from_str(&scan(&format!("--format json {arguments}")).1).unwrap()
}

fn resources(scan: &Value) -> &Vec<Value> {
    scan["places"][0]["frontDoor"]["resources"].as_array().unwrap()
}

/// The codes of the failed checks of a resource.
fn failed(scan: &Value, label: &str) -> Vec<String> {
    let resource = resources(scan).iter().find(|it| it["label"] == label).unwrap();
    let findings = resource["findings"].as_array().unwrap().iter();
    findings
        .filter(|it| it["verdict"] == "failed")
        .map(|it| it["check"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_format_shows_the_front_door() {
    for format in FORMATS {
        let (status, out, err) = scan(&format!("--format {format}"));
        assert_eq!((status, err.contains("no stages")), (1, true), "{format}: {err}");
        // The label of each resource that fails, and no character that could hide text.
        for label in ["open.example.com", "mtls.example.com", "a1"] {
            assert!(out.contains(label), "{format} {label}\n{out}");
        }
        for raw in ['\u{1b}', '\u{202e}'] {
            assert!(!out.contains(raw), "{format}: {raw:?}");
        }
        let shown = match format {
            // Without the documentation of the checks.
            "sarif" => indented(&parsed(&out)["runs"][0]["results"]),
            "asff" => finding_lines(&parsed(&out)),
            _ => out,
        };
        insta::assert_snapshot!(format!("front_door_{format}"), shown);
    }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn indented(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap();
    text.lines().map(stagecert::quote::printable).collect::<Vec<_>>().join("\n")
}

/// One line per finding: its check and resource, its severity and its status.
fn finding_lines(findings: &Value) -> String {
    let line = |it: &Value| {
        let generator = it["GeneratorId"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        let resource = &it["Resources"][0];
        format!(
            "{generator} {} {}: {} {} {}",
            resource["Type"],
            resource["Id"],
            it["Severity"]["Label"],
            it["Compliance"]["Status"],
            it["RecordState"]
        )
    };
    let lines = findings.as_array().unwrap().iter().map(line);
    lines.map(|line| stagecert::quote::printable(&line)).collect::<Vec<_>>().join("\n")
}

#[test]
fn json_and_sarif_fit_their_schemas() {
    for arguments in
        ["", "--only mutual-tls", "--param checks=mutual-tls,tls-policy", "--failed --severity high"]
    {
        fits("docs/scan.schema.json", &json_of(arguments));
        let (_, sarif, _) = scan(&format!("--format sarif {arguments}"));
        fits("tests/schemas/sarif-2.1.0.json", &parsed(&sarif));
    }
}

#[test]
fn all_formats_report_the_same_failures() {
    let scanned = json_of("");
    let mut failures: Vec<(String, String)> = resources(&scanned)
        .iter()
        .flat_map(|it| {
            let label = it["label"].as_str().unwrap();
            failed(&scanned, label).into_iter().map(move |check| (label.to_owned(), check))
        })
        .collect();
    failures.sort();
    assert!(failures.len() >= 6, "{failures:?}");

    let sarif: Value = serde_json::from_str(&scan("--format sarif").1).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let name = |it: &Value| text(&it["locations"][0]["logicalLocations"][0]["name"]);
    let mut of_sarif: Vec<_> = results.iter().map(|it| (name(it), text(&it["ruleId"]))).collect();
    of_sarif.sort();
    assert_eq!(of_sarif, failures);

    let (_, csv, _) = scan("--format csv");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.iter().filter(|row| &row[8] == "failed").count(), failures.len());
    let (_, junit, _) = scan("--format junit");
    assert_eq!(junit.matches("<failure ").count(), failures.len());
    let findings: usize = resources(&scanned).iter().map(|it| it["findings"].as_array().unwrap().len()).sum();
    assert_eq!(junit.matches("<testcase ").count(), findings);
    let (_, markdown, _) = scan("--format markdown");
    assert_eq!(markdown.matches("**: ").count(), failures.len());
}

#[test]
fn the_front_door_is_evaluated_only_on_request() {
    let without = stagecert("scan --example");
    assert!(!without.1.contains("front door") && without.1.contains("STAGE"), "{}", without.1);
    let only = json_of("--param checks=mutual-tls");
    assert_eq!(only["summary"]["stages"], 0);
    assert!(resources(&only).iter().all(|it| it["findings"].as_array().unwrap().len() <= 1));
    // The parameter alone is enough.
    let (_, same, _) = stagecert(&format!("scan {ACCOUNT} --param checks=mutual-tls --format json"));
    assert_eq!(serde_json::from_str::<Value>(&same).unwrap(), only);
    // No stage is evaluated, and nothing is said about stages.
    let (status, out, err) = scan("--param checks=tls-policy");
    assert_eq!((status, err.as_str()), (1, ""));
    assert!(!out.contains("stages"), "{out}");
}

#[test]
fn the_exit_status_depends_on_the_checks_that_are_named() {
    for (arguments, status) in [
        ("", 1),
        ("--fail-on mutual-tls", 1),
        ("--fail-on critical", 1),
        ("--fail-on private-front-door", 0),
        ("--fail-on owner-tag", 0),
        ("--only private-front-door", 0),
        ("--only tls-policy --fail-on low", 1),
        ("--only tls-policy --fail-on medium", 0),
    ] {
        let (found, _, err) = scan(&format!("--quiet {arguments}"));
        assert_eq!((found, err.as_str()), (status, ""), "{arguments}");
    }
}

#[test]
fn a_gate_that_could_never_fail_is_an_error() {
    for (arguments, says) in [
        ("scan --example --fail-on mutual-tls", "--fail-on: mutual-tls needs --front-door"),
        ("scan --example --only truststore", "--only: truststore needs --front-door"),
        ("report --example --only truststore -o -", "--only: truststore needs --front-door"),
        (
            "scan --snapshot tests/cli/front_door.json --param checks=mutual-tls --fail-on owner-tag",
            "--fail-on says owner-tag, but the rule parameter checks says mutual-tls",
        ),
        (
            "scan --snapshot tests/cli/front_door.json --front-door --param requireMutualTls=nothing.*",
            "rule parameter requireMutualTls: no API and no domain matches \"nothing.*\"",
        ),
        (
            "diff examples/account.json examples/account.json --param checks=mutual-tls",
            "mutual-tls in a diff, which compares stages",
        ),
    ] {
        let (status, _, err) = stagecert(arguments);
        assert!(status == 2 && err.contains(says), "{arguments}: {status} {err}");
    }
    let (status, _, err) = scan("--quiet --param requireMutualTls=a3,nothing.*");
    assert_eq!((status, err.as_str()), (1, ""));
    let (_, _, err) = scan("--param requireMutualTls=a3,nothing.*");
    assert!(err.contains("note: requireMutualTls: no API and no domain matches nothing.*"), "{err}");
}

#[test]
fn what_could_not_be_evaluated_is_named_in_every_format() {
    let mut account = account();
    account["frontDoor"]["apiMappings"].as_object_mut().unwrap().remove("open.example.com");
    for format in FORMATS {
        let (status, out, err) = scan_of(&account, &format!("--format {format}"));
        assert_eq!(status, 2, "{format}");
        assert!(err.contains("frontDoor.apiMappings"), "{err}");
        // iCalendar folds long lines.
        let out = out.replace("\r\n ", "");
        assert!(format == "asff" || out.contains("open.example.com"), "{format}\n{out}");
        assert!(!matches!(format, "table" | "markdown") || out.contains("not evaluated"), "{format}\n{out}");
    }
    let (_, out, _) = scan_of(&account, "--format json");
    let scanned: Value = serde_json::from_str(&out).unwrap();
    fits("docs/scan.schema.json", &scanned);
    assert_eq!(scanned["complete"], false);
    assert!(!scanned["places"][0]["frontDoor"]["notEvaluated"].as_array().unwrap().is_empty());
    // A snapshot without a front door is no front door without problems.
    account.as_object_mut().unwrap().remove("frontDoor");
    let (status, out, err) = scan_of(&account, "");
    assert_eq!(status, 2, "{out} {err}");
}

/// A list that changes while its pages are read has a row twice.
#[test]
fn an_api_or_domain_that_is_listed_twice_is_evaluated_once() {
    let (_, once, _) = scan_of(&account(), "--format json");
    let mut twice = account();
    for list in ["restApis", "v2Apis", "domainNames"] {
        let rows = twice["frontDoor"][list].as_array_mut().unwrap();
        let copies = rows.clone();
        rows.extend(copies);
    }
    assert_eq!(scan_of(&twice, "--format json").1, once);
}

#[test]
fn the_table_fits_80_columns_and_is_sorted_by_severity() {
    let (_, out, _) = with_columns("80", "");
    // The command is in one piece, so that it can be copied.
    let lines = out.lines().filter(|line| !line.starts_with("Next: "));
    let long: Vec<&str> = lines.filter(|line| line.chars().count() > 80).collect();
    // Only a word that is too long for a line.
    assert!(long.iter().all(|line| !line.trim().contains(' ')), "{long:#?}");
    let order = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "passed", "-"];
    let ranks: Vec<usize> = out
        .lines()
        .skip(1)
        .filter_map(|line| order.iter().position(|name| line.starts_with(&format!("{name} "))))
        .collect();
    assert!(ranks.len() >= 8 && ranks.is_sorted(), "{ranks:?}\n{out}");
    let (_, by_name, _) = with_columns("120", "--sort stage");
    let position = |label: &str| by_name.find(&format!(" {label} ")).unwrap();
    assert!(position("a1") < position("a2") && position("a2") < position("a3"), "{by_name}");
}

fn with_columns(columns: &str, arguments: &str) -> (i32, String, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_stagecert"))
        .args(format!("scan {ACCOUNT} --front-door {arguments}").split_whitespace())
        .current_dir(here("."))
        .env("COLUMNS", columns)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn filters_change_what_is_listed_and_no_result() {
    let all = json_of("");
    for (arguments, listed) in [
        ("--failed", resources(&all).iter().filter(|it| it["complianceType"] == "NON_COMPLIANT").count()),
        ("--severity critical", resources(&all).iter().filter(|it| it["severity"] == "CRITICAL").count()),
        (
            "--only tls-policy",
            resources(&all)
                .iter()
                .filter(|it| failed(&all, it["label"].as_str().unwrap()).contains(&"tls-policy".to_owned()))
                .count(),
        ),
        // APIs and domains have no owner.
        ("--owner team", 0),
    ] {
        let filtered = json_of(arguments);
        assert_eq!(resources(&filtered).len(), listed, "{arguments}");
        let counts = |scan: &Value| scan["summary"]["frontDoor"]["resources"].clone();
        assert_eq!(counts(&filtered), counts(&all), "{arguments}");
        let left_out = &filtered["summary"]["leftOut"]["frontDoor"]["resources"];
        assert_eq!(*left_out, json!(resources(&all).len() - listed), "{arguments}");
    }
}

#[test]
fn the_calendar_has_one_event_per_certificate() {
    let (_, out, _) = scan("--format ics");
    let scanned = json_of("");
    let mut dates: Vec<String> = resources(&scanned)
        .iter()
        .flat_map(|it| it["dates"].as_array().unwrap())
        .map(|date| format!("{} {} {}", date["what"], date["certificate"], date["notAfter"]))
        .collect();
    dates.sort();
    dates.dedup();
    assert!(dates.len() >= 4);
    assert_eq!(out.matches("BEGIN:VEVENT").count(), dates.len());
    let mut uids: Vec<&str> = out.lines().filter(|line| line.starts_with("UID:")).collect();
    uids.sort_unstable();
    uids.dedup();
    assert_eq!(uids.len(), dates.len());
}

#[test]
fn the_schema_names_every_reason() {
    use stagecert::checks::front_door::Reason;
    use strum::VariantNames as _;
    let schema: Value =
        serde_json::from_str(&std::fs::read_to_string(here("docs/scan.schema.json")).unwrap()).unwrap();
    let listed = &schema["$defs"]["frontDoorFinding"]["properties"]["problems"]["items"]["properties"]["reason"]
        ["enum"];
    assert_eq!(*listed, json!(Reason::VARIANTS));
}

#[test]
fn fix_prints_the_commands_of_an_api_and_of_a_domain() {
    let fix = |name: &str| stagecert(&format!("fix {name} {ACCOUNT} --front-door --quiet"));
    for name in ["a1", "mtls.example.com", "open.example.com", "a2"] {
        let (status, out, err) = fix(name);
        assert_eq!((status, err.as_str()), (0, ""), "{name}");
        insta::assert_snapshot!(format!("front_door_fix_{name}"), out);
    }
    let (_, of_api, _) = fix("arn:aws:apigateway:eu-west-1::/restapis/a1");
    assert_eq!(of_api, fix("a1").1);
    let (status, out, err) = fix("a9");
    assert_eq!((status, out.as_str()), (2, ""));
    assert!(err.contains("API or domain a9: there is no such API or domain among w1, a1"), "{err}");
    let (status, _, err) = stagecert("fix w9s3ld5ovi/test --example --param checks=mutual-tls");
    assert!(status == 2 && err.contains("mutual-tls is not about stages"), "{err}");
}

/// API Gateway locks all updates of a domain whose ownership has to be verified.
#[test]
fn fix_unlocks_a_domain_before_it_changes_the_domain() {
    let (_, out, _) = stagecert("fix invoices.example.com --front-door --example");
    let position = |text: &str| out.find(text).unwrap_or_else(|| panic!("{text}\n{out}"));
    assert!(
        position("# 1. Get a new ownership verification certificate") < position("# 2. Upload a corrected")
    );
}

#[test]
fn the_words_about_a_private_domain_do_not_repeat_its_name() {
    let mut account: Value =
        serde_json::from_str(&std::fs::read_to_string(here("examples/account.json")).unwrap()).unwrap();
    let name = "inventory.example.internal+d8f3k2m9qx";
    let table = |account: &Value| {
        let (_, out, _) = scan_of(account, "--param checks=truststore,domain-certificate");
        out.lines().find(|line| line.contains(name)).unwrap().to_owned()
    };
    let passed = table(&account);
    assert!(passed.contains(" no mutual TLS ") && passed.matches("inventory").count() == 1, "{passed}");
    let domains = account["frontDoor"]["domainNames"].as_array_mut().unwrap();
    let domain = domains.iter_mut().find(|it| it["domainNameId"] == "d8f3k2m9qx").unwrap();
    domain["domainNameStatus"] = json!("FAILED");
    let failed = table(&account);
    assert!(failed.contains("the domain's status is FAILED "), "{failed}");
    assert_eq!(failed.matches("inventory").count(), 1, "{failed}");
}

/// Also if no check of domains is chosen, so that no domain is evaluated.
#[test]
fn a_glob_that_names_a_domain_is_known_in_whatever_checks_are_chosen() {
    for (checks, globs, status, message) in [
        ("mutual-tls", "mtls.example.com", 1, ""),
        ("private-front-door", "mtls.*", 0, ""),
        (
            "mutual-tls",
            "a1,none.example.com",
            1,
            "note: requireMutualTls: no API and no domain matches none.",
        ),
        ("mutual-tls", "none.example.com", 2, "error: rule parameter requireMutualTls: no API and no domain"),
        ("tls-policy", "none.example.com", 2, "error: rule parameter requireMutualTls: no API and no domain"),
    ] {
        let arguments = format!("--param checks={checks} --param requireMutualTls={globs}");
        let (found, _, err) = scan(&arguments);
        assert_eq!(
            (found, err.contains("requireMutualTls")),
            (status, !message.is_empty()),
            "{arguments}: {err}"
        );
        assert!(err.contains(message), "{arguments}: {err}");
    }
}
