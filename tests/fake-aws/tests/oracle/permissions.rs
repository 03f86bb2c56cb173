use std::collections::BTreeSet;
use std::time::Duration;

use fake_aws::{LoggedCall, Outcome};
use serde_json::{Value, json};

use crate::faults::{REGION, Scenario, account, changing, world};
use crate::function::Function;

/// The policy of a deployment with every check and parameter at its default; the CDK app makes it.
const POLICY: &str =
    include_str!("../../../../cdk/templates/landing-zone-accelerator/stagecert-role-policy.json");

/// Every statement of every configuration that the CDK app is tested with.
const STATEMENTS: &str = include_str!("../../../../cdk/test/evaluator/__snapshots__/permissions.test.ts.snap");
/// What more is given with `securityHub=on`, and where owners are told.
const MORE: [&str; 3] = ["events:PutEvents", "securityhub:BatchImportFindings", "securityhub:GetFindings"];

/// What IAM asks of a caller: the action, and the path because API Gateway's one action stands for all reads.
fn needed(call: &LoggedCall) -> String {
    let text = |name: &str| call.input[name].as_str().unwrap_or_default();
    let apis = if call.input["ApiId"].is_null() {
        format!("/restapis/{}", text("restApiId"))
    } else {
        format!("/apis/{}", text("ApiId"))
    };
    let stage = format!("{apis}/stages/{}{}", text("stageName"), text("StageName"));
    match (call.service.as_str(), call.operation) {
        ("apigateway", "GetClientCertificates") => "apigateway:GET /clientcertificates".into(),
        ("apigateway", "GetExport") => format!("apigateway:GET {stage}/exports/{}", text("exportType")),
        ("apigateway", "GetStage") => format!("apigateway:GET {stage}"),
        ("apigateway", "GetStages") => format!("apigateway:GET {apis}/stages"),
        ("apigateway", "GetResources") => format!("apigateway:GET {apis}/resources"),
        ("tagging", operation) => format!("tag:{operation}"),
        ("acm" | "securityhub" | "events", operation) => format!("{}:{operation}", call.service),
        (_, operation) => format!("config:{operation}"),
    }
}

/// Each call is given by a statement, and each statement is needed by a call. A `*` stands for slashes too, as in IAM.
fn assert_just_what_is_given(called: &BTreeSet<String>, given: &BTreeSet<String>) {
    let not_given: Vec<_> = called.iter().filter(|call| !given.iter().any(|one| fits(one, call))).collect();
    assert!(not_given.is_empty(), "called and not given: {not_given:?}, of {given:?}");
    let not_needed: Vec<_> = given.iter().filter(|one| !called.iter().any(|call| fits(one, call))).collect();
    assert!(not_needed.is_empty(), "given and never called: {not_needed:?}, of {called:?}");
}

fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            (0..=rest.len()).any(|at| rest.is_char_boundary(at) && fits(after, &rest[at..]))
        }),
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
    let mut all = BTreeSet::new();
    for scenario in [Scenario::Sweep, Scenario::Confirm, Scenario::Detach, Scenario::Oversized] {
        let function = scenario.function();
        let event = scenario.event(&mut function.fake_aws.world());
        all.extend(called(&function, &event));
        if scenario == Scenario::Sweep {
            let event = everything_goes(&function);
            all.extend(called(&function, &event));
        }
        if scenario == Scenario::Detach {
            let event = canary(&function);
            all.extend(called(&function, &event));
        }
    }
    assert_just_what_is_given(&all, &granted());
}

/// What EventBridge asks of the function, when the certificates are 310 days old and every day before an end counts; and a stage
/// that fails from now on.
fn asked_by_event_bridge(function: &Function) -> [Value; 2] {
    let mut world = function.fake_aws.world();
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

/// A sweep after every stage was deleted: too many to ask API Gateway for each.
fn everything_goes(function: &Function) -> Value {
    let mut world = function.fake_aws.world();
    let region = world.region(&account(), REGION);
    let arns: Vec<String> = region.stages().map(|(_, stage)| stage.arn.clone()).collect();
    arns.iter().for_each(|arn| drop(world.delete_stage(arn)));
    world.scheduled_event(&account(), REGION, "stagecert")
}

/// A stage of an API without HTTP integrations gets a canary.
fn canary(function: &Function) -> Value {
    let mut world = function.fake_aws.world();
    let region = world.region(&account(), REGION);
    let arn = region.stages().find(|(api, _)| api.name == "lambda").unwrap().1.arn.clone();
    world.set_canary(&arn, Some(&["AWS_PROXY"])).pop().unwrap()
}

fn called(function: &Function, event: &Value) -> BTreeSet<String> {
    function.fake_aws.log().clear();
    let outcome = function.invoke_within(event, Duration::from_secs(60));
    assert!(matches!(outcome, Outcome::Success(_)), "{outcome:?}");
    let calls = function.fake_aws.log().calls();
    // Who one is needs no permission.
    calls.iter().filter(|call| call.service != "sts").map(needed).collect()
}

#[test]
fn with_findings_and_told_owners_it_calls_just_what_more_is_given() {
    let function = Function::start(world(r#"{"securityHub":"on"}"#), &account(), REGION);
    let mut all = BTreeSet::new();
    for scenario in [Scenario::Sweep, Scenario::Detach, Scenario::Oversized] {
        let event = scenario.event(&mut function.fake_aws.world());
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
    // What only confirmation needs is in the other test.
    let not_given: Vec<_> = all.iter().filter(|call| !given.iter().any(|one| fits(one, call))).collect();
    assert!(not_given.is_empty(), "{not_given:?}");
    for action in MORE {
        assert!(all.contains(action), "{action} is given and never called: {all:?}");
    }
    for action in &given {
        let statement = format!("\"{} on ", action.split(' ').next().unwrap());
        assert!(STATEMENTS.contains(&statement), "the app gives {action} nowhere");
    }
}
