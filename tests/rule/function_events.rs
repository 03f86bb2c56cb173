//! The events that the function really sends, which the CDK app's tests and docs/alerts.md use.
//!
//! `make docs` writes them to `cdk/test/events/function-events.json`.

use serde_json::{Value, json};

use crate::evaluate::{Evaluated, evaluate, example, sample, with_parameters};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cdk/test/events/function-events.json");
const STAGE: &str = "arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5/stages/prod";
const RULE: &str = "stagecert-api-client-certificates";
const NOW: &str = "2026-11-21T08:00:00Z";

/// The example account with another certificate on one stage, which is valid until `not_after`.
fn account(not_after: &str) -> Value {
    let text = example().to_string();
    let text = text.replace("arn:aws:apigateway:eu-west-1::/restapis/x2m7t9ajd4/stages/v2", STAGE);
    let text = text.replace("e5yc3p", "vjzgoe").replace("2026-12-19T09:15:42Z", not_after);
    let text = text.replace("2026-11-21T12:00:00Z", NOW);
    let mut account: Value = serde_json::from_str(&text.replace("team-logistics", "payments")).unwrap();
    let operation = json!({"x-amazon-apigateway-integration": {"type": "http"}});
    account["exports"][STAGE] =
        json!({"openapi": "3.0.1", "info": {"title": "Orders"}, "paths": {"/": {"get": operation}}});
    account
}

/// The only event that is sent about the stage.
fn sent(evaluated: Evaluated) -> Value {
    evaluated.outcome.unwrap();
    let is_about = |message: &Value| message["Resources"] == json!([STAGE]);
    let mut messages = evaluated.messages.into_iter().filter(is_about);
    let message = messages.next().unwrap();
    assert_eq!(messages.next(), None);
    message
}

async fn reminder(not_after: &str) -> Value {
    let event = json!({
        "stagecert": "reminders", "time": NOW, "hours": 1, "accountId": "111122223333", "region": "eu-west-1",
        "ruleName": RULE, "days": "30,14,7,1,0", "ruleParameters": "{}",
    });
    sent(evaluate(&event, &account(not_after)).await)
}

/// The event about a stage whose certificate was deleted.
async fn finding_change() -> Value {
    let sweep =
        with_parameters(sample("scheduled"), &json!({"events": "on", "checks": "certificate-attached"}));
    let mut account = account("2026-12-05T08:00:00Z");
    let certificates = account["clientCertificates"].as_array_mut().unwrap();
    certificates.retain(|it| it["clientCertificateId"] != "vjzgoe");
    sent(evaluate(&sweep, &account).await)
}

#[tokio::test]
async fn the_cdk_app_uses_the_events_that_the_function_sends() {
    let due = reminder("2026-12-05T08:00:00Z").await;
    let events = json!({
        "certificateReminder": due,
        "expiredCertificateReminder": reminder("2026-11-21T07:30:00Z").await,
        "findingChange": finding_change().await,
    });
    if std::env::var_os("WRITE_GENERATED").is_some() {
        std::fs::write(FILE, serde_json::to_string_pretty(&events).unwrap() + "\n").unwrap();
    }
    let file: Value = serde_json::from_str(&std::fs::read_to_string(FILE).unwrap()).unwrap();
    assert_eq!(file, events, "run `make docs`");
}
