use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use standin::Outcome;

use crate::faults::Scenario;

/// The policy of a deployment with every check and parameter at its default; the CDK app makes it.
const POLICY: &str =
    include_str!("../../../../cdk/templates/landing-zone-accelerator/stagecert-role-policy.json");

/// What IAM asks of a caller: the action, and the path where API Gateway's one action stands for all reads.
fn needed(operation: &str) -> String {
    match operation {
        "GetClientCertificates" => "apigateway:GET /clientcertificates".into(),
        "GetExport" => "apigateway:GET /restapis/*/stages/*/exports/*".into(),
        "DescribeCertificate" => "acm:DescribeCertificate".into(),
        "GetResources" => "tag:GetResources".into(),
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
