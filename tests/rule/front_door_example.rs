//! The front door of the example account shows every reason, and every case in which a check does
//! not apply. AWS's own sample for private mutual TLS fails for one reason only.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stagecert::checks::Check;
use stagecert::checks::front_door::Reason;
use stagecert::parameters::Parameters;
use stagecert::scan::front_door::{FrontDoorScan, scan_front_door};
use stagecert::snapshot::{Snapshot, SnapshotAccount};
use strum::VariantNames;

use crate::evaluate::example;

/// The cases in which a check does not apply, as `check: code`.
const NOT_APPLICABLE: [&str; 9] = [
    "mutual-tls: none",
    "mutual-tls: private",
    "truststore: no-mutual-tls",
    "domain-certificate: private",
    "tls-policy: private",
    "tls-policy: unknown-policy",
    "tls-policy: no-policy",
    "private-front-door: not-guarded",
    "private-front-door: not-private",
];

async fn scanned(account: &Value, parameters: &Value) -> FrontDoorScan {
    let snapshot = Snapshot::parse(&account.to_string()).unwrap();
    let account_region = snapshot.account_region();
    let codes: Vec<&str> = Check::FRONT_DOOR.map(Check::code).into();
    let mut parameters = parameters.clone();
    parameters["checks"] = codes.join(",").into();
    let parameters = Parameters::parse(Some(&parameters.to_string())).unwrap();
    let account = SnapshotAccount::new(&snapshot, &account_region);
    let scan = scan_front_door(&account, &parameters, snapshot.taken_at).await;
    assert_eq!(scan.not_evaluated.len(), 0, "{:?}", scan.failures);
    assert_eq!(scan.failures.len(), 0, "{:?}", scan.failures);
    scan
}

/// The findings of each API and domain, as one line each: the reason, or those of all problems.
fn lines(scan: &FrontDoorScan) -> Vec<String> {
    let mut lines = Vec::new();
    for resource in &scan.resources {
        let name = resource.name.as_deref().map(|name| format!(" ({name})")).unwrap_or_default();
        for finding in &resource.findings {
            let data = serde_json::to_value(finding).unwrap();
            let problems = data["problems"].as_array().cloned().unwrap_or_default();
            let text = |problem: &Value, field: &str| problem[field].as_str().unwrap().to_owned();
            let of_problem =
                |problem: &Value| format!("{} of {}", text(problem, "reason"), text(problem, "on"));
            let reasons: Vec<String> = if problems.is_empty() {
                vec![finding.reason().to_owned()]
            } else {
                problems.iter().map(of_problem).collect()
            };
            let label = resource.subject.label();
            lines.push(format!("{label}{name} {}: {}", finding.check(), reasons.join("; ")));
        }
    }
    lines
}

/// The codes of everything that a scan found: reasons of failures, and why checks do not apply.
fn codes(scan: &FrontDoorScan) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut reasons, mut not_applicable) = (BTreeSet::new(), BTreeSet::new());
    for finding in scan.resources.iter().flat_map(|resource| &resource.findings) {
        let data = serde_json::to_value(finding).unwrap();
        assert_eq!(data["reason"], finding.reason(), "the code is the same in JSON");
        match data["problems"].as_array() {
            Some(problems) => {
                reasons.extend(problems.iter().map(|problem| problem["reason"].as_str().unwrap().to_owned()));
            }
            None if finding.reason() == "passed" => {}
            None => _ = not_applicable.insert(format!("{}: {}", finding.check(), finding.reason())),
        }
    }
    (reasons, not_applicable)
}

#[tokio::test]
async fn the_example_account_shows_every_reason_and_every_case_that_does_not_apply() {
    let default = scanned(&example(), &json!({})).await;
    let (mut reasons, not_applicable) = codes(&default);
    assert_eq!(not_applicable, NOT_APPLICABLE.map(str::to_owned).into());

    // Only for APIs that must require a certificate.
    let required = scanned(&example(), &json!({"requireMutualTls": "website.example.com,q3e0vh7u5t"})).await;
    reasons.extend(codes(&required).0);
    assert_eq!(reasons, Reason::VARIANTS.iter().map(|reason| (*reason).to_owned()).collect());
}

#[tokio::test]
async fn the_front_door_of_the_example_account() {
    insta::assert_snapshot!(lines(&scanned(&example(), &json!({})).await).join("\n"));
}

fn sample() -> Value {
    serde_json::from_str(include_str!("../../examples/private-mtls/snapshot.json")).unwrap()
}

/// Neither the network load balancer in front, nor the domain without mutual TLS, nor the enabled
/// default endpoint of the private API is a problem.
#[tokio::test]
async fn the_sample_of_aws_for_private_mutual_tls_fails_for_its_open_endpoint_only() {
    let findings = lines(&scanned(&sample(), &json!({})).await);
    let expected = [
        "k2n8p4w6t0 (mtls-private-api) mutual-tls: private",
        "k2n8p4w6t0 (mtls-private-api) truststore: passed",
        "k2n8p4w6t0 (mtls-private-api) private-front-door: \
         endpoint-open of vpce-0a1b2c3d4e5f60718, sg-0e1d2c3b4a5968770",
        "api.private-mtls.example.com truststore: no-mutual-tls",
        "api.private-mtls.example.com domain-certificate: passed",
        "api.private-mtls.example.com tls-policy: passed",
    ];
    assert_eq!(findings, expected);
}

