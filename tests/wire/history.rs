//! `GetResourceConfigHistory`, for a change event without its item.

use serde_json::{Value, json};
use stagecert::Failure;
use stagecert::account::Account;
use stagecert::event::{ConfigurationItem, Notification};

use crate::bodies::stage_arn;
use crate::events::parsed;
use crate::replay::{Response, Wire};

/// An oversized change of the stage `a1/prod`.
pub(crate) fn oversized(captured: &str) -> Value {
    let arn = stage_arn("a1", "prod");
    json!({
        "messageType": "OversizedConfigurationItemChangeNotification",
        "notificationCreationTime": "2026-11-21T12:00:00Z",
        "recordVersion": "1.0",
        "configurationItemSummary": {
            "changeType": "UPDATE",
            "configurationItemVersion": "1.3",
            "configurationItemCaptureTime": captured,
            "configurationStateId": 1_795_262_400_123_u64,
            "awsAccountId": "111122223333",
            "configurationItemStatus": "OK",
            "resourceType": "AWS::ApiGateway::Stage",
            "resourceId": arn,
            "ARN": arn,
            "awsRegion": "eu-west-1",
        },
    })
}

fn summary(captured: &str) -> ConfigurationItem {
    let notification = parsed(&oversized(captured), "token").notification;
    let Notification::Oversized { summary, .. } = notification else { panic!("{notification:?}") };
    summary
}

/// An item in the API's format, with these fields changed.
pub(crate) fn item(changes: &Value) -> Value {
    let arn = stage_arn("a1", "prod");
    let configuration = json!({"stageName": "prod", "deploymentId": "dep1", "clientCertificateId": "cert01"});
    let mut item = json!({
        "version": "1.3",
        "accountId": "111122223333",
        "configurationItemCaptureTime": 1_795_262_400.123,
        "configurationItemStatus": "OK",
        "configurationStateId": "1795262400123",
        "configurationItemMD5Hash": "",
        "arn": arn,
        "resourceType": "AWS::ApiGateway::Stage",
        "resourceId": arn,
        "resourceName": "prod",
        "awsRegion": "eu-west-1",
        "availabilityZone": "Not Applicable",
        "tags": {"owner": "team-a"},
        "relatedEvents": [],
        "relationships": [],
        "configuration": configuration.to_string(),
        "supplementaryConfiguration": {},
        "recordingFrequency": "CONTINUOUS",
    });
    for (name, value) in changes.as_object().unwrap() {
        item[name] = value.clone();
    }
    item
}

async fn fetched(pages: Vec<Value>) -> (Wire, Result<ConfigurationItem, Failure>) {
    let wire = Wire::responding(move |_, page| Response::ok(&pages[page]));
    let (account, _) = wire.open().await;
    let item = account.configuration_item(&summary("2026-11-21T12:00:00.123Z")).await;
    (wire, item)
}

#[tokio::test(start_paused = true)]
async fn the_item_may_come_after_empty_pages_and_its_configuration_is_a_string() {
    let empty = |token: &str| json!({"configurationItems": [], "nextToken": token});
    let (wire, fetched) =
        fetched(vec![empty("week2"), empty("week3"), json!({"configurationItems": [item(&json!({}))]})])
            .await;
    let fetched = fetched.unwrap();
    assert_eq!(fetched.configuration["clientCertificateId"], "cert01");
    assert_eq!(fetched.account, "111122223333");
    assert_eq!(fetched.state_id.as_deref(), Some("1795262400123"));

    let bodies: Vec<Value> = wire.sent().iter().map(crate::replay::Sent::json).collect();
    let expected = json!({
        "resourceType": "AWS::ApiGateway::Stage",
        "resourceId": stage_arn("a1", "prod"),
        "laterTime": 1_795_262_400.123,
        "limit": 1,
    });
    assert_eq!(bodies[0], expected);
    assert_eq!(bodies[1]["nextToken"], "week2");
    assert_eq!(bodies[2]["nextToken"], "week3");
}

#[tokio::test(start_paused = true)]
async fn the_capture_time_matches_the_event_to_the_millisecond() {
    for millisecond in 0..1000 {
        let seconds = format!("1795262400.{millisecond:03}");
        let captured: Value = serde_json::from_str(&seconds).unwrap();
        let changes = json!({"configurationItemCaptureTime": captured, "configurationStateId": null});
        let page = json!({"configurationItems": [item(&changes)]});
        let wire = Wire::responding(move |_, _| Response::ok(&page));
        let (account, _) = wire.open().await;
        let summary = summary(&format!("2026-11-21T12:00:00.{millisecond:03}Z"));
        assert_eq!(account.configuration_item(&summary).await.unwrap().captured, summary.captured);
    }
}

#[tokio::test(start_paused = true)]
async fn an_older_or_different_item_is_a_disagreement() {
    for (changes, field) in [
        (
            json!({"configurationStateId": "1", "configurationItemCaptureTime": 1_795_000_000}),
            "configurationItemCaptureTime",
        ),
        (json!({"resourceId": stage_arn("a1", "dev")}), "resourceId"),
        (json!({"resourceType": "AWS::ApiGatewayV2::Stage"}), "resourceType"),
    ] {
        let (_, fetched) = fetched(vec![json!({"configurationItems": [item(&changes)]})]).await;
        let failure = fetched.unwrap_err();
        assert_eq!(failure.kind(), "Disagreement", "{failure}");
        assert!(failure.to_string().contains(field), "{failure}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_event_s_item_is_recognized_by_state_id_or_second() {
    for changes in [
        json!({"configurationItemCaptureTime": 1_795_262_500}),
        json!({"configurationItemCaptureTime": 1_795_262_400, "configurationStateId": "1"}),
        json!({"configurationItemCaptureTime": 1_795_262_400, "configurationStateId": null}),
    ] {
        let (_, fetched) = fetched(vec![json!({"configurationItems": [item(&changes)]})]).await;
        assert!(fetched.is_ok(), "{changes}: {fetched:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_or_invalid_item_is_a_failure() {
    for page in [
        json!({}),
        json!({"configurationItems": []}),
        json!({"configurationItems": [item(&json!({"configurationItemCaptureTime": null}))]}),
        json!({"configurationItems": [item(&json!({"configuration": "{"}))]}),
        json!({"configurationItems": [item(&json!({"accountId": null}))]}),
    ] {
        let (_, fetched) = fetched(vec![page.clone()]).await;
        assert!(fetched.is_err(), "{page}");
    }
    let (_, fetched) = fetched(vec![json!({})]).await;
    assert_eq!(
        fetched.unwrap_err().to_string(),
        format!(
            "GetResourceConfigHistory of {} in account 111122223333, Region eu-west-1: Config has no item for this resource",
            stage_arn("a1", "prod")
        )
    );
}
