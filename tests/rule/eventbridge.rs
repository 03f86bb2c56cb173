//! Events for EventBridge.

use serde_json::{Value, json};

use crate::evaluate::{evaluate, example, with_parameters};
use crate::faulty;

fn reminders(time: &str, days: &str) -> Value {
    json!({
        "stagecert": "reminders", "time": time, "hours": 24, "accountId": "111122223333", "region": "eu-west-1",
        "ruleName": "stagecert", "days": days, "ruleParameters": "{}",
    })
}

fn detail(message: &Value) -> Value {
    serde_json::from_str(message["Detail"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_reminder_is_one_event_with_everything_its_owner_needs() {
    let evaluated = evaluate(&reminders("2026-12-05T10:00:00Z", "30,14,7,1,0"), &example()).await;
    assert!(evaluated.requests.is_empty() && evaluated.findings.is_empty());
    let [message] = evaluated.messages.as_slice() else { panic!("{:?}", evaluated.messages) };
    assert_eq!(message["Source"], "stagecert");
    assert_eq!(message["DetailType"], "Client Certificate Reminder");
    assert_eq!(message["Time"], 1_796_464_800);
    let stage = "arn:aws:apigateway:eu-west-1::/restapis/x2m7t9ajd4/stages/v2";
    assert_eq!(message["Resources"], json!([stage]));
    assert_eq!(
        detail(message),
        json!({
            "awsAccountId": "111122223333",
            "awsRegion": "eu-west-1",
            "configRuleName": "stagecert",
            "resourceType": "AWS::ApiGateway::Stage",
            "resourceId": stage,
            "stage": "x2m7t9ajd4/v2",
            "complianceType": "NON_COMPLIANT",
            "annotation": "certificate-expiry: client certificate e5yc3p expires 2026-12-19T09:15:42Z, within 60 days",
            "owner": "team-logistics",
            "whatToDo": "Generate a new client certificate, make the backend trust both the old and the new one, attach \
                         the new one to the stage, redeploy the API, and delete the old one once the backend accepts \
                         the new one.",
            "certificateId": "e5yc3p",
            "notAfter": "2026-12-19T09:15:42Z",
            "daysLeft": 14,
        })
    );
    let report = evaluated.outcome.unwrap();
    assert_eq!((report.kind.as_str(), report.events_sent, report.evaluations_put), ("reminders", Some(1), 0));
}

#[tokio::test]
async fn reminders_respect_the_rule_s_parameters() {
    for (parameters, expected) in [
        (json!({}), 1),
        (json!({"checks": "owner-tag"}), 1),
        (json!({"excludeStages": "*/v2"}), 0),
        (json!({"expiryWindowDays": "10"}), 0),
        (json!({"securityHub": "on"}), 1),
    ] {
        let run = with_parameters(reminders("2026-12-05T10:00:00Z", "14"), &parameters);
        let evaluated = evaluate(&run, &example()).await;
        assert_eq!((evaluated.messages.len(), evaluated.findings.len()), (expected, 0), "{parameters}");
        assert_eq!(evaluated.outcome.unwrap().events_sent, Some(expected));
    }
}

#[tokio::test]
async fn a_failed_read_suppresses_only_the_reminders_that_need_it() {
    let run = reminders("2026-12-05T10:00:00Z", "14");
    for (fails, expected) in
        [("acm_certificate", 1), ("protocols", 1), ("client_certificates", 0), ("stages", 0), ("tags", 0)]
    {
        let fault = (fails, "AccessDeniedException");
        let evaluated = faulty::evaluate_with(&run, &example(), &example(), fault).await.0;
        assert_eq!(evaluated.messages.len(), expected, "{fails}");
        let failure = evaluated.outcome.unwrap_err().to_string();
        assert!(failure.contains(&format!("{fails} of it in account")), "{failure}");
    }
    for (api, expected) in [("k3v9q0m2xa", 1), ("x2m7t9ajd4", 0)] {
        let evaluated = faulty::evaluate_with(&run, &example(), &example(), ("GetStages", api)).await.0;
        assert_eq!(evaluated.messages.len(), expected, "{api}");
        assert!(evaluated.outcome.unwrap_err().to_string().contains("GetStages of it"));
    }
}

#[tokio::test]
async fn reminders_of_another_account_are_refused() {
    let mut run = reminders("2026-12-05T10:00:00Z", "14");
    run["accountId"] = "444455556666".into();
    let evaluated = evaluate(&run, &example()).await;
    let failure = evaluated.outcome.unwrap_err();
    assert_eq!(failure.kind(), "Disagreement", "{failure}");
    assert!(evaluated.messages.is_empty());
}

#[tokio::test]
async fn a_compliance_change_is_sent_with_its_owner() {
    let stage = "arn:aws:apigateway:eu-west-1::/apis/t1u5vy9kzd/stages/prod";
    let change = |compliance_type: &str, annotation: &str| {
        json!({
            "stagecert": "compliance-change", "ruleParameters": "{\"ownerTagKeys\":\"Owner\"}",
            "event": {
                "detail-type": "Config Rules Compliance Change", "source": "aws.config", "account": "111122223333",
                "time": "2026-11-21T12:00:00Z", "region": "eu-west-1",
                "detail": {
                    "resourceId": stage, "resourceType": "AWS::ApiGatewayV2::Stage", "awsRegion": "eu-west-1",
                    "awsAccountId": "111122223333", "configRuleName": "stagecert",
                    "messageType": "ComplianceChangeNotification",
                    "newEvaluationResult": {"complianceType": compliance_type, "annotation": annotation},
                },
            },
        })
    };
    for (compliance_type, annotation, to_do) in [
        (
            "NON_COMPLIANT",
            "certificate-unique: client certificate d0xj5u is shared with stage a/b",
            "Generate a separate client certificate for each stage",
        ),
        ("COMPLIANT", "client certificate h4t0vz attached", "Nothing"),
    ] {
        let evaluated = evaluate(&change(compliance_type, annotation), &example()).await;
        let [message] = evaluated.messages.as_slice() else { panic!("{:?}", evaluated.messages) };
        assert_eq!(message["DetailType"], "Stage Compliance Change");
        assert_eq!((&message["Time"], &message["Resources"]), (&json!(1_795_262_400), &json!([stage])));
        let detail = detail(message);
        assert_eq!(detail["owner"], "team-mobile");
        assert_eq!(
            (&detail["complianceType"], &detail["annotation"]),
            (&json!(compliance_type), &json!(annotation))
        );
        assert!(detail["whatToDo"].as_str().unwrap().starts_with(to_do));
        assert_eq!(detail.as_object().unwrap().len(), 10, "{detail}");
        let report = evaluated.outcome.unwrap();
        assert_eq!((report.kind.as_str(), report.events_sent), ("compliance-change", Some(1)));
    }
}