/// The sample with an endpoint that admits only the load balancer.
fn fixed_sample() -> Value {
    let mut fixed = sample();
    for group in fixed["frontDoor"]["securityGroups"].as_array_mut().unwrap() {
        if group["GroupId"] == "sg-0e1d2c3b4a5968770" {
            group["IpPermissions"][0]["IpRanges"] = json!([]);
            group["IpPermissions"][0]["UserIdGroupPairs"] = json!([{"GroupId": "sg-0f9e8d7c6b5a49382"}]);
        }
    }
    fixed
}

#[tokio::test]
async fn the_sample_passes_if_only_its_load_balancer_reaches_the_endpoint() {
    let (reasons, _) = codes(&scanned(&fixed_sample(), &json!({})).await);
    assert_eq!(reasons, BTreeSet::new());
}

#[tokio::test]
async fn a_snapshot_without_a_front_door_says_how_to_take_one() {
    let mut account = example();
    account.as_object_mut().unwrap().remove("frontDoor");
    let snapshot = Snapshot::parse(&account.to_string()).unwrap();
    let account_region = snapshot.account_region();
    let parameters = Parameters::parse(Some(r#"{"checks":"mutual-tls"}"#)).unwrap();
    let account = SnapshotAccount::new(&snapshot, &account_region);
    let scan = scan_front_door(&account, &parameters, snapshot.taken_at).await;
    assert_eq!(scan.resources.len(), 0);
    let failure = scan.failures.first().unwrap().to_string();
    assert!(failure.contains("stagecert snapshot --front-door"), "{failure}");
}

/// What a list lacks although another one refers to it is a failure, never an empty list.
#[tokio::test]
async fn a_missing_entry_of_a_list_fails_or_is_unreadable() {
    for list in ["apiMappings", "routingRules", "stageNames", "exports", "targetHealth", "rules"] {
        let mut account = example();
        account["frontDoor"][list] = json!({});
        let scan = failed(&account).await;
        assert!(
            scan.iter()
                .any(|failure| failure.starts_with(&format!("snapshot.frontDoor.{list}: no entry for"))),
            "{list}: {scan:?}"
        );
    }
    for list in
        ["vpcEndpoints", "networkInterfaces", "securityGroups", "targetGroups", "loadBalancers", "listeners"]
    {
        let mut account = example();
        account["frontDoor"].as_object_mut().unwrap().remove(list);
        let scan = failed(&account).await;
        assert!(
            scan.iter().any(|failure| failure.starts_with(&format!("snapshot.frontDoor.{list}: missing"))),
            "{list}: {scan:?}"
        );
    }
    for list in ["restApis", "v2Apis", "domainNames"] {
        let mut account = example();
        account["frontDoor"].as_object_mut().unwrap().remove(list);
        assert!(Snapshot::parse(&account.to_string()).is_err(), "{list}");
    }
    let mut account = example();
    account["frontDoor"]["truststores"] = json!([]);
    account["frontDoor"]["trustStores"] = json!({});
    let scan = scanned(&account, &json!({})).await;
    let truststores = lines(&scan).into_iter().filter(|line| line.contains(" truststore: "));
    for line in truststores.filter(|line| !line.contains("no-mutual-tls")) {
        assert!(line.contains("unreadable"), "{line}");
    }
}

async fn failed(account: &Value) -> Vec<String> {
    let snapshot = Snapshot::parse(&account.to_string()).unwrap();
    let account_region = snapshot.account_region();
    let codes: Vec<&str> = Check::FRONT_DOOR.map(Check::code).into();
    let parameters = Parameters::parse(Some(&json!({"checks": codes.join(",")}).to_string())).unwrap();
    let account = SnapshotAccount::new(&snapshot, &account_region);
    let scan = scan_front_door(&account, &parameters, snapshot.taken_at).await;
    scan.failures.iter().map(ToString::to_string).collect()
}

/// A target is shown as it was registered, which can be another form of the endpoint's address.
#[tokio::test]
async fn an_ipv6_address_in_any_form_leads_to_the_endpoint() {
    for (target, expected) in [
        ("2001:db8::4", vec!["listener-open"]),
        ("2001:DB8:0:0:0:0:0:4", vec!["listener-open"]),
        ("2001:0db8:0::0004", vec!["listener-open"]),
        ("2001:db8::5", vec![]),
    ] {
        let mut account = fixed_sample();
        let front_door = &mut account["frontDoor"];
        for interface in front_door["networkInterfaces"].as_array_mut().unwrap() {
            if interface["Description"].as_str().unwrap().starts_with("VPC Endpoint") {
                interface["Ipv6Addresses"] = json!([{"Ipv6Address": "2001:db8::4"}]);
            }
        }
        let balancer = front_door["listeners"].as_array().unwrap().iter().find_map(|it| {
            (it["Protocol"] == "HTTPS").then(|| it["LoadBalancerArn"].as_str().unwrap().to_owned())
        });
        let balancer = balancer.unwrap();
        let group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/plain/1";
        let listener = format!("{}/1", balancer.replace(":loadbalancer/", ":listener/"));
        front_door["targetGroups"].as_array_mut().unwrap().push(json!({
            "TargetGroupArn": group, "TargetType": "ip", "LoadBalancerArns": [balancer]}));
        front_door["targetHealth"][group] = json!([target]);
        front_door["listeners"].as_array_mut().unwrap().push(json!({
            "ListenerArn": listener, "LoadBalancerArn": balancer, "Port": 80, "Protocol": "HTTP",
            "DefaultActions": [{"Type": "forward", "TargetGroupArn": group}]}));
        front_door["rules"][listener] = json!([]);
        let (reasons, _) = codes(&scanned(&account, &json!({})).await);
        assert_eq!(reasons, expected.into_iter().map(str::to_owned).collect(), "{target}");
    }
}
