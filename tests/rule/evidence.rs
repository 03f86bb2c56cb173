//! What annotations remember about deployments: only what was read while API Gateway named that
//! deployment.

use serde_json::{Value, json};

use crate::evaluate::{Evaluated, account_of, sample, stored, with_parameters};
use crate::faulty::World;

const LABEL: &str = "api00000/s0";

/// One stage on `d1` with this integration in its export.
fn account(integration: &str) -> Value {
    let mut account = account_of(1);
    let arn = account["stages"][0]["resourceId"].as_str().unwrap().to_owned();
    let operation = json!({"x-amazon-apigateway-integration": {"type": integration}});
    account["exports"] = json!({arn: {"openapi": "3.0.1", "paths": {"/": {"get": operation}}}});
    account
}

fn on(account: &Value, deployment: &str, canary: Option<&str>) -> Value {
    let mut account = account.clone();
    let configuration = &mut account["stages"][0]["configuration"];
    configuration["deploymentId"] = deployment.into();
    configuration["canarySettings"] = json!({"deploymentId": canary});
    account
}

fn event(checks: &str) -> Value {
    with_parameters(sample("scheduled"), &json!({"checks": checks, "reporting": "all"}))
}

async fn swept(world: &World) -> (Evaluated, usize) {
    let (evaluated, calls) = world.evaluate(&event("certificate-attached")).await;
    let exports = calls.iter().filter(|call| **call == "exported").count();
    (evaluated, exports)
}

fn result(evaluated: &Evaluated) -> (String, String) {
    evaluated.of(LABEL).unwrap_or_else(|| panic!("{:?}", evaluated.outcome))
}

#[tokio::test]
async fn no_http_is_remembered_only_if_the_deployment_was_named_before_and_after_the_export() {
    let account = account("aws_proxy");
    for (before, after, compliance, annotation, exports_again) in [
        ("d1", "d1", "NOT_APPLICABLE", "no HTTP integration in deployment d1", 0),
        ("d2", "d2", "NOT_APPLICABLE", "no HTTP integration deployed", 1),
        ("d1", "d2", "NON_COMPLIANT", "deployment changed while it was read", 1),
        ("d2", "d1", "NON_COMPLIANT", "deployment changed while it was read", 1),
    ] {
        let (live, later) = (on(&account, before, None), on(&account, after, None));
        // Config's items agree with API Gateway, otherwise the result could not be confirmed; its
        // index still lists d1.
        let world = World { live, later, ..World::of(&account) };
        let (evaluated, exports) = swept(&world).await;
        let (found, text) = result(&evaluated);
        assert_eq!((exports, found.as_str()), (1, compliance), "{before} {after}: {text}");
        assert!(text.contains(annotation), "{before} {after}: {text}");
        let (_, again) = swept(&World::of(&stored(account.clone(), &evaluated))).await;
        assert_eq!(again, exports_again, "{before} {after}");
    }
}

#[tokio::test]
async fn http_is_remembered_only_for_the_deployment_named_before_the_export() {
    let account = account("http");
    for (before, annotation, exports_again) in [
        ("d1", "no certificate, HTTP backends in deployment d1", 0),
        ("d2", "no certificate, HTTP backends deployed", 1),
    ] {
        let live = on(&account, before, None);
        let (evaluated, _) = swept(&World { later: live.clone(), live, ..World::of(&account) }).await;
        let (compliance, text) = result(&evaluated);
        assert!(compliance == "NON_COMPLIANT" && text.ends_with(annotation), "{text}");
        let (_, again) = swept(&World::of(&stored(account.clone(), &evaluated))).await;
        assert_eq!(again, exports_again, "{before}");
    }
}

#[tokio::test]
async fn without_get_stage_no_evidence_is_trusted() {
    let world = World { fails: ("live_stage", "AccessDeniedException"), ..World::of(&account("aws_proxy")) };
    let (evaluated, _) = swept(&world).await;
    assert_eq!(evaluated.of(LABEL), None);
    assert!(evaluated.outcome.unwrap_err().to_string().contains(LABEL));
}

