//! `BatchGetResourceConfig`: the latest items of stages.

use serde_json::{Value, json};
use stagecert::Failure;
use stagecert::account::Account;
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::stage::Stage;
use stagecert::resources::stage_arn::StageArn;

use crate::bodies::stage_arn;
use crate::replay::{Response, Wire};

/// A stage's item in this operation's format: no tags, and its configuration as a JSON string.
pub(crate) fn base_item(resource_id: &Value, configuration: &Value) -> Value {
    json!({
        "version": "1.3",
        "accountId": "111122223333",
        "configurationItemCaptureTime": 1_795_262_400.123,
        "configurationItemStatus": "OK",
        "configurationStateId": "1795262400123",
        "arn": resource_id,
        "resourceType": "AWS::ApiGateway::Stage",
        "resourceId": resource_id,
        "awsRegion": "eu-west-1",
        "configuration": configuration.to_string(),
        "supplementaryConfiguration": {},
    })
}

async fn latest(response: Response) -> (Wire, Result<Vec<Stage>, Failure>) {
    let wire = Wire::responding(move |_, _| response.clone());
    let (account, _) = wire.open().await;
    let stages = [
        StageArn::parse(&stage_arn("a1", "prod")).unwrap(),
        StageArn::parse("arn:aws:apigateway:eu-west-1::/apis/w1/stages/live").unwrap(),
    ];
    let latest = account.latest(&stages.iter().collect::<Vec<_>>()).await;
    (wire, latest)
}

#[tokio::test(start_paused = true)]
async fn stages_are_requested_by_type_and_id_and_one_without_an_item_is_absent() {
    let arn: Value = stage_arn("a1", "prod").into();
    let configuration = json!({"clientCertificateId": "cert01", "deploymentId": "dep1"});
    let response =
        json!({"baseConfigurationItems": [base_item(&arn, &configuration)], "unprocessedResourceKeys": []});
    let (wire, latest) = latest(Response::ok(response)).await;
    let [stage] = latest.unwrap().try_into().unwrap();
    assert_eq!(arn, stage.arn.as_str());
    assert_eq!(stage.certificate.as_ref().map(CertificateId::as_str), Some("cert01"));

    let [sent] = wire.sent().try_into().unwrap();
    assert_eq!(sent.header("x-amz-target"), "StarlingDoveService.BatchGetResourceConfig");
    assert_eq!(
        sent.json(),
        json!({"resourceKeys": [
            {"resourceType": "AWS::ApiGateway::Stage", "resourceId": arn},
            {"resourceType": "AWS::ApiGatewayV2::Stage", "resourceId": "arn:aws:apigateway:eu-west-1::/apis/w1/stages/live"},
        ]})
    );
}

#[tokio::test(start_paused = true)]
async fn an_item_without_a_stage_counts_as_none_and_others_have_capture_times() {
    let arn: Value = stage_arn("a1", "prod").into();
    let item = base_item(&arn, &json!({"clientCertificateId": "cert01"}));
    for (field, value, found) in [
        ("configurationItemStatus", json!("OK"), 1),
        ("configurationItemStatus", json!("ResourceDiscovered"), 1),
        ("configurationItemStatus", json!("ResourceNotRecorded"), 0),
        ("configurationItemStatus", json!("ResourceDeleted"), 0),
        ("configurationItemStatus", json!("ResourceDeletedNotRecorded"), 0),
        ("configuration", Value::Null, 0),
        ("configuration", json!(""), 0),
        ("configuration", json!("null"), 0),
    ] {
        let mut item = item.clone();
        item[field] = value.clone();
        let response = json!({"baseConfigurationItems": [item], "unprocessedResourceKeys": []});
        let (_, latest) = latest(Response::ok(response)).await;
        let latest = latest.unwrap();
        assert_eq!(latest.len(), found, "{field} {value}");
        for stage in latest {
            assert_eq!(stage.captured, Some("2026-11-21T12:00:00.123Z".parse().unwrap()));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_or_an_invalid_item_is_a_failure() {
    let arn: Value = stage_arn("a1", "prod").into();
    for response in [
        Response::error(400, "NoAvailableConfigurationRecorderException", "no"),
        Response::error(400, "AccessDeniedException", "no"),
        Response::ok(json!({"baseConfigurationItems": [base_item(&"?".into(), &json!({}))]})),
        Response::ok(
            json!({"baseConfigurationItems": [base_item(&arn, &json!({"clientCertificateId": 7}))]}),
        ),
        Response::ok(json!({"baseConfigurationItems": [{"resourceId": arn, "configuration": "{"}]})),
    ] {
        let (_, latest) = latest(response).await;
        let message = latest.unwrap_err().to_string();
        assert!(
            message.starts_with("BatchGetResourceConfig of 2 stages in account 111122223333"),
            "{message}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_unprocessed_key_is_a_failure() {
    let key = json!({"resourceType": "AWS::ApiGateway::Stage", "resourceId": stage_arn("a1", "prod")});
    let (_, latest) =
        latest(Response::ok(json!({"baseConfigurationItems": [], "unprocessedResourceKeys": [key]}))).await;
    assert!(latest.is_err(), "{latest:?}");
}
