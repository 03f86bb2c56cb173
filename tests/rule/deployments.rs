//! Stages that share an API and a deployment: which of them are exported, and which backends each
//! is reported to have.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stagecert::Failure;
use stagecert::resources::stage_arn::StageArn;

use crate::change::change;
use crate::evaluate::{Evaluated, account_of, sample, with_parameters};
use crate::faulty::evaluate_with;

/// A stage by `apiId/stageName`, its deployment, its canary's deployment, and the integration in
/// its export; `None` if it can't be exported.
type Deployed = (&'static str, Option<&'static str>, Option<&'static str>, Option<&'static str>);

/// An account in which every stage's result depends on its deployment: all have the same
/// certificate, which doesn't exist.
fn account(stages: &[Deployed]) -> Value {
    let mut account = account_of(0);
    account["exports"] = json!({});
    for (label, deployment, canary, integration) in stages {
        let arn = format!("arn:aws:apigateway:eu-west-1::/restapis/{}", label.replace('/', "/stages/"));
        account["stages"].as_array_mut().unwrap().push(json!({
            "resourceType": "AWS::ApiGateway::Stage",
            "resourceId": arn,
            "configuration": {
                "deploymentId": deployment,
                "canarySettings": {"deploymentId": canary},
                "clientCertificateId": "ghost1",
            },
        }));
        if let Some(integration) = integration {
            let operation = json!({"x-amazon-apigateway-integration": {"type": integration}});
            account["exports"][arn] = json!({"openapi": "3.0.1", "paths": {"/": {"get": operation}}});
        }
    }
    account
}

async fn evaluate(event: Value, account: &Value, fails: (&'static str, &'static str)) -> (Evaluated, usize) {
    let parameters = json!({"checks": "certificate-attached,certificate-unique", "reporting": "all"});
    let (evaluated, calls) =
        evaluate_with(&with_parameters(event, &parameters), account, account, fails).await;
    (evaluated, calls.iter().filter(|call| **call == "exported").count())
}

const HTTP: Option<&str> = Some("http_proxy");
const LAMBDA: Option<&str> = Some("aws_proxy");

/// What is deployed, according to an annotation.
fn deployed(evaluated: &Evaluated, label: &str) -> &'static str {
    let (_, annotation) = evaluated.of(label).unwrap();
    let known =
        ["HTTP backends in deployment d1", "HTTP backends in deployment d2", "HTTP backends deployed"];
    let known = known.into_iter().chain([
        "no HTTP integration in deployment d1",
        "deployed API not exportable",
        "canary deployment not exportable",
    ]);
    known.into_iter().find(|known| annotation.contains(known)).unwrap_or_else(|| panic!("{annotation}"))
}

#[tokio::test]
async fn http_backends_of_a_deployment_are_read_once_per_sweep() {
    let (http_d1, http_d2) = ("HTTP backends in deployment d1", "HTTP backends in deployment d2");
    let (none_d1, unnamed) = ("no HTTP integration in deployment d1", "HTTP backends deployed");
    let (no_export, canary) = ("deployed API not exportable", "canary deployment not exportable");
    let d1 = Some("d1");
    for (stages, exports, expected) in [
        // The second has no export, so its result must come from the first.
        (vec![("a1/dev", d1, None, HTTP), ("a1/prod", d1, None, None)], 1, vec![http_d1, http_d1]),
        (vec![("a1/dev", d1, None, HTTP), ("a1/prod", Some("d2"), None, HTTP)], 2, vec![http_d1, http_d2]),
        (vec![("a1/dev", d1, None, HTTP), ("b2/dev", d1, None, LAMBDA)], 2, vec![http_d1, none_d1]),
        (vec![("a1/dev", None, None, HTTP), ("a1/prod", None, None, None)], 2, vec![unnamed, no_export]),
        (vec![("a1/dev", d1, None, HTTP), ("a1/prod", d1, Some("d2"), HTTP)], 1, vec![http_d1, http_d1]),
        // Its canary's integrations can't be read, so nothing else of the stage is read.
        (vec![("a1/dev", d1, Some("d2"), LAMBDA), ("a1/prod", d1, None, LAMBDA)], 1, vec![canary, none_d1]),
        (vec![("a1/dev", d1, None, None), ("a1/prod", d1, None, LAMBDA)], 2, vec![no_export, none_d1]),
        // Other stages in between, and one that is known only through the second.
        (
            vec![
                ("a1/dev", d1, None, None),
                ("b2/dev", d1, None, LAMBDA),
                ("a1/prod", d1, None, HTTP),
                ("a1/test", d1, None, None),
            ],
            3,
            vec![no_export, none_d1, http_d1, http_d1],
        ),
    ] {
        let (evaluated, calls) = evaluate(sample("scheduled"), &account(&stages), ("", "")).await;
        let found: Vec<&str> = stages.iter().map(|(label, ..)| deployed(&evaluated, label)).collect();
        assert_eq!((calls, found), (exports, expected), "{stages:?}");
    }
}

