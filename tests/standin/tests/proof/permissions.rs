use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use standin::Outcome;

use crate::faults::{REGION, Scenario, account, changing, world};
use crate::function::Function;

/// The policy of a deployment with every check and parameter at its default; the CDK app makes it.
const POLICY: &str =
    include_str!("../../../../cdk/templates/landing-zone-accelerator/stagecert-role-policy.json");

/// Every statement of every configuration that the CDK app is tested with.
const STATEMENTS: &str = include_str!("../../../../cdk/test/__snapshots__/permissions.test.ts.snap");
/// What more is given with `securityHub=on`, and where owners are told.
const MORE: [&str; 3] = ["events:PutEvents", "securityhub:BatchImportFindings", "securityhub:GetFindings"];

/// What IAM asks of a caller: the action, and the path where API Gateway's one action stands for all reads.
fn needed(operation: &str) -> String {
    match operation {
        "GetClientCertificates" => "apigateway:GET /clientcertificates".into(),
        "GetExport" => "apigateway:GET /restapis/*/stages/*/exports/*".into(),
        "DescribeCertificate" => "acm:DescribeCertificate".into(),
        "GetResources" => "tag:GetResources".into(),
        "BatchImportFindings" | "GetFindings" => format!("securityhub:{operation}"),
        "PutEvents" => "events:PutEvents".into(),
        _ => format!("config:{operation}"),
    }
}

fn several(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(all) => all.iter().map(|one| one.as_str().unwrap()).collect(),
        one => vec![one.as_str().unwrap()],
    }
}

/// What the policy gives, less the log lines that Lambda writes.
fn granted() -> BTreeSet<String> {
    let policy: Value = serde_json::from_str(POLICY).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let all = statements.iter().flat_map(|statement| {
        let paths = several(&statement["Resource"]).into_iter().map(|arn| arn.rsplit("::").next().unwrap());
        let paths: Vec<&str> = paths.collect();
        several(&statement["Action"]).into_iter().flat_map(move |action| match action {
            "apigateway:GET" => paths.iter().map(|path| format!("{action} {path}")).collect(),
            _ => vec![action.to_owned()],
        })
    });
    all.filter(|action| !action.starts_with("logs:")).collect()
}

#[test]
fn the_function_calls_just_what_its_policy_gives() {
    let mut called = BTreeSet::new();
    for scenario in [Scenario::Sweep, Scenario::Detach, Scenario::Oversized] {
        let function = scenario.function();
        let event = scenario.event(&mut function.standin.world());
        let outcome = function.invoke_within(&event, Duration::from_secs(60));
        assert!(matches!(outcome, Outcome::Success(_)), "{outcome:?}");
        called.extend(function.standin.log().counts().into_keys().map(needed));
    }
    // Needs no permission: it says who one is.
    called.remove("config:GetCallerIdentity");
    assert_eq!(called, granted());
}

/// What EventBridge asks of the function, when the certificates are 310 days old and every day before an end counts; and a stage
/// that fails from now on.
fn asked_by_event_bridge(function: &Function) -> [Value; 2] {
    let mut world = function.standin.world();
    world.advance_days(310);
    let (time, parameters) = (world.clock.now().to_string(), r#"{"securityHub":"on"}"#);
    let days: Vec<String> = (0..=365).map(|day| day.to_string()).collect();
    let reminders = json!({
        "stagecert": "reminders", "time": time, "hours": 24, "accountId": account(), "region": REGION,
        "ruleName": "stagecert", "days": days.join(","), "ruleParameters": parameters,
    });
    let change = json!({
        "stagecert": "compliance-change", "ruleParameters": parameters,
        "event": {
            "detail-type": "Config Rules Compliance Change", "source": "aws.config", "account": account(),
            "region": REGION, "time": time,
            "detail": {
                "messageType": "ComplianceChangeNotification", "awsAccountId": account(), "awsRegion": REGION,
                "configRuleName": "stagecert", "resourceType": "AWS::ApiGateway::Stage", "resourceId": changing(&world),
                "newEvaluationResult": {"complianceType": "NON_COMPLIANT", "annotation": "owner-tag: no tag owner"},
            },
        },
    });
    [reminders, change]
}

fn called(function: &Function, event: &Value) -> BTreeSet<String> {
    let before = function.standin.log().counts();
    let outcome = function.invoke_within(event, Duration::from_secs(60));
    assert!(matches!(outcome, Outcome::Success(_)), "{outcome:?}");
    let mut counts = function.standin.log().counts();
    counts.retain(|operation, calls| before.get(operation) != Some(calls));
    counts.remove("GetCallerIdentity");
    counts.into_keys().map(needed).collect()
}

#[test]
fn with_findings_and_told_owners_it_calls_just_what_more_is_given() {
    let function = Function::start(world(r#"{"securityHub":"on"}"#), &account(), REGION);
    let mut all = BTreeSet::new();
    for scenario in [Scenario::Sweep, Scenario::Detach, Scenario::Oversized] {
        let event = scenario.event(&mut function.standin.world());
        let called = called(&function, &event);
        assert!(called.contains("securityhub:BatchImportFindings"), "{scenario:?}: {called:?}");
        assert!(!called.contains("events:PutEvents"), "{scenario:?}");
        all.extend(called);
    }
    for event in asked_by_event_bridge(&function) {
        let called = called(&function, &event);
        for needs in ["events:PutEvents", "tag:GetResources"] {
            assert!(called.contains(needs), "{event}: {called:?}");
        }
        assert!(called.iter().all(|action| !action.starts_with("securityhub:")), "{called:?}");
        all.extend(called);
    }
    let mut given = granted();
    given.extend(MORE.map(ToOwned::to_owned));
    assert_eq!(all, given);
    for action in &given {
        let statement = format!("\"{} on ", action.split(' ').next().unwrap());
        assert!(STATEMENTS.contains(&statement), "the app gives {action} nowhere");
    }
}
