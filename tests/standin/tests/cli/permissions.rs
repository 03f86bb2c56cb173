use std::collections::BTreeSet;

use serde_json::Value;
use standin::Standin;

use crate::program::{REGIONS, ROLE, organization, scan};

const POLICY: &str = include_str!("../../../../docs/scan-policy.json");

/// What IAM asks of a caller: the action, and the path where API Gateway's one action stands for all reads.
fn needed(operation: &str) -> String {
    match operation {
        "GetClientCertificates" => "apigateway:GET /clientcertificates".into(),
        "GetRestApis" => "apigateway:GET /restapis".into(),
        "GetStages" => "apigateway:GET /restapis/*/stages".into(),
        "GetExport" => "apigateway:GET /restapis/*/stages/*/exports/*".into(),
        "DescribeCertificate" => "acm:DescribeCertificate".into(),
        "GetResources" => "tag:GetResources".into(),
        "AssumeRole" => "sts:AssumeRole".into(),
        "ListAccounts" => "organizations:ListAccounts".into(),
        "ListRegions" => "account:ListRegions".into(),
        _ => format!("config:{operation}"),
    }
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
    let unrecorded = &mut world.region_mut(&standin::Fleet::account(1), REGIONS[0]).options.unrecorded;
    unrecorded.insert("AWS::ApiGateway::Stage".into());
    let standin = Standin::spawn(world);
    for arguments in ["--all-regions --organization", "--aggregator organization"] {
        let ran = scan(&standin, &format!("{arguments} --role-name {ROLE}"));
        assert_eq!(ran.status, 1, "{}", ran.err);
    }
    let calls = standin.log().calls();
    let by = |assumed: bool| -> BTreeSet<String> {
        let calls = calls.iter().filter(|call| call.role.is_some() == assumed);
        // Needs no permission: it says who one is.
        calls
            .filter(|call| call.operation != "GetCallerIdentity")
            .map(|call| needed(call.operation))
            .collect()
    };
    assert_eq!(by(true), granted("Read"), "the role of each account");
    assert_eq!(&by(false) | &by(true), granted(""), "the account that a scan starts from");
}