#[tokio::test]
async fn a_stage_that_api_gateway_lacks_counts_as_gone() {
    let account = account("aws_proxy");
    let mut live = account.clone();
    live["stages"] = json!([]);
    let (evaluated, exports) = swept(&World { live, ..World::of(&account) }).await;
    assert_eq!((result(&evaluated), exports), (("NOT_APPLICABLE".into(), "no longer found".into()), 0));
}

#[tokio::test]
async fn a_canary_keeps_the_evidence_if_the_current_resources_have_no_http_either() {
    let evidence = "no HTTP integration in deployment d1, nor in the API's current resources (canary d2)";
    for (types, compliance, annotation) in [
        (Some(json!(["AWS_PROXY", "MOCK"])), "NOT_APPLICABLE", evidence),
        (Some(json!(["AWS_PROXY", "HTTP"])), "NON_COMPLIANT", "canary deployment not exportable"),
        (Some(json!([""])), "NON_COMPLIANT", "canary deployment not exportable"),
        (None, "NON_COMPLIANT", "canary deployment not exportable"),
    ] {
        let mut account = account("aws_proxy");
        if let Some(types) = &types {
            account["currentIntegrations"] = json!({"api00000": types});
        }
        let (before, _) = swept(&World::of(&account)).await;
        assert_eq!(result(&before).0, "NOT_APPLICABLE");
        // Released as a canary: the main deployment is still the one in the previous result.
        let released = on(&stored(account.clone(), &before), "d1", Some("d2"));
        let (during, exports) = swept(&World::of(&released)).await;
        let (found, text) = result(&during);
        assert_eq!((found.as_str(), exports), (compliance, 0), "{types:?}");
        assert!(text.contains(annotation), "{types:?}: {text}");
        if compliance == "NOT_APPLICABLE" {
            // The canary ends, and nothing needs exporting.
            let ended = on(&stored(account.clone(), &during), "d1", None);
            let (after, exports) = swept(&World::of(&ended)).await;
            assert_eq!((result(&after), exports), (result(&before), 0));
        }
        // A canary that only API Gateway shows.
        let live = on(&account, "d1", Some("d2"));
        let (evaluated, _) = swept(&World { later: live.clone(), live, ..World::of(&account) }).await;
        assert_eq!(result(&evaluated).0, compliance, "{types:?}");
    }
}

#[tokio::test]
async fn the_backends_behind_an_expired_certificate_are_reported_and_read_once() {
    for (integration, evidence) in
        [("aws_proxy", "no HTTP integration in deployment d1"), ("http", "HTTP backends in deployment d1")]
    {
        let mut account = account(integration);
        account["stages"][0]["configuration"]["clientCertificateId"] = "old111".into();
        account["clientCertificates"] =
            json!([{"clientCertificateId": "old111", "expirationDate": "2026-11-01T00:00:00Z"}]);
        let event = event("certificate-attached,certificate-expiry");
        let (first, _) = World::of(&account).evaluate(&event).await;
        let (compliance, text) = result(&first);
        assert_eq!(compliance, "NON_COMPLIANT");
        assert!(
            text.starts_with("certificate-expiry: client certificate old111 expired 2026-11-01T00:00:00Z"),
            "{text}"
        );
        assert!(text.ends_with(evidence), "{text}");
        let (second, calls) = World::of(&stored(account, &first)).evaluate(&event).await;
        assert_eq!(calls.iter().filter(|call| **call == "exported").count(), 0);
        assert_eq!(result(&second), (compliance, text));
    }
}

#[tokio::test]
async fn an_expired_certificate_fails_even_if_its_stage_cannot_be_exported() {
    let mut account = account("http");
    account["stages"][0]["configuration"]["clientCertificateId"] = "old111".into();
    account["clientCertificates"] =
        json!([{"clientCertificateId": "old111", "expirationDate": "2026-11-01T00:00:00Z"}]);
    let world = World { fails: ("exported", "AccessDeniedException"), ..World::of(&account) };
    let (evaluated, _) = world.evaluate(&event("certificate-expiry")).await;
    assert_eq!(result(&evaluated).0, "NON_COMPLIANT");
    assert!(evaluated.outcome.unwrap_err().to_string().contains("exported of it"));
}

