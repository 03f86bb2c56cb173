//! `stagecert backends`: the servers behind each stage, in every format.

use std::collections::BTreeSet;
use std::process::Command;

use scraper::{Html, Selector};
use serde_json::{Value, json};

use crate::formats::fits;
use crate::report::assert_sound;
use crate::{here, stagecert, with_input};

const EXAMPLE: &str = "backends --example";
/// An account with hostile names, hosts and stage variables.
const HOSTILE: &str = "backends --snapshot tests/cli/hostile_backends.json";

fn json(arguments: &str) -> Value {
    let (_, out, _) = stagecert(&format!("{arguments} --format json"));
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{arguments}: {error}"))
}

/// The backends of a stage.
fn of_stage<'a>(document: &'a Value, stage: &str) -> Vec<&'a Value> {
    document["backends"].as_array().unwrap().iter().filter(|it| it["stage"] == stage).collect()
}

fn flagged(document: &Value, flag: &str) -> BTreeSet<String> {
    let backends = document["backends"].as_array().unwrap().iter();
    let flagged = backends.filter(|it| it["flags"].as_array().unwrap().contains(&json!(flag)));
    flagged.map(|it| it["stage"].as_str().unwrap().to_owned()).collect()
}

/// Runs the program with a terminal of this width.
fn in_columns(arguments: &str, columns: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_stagecert"))
        .args(arguments.split_whitespace())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("COLUMNS", columns)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_backends_of_the_example_by_stage_and_by_host_fit_80_columns() {
    for by in ["stage", "host"] {
        let out = in_columns(&format!("{EXAMPLE} --by {by} --own-domain *.example.internal"), "80");
        assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
        insta::assert_snapshot!(format!("example_by_{by}"), out);
    }
    let (status, out, err) = stagecert(EXAMPLE);
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(out.ends_with("\n36 stages: 22 with HTTP backends on 14 hosts, 5 without, 9 unknown\n"), "{out}");
}

#[test]
fn every_flag_occurs_in_the_example() {
    let document = json(&format!("{EXAMPLE} --own-domain *.example.internal"));
    fits("docs/backends.schema.json", &document);
    for (flag, stages) in [
        ("plain-http", ["x2m7t9ajd4/v4"].as_slice()),
        ("tls-not-verified", &["d5ok2y8vgj/test"]),
        ("other-domain", &["x2m7t9ajd4/v4"]),
        ("private", &["7hd2wq4tzn/live", "n8r2dz7hpa/$default"]),
    ] {
        let stages: BTreeSet<String> = stages.iter().map(|it| (*it).to_owned()).collect();
        assert_eq!(flagged(&document, flag), stages, "{flag}");
    }
    let shared = flagged(&document, "different-certificates");
    for stage in ["k3v9q0m2xa/prod", "k3v9q0m2xa/test", "b81yx6fk0e/prod", "b81yx6fk0e/dev"] {
        assert!(shared.contains(stage), "{stage}: {shared:?}");
    }
    assert_eq!(flagged(&json(EXAMPLE), "other-domain"), BTreeSet::new());
}

#[test]
fn a_backend_has_all_that_is_known_about_it() {
    let document = json(EXAMPLE);
    let orders = of_stage(&document, "k3v9q0m2xa/prod");
    let expected = json!({
        "accountId": "111122223333",
        "awsRegion": "eu-west-1",
        "stage": "k3v9q0m2xa/prod",
        "resourceType": "AWS::ApiGateway::Stage",
        "resourceId": "arn:aws:apigateway:eu-west-1::/restapis/k3v9q0m2xa/stages/prod",
        "apiName": "orders",
        "certificate": "h4t0vz",
        "scheme": "https",
        "host": "orders.example.internal",
        "port": 443,
        "methods": 3,
        "paths": 2,
        "vpcLink": null,
        "insecureSkipVerification": false,
        "unresolved": [],
        "sharedWith": ["k3v9q0m2xa/dev", "k3v9q0m2xa/test"],
        "sharedWithCount": 2,
        "flags": ["different-certificates"],
    });
    assert_eq!(orders, [&expected]);
    assert_eq!(of_stage(&document, "7hd2wq4tzn/live")[0]["vpcLink"], "vl7k2p");
    // A stage variable that is set, and one that is not.
    assert_eq!(of_stage(&document, "b81yx6fk0e/prod")[0]["host"], "customers.example.internal");
    assert_eq!(of_stage(&document, "t1u5vy9kzd/dev")[0]["host"], "notifications-dev.example.internal");
    let catalog = of_stage(&document, "p5n0gc3rul/prod")[0];
    assert_eq!((&catalog["host"], &catalog["port"]), (&json!("${stageVariables.catalogHost}"), &Value::Null));
    assert_eq!(catalog["unresolved"], json!(["catalogHost"]));
    let gaps: Vec<&str> =
        document["gaps"].as_array().unwrap().iter().map(|gap| gap["stage"].as_str().unwrap()).collect();
    let expected = [
        "y0ck4s6xel/live",
        "y0ck4s6xel/test",
        "0qf4kj7ych/next",
        "p5n0gc3rul/beta",
        "w9s3ld5ovi/dev",
        "w9s3ld5ovi/test",
        "x2m7t9ajd4/v1",
        "x2m7t9ajd4/v2",
        "x2m7t9ajd4/v3",
    ];
    assert_eq!(gaps, expected);
}

#[test]
fn csv_has_the_same_backends_as_json_in_either_order() {
    for by in ["stage", "host"] {
        let document = json(&format!("{EXAMPLE} --by {by}"));
        let (_, out, _) = stagecert(&format!("{EXAMPLE} --by {by} --format csv"));
        let mut reader = csv::Reader::from_reader(out.as_bytes());
        let header = reader.headers().unwrap().clone();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let column = |name: &str| header.iter().position(|it| it == name).unwrap();
        let backends = document["backends"].as_array().unwrap();
        for (row, backend) in rows.iter().zip(backends) {
            for name in ["stage", "host", "certificate", "vpcLink", "apiName"] {
                assert_eq!(&row[column(name)], backend[name].as_str().unwrap_or_default(), "{name}");
            }
            for name in ["methods", "paths", "sharedWithCount", "insecureSkipVerification"] {
                assert_eq!(row[column(name)], backend[name].to_string(), "{name}");
            }
            let flags: Vec<&str> =
                backend["flags"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
            assert_eq!(row[column("flags")], flags.join(" "));
        }
        assert_eq!(rows.len(), backends.len() + document["gaps"].as_array().unwrap().len());
    }
}

#[test]
fn hostile_text_is_escaped_in_every_format_and_no_integration_is_dropped() {
    let document = json(HOSTILE);
    fits("docs/backends.schema.json", &document);
    let hosts: BTreeSet<&str> =
        document["backends"].as_array().unwrap().iter().map(|it| it["host"].as_str().unwrap()).collect();
    for host in ["=cmd.example.com", "", "<script>alert(1)<", "${stageVariables.evil}"] {
        assert!(hosts.contains(host), "{host}: {hosts:?}");
    }
    assert!(!document.to_string().contains("secret"), "a user name, a password or a variable's value");
    for format in ["table", "json", "csv"] {
        let (status, out, _) = stagecert(&format!("{HOSTILE} --format {format}"));
        assert_eq!(status, 2, "{format}: a stage could not be read");
        for raw in ['\u{1b}', '\u{9b}', '\u{202e}', '\u{200b}', '\t'] {
            assert!(!out.contains(raw), "{format}: {raw:?}");
        }
        insta::assert_snapshot!(format!("hostile_backends_{format}"), out);
    }
}

#[test]
fn only_selected_stages_are_listed_and_a_glob_without_a_stage_is_an_error() {
    let only = json(&format!("{EXAMPLE} --param includeStages=k3v9q0m2xa/* --param excludeStages=*/dev"));
    let stages: BTreeSet<&str> =
        only["backends"].as_array().unwrap().iter().map(|it| it["stage"].as_str().unwrap()).collect();
    assert_eq!(stages, BTreeSet::from(["k3v9q0m2xa/prod", "k3v9q0m2xa/test"]));
    // An exemption from one check, or one that has lapsed, excludes nothing.
    let exempt = "excludeStages=*/dev~checks=owner-tag,*/test~until=2026-01-01".replace('~', " ");
    let output = Command::new(env!("CARGO_BIN_EXE_stagecert"))
        .args(["backends", "--example", "--format", "json", "--param", "includeStages=k3v9q0m2xa/*"])
        .args(["--param", &exempt])
        .output()
        .unwrap();
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(all["backends"].as_array().unwrap().len(), 3);
    let (status, _, err) = stagecert(&format!("{EXAMPLE} --param includeStages=nothing/*"));
    assert_eq!(status, 2);
    assert!(err.contains("no stage matches \"nothing/*\""), "{err}");
}

#[test]
fn the_output_file_and_invalid_options() {
    let folder = tempfile::tempdir().unwrap();
    for extension in ["json", "csv", "txt"] {
        let path = folder.path().join(format!("backends.{extension}"));
        let (status, out, _) = stagecert(&format!("{EXAMPLE} -o {}", path.display()));
        let expected = format!("{}: 36 stages: 22 with HTTP", path.display());
        assert!(status == 0 && out.starts_with(&expected), "{out}");
        let text = std::fs::read_to_string(&path).unwrap();
        let start = match extension {
            "json" => "{\n  \"backendsVersion\": 1,",
            "csv" => "accountId,awsRegion,stage,",
            _ => "n8r2dz7hpa/$default  website, no certificate\n  listener/",
        };
        assert!(text.starts_with(start), "{text:.80}");
    }
    assert_eq!(stagecert(&format!("{EXAMPLE} --quiet")), (0, String::new(), String::new()));
    for (arguments, says) in [
        ("--own-domain a**b", "expected a domain or a glob, such as '*.example.com'"),
        ("--by owner", "[possible values: stage, host]"),
        ("--format sarif", "[possible values: table, json, csv]"),
    ] {
        let (status, _, err) = stagecert(&format!("{EXAMPLE} {arguments}"));
        assert!(status == 2 && err.contains(says), "{err}");
    }
}

#[test]
fn two_accounts_share_a_server_and_each_stage_names_its_account() {
    let example = std::fs::read_to_string(here("examples/account.json")).unwrap();
    let other = example.replace("\"accountId\": \"111122223333\"", "\"accountId\": \"444455556666\"");
    let other = other.replace("k3v9q0m2xa", "z9v9q0m2xa").replace("h4t0vz", "zzzzzz");
    let (status, out, err) =
        with_input("backends --snapshot examples/account.json --snapshot - --format json", &other);
    assert_eq!((status, err.as_str()), (0, ""));
    let document: Value = serde_json::from_str(&out).unwrap();
    let orders = of_stage(&document, "z9v9q0m2xa/prod")[0];
    assert_eq!(orders["accountId"], "444455556666");
    assert_eq!(orders["sharedWithCount"], 5);
    let (_, out, _) = with_input("backends --snapshot examples/account.json --snapshot -", &other);
    assert!(out.contains("444455556666 eu-west-1"), "{out}");
}

#[test]
fn the_report_has_the_backends_by_host_and_by_stage_and_escapes_them() {
    for (arguments, hosts, stages) in
        [("--example", 14, 31), ("--snapshot tests/cli/hostile_backends.json", 10, 4)]
    {
        let (_, html, _) = stagecert(&format!("report {arguments} --output -"));
        let page = assert_sound(&html);
        let tables = Selector::parse("table.backends").unwrap();
        let row = Selector::parse("tbody tr").unwrap();
        let rows: Vec<usize> = page.select(&tables).map(|table| table.select(&row).count()).collect();
        assert_eq!(rows, [hosts, stages], "{arguments}");
    }
    let (_, html, _) = stagecert("report --example --output -");
    let page = Html::parse_document(&html);
    let first = page.select(&Selector::parse("table.backends tbody tr").unwrap()).next().unwrap();
    let words: Vec<&str> = first.text().flat_map(str::split_whitespace).collect();
    assert!(
        words.join(" ").starts_with("invoices.example.internal:443 3 stages, 2 certificates and none"),
        "{words:?}"
    );
    let section = Selector::parse("section[aria-labelledby=backends] p").unwrap();
    let summary: String = page.select(&section).next().unwrap().text().collect();
    assert!(
        summary.starts_with("22 stages with HTTP backends on 14 hosts; 6 hosts are called by"),
        "{summary}"
    );
}

#[test]
fn what_to_do_names_the_backends() {
    let fix = |stage: &str| {
        let (status, out, _) = stagecert(&format!("fix {stage} --example"));
        assert_eq!(status, 0);
        out.replace("\n#   ", " ")
    };
    let out = fix("k3v9q0m2xa/test");
    assert!(out.contains("Make orders.example.internal:443 trust the new certificate in addition"), "{out}");
    // A host that isn't known, or none of them.
    for stage in ["p5n0gc3rul/prod", "w9s3ld5ovi/dev"] {
        assert!(fix(stage).contains("Make every HTTP backend of this stage trust"), "{stage}");
    }
    let (_, html, _) = stagecert("report --example --output -");
    let page = Html::parse_document(&html);
    let rows = Selector::parse(".todo .stages tr").unwrap();
    let of_orders: Vec<String> = page
        .select(&rows)
        .map(|row| row.text().collect::<String>())
        .filter(|row| row.starts_with("k3v9q0m2xa/test"))
        .collect();
    assert!(of_orders[0].ends_with(" Backends: orders.example.internal:443"), "{of_orders:?}");
}

/// Whether a text ends with the pseudonym of a domain, such as `domain-3wzfsps9dr.`.
fn is_pseudonym(before: &str) -> bool {
    let label = before.strip_suffix('.').and_then(|before| before.rsplit(['"', '.', '/']).next());
    label.is_some_and(|label| label.starts_with("domain-"))
}

#[test]
fn a_redacted_example_lists_the_same_backends_under_other_names() {
    let (_, redacted, _) = stagecert("snapshot --example --redact --output -");
    // The pseudonyms of domains, DOMAIN.example.com, are the only names with `example.`.
    for (at, _) in redacted.match_indices("example.") {
        let before = redacted.get(..at).unwrap();
        assert!(is_pseudonym(before), "{:?}", before.rsplit('"').next());
    }
    assert!(!redacted.contains("customersHost"));
    let (status, out, _) = with_input("backends --snapshot - --format json", &redacted);
    assert_eq!(status, 0);
    let document: Value = serde_json::from_str(&out).unwrap();
    fits("docs/backends.schema.json", &document);
    let original = json(EXAMPLE);
    assert_eq!(document["summary"], original["summary"]);
    let facts = |document: &Value| {
        let names =
            ["scheme", "port", "methods", "paths", "insecureSkipVerification", "sharedWithCount", "flags"];
        let of = |it: &Value| names.map(|name| it[name].to_string()).join(" ");
        let mut facts: Vec<String> = document["backends"].as_array().unwrap().iter().map(of).collect();
        facts.sort();
        facts
    };
    assert_eq!(facts(&document), facts(&original));
}
