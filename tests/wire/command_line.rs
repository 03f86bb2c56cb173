//! The real command line on an AWS that answers each request: permissions that are missing, the
//! parameters of a deployed rule, and regions without stages.

use std::process::Command;

use serde_json::{Value, json};

use crate::bodies::{rows, stage_row};
use crate::signing_in::{IDENTITY, Request, Server};

/// Runs the program in eu-west-1; returns status, standard output and standard error.
fn stagecert(server: &Server, arguments: &str) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_stagecert"))
        .args(arguments.split_whitespace())
        .env_clear()
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ENDPOINT_URL", &server.url)
        .env("AWS_ACCESS_KEY_ID", "AKIAOWN")
        .env("AWS_SECRET_ACCESS_KEY", "s")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn error(code: &str) -> (u16, String) {
    (400, json!({"__type": code, "message": "no"}).to_string())
}

#[test]
fn all_missing_permissions_of_a_scan_are_listed_at_once() {
    let server = Server::responding(|request| {
        if request.is("GetCallerIdentity") { (200, IDENTITY.into()) } else { error("AccessDeniedException") }
    });
    let (status, _, err) = stagecert(&server, "scan");
    assert_eq!(status, 2, "{err}");
    let hints: Vec<&str> = err.lines().filter(|line| line.starts_with(" hint: ")).collect();
    assert_eq!(
        hints,
        [
            " hint: missing permissions in account 111122223333, Region eu-west-1: acm:DescribeCertificate on \
             arn:aws:acm:eu-west-1:111122223333:certificate/*, apigateway:GET on \
             arn:aws:apigateway:eu-west-1::/clientcertificates, apigateway:GET on arn:aws:apigateway:eu-west-1::/restapis, \
             apigateway:GET on arn:aws:apigateway:eu-west-1::/restapis/*/stages/*, apigateway:GET on \
             arn:aws:apigateway:eu-west-1::/restapis/*/stages/*/exports/*, config:SelectResourceConfig on *, tag:GetResources on *",
            " hint: docs/scan-policy.json has every permission of a scan; if a policy allows them, a service control policy or a \
             permissions boundary may not",
        ],
        "{err}"
    );
}

/// An account with one stage and a rule that has these parameters.
fn with_rule(parameters: &'static str) -> Server {
    Server::responding(move |request: &Request| {
        let target = request.header("x-amz-target").split('.').next_back().unwrap_or_default().to_owned();
        match target.as_str() {
            _ if request.is("GetCallerIdentity") => (200, IDENTITY.into()),
            "SelectResourceConfig" => (200, rows(&[stage_row("a1", "prod", None)], None).to_string()),
            "DescribeConfigRules" if request.body.contains("\"stagecert\"") => {
                let rule = json!({
                    "ConfigRuleName": "stagecert",
                    "InputParameters": parameters,
                    "Source": {"Owner": "CUSTOM_LAMBDA", "SourceIdentifier": "x"},
                });
                (200, json!({"ConfigRules": [rule]}).to_string())
            }
            "DescribeConfigRules" => error("NoSuchConfigRuleException"),
            "GetResources" => (200, json!({"ResourceTagMappingList": []}).to_string()),
            _ => (200, "{}".into()),
        }
    })
}

fn checks(out: &str) -> Vec<String> {
    let document: Value = serde_json::from_str(out).unwrap();
    let findings = document["places"][0]["stages"][0]["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["check"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_scan_uses_the_parameters_of_a_deployed_rule_which_config_and_param_override() {
    let server = with_rule(r#"{"checks":"owner-tag","ownerTagKeys":"team"}"#);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("c.yaml");
    std::fs::write(&file, "parameters:\n  checks: certificate-unique\n").unwrap();
    let file = file.display();
    for (more, expected) in [
        (String::new(), &["owner-tag"][..]),
        (format!("--config {file}"), &["certificate-unique"]),
        (
            format!("--config {file} --param checks=owner-tag,certificate-unique"),
            &["certificate-unique", "owner-tag"],
        ),
        ("--only owner-tag".into(), &["owner-tag"]),
    ] {
        let (status, out, err) = stagecert(&server, &format!("scan --rule stagecert --format json {more}"));
        assert!(status < 2, "{more}: {err}");
        assert_eq!(checks(&out), expected, "{more}");
        let note = "note: parameters from rule stagecert in 1 account and Region: \
                    {\"checks\":\"owner-tag\",\"ownerTagKeys\":\"team\"}\n";
        assert!(err.contains(note), "{more}: {err}");
        assert_eq!(err.contains("from --param: checks="), more.contains("--param"), "{err}");
    }
    let (_, _, err) = stagecert(&server, "scan --rule stagecert --quiet");
    assert_eq!(err, "");
    let (status, _, err) = stagecert(&server, "scan --rule stagecert --only certificate-unique");
    assert!(status == 2 && err.contains("--only says certificate-unique"), "{err}");
}

#[test]
fn a_rule_that_does_not_exist_or_has_invalid_parameters_is_named() {
    let server = with_rule(r#"{"expiryWindow":"60"}"#);
    for (rule, says) in [
        (
            "absent",
            "error: DescribeConfigRules of absent in account 111122223333, Region eu-west-1: NoSuchConfigRuleException: no\n \
             hint: `aws configservice describe-config-rules --region eu-west-1` lists the rules",
        ),
        (
            "stagecert",
            "error: rule stagecert in account 111122223333, Region eu-west-1: rule parameter ruleParameters: \"expiryWindow\" is",
        ),
    ] {
        let (status, _, err) = stagecert(&server, &format!("scan --rule {rule}"));
        assert!(status == 2 && err.contains(says), "{err}");
    }
}

#[test]
fn globs_of_a_deployed_rule_that_match_nothing_are_an_error() {
    let server = with_rule(r#"{"includeStages":"nomatch/*"}"#);
    let (status, _, err) = stagecert(&server, "scan --rule stagecert --quiet");
    let says = "error: rule parameter includeStages: no stage matches \"nomatch/*\"";
    assert!(status == 2 && err.contains(says), "{err}");
    let (status, _, err) = stagecert(
        &server,
        "scan --rule stagecert --quiet --param includeStages=a1/* --param checks=certificate-unique",
    );
    assert_eq!((status, err.as_str()), (0, ""));
}

#[test]
fn a_scan_without_stages_says_what_was_queried() {
    let server = Server::responding(|request| match request {
        request if request.is("GetCallerIdentity") => (200, IDENTITY.into()),
        request if request.header("x-amz-target").ends_with(".SelectResourceConfig") => {
            (200, r#"{"Results":[]}"#.into())
        }
        _ => (200, "{}".into()),
    });
    let (status, out, err) = stagecert(&server, "scan");
    assert!(status == 0 && out.contains("0 stages"), "{out}{err}");
    assert_eq!(
        err,
        "note: account 111122223333, Region eu-west-1: AWS Config's index lists no AWS::ApiGateway::Stage and \
         AWS::ApiGatewayV2::Stage, and API Gateway has no stages of REST APIs; WebSocket stages come only from Config: is it \
         the right Region, and does the configuration recorder record them? `aws configservice \
         describe-configuration-recorders --region eu-west-1` shows what it records\n"
    );
    let (_, _, err) = stagecert(&server, "scan --quiet");
    assert_eq!(err, "");
}
