//! `GetComplianceDetailsByConfigRule`.

use serde_json::{Value, json};
use stagecert::account::Account;
use stagecert::evaluation::compliance::ComplianceType;

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
