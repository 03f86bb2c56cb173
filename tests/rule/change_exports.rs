//! Changes that may not export the changed stage: what the earlier result says about the deployment
//! counts, and anything else waits for the next sweep as `NON_COMPLIANT`.

use serde_json::{Value, json};
use stagecert::parameters::settings::{ChangeExports, Settings};

use crate::change::{account, change};
use crate::evaluate::{Evaluated, sample, stored, with_parameters};
use crate::faulty::World;

const LABEL: &str = "a1/prod";
const WAITS: &str = "what is deployed is read by the next sweep, until then counted as having HTTP backends";

fn arn() -> String {
    "arn:aws:apigateway:eu-west-1::/restapis/a1/stages/prod".into()
}

/// An account whose stage `a1/prod` has this certificate, deployment and integration.
fn with_stage(certificate: Option<&str>, deployment: &str, integration: &str) -> Value {
    let mut account = account(&[(LABEL, certificate)]);
    account["stages"][0]["configuration"]["deploymentId"] = deployment.into();
    let operation = json!({"x-amazon-apigateway-integration": {"type": integration}});
    account["exports"] = json!({arn(): {"openapi": "3.0.1", "paths": {"/": {"get": operation}}}});
    account
}

/// The change event of the stage as it is in this account.
fn changed(account: &Value) -> Value {
    let configuration = account["stages"][0]["configuration"].clone();
    let mut event = change(LABEL, None, None);
    let mut invoking: Value = serde_json::from_str(event["invokingEvent"].as_str().unwrap()).unwrap();
    invoking["configurationItem"]["configuration"] = configuration;
    invoking["configurationItemDiff"] =
        json!({"changedProperties": {"Configuration.Description": {"updatedValue": "text"}}});
    event["invokingEvent"] = invoking.to_string().into();
    event
}

fn without_exports(account: &Value) -> World {
    let settings = Settings { change_exports: ChangeExports::Off, ..Settings::default() };
    World { settings, ..World::of(account) }
}

/// The account with a result of this rule for the stage.
fn with_result(account: &Value, rule: &str, annotation: &str) -> Value {
    let mut account = account.clone();
    let qualifier =
        json!({"ConfigRuleName": rule, "ResourceType": "AWS::ApiGateway::Stage", "ResourceId": arn()});
    account["evaluationResults"] = json!([{
        "EvaluationResultIdentifier": {"EvaluationResultQualifier": qualifier},
        "ComplianceType": "COMPLIANT",
        "Annotation": annotation,
    }]);
    account
}

fn result(evaluated: &Evaluated) -> (String, String) {
    evaluated.of(LABEL).unwrap_or_else(|| panic!("{:?}", evaluated.outcome))
}

/// The numbers of calls that read what is deployed: API Gateway's, and those for an earlier result.
fn reads(calls: &[&str]) -> (usize, usize) {
    let of = |operations: &[&str]| calls.iter().filter(|call| operations.contains(call)).count();
    (of(&["exported", "live_stage", "current_integrations"]), of(&["earlier_result", "earlier_results"]))
}

#[tokio::test]
async fn by_default_a_change_exports_the_stage() {
    let account = with_stage(None, "d1", "aws_proxy");
    let (evaluated, calls) = World::of(&account).evaluate(&changed(&account)).await;
    assert_eq!((result(&evaluated).0, reads(&calls)), ("COMPLIANT".into(), (3, 0)));
    assert!(result(&evaluated).1.ends_with("no HTTP integration in deployment d1"));
}

#[tokio::test]
async fn without_exports_a_deployment_that_the_earlier_result_names_keeps_its_evidence() {
    for (integration, compliance, evidence) in [
        ("aws_proxy", "COMPLIANT", "no HTTP integration in deployment d1"),
        ("http", "NON_COMPLIANT", "HTTP backends in deployment d1"),
    ] {
        let account = with_stage(None, "d1", integration);
        let (swept, _) = World::of(&account).evaluate(&sample("scheduled")).await;
        let account = stored(account, &swept);
        let (evaluated, calls) = without_exports(&account).evaluate(&changed(&account)).await;
        let (found, annotation) = result(&evaluated);
        assert_eq!((found.as_str(), reads(&calls)), (compliance, (0, 1)), "{annotation}");
        assert!(annotation.ends_with(evidence), "{annotation}");
        evaluated.outcome.unwrap();
    }
}

