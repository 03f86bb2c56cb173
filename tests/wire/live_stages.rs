//! API Gateway's view of stages, the recorder's status and a rule's scope.

use serde_json::{Value, json};
use stagecert::account::Account;
use stagecert::account::listing::RuleScope;
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::stage_arn::StageArn;

use crate::bodies::stage_arn;
use crate::replay::{Response, Wire, noon};

const LIVE: &str = "arn:aws:apigateway:eu-west-1::/apis/w1/stages/$default";

fn rest() -> StageArn {
    StageArn::parse(&stage_arn("a1", "prod")).unwrap()
}

fn v2() -> StageArn {
    StageArn::parse(LIVE).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_stage_is_read_from_its_own_api() {
    for (arn, path) in [(rest(), "/restapis/a1/stages/prod"), (v2(), "/v2/apis/w1/stages/%24default")] {
        let wire = Wire::responding(|_, _| {
            Response::ok(json!({"stageName": "x", "deploymentId": "dep1", "clientCertificateId": "cert01"}))
        });
        let (account, _) = wire.open().await;
        let stage = account.live_stage(&arn).await.unwrap().unwrap();
        assert_eq!(stage.certificate.as_ref().map(CertificateId::as_str), Some("cert01"));
        assert_eq!(stage.deployment.map(|id| id.to_string()).as_deref(), Some("dep1"));
        assert_eq!(stage.captured, Some(noon()));
        let [sent] = wire.sent().try_into().unwrap();
        assert_eq!((sent.path.as_str(), sent.query.as_str()), (path, ""));
        assert!(sent.header("authorization").contains("/eu-west-1/apigateway/aws4_request"));
    }
}

#[tokio::test(start_paused = true)]
async fn only_not_found_means_that_a_stage_does_not_exist() {
    for arn in [rest(), v2()] {
        for (status, code, gone) in [
            (404, "NotFoundException", true),
            (403, "AccessDeniedException", false),
            (400, "BadRequestException", false),
        ] {
            let wire = Wire::responding(move |_, _| Response::error(status, code, "no"));
            let (account, _) = wire.open().await;
            let read = account.live_stage(&arn).await;
            let all = account.live_stages(&arn).await;
            assert_eq!(matches!(read, Ok(None)), gone, "{arn} {code}");
            assert_eq!(all.as_ref().is_ok_and(Vec::is_empty), gone, "{arn} {code}");
            if !gone {
                let message = read.unwrap_err().to_string();
                assert!(
                    message.starts_with(&format!("GetStage of {arn} in account 111122223333")),
                    "{message}"
                );
                assert!(all.unwrap_err().to_string().starts_with("GetStages of "));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn all_pages_of_an_apis_stages_are_read_and_repeated_tokens_end_in_a_failure() {
    let stage = |name: &str| json!({"stageName": name, "deploymentId": "dep1"});
    let wire = Wire::responding(move |_, before| match before {
        0 => Response::ok(json!({"items": [stage("one")], "nextToken": "a b/+="})),
        _ => Response::ok(json!({"items": [stage("two")]})),
    });
    let (account, _) = wire.open().await;
    let found = account.live_stages(&v2()).await.unwrap();
    let labels: Vec<String> = found.iter().map(|stage| stage.arn.label()).collect();
    assert_eq!(labels, ["w1/one", "w1/two"]);
    let queries: Vec<String> = wire.sent().iter().map(|sent| sent.query.clone()).collect();
    assert_eq!(queries, ["maxResults=500", "maxResults=500&nextToken=a%20b%2F%2B%3D"]);

    for tokens in [["a", "a"], ["a", "b"]] {
        let wire = Wire::responding(move |_, before| {
            Response::ok(json!({"items": [], "nextToken": tokens[usize::from(before % 2 == 1)]}))
        });
        let (account, _) = wire.open().await;
        assert!(account.live_stages(&v2()).await.is_err());
    }

    let wire = Wire::responding(move |_, _| Response::ok(json!({"item": [stage("one"), stage("two")]})));
    let (account, _) = wire.open().await;
    let found = account.live_stages(&rest()).await.unwrap();
    assert_eq!(found.iter().map(|stage| stage.arn.label()).collect::<Vec<_>>(), ["a1/one", "a1/two"]);
}

#[tokio::test(start_paused = true)]
async fn recording_is_on_if_any_recorder_is() {
    for (recorders, expected) in [
        (json!([{"name": "default", "recording": true}]), true),
        (json!([{"name": "default", "recording": false}]), false),
        (json!([{"name": "a", "recording": false}, {"name": "b", "recording": true}]), true),
        (json!([]), false),
        (Value::Null, false),
    ] {
        let body = json!({ "ConfigurationRecordersStatus": recorders });
        let wire = Wire::responding(move |_, _| Response::ok(body.clone()));
        let (account, _) = wire.open().await;
        assert_eq!(account.is_recording().await.unwrap(), expected, "{recorders}");
    }
    let wire = Wire::responding(|_, _| Response::error(400, "AccessDeniedException", "no"));
    let (account, _) = wire.open().await;
    assert!(account.is_recording().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn the_scope_is_that_of_the_named_rule() {
    let tagged = json!({"TagKey": "env", "TagValue": "prod"});
    let typed = json!({"ComplianceResourceTypes": ["AWS::ApiGateway::Stage"], "ComplianceResourceId": LIVE});
    for (scope, expected) in [
        (Value::Null, RuleScope::default()),
        (json!({"TagKey": ""}), RuleScope::default()),
        (
            tagged,
            RuleScope { tag_key: Some("env".into()), tag_value: Some("prod".into()), ..RuleScope::default() },
        ),
        (
            typed,
            RuleScope {
                resource_types: vec!["AWS::ApiGateway::Stage".into()],
                resource_id: Some(LIVE.into()),
                ..RuleScope::default()
            },
        ),
    ] {
        let source = json!({"Owner": "CUSTOM_LAMBDA", "SourceIdentifier": "x"});
        let other = json!({"ConfigRuleName": "other", "Source": source, "Scope": {"TagKey": "other"}});
        let rule = json!({"ConfigRuleName": "stagecert", "Source": source, "Scope": scope});
        let wire = Wire::responding(move |_, _| Response::ok(json!({"ConfigRules": [other, rule]})));
        let (account, _) = wire.open().await;
        assert_eq!(account.rule_scope("stagecert").await.unwrap(), expected);
        let [sent] = wire.sent().try_into().unwrap();
        assert_eq!(sent.json(), json!({"ConfigRuleNames": ["stagecert"]}));
    }
    let wire = Wire::responding(|_, _| Response::ok(json!({"ConfigRules": []})));
    let (account, _) = wire.open().await;
    assert!(account.rule_scope("stagecert").await.unwrap_err().to_string().contains("no rule of that name"));
}
