//! Probes of the backends of an account, from a snapshot.

use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::certificates::Certificates;
use crate::command::probe;
use crate::server::{BOTH, ClientAuth, Server, config, respond};

/// A snapshot of these stages, each with the URIs of its integrations. `vpc:` before a URI makes
/// the integration private.
fn snapshot(stages: &[(&str, &[&str])]) -> (TempDir, PathBuf) {
    let arn = |stage: &str| format!("arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5/stages/{stage}");
    let integration = |uri: &str| match uri.strip_prefix("vpc:") {
        Some(uri) => json!({"type": "http_proxy", "httpMethod": "GET", "uri": uri,
            "connectionType": "VPC_LINK", "connectionId": "vl7k2p"}),
        None => json!({"type": "http_proxy", "httpMethod": "GET", "uri": uri}),
    };
    let export = |uris: &[&str]| -> Value {
        let path = |(index, uri): (usize, &&str)| {
            (format!("/{index}"), json!({"get": {"x-amazon-apigateway-integration": integration(uri)}}))
        };
        json!({"openapi": "3.0.1", "info": {"title": "orders"}, "components": {},
            "paths": uris.iter().enumerate().map(path).collect::<serde_json::Map<_, _>>()})
    };
    let rows: Vec<Value> = stages
        .iter()
        .map(|(stage, _)| {
            json!({"resourceType": "AWS::ApiGateway::Stage", "resourceId": arn(stage),
                "configuration": {"stageName": stage, "deploymentId": "d1"}})
        })
        .collect();
    let exports: serde_json::Map<String, Value> =
        stages.iter().map(|(stage, uris)| (arn(stage), export(uris))).collect();
    let document = json!({"snapshotVersion": 1, "takenAt": "2026-11-21T12:00:00Z", "partition": "aws",
        "accountId": "111122223333", "awsRegion": "eu-west-1", "stages": rows, "exports": exports});
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("account.json");
    std::fs::write(&path, document.to_string()).unwrap();
    (folder, path)
}

#[test]
fn only_hosts_that_are_named_are_contacted_once_for_all_their_stages() {
    let certificates = Certificates::new();
    let server =
        Server::tls(config(&certificates, ClientAuth::Required, BOTH), |tls, _| respond(tls, "200 OK", ""));
    let other = Server::tcp(|_| {});
    let [one, two] = ["orders", "items"].map(|path| format!("https://localhost:{}/{path}", server.port));
    let elsewhere = format!("https://127.0.0.1:{}/", other.port);
    let private = format!("vpc:https://private.test:{}/", other.port);
    let (_folder, path) = snapshot(&[
        ("prod", &[&one, &two, &elsewhere]),
        ("dev", &[&one, "https://${stageVariables.host}/", &private]),
    ]);
    let path = path.display().to_string();
    let bundle = certificates.path("ca.pem").display().to_string();
    let run = |options: &[&str]| {
        let arguments = ["--snapshot", &path, "--allow-private", "--ca-bundle", &bundle];
        probe(&[&arguments[..], options].concat())
    };

    let dry = run(&["--dry-run", "--host", "local*", "--host", "nothing"]);
    assert_eq!((dry.status, dry.err.as_str()), (0, "note: --host nothing matches no backend\n"));
    for line in [
        format!("contacted    https://localhost:{}/  a1b2c3d4e5/dev, a1b2c3d4e5/prod", server.port),
        format!("not selected {elsewhere}  a1b2c3d4e5/prod"),
        "not probed   ${stageVariables.host}: unknown stage variables: host  a1b2c3d4e5/dev".into(),
        "1 backend would be contacted, 3 would not; nothing was sent".into(),
    ] {
        assert!(dry.out.lines().any(|it| it == line), "{line}: {}", dry.out);
    }
    assert_eq!((server.accepted(), other.accepted()), (0, 0));

    let ran = run(&["--host", "LOCAL*", "--format", "json"]);
    let probes = ran.probes();
    assert_eq!((ran.status, probes.len(), server.accepted(), other.accepted()), (0, 1, 2, 0), "{ran:?}");
    assert_eq!(probes[0]["verdict"], "enforced");
    let stages: Vec<&Value> = probes[0]["stages"].as_array().unwrap().iter().map(|it| &it["stage"]).collect();
    assert_eq!(stages, ["a1b2c3d4e5/dev", "a1b2c3d4e5/prod"]);
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(document["notProbed"].as_array().unwrap().len(), 3);

    let missing = run(&["--host", "localhost", "--host", "elsewhere.test"]);
    assert_eq!(missing.status, 2, "a host was not tested: {}", missing.err);
    assert!(
        missing.err.contains("error: --host elsewhere.test: no backend to probe matches"),
        "{}",
        missing.err
    );

    // A wildcard doesn't select what is behind a VPC link.
    let all = run(&["--host", "*", "--timeout", "1s"]);
    assert!(all.out.contains("be another server; use --through API/STAGE\n"), "{}", all.out);
    let resolve = format!("private.test:{}:127.0.0.1", other.port);
    let named = run(&["--host", "private.test", "--timeout", "1s", "--resolve", &resolve]);
    assert!(named.out.contains("through a VPC link, which may lead to"), "{}", named.out);
    assert!(named.out.contains("--through a1b2c3d4e5/dev"), "{}", named.out);
}

#[test]
fn hosts_that_match_nothing_are_an_error() {
    let (_folder, path) = snapshot(&[("prod", &["https://api.test/"])]);
    let path = path.display().to_string();
    for (options, says) in [
        (
            &["--host", "other.*"][..],
            "error: --host: no backend to probe matches other.*; --dry-run lists them",
        ),
        (&[], "the following required arguments were not provided:\n  --host <GLOB>"),
        (&["--host", "["], "expected a host or a glob"),
        (&["--url", "https://api.test/"], "the argument '--url <URL>' cannot be used with"),
    ] {
        let ran = probe(&[&["--snapshot", &path][..], options].concat());
        assert_eq!(ran.status, 2, "{options:?}");
        assert!(ran.err.contains(says), "{options:?}: {}", ran.err);
    }
}

#[test]
fn the_results_of_a_probe_are_read_by_a_scan() {
    let certificates = Certificates::new();
    let server =
        Server::tls(config(&certificates, ClientAuth::Optional, BOTH), |tls, _| respond(tls, "200 OK", ""));
    let (folder, path) = snapshot(&[("prod", &[&server.url()])]);
    let path = path.display().to_string();
    let results = folder.path().join("probes.json").display().to_string();
    let bundle = certificates.path("ca.pem").display().to_string();
    let ran = probe(&[
        "--snapshot",
        &path,
        "--host",
        "localhost",
        "--allow-private",
        "--ca-bundle",
        &bundle,
        "-o",
        &results,
    ]);
    assert_eq!((ran.status, ran.out.as_str()), (1, format!("{results}: 1 backend: 1 open\n").as_str()));
    let scan = std::process::Command::new(env!("CARGO_BIN_EXE_stagecert"))
        .args(["scan", "--snapshot", &path, "--probes", &results])
        .output()
        .unwrap();
    let out = String::from_utf8(scan.stdout).unwrap();
    assert!(out.contains("answers without the certificate"), "{out}");
}
