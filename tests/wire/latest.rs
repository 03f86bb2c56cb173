//! `BatchGetResourceConfig`: the latest items of stages.

use serde_json::{Value, json};
use stagecert::Failure;
use stagecert::account::Account;
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::stage::Stage;
use stagecert::resources::stage_arn::StageArn;

use crate::bodies::stage_arn;
use crate::replay::{Answer, Wire};

/// A stage's item as this operation answers it: without tags, its configuration a JSON string.
pub fn base_item(resource_id: &Value, configuration: &Value) -> Value {
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

async fn latest(answer: Answer) -> (Wire, Result<Vec<Stage>, Failure>) {
    let wire = Wire::answering(move |_, _| answer.clone());
    let (account, _) = wire.open().await;
    let stages = [
        StageArn::parse(&stage_arn("a1", "prod")).unwrap(),
        StageArn::parse("arn:aws:apigateway:eu-west-1::/apis/w1/stages/live").unwrap(),
    ];
    let latest = account.latest(&stages.iter().collect::<Vec<_>>()).await;
    (wire, latest)
}

#[tokio::test(start_paused = true)]
async fn stages_are_asked_for_by_type_and_id_and_one_without_item_is_absent() {
    let arn: Value = stage_arn("a1", "prod").into();
    let configuration = json!({"clientCertificateId": "cert01", "deploymentId": "dep1"});
    let answer =
        json!({"baseConfigurationItems": [base_item(&arn, &configuration)], "unprocessedResourceKeys": []});
    let (wire, latest) = latest(Answer::ok(answer)).await;
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
async fn an_item_that_describes_no_stage_counts_as_none_and_the_others_say_when_they_were_captured() {
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
        let answer = json!({"baseConfigurationItems": [item], "unprocessedResourceKeys": []});
        let (_, latest) = latest(Answer::ok(answer)).await;
        let latest = latest.unwrap();
        assert_eq!(latest.len(), found, "{field} {value}");
        for stage in latest {
            assert_eq!(stage.captured, Some("2026-11-21T12:00:00.123Z".parse().unwrap()));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_or_an_item_that_is_no_stage_is_a_failure() {
    let arn: Value = stage_arn("a1", "prod").into();
    for answer in [
        Answer::error(400, "NoAvailableConfigurationRecorderException", "no"),
        Answer::error(400, "AccessDeniedException", "no"),
        Answer::ok(json!({"baseConfigurationItems": [base_item(&"?".into(), &json!({}))]})),
        Answer::ok(json!({"baseConfigurationItems": [base_item(&arn, &json!({"clientCertificateId": 7}))]})),
        Answer::ok(json!({"baseConfigurationItems": [{"resourceId": arn, "configuration": "{"}]})),
    ] {
        let (_, latest) = latest(answer).await;
        let told = latest.unwrap_err().to_string();
        assert!(told.starts_with("BatchGetResourceConfig of 2 stages in account 111122223333"), "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_config_did_not_process_is_a_failure() {
    let key = json!({"resourceType": "AWS::ApiGateway::Stage", "resourceId": stage_arn("a1", "prod")});
    let (_, latest) =
        latest(Answer::ok(json!({"baseConfigurationItems": [], "unprocessedResourceKeys": [key]}))).await;
    assert!(latest.is_err(), "{latest:?}");
}
