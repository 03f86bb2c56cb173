//! The fake AWS over HTTP, as a client sees it.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use fake_aws::{ApiKind, Backend, FakeAws, Fault, Fleet, Gateway, Refused, World};
use jiff::{SignedDuration, Timestamp};
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
        (Fault::LostResponse, None),
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
fn the_lost_response_of_a_call_is_that_of_a_call_that_was_processed() {
    let one = One::new(1);
    let token = one.fake_aws.world().issue_token(&one.account, REGION, "stagecert");
    let stored =
        |one: &One| one.fake_aws.world().region(&one.account, REGION).rules["stagecert"].evaluations.len();
    one.fake_aws.faults().at_call(1, Fault::ConnectionReset);
    assert_eq!((one.put(&token), stored(&one)), (None, 0));
    one.fake_aws.faults().at_call(2, Fault::LostResponse);
    assert!(one.select().is_some());
    assert_eq!((one.put(&token), stored(&one)), (None, 2));
    assert_eq!(one.fake_aws.faults().left(), 0);
}

#[test]
fn requests_through_the_gateway_are_metrics_of_the_stage() {
    let one = One::new(1);
    let gateway = Gateway::spawn(&one.fake_aws).unwrap();
    let (api, name, stage) = {
        let world = one.fake_aws.world();
        let region = world.region(&one.account, REGION);
        let (api, stage) = region.stages().find(|(api, _)| api.kind == ApiKind::Rest).unwrap();
        (api.id.clone(), api.name.clone(), stage.name.clone())
    };
    let get = |stage: &str| {
        let mut stream = TcpStream::connect(gateway.address()).unwrap();
        write!(stream, "GET /{api}/{stage}/r0 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response.split(' ').nth(1).unwrap().parse::<u16>().unwrap()
    };
    assert_eq!(get(&stage), 200);
    one.fake_aws.world().region_mut(&one.account, REGION).options.backend = Backend::Status(503);
    assert_eq!((get(&stage), get("nosuch")), (503, 403));
    one.fake_aws.world().region_mut(&one.account, REGION).options.backend =
        Backend::Handshake(BTreeSet::new());
    assert_eq!(get(&stage), 500);
    // An hour later, by the world's clock.
    one.fake_aws.world().clock.advance(SignedDuration::from_hours(1));
    let metric = |id: &str, metric: &str| {
        let query = "MetricDataQueries.member.1.MetricStat.";
        format!(
            "Action=GetMetricData&MetricDataQueries.member.1.Id={id}&{query}Metric.Namespace=AWS/ApiGateway&\
             {query}Metric.MetricName={metric}&{query}Metric.Dimensions.member.1.Name=ApiName&\
             {query}Metric.Dimensions.member.1.Value={name}&{query}Metric.Dimensions.member.2.Name=Stage&\
             {query}Metric.Dimensions.member.2.Value={stage}&{query}Period=60&{query}Stat=Sum"
        )
    };
    let sum = |name: &str, hours: [i64; 2]| {
        let [start, end] = hours.map(|hours| Timestamp::now() + SignedDuration::from_hours(hours));
        let body = format!("{}&StartTime={start}&EndTime={end}", metric("m1", name));
        let mut stream = TcpStream::connect(one.fake_aws.url().trim_start_matches("http://")).unwrap();
        write!(
            stream,
            "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\
             authorization: AWS4-HMAC-SHA256 Credential={}/20261121/{REGION}/monitoring/aws4_request, \
             Signature=x\r\n\r\n{body}",
            body.len(),
            one.key
        )
        .unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        assert!(response.contains("<StatusCode>Complete</StatusCode>"), "{response}");
        let values = response.split_once("<Values>").unwrap().1.split_once("</Values>").unwrap().0;
        let values = values.split("<member>").skip(1);
        values.map(|value| value.trim_end_matches("</member>").parse::<f64>().unwrap()).sum::<f64>()
    };
    assert_eq!(sum("Count", [-2, 0]), 3.0);
    assert_eq!((sum("5XXError", [-2, 0]), sum("4XXError", [-2, 0])), (2.0, 0.0));
    assert_eq!((sum("Count", [-3, -2]), sum("Count", [0, 1])), (0.0, 0.0));
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
