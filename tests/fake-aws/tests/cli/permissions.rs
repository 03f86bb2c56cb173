use std::collections::BTreeSet;

use fake_aws::{FakeAws, LoggedCall, World};
use serde_json::Value;

use crate::program::{REGIONS, ROLE, organization, scan};

const POLICY: &str = include_str!("../../../../docs/scan-policy.json");

/// What IAM asks of a caller: the action, and the path because API Gateway's one action stands for all reads.
fn needed(call: &LoggedCall) -> String {
    let text = |name: &str| call.input[name].as_str().unwrap_or_default();
    let api = format!("/restapis/{}", text("restApiId"));
    let stage = format!("{api}/stages/{}", text("stageName"));
    match (call.service.as_str(), call.operation) {
        ("apigateway", "GetClientCertificates") => "apigateway:GET /clientcertificates".into(),
        ("apigateway", "GetRestApis") => "apigateway:GET /restapis".into(),
        ("apigateway", "GetStages") => format!("apigateway:GET {api}/stages"),
        ("apigateway", "GetStage") => format!("apigateway:GET {stage}"),
        ("apigateway", "GetResources") => format!("apigateway:GET {api}/resources"),
        ("apigateway", "GetExport") => format!("apigateway:GET {stage}/exports/{}", text("exportType")),
        ("tagging", operation) => format!("tag:{operation}"),
        (service @ ("acm" | "sts" | "organizations" | "account"), operation) => {
            format!("{service}:{operation}")
        }
        (_, operation) => format!("config:{operation}"),
    }
}

/// Each call is given by a statement, and each statement is needed by a call. A `*` stands for slashes too, as in IAM.
fn assert_just_what_is_given(called: &BTreeSet<String>, given: &BTreeSet<String>, whom: &str) {
    let not_given: Vec<_> = called.iter().filter(|call| !given.iter().any(|one| fits(one, call))).collect();
    assert!(not_given.is_empty(), "{whom}: called and not given: {not_given:?}, of {given:?}");
    let not_needed: Vec<_> = given.iter().filter(|one| !called.iter().any(|call| fits(one, call))).collect();
    assert!(not_needed.is_empty(), "{whom}: given and never called: {not_needed:?}, of {called:?}");
}

fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            (0..=rest.len()).any(|at| rest.is_char_boundary(at) && fits(after, &rest[at..]))
        }),
    }
}

/// A stage without certificate and without HTTP integrations gets a canary, and another such stage is deleted, which Config's
/// index does not show yet.
fn canary_and_deletion(world: &mut World) {
    let is_bare = |arn: &str, stage: &fake_aws::model::Stage| {
        arn.contains("/restapis/") && stage.state.certificate.is_none() && stage.state.canary.is_none()
    };
    let places: Vec<(String, &str)> = [2, 0]
        .into_iter()
        .flat_map(|n| REGIONS.map(|region| (fake_aws::Fleet::account(n), region)))
        .collect();
    let bare: Vec<(String, &str, String)> = places
        .into_iter()
        .flat_map(|(account, region)| {
            let stages = world.region(&account, region).stages();
            let arns = stages.map(|(_, stage)| (stage.arn.clone(), is_bare(&stage.arn, stage)));
            let arns: Vec<String> = arns.filter(|(_, is_bare)| *is_bare).map(|(arn, _)| arn).collect();
            arns.into_iter().map(|arn| (account.clone(), region, arn)).collect::<Vec<_>>()
        })
        .collect();
    let [(_, _, one), (account, region, other), ..] = bare.as_slice() else { panic!("{bare:?}") };
    world.redeploy(one, &["AWS_PROXY"]);
    world.set_canary(one, Some(&["AWS_PROXY"]));
    world.delete_stage(other);
    world.region_mut(account, region).options.index_behind.insert(other.clone(), 1);
}

fn several(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(all) => all.iter().map(|one| one.as_str().unwrap()).collect(),
        one => vec![one.as_str().unwrap()],
    }
}

/// What the statements give whose `Sid` begins so.
fn granted(sid: &str) -> BTreeSet<String> {
    let policy: Value = serde_json::from_str(POLICY).unwrap();
    let statements = policy["Statement"].as_array().unwrap().iter();
    let wanted = statements.filter(|statement| statement["Sid"].as_str().unwrap().starts_with(sid));
    let all = wanted.flat_map(|statement| {
        let paths = several(&statement["Resource"]).into_iter().map(|arn| arn.rsplit("::").next().unwrap());
        let paths: Vec<String> = paths.map(Into::into).collect();
        several(&statement["Action"])
            .into_iter()
            .flat_map(move |action| match action {
                "apigateway:GET" => paths.iter().map(|path| format!("{action} {path}")).collect(),
                _ => vec![action.to_owned()],
            })
            .collect::<Vec<_>>()
    });
    all.collect()
}

#[test]
fn a_scan_calls_just_what_its_policy_gives() {
    let mut world = organization(3);
    let unrecorded = &mut world.region_mut(&fake_aws::Fleet::account(1), REGIONS[0]).options.unrecorded;
    unrecorded.insert("AWS::ApiGateway::Stage".into());
    canary_and_deletion(&mut world);
    let fake_aws = FakeAws::spawn(world);
    for arguments in ["--all-regions --organization", "--aggregator organization"] {
        let ran = scan(&fake_aws, &format!("{arguments} --role-name {ROLE}"));
        assert_eq!(ran.status, 1, "{}", ran.err);
    }
    let calls = fake_aws.log().calls();
    let by = |assumed: bool| -> BTreeSet<String> {
        let calls = calls.iter().filter(|call| call.role.is_some() == assumed);
        // Needs no permission: it says who one is.
        calls.filter(|call| call.operation != "GetCallerIdentity").map(needed).collect()
    };
    assert_just_what_is_given(&by(true), &granted("Read"), "the role of each account");
    let all = &by(false) | &by(true);
    assert_just_what_is_given(&all, &granted(""), "the account that a scan starts from");
}
