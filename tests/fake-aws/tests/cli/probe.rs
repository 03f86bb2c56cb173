//! `stagecert probe --through`, with the real program against the fake AWS.

use std::collections::BTreeSet;

use fake_aws::{Backend, FakeAws, Fleet, World};
use serde_json::{Value, json};

use crate::iam::{assert_least_privilege, granted, needed};
use crate::program::{ProgramRun, REGIONS, organization, stagecert};

const POLICY: &str = include_str!("../../../../docs/probe-policy.json");

/// A stage of a REST API whose first resource, `/r0`, has a GET method with an HTTP integration,
/// and the stage's generated certificate.
fn stage(world: &mut World) -> (String, String) {
    let region = world.region_mut(&Fleet::account(0), REGIONS[0]);
    let existing: BTreeSet<String> = region.certificates.keys().cloned().collect();
    let is_generated = |id: &String| existing.contains(id);
    let apis = region.apis.iter_mut().filter(|(_, api)| !api.stages.is_empty());
    let (id, api) = apis
        .into_iter()
        .find(|(_, api)| {
            api.stages.values().any(|it| {
                it.arn.contains("/restapis/") && it.state.certificate.as_ref().is_some_and(is_generated)
            })
        })
        .unwrap();
    api.resources = vec!["HTTP_PROXY".into(), "AWS_PROXY".into(), "HTTP".into()];
    let of_stage = |(name, stage): (&String, &fake_aws::model::Stage)| {
        Some((format!("{id}/{name}"), stage.state.certificate.clone().filter(is_generated)?))
    };
    api.stages.iter().find_map(of_stage).unwrap()
}

/// Runs the program with backends that behave like this, given the stage's certificate.
fn probe(backend: impl Fn(&str) -> Backend, options: &str) -> (ProgramRun, FakeAws) {
    let mut world = organization(1);
    let (label, certificate) = stage(&mut world);
    world.region_mut(&Fleet::account(0), REGIONS[0]).options.backend = backend(&certificate);
    let fake_aws = FakeAws::spawn(world);
    let run = stagecert(&fake_aws, &format!("probe --through {label} {options}"), &[]);
    (run, fake_aws)
}

fn certificates(fake_aws: &FakeAws) -> Vec<bool> {
    let calls = fake_aws.log().calls();
    let invoked = calls.iter().filter(|call| call.operation == "TestInvokeMethod");
    invoked.map(|call| !call.input["clientCertificateId"].is_null()).collect()
}

#[test]
fn the_verdict_comes_from_requests_with_and_without_the_stages_certificate() {
    let accepts = |id: &str| BTreeSet::from([id.to_owned()]);
    let none = |_: &str| BTreeSet::new();
    type Make<'a> = Box<dyn Fn(&str) -> Backend + 'a>;
    let cases: [(&str, Make<'_>, &str, i32, &[bool]); 8] = [
        ("open", Box::new(|_| Backend::Open), "open", 1, &[false]),
        ("nginx", Box::new(move |id| Backend::Nginx(accepts(id))), "enforced", 0, &[false, true]),
        (
            "nginx with another certificate",
            Box::new(move |id| Backend::Nginx(none(id))),
            "enforced",
            0,
            &[false, true],
        ),
        (
            "OpenSSL",
            Box::new(move |id| Backend::Handshake(accepts(id))),
            "enforced",
            0,
            &[false, true, false],
        ),
        (
            "OpenSSL with another certificate",
            Box::new(move |id| Backend::Handshake(none(id))),
            "inconclusive",
            2,
            &[false, true],
        ),
        ("authorizer", Box::new(|_| Backend::Status(403)), "inconclusive", 2, &[false, true]),
        ("broken", Box::new(|_| Backend::Status(503)), "inconclusive", 2, &[false, true]),
        ("down", Box::new(|_| Backend::Down), "unreachable", 2, &[false, true]),
    ];
    for (name, backend, verdict, status, presented) in cases {
        let (run, fake_aws) = probe(backend, "--path /r0 --format json");
        assert_eq!(run.status, status, "{name}: {}{}", run.out, run.err);
        let document: Value = run.json();
        assert_eq!(document["probes"][0]["verdict"], json!(verdict), "{name}: {document}");
        assert_eq!(document["probes"][0]["stages"].as_array().unwrap().len(), 1);
        assert_eq!(certificates(&fake_aws), presented, "{name}");
    }
}

#[test]
fn a_dry_run_calls_no_backend() {
    let (run, fake_aws) = probe(|_| Backend::Open, "--path /r0 --dry-run");
    assert_eq!(run.status, 0, "{}", run.err);
    assert!(
        run.out.contains("GET /r0") && run.out.contains("calls https://backend.example.com: "),
        "{}",
        run.out
    );
    assert_eq!(certificates(&fake_aws), Vec::<bool>::new());
}

#[test]
fn only_safe_methods_with_an_http_backend_are_called() {
    for (options, problem) in [
        ("--path /r1", "AWS_PROXY"),
        ("--path /nosuch", "no resource of API"),
        ("--path r0", "expected a path that starts with /"),
        ("--path /r0 --method POST", "[possible values: GET, HEAD, OPTIONS]"),
        ("--method GET", "--path"),
        ("--path /r0 --url https://example.com", "cannot be used with"),
    ] {
        let (run, fake_aws) = probe(|_| Backend::Open, options);
        assert_eq!(run.status, 2, "{options}: {}", run.out);
        assert!(run.err.contains(problem), "{options}: {}", run.err);
        assert_eq!(certificates(&fake_aws), Vec::<bool>::new(), "{options}");
    }
}

#[test]
fn a_probe_through_api_gateway_needs_exactly_the_permissions_of_its_policy() {
    let mut called = BTreeSet::new();
    for method in ["GET", "HEAD", "OPTIONS"] {
        let (_, fake_aws) = probe(|_| Backend::Open, &format!("--path /r2 --method {method}"));
        let calls = fake_aws.log().calls();
        called.extend(calls.iter().filter(|call| call.operation != "GetCallerIdentity").map(needed));
    }
    assert_least_privilege(&called, &granted(POLICY, ""), "probe --through");
}
