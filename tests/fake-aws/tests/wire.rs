//! The fake AWS over HTTP, as a client sees it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use fake_aws::{ApiKind, FakeAws, Fault, Fleet, Refused, World};
use serde_json::{Value, json};

const REGION: &str = "eu-west-1";

/// Sends a JSON 1.1 request; returns status and body, or `None` if the connection closed or timed
/// out.
fn send(fake_aws: &FakeAws, key: &str, target: &str, body: &Value) -> Option<(u16, Value)> {
    let service = if target.starts_with("Resource") { "tagging" } else { "config" };
    let body = body.to_string();
    let mut stream = TcpStream::connect(fake_aws.url().trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    write!(
        stream,
        "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-amz-target: {target}\r\ncontent-length: {}\r\n\
         authorization: AWS4-HMAC-SHA256 Credential={key}/20261121/{REGION}/{service}/aws4_request, Signature=x\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).ok()?;
    let (head, body) = response.split_once("\r\n\r\n")?;
    let promised = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    (promised.parse() == Ok(body.len())).then_some(())?;
    Some((head.split(' ').nth(1)?.parse().ok()?, serde_json::from_str(body).ok()?))
}

struct One {
    fake_aws: FakeAws,
    account: String,
    key: String,
}

impl One {
    fn new(accounts: usize) -> Self {
        let fake_aws = FakeAws::spawn(World::fleet(&Fleet { stages: 50, accounts, ..Fleet::default() }));
        let account = Fleet::account(0);
        let key = fake_aws.world().credentials(&account).access_key_id;
        Self { fake_aws, account, key }
    }

    fn config(&self, operation: &str, body: &Value) -> Option<(u16, Value)> {
        send(&self.fake_aws, &self.key, &format!("StarlingDoveService.{operation}"), body)
    }

    fn put(&self, token: &str) -> Option<(u16, Value)> {
        let one = |id: &str| {
            json!({
                "ComplianceResourceType": "AWS::ApiGateway::Stage", "ComplianceResourceId": id,
                "ComplianceType": "COMPLIANT", "Annotation": "fine", "OrderingTimestamp": 1_795_000_000.25,
            })
        };
        self.config("PutEvaluations", &json!({"ResultToken": token, "Evaluations": [one("a"), one("b")]}))
    }

    fn select(&self) -> Option<(u16, Value)> {
        let expression = "SELECT resourceId WHERE resourceType = 'AWS::ApiGateway::Stage'";
        self.config("SelectResourceConfig", &json!({"Expression": expression, "Limit": 100}))
    }
}

#[test]
fn results_are_stored_with_the_credentials_that_put_them() {
    let one = One::new(1);
    let token = one.fake_aws.world().issue_token(&one.account, REGION, "stagecert");
    assert_eq!(one.put(&token).unwrap(), (200, json!({"FailedEvaluations": []})));
    let world = one.fake_aws.world();
    let rule = &world.region(&one.account, REGION).rules["stagecert"];
    let stored = &rule.evaluations[&("AWS::ApiGateway::Stage".to_owned(), "b".to_owned())];
    assert_eq!((stored.compliance_type.as_str(), &stored.put_by.0), ("COMPLIANT", &one.account));
    assert_eq!(stored.ordering_timestamp.as_millisecond(), 1_795_000_000_250);
    assert_eq!(one.fake_aws.log().count("PutEvaluations"), 1);
}

#[test]
fn each_fault_has_its_documented_effect() {
    let one = One::new(1);
    let code =
        |response: Option<(u16, Value)>| response.map(|(status, body)| (status, body["__type"].clone()));
    let refused = |status: u16, code: &str| Some((status, json!(code)));
    for (fault, expected) in [
        (Fault::Throttle, refused(400, "ThrottlingException")),
        (Fault::Http500, refused(500, "InternalFailure")),
        (Fault::AccessDenied, refused(400, "AccessDeniedException")),
        (Fault::ExpiredPageToken, refused(400, "InvalidNextTokenException")),
        (Fault::ConnectionReset, None),
        (Fault::Hang, None),
        (Fault::TruncatedBody, None),
        (Fault::MalformedJson, None),
    ] {
        one.fake_aws.faults().at("SelectResourceConfig", 1, fault.clone());
        assert_eq!(code(one.select()), expected, "{fault:?}");
        assert_eq!(one.select().unwrap().0, 200, "after {fault:?}");
    }

    let token = one.fake_aws.world().issue_token(&one.account, REGION, "stagecert");
    one.fake_aws.faults().at("PutEvaluations", 1, Fault::FailedEvaluations(Refused::Ids(vec!["b".into()])));
    assert_eq!(one.put(&token).unwrap().1["FailedEvaluations"][0]["ComplianceResourceId"], "b");
    assert_eq!(one.put(&token).unwrap().1["FailedEvaluations"], json!([]));
    one.fake_aws.faults().at("PutEvaluations", 1, Fault::ExpiredResultToken);
    assert_eq!(code(one.put(&token)), refused(400, "InvalidResultTokenException"));
    one.fake_aws.world().expire_token(&token);
    assert_eq!(code(one.put(&token)), refused(400, "InvalidResultTokenException"));
}

#[test]
fn a_stage_can_be_deleted_between_two_calls() {
    let one = One::new(1);
    let count = |one: &One| one.select().unwrap().1["Results"].as_array().unwrap().len();
    let before = count(&one);
    let rest_stage = |world: &World| {
        let region = world.region(&one.account, REGION);
        region.stages().find(|(api, _)| api.kind == ApiKind::Rest).map(|(_, stage)| stage.arn.clone())
    };
    let gone = rest_stage(&one.fake_aws.world()).unwrap();
    one.fake_aws.faults().at(
        "SelectResourceConfig",
        2,
        Fault::before(move |world| {
            world.delete_stage(&gone);
        }),
    );
    assert_eq!((count(&one), count(&one)), (before, before - 1));
}

#[test]
fn a_call_for_another_account_s_resources_is_refused_and_logged() {
    let one = One::new(2);
    assert!(one.select().is_some() && one.fake_aws.log().never_crossed_accounts());
    let theirs = one.fake_aws.world().issue_token(&Fleet::account(1), REGION, "stagecert");
    assert_eq!(one.put(&theirs).unwrap().1["__type"], "InvalidResultTokenException");
    let foreign =
        one.fake_aws.world().region(&Fleet::account(1), REGION).stages().next().unwrap().1.arn.clone();
    let target = "ResourceGroupsTaggingAPI_20170126.GetResources";
    let response = send(&one.fake_aws, &one.key, target, &json!({ "ResourceARNList": [foreign] })).unwrap();
    assert_eq!(response.1["ResourceTagMappingList"], json!([]));
    assert_eq!(one.fake_aws.log().crossings().len(), 2);
}

#[test]
fn an_unknown_key_is_refused() {
    let one = One::new(1);
    let response =
        send(&one.fake_aws, "AKIASOMEBODY", "StarlingDoveService.SelectResourceConfig", &json!({}));
    assert_eq!(
        response.map(|(status, body)| (status, body["__type"].clone())),
        Some((403, json!("UnrecognizedClientException")))
    );
}