#[tokio::test]
async fn without_exports_a_new_deployment_is_non_compliant_until_the_sweep() {
    for (integration, afterward) in [("aws_proxy", "COMPLIANT"), ("http", "NON_COMPLIANT")] {
        let before = with_stage(None, "d1", "aws_proxy");
        let (swept, _) = World::of(&before).evaluate(&sample("scheduled")).await;
        assert_eq!(result(&swept).0, "COMPLIANT");

        let redeployed = stored(with_stage(None, "d2", integration), &swept);
        let (evaluated, calls) = without_exports(&redeployed).evaluate(&changed(&redeployed)).await;
        assert_eq!(reads(&calls), (0, 1));
        let expected = format!("certificate-attached: no certificate, {WAITS}");
        assert_eq!(result(&evaluated), ("NON_COMPLIANT".into(), expected));

        // What the change put is no evidence for the next change.
        let waiting = stored(redeployed, &evaluated);
        let (again, calls) = without_exports(&waiting).evaluate(&changed(&waiting)).await;
        assert_eq!((result(&again), reads(&calls)), (result(&evaluated), (0, 1)));

        let (corrected, calls) = without_exports(&waiting).evaluate(&sample("scheduled")).await;
        let (compliance, annotation) = result(&corrected);
        assert_eq!(compliance, afterward, "{annotation}");
        assert!(calls.contains(&"exported") && annotation.ends_with("in deployment d2"), "{annotation}");
    }
}

#[tokio::test]
async fn without_exports_and_an_earlier_result_a_new_stage_is_non_compliant() {
    let account = with_stage(None, "d1", "aws_proxy");
    let (evaluated, calls) = without_exports(&account).evaluate(&changed(&account)).await;
    let (compliance, annotation) = result(&evaluated);
    assert_eq!((compliance.as_str(), reads(&calls)), ("NON_COMPLIANT", (0, 1)));
    assert!(annotation.ends_with(WAITS), "{annotation}");
}

#[tokio::test]
async fn only_the_own_rule_and_the_current_deployment_are_evidence() {
    const NO_HTTP: &str = "no HTTP integration in deployment d1";
    for (rule, deployment, annotation, compliance) in [
        ("stagecert", "d1", NO_HTTP, "COMPLIANT"),
        ("stagecert", "d1", "stage has tag owner; no HTTP integration in deployment d1", "COMPLIANT"),
        ("another-rule", "d1", NO_HTTP, "NON_COMPLIANT"),
        ("stagecert", "d12", NO_HTTP, "NON_COMPLIANT"),
        ("stagecert", "d", NO_HTTP, "NON_COMPLIANT"),
        ("stagecert", "d1", "no HTTP integration deployed", "NON_COMPLIANT"),
        (
            "stagecert",
            "d1",
            "HTTP backends in deployment d1; no HTTP integration in deployment d1",
            "NON_COMPLIANT",
        ),
        ("stagecert", "d1", "client certificate cert1 attached", "NON_COMPLIANT"),
    ] {
        let account = with_result(&with_stage(None, deployment, "http"), rule, annotation);
        let (evaluated, calls) = without_exports(&account).evaluate(&changed(&account)).await;
        let (found, text) = result(&evaluated);
        assert_eq!((found.as_str(), reads(&calls)), (compliance, (0, 1)), "{rule} {annotation}: {text}");
    }
}

#[tokio::test]
async fn a_canary_needs_more_than_the_evidence_of_its_stage() {
    let mut account = with_result(
        &with_stage(None, "d1", "aws_proxy"),
        "stagecert",
        "no HTTP integration in deployment d1, nor in the API's current resources (canary d2)",
    );
    account["currentIntegrations"] = json!({"a1": ["AWS_PROXY"]});
    for canary in ["d2", "d3"] {
        account["stages"][0]["configuration"]["canarySettings"] = json!({"deploymentId": canary});
        let (evaluated, calls) = without_exports(&account).evaluate(&changed(&account)).await;
        let (compliance, annotation) = result(&evaluated);
        assert_eq!((compliance.as_str(), reads(&calls)), ("NON_COMPLIANT", (0, 1)), "{annotation}");
        assert!(annotation.ends_with(WAITS), "{annotation}");
    }
}

