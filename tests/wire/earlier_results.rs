//! `GetComplianceDetailsByConfigRule`, and `GetComplianceDetailsByResource` for one stage.

use serde_json::{Value, json};
use stagecert::account::Account;
use stagecert::evaluation::compliance::ComplianceType;
use stagecert::resources::stage_arn::StageArn;

use crate::bodies::stage_arn;
use crate::replay::{Response, Wire};

fn result(name: &str, compliance_type: &str, annotation: Option<&str>) -> Value {
    let mut result = json!({
        "EvaluationResultIdentifier": {
            "EvaluationResultQualifier": {
                "ConfigRuleName": "stagecert",
                "ResourceType": "AWS::ApiGateway::Stage",
                "ResourceId": stage_arn("a1", name),
                "EvaluationMode": "DETECTIVE",
            },
            "OrderingTimestamp": 1_795_262_400.123,
        },
        "ComplianceType": compliance_type,
        "ResultRecordedTime": 1_795_262_401.5,
        "ConfigRuleInvokedTime": 1_795_262_400.9,
    });
    if let Some(annotation) = annotation {
        result["Annotation"] = annotation.into();
    }
    result
}

#[tokio::test(start_paused = true)]
async fn all_pages_of_all_three_compliance_types_are_read() {
    let wire = Wire::responding(|_, page| {
        Response::ok(match page {
            0 => json!({
                "EvaluationResults": [result("s1", "NON_COMPLIANT", Some("why")), result("s2", "COMPLIANT", None)],
                "NextToken": "page2",
            }),
            1 => json!({"EvaluationResults": [], "NextToken": "page3"}),
            _ => json!({"EvaluationResults": [
                result("s3", "NOT_APPLICABLE", Some("why not")),
                result("s4", "INSUFFICIENT_DATA", None),
                result("s5", "SOMETHING_NEW", None),
            ]}),
        })
    });
    let (account, _) = wire.open().await;
    let results = account.earlier_results("OrgConfigRule-stagecert-a1b2c3d4").await.unwrap();

    let found: Vec<_> = results
        .iter()
        .map(|result| (&*result.resource.id, result.compliance_type, result.annotation.as_deref()))
        .collect();
    let ids: Vec<String> = (1..=5).map(|n| stage_arn("a1", &format!("s{n}"))).collect();
    assert_eq!(
        found,
        [
            (ids[0].as_str(), Some(ComplianceType::NonCompliant), Some("why")),
            (ids[1].as_str(), Some(ComplianceType::Compliant), None),
            (ids[2].as_str(), Some(ComplianceType::NotApplicable), Some("why not")),
            (ids[3].as_str(), None, None),
            (ids[4].as_str(), None, None),
        ]
    );
    assert!(results.iter().all(|result| result.resource.resource_type == "AWS::ApiGateway::Stage"));
    let recorded = Some("2026-11-21T12:00:01.5Z".parse().unwrap());
    assert!(results.iter().all(|result| result.recorded == recorded), "{:?}", results[0].recorded);

    let expected = |token: Option<&str>| {
        let mut body = json!({
            "ConfigRuleName": "OrgConfigRule-stagecert-a1b2c3d4",
            "ComplianceTypes": ["NON_COMPLIANT", "COMPLIANT", "NOT_APPLICABLE"],
            "Limit": 100,
        });
        if let Some(token) = token {
            body["NextToken"] = token.into();
        }
        body
    };
    let bodies: Vec<Value> = wire.sent().iter().map(crate::replay::Sent::json).collect();
    assert_eq!(bodies, [expected(None), expected(Some("page2")), expected(Some("page3"))]);
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_config_does_not_know_is_a_failure() {
    let wire = Wire::responding(|_, _| {
        Response::error(400, "NoSuchConfigRuleException", "The ConfigRule provided is invalid")
    });
    let (account, _) = wire.open().await;
    let failure = account.earlier_results("stagecert").await.unwrap_err();
    assert_eq!(failure.code(), Some("NoSuchConfigRuleException"));
    assert!(failure.to_string().starts_with("GetComplianceDetailsByConfigRule of stagecert in account"));
}

/// A result that names another rule or another resource.
fn other(field: &str, value: &str) -> Value {
    let mut other = result("s1", "NOT_APPLICABLE", Some("of another"));
    other["EvaluationResultIdentifier"]["EvaluationResultQualifier"][field] = value.into();
    other
}

#[tokio::test(start_paused = true)]
async fn the_result_of_one_stage_is_that_of_the_rule_itself_on_whichever_page_it_is() {
    for (page_of_result, expected) in
        [(0, Some("why")), (1, Some("why")), (2, Some("why")), (usize::MAX, None::<&str>)]
    {
        let wire = Wire::responding(move |_, page| {
            let mut results = vec![
                other("ConfigRuleName", "stagecert-of-someone-else"),
                other("ConfigRuleName", "STAGECERT"),
                other("ResourceId", &stage_arn("a1", "s2")),
                other("ResourceType", "AWS::ApiGatewayV2::Stage"),
                json!({"ComplianceType": "COMPLIANT", "Annotation": "of nothing"}),
            ];
            if page == page_of_result {
                results.push(result("s1", "NON_COMPLIANT", Some("why")));
            }
            let next = (page < 2).then(|| format!("page{page}"));
            Response::ok(json!({"EvaluationResults": results, "NextToken": next}))
        });
        let (account, _) = wire.open().await;
        let stage = StageArn::parse(&stage_arn("a1", "s1")).unwrap();
        let found = account.earlier_result("stagecert", &stage).await.unwrap();
        assert_eq!(found.and_then(|found| found.annotation).as_deref(), expected);

        let sent = wire.sent();
        assert_eq!(sent.len(), page_of_result.min(2) + 1);
        assert!(sent.iter().all(|sent| sent.operation == "GetComplianceDetailsByResource"));
        let first = json!({
            "ResourceType": "AWS::ApiGateway::Stage",
            "ResourceId": stage_arn("a1", "s1"),
            "ComplianceTypes": ["NON_COMPLIANT", "COMPLIANT", "NOT_APPLICABLE"],
        });
        assert_eq!(sent[0].json(), first);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stage_without_a_result_is_no_failure_and_a_refused_call_is_one() {
    let stage = StageArn::parse(&stage_arn("a1", "s1")).unwrap();
    let wire = Wire::responding(|_, _| Response::ok("{}"));
    let (account, _) = wire.open().await;
    assert!(account.earlier_result("stagecert", &stage).await.unwrap().is_none());

    let wire = Wire::responding(|_, _| Response::error(400, "AccessDeniedException", "no"));
    let (account, _) = wire.open().await;
    let failure = account.earlier_result("stagecert", &stage).await.unwrap_err();
    assert_eq!(failure.code(), Some("AccessDeniedException"));
    assert!(failure.to_string().starts_with("GetComplianceDetailsByResource of arn:aws:apigateway:"));
}
