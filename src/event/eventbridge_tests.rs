use serde_json::{Value, json};

use super::*;

fn reminders() -> Value {
    json!({
        "stagecert": "reminders", "time": "2026-11-21T08:00:00Z", "hours": 1, "accountId": "111122223333",
        "region": "eu-west-1", "ruleName": "stagecert", "days": "30, 14,7,1,0",
        "ruleParameters": "{\"expiryWindowDays\":\"45\"}",
    })
}

/// Returns an invocation with a compliance change event from Config in the documented form (AWS
/// Config Developer Guide, "Monitoring with Amazon EventBridge").
fn compliance_change() -> Value {
    json!({
        "stagecert": "compliance-change", "ruleParameters": "{}",
        "event": {
            "version": "0", "id": "a1b2", "detail-type": "Config Rules Compliance Change", "source": "aws.config",
            "account": "111122223333", "time": "2026-11-21T12:00:00Z", "region": "eu-west-1", "resources": [],
            "detail": {
                "resourceId": "arn:aws:apigateway:eu-west-1::/restapis/a1/stages/prod",
                "awsRegion": "eu-west-1", "awsAccountId": "111122223333", "configRuleName": "stagecert",
                "configRuleARN": "arn:aws:config:eu-west-1:111122223333:config-rule/config-rule-a1b2c3",
                "recordVersion": "1.0", "messageType": "ComplianceChangeNotification",
                "newEvaluationResult": {
                    "evaluationResultIdentifier": {"orderingTimestamp": "2026-11-21T11:59:00Z"},
                    "complianceType": "NON_COMPLIANT", "annotation": "owner-tag: stage has no tag owner",
                    "resultRecordedTime": "2026-11-21T12:00:00Z",
                },
                "notificationCreationTime": "2026-11-21T12:00:00Z", "resourceType": "AWS::ApiGateway::Stage",
            },
        },
    })
}

fn with(mut event: Value, pointer: &str, value: Option<Value>) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = event.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => _ = parent.insert(key.into(), value),
        None => _ = parent.remove(key),
    }
    event
}

#[test]
fn both_forms_are_parsed() {
    let Some(Invocation::Reminders(run)) = Invocation::parse(&reminders().to_string()).unwrap() else {
        panic!("not reminders")
    };
    assert_eq!(run.account_region, AccountRegion::in_region("111122223333", "eu-west-1"));
    assert_eq!(
        (run.rule_name.as_str(), run.time.to_string().as_str()),
        ("stagecert", "2026-11-21T08:00:00Z")
    );
    assert_eq!((run.interval, run.days), (SignedDuration::from_hours(1), [0, 1, 7, 14, 30].into()));
    assert_eq!(run.parameters.certificate_expiry.expiry_window_days, 45);

    let Some(Invocation::ComplianceChange(change)) =
        Invocation::parse(&compliance_change().to_string()).unwrap()
    else {
        panic!("not a compliance change")
    };
    assert_eq!(change.stage.label(), "a1/prod");
    assert_eq!(change.compliance_type, ComplianceType::NonCompliant);
    assert_eq!(change.annotation, "owner-tag: stage has no tag owner");
    assert_eq!(change.time.to_string(), "2026-11-21T12:00:00Z");
}

#[test]
fn text_without_the_key_is_left_to_the_parser_of_config_events() {
    for text in ["", "nonsense", "[]", "{}", r#"{"invokingEvent": "{}"}"#, r#"{"stagecert": null}"#] {
        assert!(Invocation::parse(text).unwrap().is_none(), "{text}");
    }
}