#[tokio::test]
async fn an_api_that_cannot_be_exported_affects_no_other() {
    let mut account = account_of(200);
    account["exports"] = json!({});
    let world = World {
        fails: ("exported", "AccessDeniedException"),
        failing_api: Some("api00000"),
        ..World::of(&account)
    };
    for (n, stage) in account["stages"].as_array_mut().unwrap().iter_mut().enumerate() {
        stage["configuration"]["deploymentId"] = format!("d{n}").into();
    }
    let (evaluated, _) = world.evaluate(&event("certificate-attached")).await;
    assert_eq!(evaluated.evaluations().len(), 190);
    let message = evaluated.outcome.unwrap_err().to_string();
    assert!(message.contains("api00000/s") && !message.contains("api00001/s"), "{message}");
}

fn attached(deployment: &str, certificate: &str) -> Value {
    let mut account = on(&account("http"), deployment, None);
    account["stages"][0]["configuration"]["clientCertificateId"] = certificate.into();
    account["clientCertificates"] = json!([
        {"clientCertificateId": "new111", "expirationDate": "2027-11-01T00:00:00Z"},
        {"clientCertificateId": "new222", "expirationDate": "2027-11-01T00:00:00Z"},
    ]);
    account
}

/// The stage's change event, with these properties in its diff.
fn attaching(account: &Value, changed: &[(&str, &str)]) -> Value {
    let mut event = sample("change-ok");
    let mut invoking: Value = serde_json::from_str(event["invokingEvent"].as_str().unwrap()).unwrap();
    let row = &account["stages"][0];
    let item = &mut invoking["configurationItem"];
    item["resourceId"] = row["resourceId"].clone();
    item["ARN"] = row["resourceId"].clone();
    item["configuration"] = row["configuration"].clone();
    let properties: serde_json::Map<String, Value> = changed
        .iter()
        .map(|(path, value)| {
            let change = json!({"previousValue": null, "updatedValue": value, "changeType": "CREATE"});
            ((*path).to_owned(), change)
        })
        .collect();
    invoking["configurationItemDiff"] = json!({"changedProperties": properties, "changeType": "UPDATE"});
    event["invokingEvent"] = invoking.to_string().into();
    with_parameters(event, &json!({"checks": "certificate-attached"}))
}

#[tokio::test]
async fn a_certificate_attached_after_the_deployment_is_reported_until_either_changes() {
    const CERTIFICATE: (&str, &str) = ("Configuration.ClientCertificateId", "new111");
    let account = attached("d1", "new111");
    let (evaluated, _) = World::of(&account).evaluate(&attaching(&account, &[CERTIFICATE])).await;
    let after = ("COMPLIANT".to_owned(), "client certificate new111 attached after deployment d1".to_owned());
    assert_eq!(result(&evaluated), after);
    for (deployment, certificate, expected) in [
        ("d1", "new111", "client certificate new111 attached after deployment d1"),
        ("d2", "new111", "client certificate new111 attached"),
        ("d1", "new222", "client certificate new222 attached"),
    ] {
        let now = stored(attached(deployment, certificate), &evaluated);
        let (later, _) = swept(&World::of(&now)).await;
        assert_eq!(result(&later), ("COMPLIANT".into(), expected.into()), "{deployment} {certificate}");
    }
    // Deployed with the certificate, or changed in another way.
    for changed in
        [&[CERTIFICATE, ("Configuration.DeploymentId", "d1")][..], &[("Configuration.Description", "text")]]
    {
        let (evaluated, _) = World::of(&account).evaluate(&attaching(&account, changed)).await;
        assert_eq!(result(&evaluated).1, "client certificate new111 attached", "{changed:?}");
    }
}
