use serde_json::{Value, json};

use crate::mailer::notice::{Notice, Status};
use crate::mailer::outbox::Queue;
use crate::mailer::{digest, email};

const DOMAIN: &str = "arn:aws:apigateway:eu-west-1::/domainnames/api.example.com";

fn reminder(resource_type: &str, resource_id: &str, changes: &Value) -> Value {
    let mut event = json!({
        "awsAccountId": "111122223333", "awsRegion": "eu-west-1", "configRuleName": "front-door",
        "resourceType": resource_type, "resourceId": resource_id, "resource": "x", "apiName": "",
        "check": "truststore", "severity": "MEDIUM",
        "whatToDo": crate::checks::Check::Truststore.advice().what_to_do,
        "reminderId": "r", "certificateId": "CN=Partner CA", "notAfter": "2026-12-07T10:00:00Z",
        "daysLeft": 7, "hoursLeft": 168, "timing": "ends in 7 days", "resourceCount": 1,
        "resourceList": "api.example.com",
    });
    let changes = changes.as_object().unwrap().clone();
    event.as_object_mut().unwrap().extend(changes);
    event
}

fn read(event: &Value) -> Notice {
    Notice::read(&event.to_string(), "111122223333", false)
}

fn is_used(event: &Value) -> bool {
    read(event).status != Status::Unusable
}

const DOMAIN_NAME: &str = "AWS::ApiGateway::DomainName";
const REST_API: &str = "AWS::ApiGateway::RestApi";

#[test]
fn a_reminder_about_a_domain_is_an_email() {
    let now = "2026-11-30T10:00:00Z".parse().unwrap();
    let notice = read(&reminder(DOMAIN_NAME, DOMAIN, &json!({})));
    let email = email::email(&notice, None, now);
    assert_eq!(email.subject, "MEDIUM: api.example.com: CA CN=Partner CA of a truststore ends in 7 days");
    let expected = [
        "CA CN=Partner CA of a truststore ends in 7 days",
        "End: 2026-12-07T10:00:00Z",
        "",
        "Severity: MEDIUM",
        "API or domain: api.example.com",
        "Account: 111122223333, Region: eu-west-1",
        "Certificate: CN=Partner CA",
        "",
        &format!("What to do: {}", crate::checks::Check::Truststore.advice().what_to_do),
        "",
        "This is from the check truststore of the AWS Config rule front-door.",
        "",
    ];
    assert_eq!(email.body, expected.join("\n"));
    let digest = digest::email(&[&notice], Queue::Digest, None, now);
    let line = "- CA CN=Partner CA of a truststore ends in 7 days: api.example.com (account 111122223333, eu-west-1)\n";
    assert!(digest.body.contains(line), "{}", digest.body);
}

#[test]
fn a_reminder_about_several_apis_links_to_the_first() {
    let now = "2026-12-07T10:00:00Z".parse().unwrap();
    let changes = json!({
        "apiName": "orders", "check": "domain-certificate", "severity": "MEDIUM", "resourceCount": 2,
        "resourceList": "a1b2, c3d4", "certificateId": "arn:aws:acm:eu-west-1:111122223333:certificate/0d4f",
    });
    let api = "arn:aws:apigateway:eu-west-1::/restapis/a1b2";
    let one = json!({"apiName": "orders"});
    let subject = email::email(&read(&reminder(REST_API, api, &one)), None, now).subject;
    assert_eq!(subject, "MEDIUM: orders (a1b2): CA CN=Partner CA of a truststore has ended");
    let email = email::email(&read(&reminder(REST_API, api, &changes)), None, now);
    assert_eq!(email.subject, "MEDIUM: 2 APIs and domains: certificate 0d4f of a domain has ended");
    assert!(email.body.contains("\nAPIs and domains: 2 (a1b2, c3d4)\n"), "{}", email.body);
    assert!(email.body.contains(&format!("\nFirst API in AWS Config: https://eu-west-1.console.aws.amazon.com/config/home?region=eu-west-1#/resources/details?resourceId={api}&resourceType={REST_API}\n")), "{}", email.body);
}

#[test]
fn an_email_names_only_resources_of_the_region_and_of_a_known_form() {
    for (resource_type, id, expected) in [
        (DOMAIN_NAME, DOMAIN, true),
        (DOMAIN_NAME, "*.example.com", true),
        (DOMAIN_NAME, "arn:aws:apigateway:eu-west-1:111122223333:/domainnames/api.example.com+x1", true),
        (DOMAIN_NAME, "arn:aws:apigateway:eu-west-2::/domainnames/api.example.com", false),
        (DOMAIN_NAME, "https://evil.example/domainnames/api.example.com", false),
        (DOMAIN_NAME, "api.example.com/x", false),
        (DOMAIN_NAME, "a b", false),
        (DOMAIN_NAME, "", false),
        (REST_API, "arn:aws:apigateway:eu-west-1::/restapis/a1b2", true),
        (REST_API, "arn:aws:apigateway:eu-west-2::/restapis/a1b2", false),
        (REST_API, "arn:aws:apigateway:eu-west-1::/apis/a1b2", false),
        (REST_API, "a1b2", false),
        ("AWS::S3::Bucket", DOMAIN, false),
    ] {
        assert_eq!(is_used(&reminder(resource_type, id, &json!({}))), expected, "{resource_type} {id}");
    }
    // An event about a changed finding of the front door does not exist.
    assert!(!is_used(&reminder(DOMAIN_NAME, DOMAIN, &json!({"status": "failed", "reason": "ca-expired"}))));
}