#[tokio::test]
async fn an_earlier_result_that_cannot_be_read_leaves_the_stage_without_a_new_one() {
    let account = with_stage(None, "d1", "aws_proxy");
    let fails = ("earlier_result", "AccessDeniedException");
    let (evaluated, calls) = World { fails, ..without_exports(&account) }.evaluate(&changed(&account)).await;
    assert_eq!((evaluated.evaluations().len(), reads(&calls)), (0, (0, 1)));
    let message = evaluated.outcome.unwrap_err().to_string();
    assert!(message.contains("no result in") && message.contains("earlier_result of it"), "{message}");
}

#[tokio::test]
async fn a_stage_that_needs_no_export_needs_no_earlier_result() {
    let account = with_stage(Some("cert1"), "d1", "http");
    let (evaluated, calls) = without_exports(&account).evaluate(&changed(&account)).await;
    assert_eq!((result(&evaluated).0, reads(&calls)), ("COMPLIANT".into(), (0, 0)));

    let account = with_stage(None, "d1", "http");
    let event = with_parameters(changed(&account), &json!({"appliesTo": "all-stages"}));
    let (evaluated, calls) = without_exports(&account).evaluate(&event).await;
    assert_eq!((result(&evaluated).0, reads(&calls)), ("NON_COMPLIANT".into(), (0, 0)));
}

#[tokio::test]
async fn an_expired_certificate_is_reported_with_the_evidence_there_is() {
    for (annotation, ending) in [
        (
            "client certificate cert1 attached; HTTP backends in deployment d1",
            "HTTP backends in deployment d1",
        ),
        ("client certificate cert1 attached", WAITS),
    ] {
        let mut account = with_result(&with_stage(Some("cert1"), "d1", "http"), "stagecert", annotation);
        account["clientCertificates"][0]["expirationDate"] = "2026-11-01T00:00:00Z".into();
        let (evaluated, calls) = without_exports(&account).evaluate(&changed(&account)).await;
        let (compliance, annotation) = result(&evaluated);
        assert_eq!((compliance.as_str(), reads(&calls)), ("NON_COMPLIANT", (0, 1)), "{annotation}");
        assert!(
            annotation.starts_with("certificate-expiry: ") && annotation.ends_with(ending),
            "{annotation}"
        );
    }
}

/// Lambda retries events, so an event can name a deployment that the stage no longer has.
#[tokio::test]
async fn the_evidence_about_a_deployment_of_the_past_improves_nothing() {
    let before = with_stage(None, "d1", "aws_proxy");
    let remembered = "no HTTP integration in deployment d1";
    let mut now = with_result(&with_stage(None, "d2", "http"), "stagecert", remembered);
    now["stages"][0]["configurationItemCaptureTime"] = "2026-11-21T11:59:59Z".into();
    let event = changed(&before);
    let (evaluated, calls) = without_exports(&now).evaluate(&event).await;
    let (compliance, annotation) = result(&evaluated);
    assert_eq!(compliance, "NON_COMPLIANT", "{annotation}");
    assert!(annotation.ends_with(WAITS), "{annotation}");
    assert!(calls.contains(&"latest") && !calls.contains(&"exported"), "{calls:?}");

    // If Config's latest item can't be read, nothing that might be an improvement is put.
    let fails = ("latest", "ThrottlingException");
    let (evaluated, _) = World { fails, ..without_exports(&now) }.evaluate(&event).await;
    assert_eq!(evaluated.evaluations().len(), 0);
    evaluated.outcome.unwrap_err();
}

/// A WebSocket API has no export: Config's query says what it calls.
#[tokio::test]
async fn the_integrations_of_a_websocket_api_are_read_from_config_all_the_same() {
    let (account, event) = (crate::evaluate::example(), sample("change-websocket"));
    let (exporting, _) = World::of(&account).evaluate(&event).await;
    let (evaluated, calls) = without_exports(&account).evaluate(&event).await;
    assert_eq!(evaluated.evaluations(), exporting.evaluations());
    assert_eq!(reads(&calls), (0, 0));
}
