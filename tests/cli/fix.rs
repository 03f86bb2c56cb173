//! `fix`: the commands for one stage.

use scraper::{Html, Selector};

use crate::accounts::{at, example, write};
use crate::{stagecert, with_input};

/// Runs a script with an `aws` that only prints its arguments, one call per line.
fn run(script: &str, folder: &std::path::Path) -> std::process::Output {
    let script = format!(
        "set -eu; DOMAIN=d CA_ARN=c; aws() {{ printf '%s\u{1f}' \"$@\" >&2; echo >&2; echo new1234; }}\n{script}"
    );
    std::process::Command::new("sh").args(["-c", &script]).current_dir(folder).output().unwrap()
}

/// The stages of the example with a failed check.
fn failed() -> Vec<String> {
    let (_, out, _) = stagecert("scan --example --format json");
    let scan: serde_json::Value = serde_json::from_str(&out).unwrap();
    let stages = scan["places"][0]["stages"].as_array().unwrap().clone();
    let failed = stages.iter().filter(|stage| stage["complianceType"] == "NON_COMPLIANT");
    failed.map(|stage| stage["stage"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_script_of_a_stage_with_several_problems() {
    let (status, out, err) = stagecert("fix w9s3ld5ovi/test --example");
    assert_eq!((status, err.as_str()), (0, ""));
    insta::assert_snapshot!(out);
    let arn = "arn:aws:apigateway:eu-west-1::/restapis/w9s3ld5ovi/stages/test";
    assert_eq!(stagecert(&format!("fix {arn} --snapshot examples/account.json")), (0, out, err));
}

/// The calls that a script makes, in any order, with options and values as separate words.
fn calls(script: &str, folder: &std::path::Path) -> Vec<Vec<String>> {
    let ran = run(script, folder);
    let printed = String::from_utf8(ran.stderr).unwrap();
    assert!(ran.status.success(), "{script}\n{printed}");
    let words = |call: &str| -> Vec<String> {
        let split = |word: &str| match word.split_once('=') {
            Some((option, value)) if word.starts_with("--") => vec![option.to_owned(), value.to_owned()],
            _ => vec![word.to_owned()],
        };
        call.split_terminator('\u{1f}').flat_map(split).collect()
    };
    let mut calls: Vec<Vec<String>> = printed.lines().map(words).collect();
    calls.sort();
    calls
}

#[test]
fn it_makes_the_calls_of_the_report_except_deletions() {
    let (_, html, _) = stagecert("report --example --output -");
    let page = Html::parse_document(&html);
    let [kind, row, name, code, pre] =
        [".todo", ".stages tr", "th", "code", "pre"].map(|it| Selector::parse(it).unwrap());
    let text = |it: scraper::ElementRef<'_>| it.text().collect::<String>();
    let folder = tempfile::tempdir().unwrap();
    let stages = failed();
    assert!(stages.len() > 20);
    for stage in stages {
        let (status, script, err) = stagecert(&format!("fix {stage} --example"));
        assert_eq!((status, err.as_str()), (0, ""), "{stage}");
        let mut of_report = String::new();
        for kind in page.select(&kind) {
            let is_named = |row: &scraper::ElementRef<'_>| text(row.select(&name).next().unwrap()) == stage;
            let Some(row) = kind.select(&row).find(is_named) else { continue };
            let variables = row.select(&code).map(text);
            let commands = kind.select(&pre).map(text).filter(|command| !command.contains(" delete-"));
            of_report.extend(variables.chain(commands).map(|line| line + "\n"));
        }
        assert_eq!(calls(&script, folder.path()), calls(&of_report, folder.path()), "{stage}");
    }
}

#[test]
fn commands_that_delete_are_comments() {
    let (_, script, _) = stagecert("fix w9s3ld5ovi/test --example");
    let deletes: Vec<&str> = script.lines().filter(|line| line.contains("delete-")).collect();
    assert_eq!(deletes, ["# aws acm delete-certificate \\"]);
    assert!(script.ends_with("\n#   --certificate-arn arn:aws:acm:eu-west-1:111122223333:certificate/7f3c60d9-1a42-4be7-80c5-9db2e814f6a0\n"));
}

#[test]
fn a_stage_without_problems_needs_nothing() {
    let (status, out, err) = stagecert("fix k3v9q0m2xa/prod --example");
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(out.lines().all(|line| line.starts_with('#')) && out.contains("# No check failed."), "{out}");
}

#[test]
fn an_unknown_or_ambiguous_stage_is_an_error_with_candidates() {
    let (status, out, err) = stagecert("fix w9s3ld5ovi/tset --example");
    assert_eq!((status, out.as_str()), (2, ""));
    assert!(
        err.starts_with("error: stage w9s3ld5ovi/tset: there is no such stage; did you mean w9s3ld5ovi/test"),
        "{err}"
    );
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = at("2026-11-21T12:00:00Z", |account| {
        account["awsRegion"] = "eu-west-3".into();
        for row in account["stages"].as_array_mut().unwrap() {
            let arn = row["resourceId"].as_str().unwrap().replace("eu-west-1", "eu-west-3");
            row["resourceId"] = arn.into();
        }
    });
    let elsewhere = write(folder.path(), "elsewhere.json", &elsewhere);
    let both = format!("--snapshot examples/account.json --snapshot {}", elsewhere.display());
    let (status, out, err) = stagecert(&format!("fix w9s3ld5ovi/test {both}"));
    assert_eq!((status, out.as_str()), (2, ""));
    for region in ["eu-west-1", "eu-west-3"] {
        assert!(
            err.contains(&format!(
                "apigateway:{region}::/restapis/w9s3ld5ovi/stages/test in account 111122223333"
            )),
            "{err}"
        );
    }
    let arn = "arn:aws:apigateway:eu-west-3::/restapis/w9s3ld5ovi/stages/test";
    let (status, out, _) = stagecert(&format!("fix {arn} {both}"));
    assert!(status == 0 && out.contains("--region eu-west-3"), "{out}");
}

#[test]
fn hostile_names_and_tags_run_nothing() {
    let mut account = example();
    let hostile = "x'; touch harm; echo '\n$(touch harm) `touch harm`\r\u{1b}[2J";
    for mapping in account["resourceTagMappingList"].as_array_mut().unwrap() {
        for tag in mapping["Tags"].as_array_mut().unwrap() {
            tag["Value"] = hostile.into();
        }
    }
    let arn = "arn:aws:apigateway:eu-west-1::/restapis/w9s3ld5ovi/stages/$(touch${IFS}harm);`id`";
    for row in account["stages"].as_array_mut().unwrap() {
        if row["resourceId"].as_str().unwrap().ends_with("/w9s3ld5ovi/stages/test") {
            row["resourceId"] = arn.into();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let (status, script, err) = with_input(&format!("fix {arn} --snapshot -"), &account.to_string());
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(script.chars().all(|c| c == '\n' || !c.is_control()), "{script:?}");
    let ran = run(&script, folder.path());
    assert!(ran.status.success(), "{script}\n{}", String::from_utf8_lossy(&ran.stderr));
    assert!(!folder.path().join("harm").exists(), "{script}");
}