#[tokio::test]
async fn a_redeployed_stage_hides_no_backend_of_another() {
    // Listed with d1, now on a deployment without HTTP.
    let stages = [("a1/dev", Some("d1"), None, LAMBDA), ("a1/prod", Some("d1"), None, HTTP)];
    let (evaluated, calls) = evaluate(sample("scheduled"), &account(&stages), ("", "")).await;
    assert_eq!(calls, 2);
    assert_eq!(deployed(&evaluated, "a1/prod"), "HTTP backends in deployment d1");
}

#[tokio::test]
async fn a_change_never_exports_a_peer() {
    let stages = [("a1/dev", Some("d1"), None, HTTP), ("a1/prod", Some("d1"), None, HTTP)];
    let event = change("a1/dev", Some("ghost1"), None);
    let (evaluated, calls) = evaluate(event, &account(&stages), ("", "")).await;
    assert_eq!((calls, evaluated.evaluations().len()), (1, 2));
    assert_eq!(deployed(&evaluated, "a1/dev"), "HTTP backends in deployment d1");
    // The only thing that can have changed for the peer, and all that is known without an export.
    let (compliance, annotation) = evaluated.of("a1/prod").unwrap();
    assert_eq!(compliance, "NON_COMPLIANT");
    assert!(annotation.contains("ghost1 is shared with stage a1/dev"), "{annotation}");
}

#[tokio::test]
async fn a_peer_whose_result_depends_on_its_backends_keeps_it() {
    let stages = [("a1/dev", Some("d1"), None, HTTP), ("a1/prod", Some("d1"), None, HTTP)];
    let event = change("a1/dev", None, Some("ghost1"));
    let (evaluated, _) = evaluate(event, &account(&stages), ("", "")).await;
    evaluated.outcome.as_ref().unwrap();
    assert_eq!(evaluated.of("a1/prod"), None, "unique now; whether it needs a certificate is not known");
}

#[tokio::test]
async fn a_failed_export_is_not_used_for_another_stage() {
    let stages = [("a1/dev", Some("d1"), None, HTTP), ("a1/prod", Some("d1"), None, HTTP)];
    let account = account(&stages);
    let (evaluated, calls) =
        evaluate(sample("scheduled"), &account, ("exported", "AccessDeniedException")).await;
    assert_eq!((calls, evaluated.evaluations().len()), (2, 0));
    let message = evaluated.outcome.unwrap_err().to_string();
    assert!(message.contains("a1/dev") && message.contains("a1/prod"), "{message}");
}

#[tokio::test]
async fn a_sweep_whose_put_fails_during_the_exports_names_each_stage_once() {
    let mut account = account_of(450);
    for (n, stage) in account["stages"].as_array_mut().unwrap().iter_mut().enumerate() {
        stage["configuration"]["deploymentId"] = ["d1", "d2", "d3"][n % 3].into();
    }
    let fails = ("put_evaluations", "InvalidResultTokenException");
    let (evaluated, _) = evaluate(sample("scheduled"), &account, fails).await;
    let Err(Failure::Several(failures)) = evaluated.outcome else { panic!("{:?}", evaluated.outcome) };
    let named: Vec<String> = failures.iter().filter_map(unreported).flatten().collect();
    let distinct: BTreeSet<String> = named.iter().cloned().collect();
    let all: BTreeSet<String> = (0..450).map(|n| format!("api{:05}/s{}", n / 10, n % 10)).collect();
    assert_eq!((named.len(), distinct), (450, all));
}

/// The stages that a failure lists as having no result, as `apiId/stageName`.
fn unreported(failure: &Failure) -> Option<Vec<String>> {
    let Failure::Unreported { stages, .. } = failure else { return None };
    let label = |stage: &String| StageArn::parse(stage).map_or_else(|_| stage.clone(), |arn| arn.label());
    Some(stages.iter().map(label).collect())
}