#[test]
fn every_malformed_field_is_named() {
    let (r, c) = (reminders, compliance_change);
    let detail = |field: &str| format!("/event/detail/{field}");
    let other_account = "arn:aws:config:eu-west-1:444455556666:config-rule/x";
    for (event, says) in [
        (
            with(r(), "/stagecert", Some(json!("nonsense"))),
            "event.stagecert: \"nonsense\"; allowed: reminders",
        ),
        (with(r(), "/stagecert", Some(json!(7))), "event.stagecert: expected a string"),
        (with(r(), "/time", None), "missing field `time`"),
        (with(r(), "/time", Some(json!("yesterday"))), "event.time: "),
        (with(r(), "/time", Some(json!("9999-01-01T00:00:00Z"))), "event.time: allowed: "),
        (with(r(), "/hours", Some(json!(0))), "event.hours: allowed: a whole number from 1 to 169"),
        (with(r(), "/hours", Some(json!(170))), "event.hours: "),
        (with(r(), "/hours", Some(json!("24"))), "event.hours: expected i64"),
        (with(r(), "/hours", Some(json!(1.5))), "event.hours: expected i64"),
        (with(r(), "/accountId", Some(json!("1111"))), "event.accountId: allowed: twelve digits"),
        (with(r(), "/region", Some(json!("eu west"))), "event.region: allowed: "),
        (with(r(), "/ruleName", Some(json!(""))), "event.ruleName: allowed: 1 to 128"),
        (with(r(), "/ruleName", Some(json!("a\nb"))), "event.ruleName: "),
        (with(r(), "/days", Some(json!(""))), "event.days: \"\"; allowed: whole numbers from 0 to 365"),
        (with(r(), "/days", Some(json!("30,30"))), "event.days: "),
        (with(r(), "/days", Some(json!("366"))), "event.days: "),
        (with(r(), "/days", Some(json!("-1"))), "event.days: "),
        (with(r(), "/days", Some(json!("07"))), "event.days: "),
        (with(r(), "/days", Some(json!([30]))), "event.days: expected a string"),
        (with(r(), "/ruleParameters", None), "missing field `ruleParameters`"),
        (with(r(), "/ruleParameters", Some(json!({}))), "event.ruleParameters: expected a string"),
        (
            with(r(), "/ruleParameters", Some(json!("{\"nonsense\":\"1\"}"))),
            "rule parameter ruleParameters: \"nonsense\"",
        ),
        (with(r(), "/extra", Some(json!(1))), "unknown field `extra`"),
        (with(c(), "/extra", Some(json!(1))), "unknown field `extra`"),
        (with(c(), "/event", Some(json!("x"))), "event.event: expected an object"),
        (
            with(c(), "/event/source", Some(json!("mine"))),
            "event.event.source: \"mine\"; allowed: aws.config",
        ),
        (with(c(), "/event/detail-type", Some(json!("x"))), "event.event.detail-type: "),
        (with(c(), "/event/account", Some(json!("x"))), "event.event.account: allowed: twelve digits"),
        (with(c(), "/event/region", Some(json!("x"))), "event.event.region: allowed: "),
        (with(c(), "/event/time", None), "event.event: missing field `time`"),
        (with(c(), &detail("messageType"), Some(json!("x"))), "event.event.detail.messageType: "),
        (
            with(c(), &detail("awsAccountId"), Some(json!("444455556666"))),
            "event.event.detail.awsAccountId says 444455556666, but event.event.account says 111122223333",
        ),
        (with(c(), &detail("awsRegion"), Some(json!("us-east-1"))), "event.event.detail.awsRegion says "),
        (with(c(), &detail("configRuleName"), Some(json!(""))), "event.event.detail.configRuleName: "),
        (with(c(), &detail("configRuleARN"), Some(json!("x"))), "event.event.detail.configRuleARN: "),
        (
            with(c(), &detail("configRuleARN"), Some(json!(other_account))),
            "event.event.detail.configRuleARN says ",
        ),
        (
            with(c(), &detail("resourceType"), Some(json!("AWS::S3::Bucket"))),
            "event.event.detail.resourceType: ",
        ),
        (
            with(c(), &detail("resourceType"), Some(json!("AWS::ApiGatewayV2::Stage"))),
            "event.event.detail.resourceId: ",
        ),
        (with(c(), &detail("resourceId"), Some(json!("x"))), "event.event.detail.resourceId: "),
        (
            with(
                c(),
                &detail("resourceId"),
                Some(json!("arn:aws:apigateway:us-east-1::/restapis/a1/stages/x")),
            ),
            "event.event.detail.resourceId says us-east-1",
        ),
        (
            with(
                c(),
                &detail("resourceId"),
                Some(json!("arn:aws-cn:apigateway:eu-west-1::/restapis/a1/stages/x")),
            ),
            "event.event.detail.resourceId says aws-cn",
        ),
        (
            with(c(), &detail("newEvaluationResult"), None),
            "event.event.detail.newEvaluationResult: is missing",
        ),
        (
            with(c(), &detail("newEvaluationResult/complianceType"), Some(json!("INSUFFICIENT_DATA"))),
            "event.event.detail.newEvaluationResult.complianceType: \"INSUFFICIENT_DATA\"; allowed: NON_COMPLIANT, ",
        ),
        (
            with(c(), &detail("newEvaluationResult/annotation"), Some(json!("x".repeat(257)))),
            "event.event.detail.newEvaluationResult.annotation: allowed: ",
        ),
    ] {
        let failure = Invocation::parse(&event.to_string()).unwrap_err().to_string();
        assert!(failure.contains(says), "{says}: {failure}");
    }
}

#[test]
fn optional_fields_of_the_event_may_be_absent() {
    for pointer in
        ["/event/detail/configRuleARN", "/event/detail/newEvaluationResult/annotation", "/event/id"]
    {
        assert!(Invocation::parse(&with(compliance_change(), pointer, None).to_string()).unwrap().is_some());
    }
}
