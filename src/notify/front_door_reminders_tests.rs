use jiff::SignedDuration;
use serde_json::{Value, json};

use super::*;
use crate::resources::account_region::AccountRegion;
use crate::resources::api::{ApiArn, ApiType};
use crate::resources::domain_name::DomainKey;
use crate::resources::resource::Resource;

const RUN: &str = "2026-11-30T10:00:00Z";
const ARN: &str = "arn:aws:acm:eu-west-1:111122223333:certificate/0d4f92b7-6e1c-4a58-b3f0-1e8c75a6d92f";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn run(parameters: &str) -> Reminders {
    Reminders {
        account_region: AccountRegion {
            partition: "aws".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
        },
        rule_name: "front-door".into(),
        parameters: Parameters::parse(Some(parameters)).unwrap(),
        time: at(RUN),
        interval: SignedDuration::from_hours(1),
        days: [90, 60, 30, 7, 1, 0].into(),
    }
}

/// The parameters of all checks with dates; the windows are 90 and 60 days.
const BOTH: &str = r#"{"checks": "truststore,domain-certificate"}"#;

fn domain(name: &str, dates: &[ExpiryDate]) -> EvaluatedResource {
    EvaluatedResource {
        subject: FrontDoorSubject::DomainName(DomainKey::parse(name)),
        resource: Resource::new("AWS::ApiGateway::DomainName".into(), name),
        name: None,
        findings: Vec::new(),
        entry_points: Vec::new(),
        dates: dates.to_vec(),
        leads_to: Vec::new(),
        is_recorded: true,
    }
}

fn date(what: Expires, not_after: Timestamp, renews_automatically: bool) -> ExpiryDate {
    let certificate = if what == Expires::Ca { "CN=root\u{202e}" } else { ARN }.to_owned();
    ExpiryDate { not_after, what, certificate, renews_automatically }
}

fn due(resources: &[EvaluatedResource], run: &Reminders, window: Window) -> Vec<Value> {
    let groups = DueDate::group(resources, run, window);
    let messages = groups.iter().map(|group| group.message(run, run.time));
    messages
        .map(|message| {
            let entry = serde_json::to_value(&message).unwrap();
            assert_eq!(
                (&entry["DetailType"], &entry["Time"]),
                (&json!("Client Certificate Reminder"), &json!(at(RUN).as_second()))
            );
            let mut detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
            detail["resources"] = entry["Resources"].clone();
            detail
        })
        .collect()
}

fn own(run: &Reminders) -> Window {
    Window::own(run.time, run.interval)
}

#[test]
fn each_reminder_is_due_in_one_run_and_within_the_window_of_its_check() {
    use Expires::{Ca, OwnershipCertificate as Ownership, ServerCertificate as Server};
    let run = run(BOTH);
    let (hour, second) = (SignedDuration::from_hours(1), SignedDuration::from_secs(1));
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    for (what, renews, left, expected) in [
        (Ca, false, days(90), Some("90")),
        (Ca, false, days(90) + hour - second, Some("90")),
        (Ca, false, days(90) + hour, None),
        (Ca, false, days(90) - second, None),
        (Ca, false, days(1), Some("1")),
        (Ca, false, SignedDuration::ZERO, Some("0")),
        (Ca, false, second - hour, Some("0")),
        (Ca, false, -hour, None),
        (Ca, false, second, None),
        // The window of certificates is 60 days.
        (Ownership, false, days(90), None),
        (Ownership, false, days(60), Some("60")),
        (Ownership, true, days(60), Some("60")),
        (Server, false, days(60), Some("60")),
        (Server, true, days(60), None),
        (Server, false, days(7), Some("7")),
    ] {
        let resources = [domain("a.example.com", &[date(what, run.time + left, renews)])];
        let found = due(&resources, &run, own(&run));
        let found: Vec<&str> =
            found.iter().map(|it| it["reminderId"].as_str().unwrap().rsplit('/').next().unwrap()).collect();
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{what:?} {renews} {left:#}");
    }
}

#[test]
fn a_late_run_makes_up_for_earlier_ones_once() {
    let run = run(BOTH);
    let not_after = at("2026-12-07T05:30:00Z");
    let resources = [domain("a.example.com", &[date(Expires::Ca, not_after, false)])];
    // It was due in the run at 05:00.
    assert!(due(&resources, &run, own(&run)).is_empty());
    for (complete, count) in [("04:00:00", 1), ("05:00:00", 0)] {
        let complete = at(&format!("2026-11-30T{complete}Z"));
        let window = Window::after(complete, run.time, run.interval).unwrap();
        assert_eq!(due(&resources, &run, window).len(), count, "{complete}");
    }
}

#[test]
fn a_smaller_window_has_fewer_reminders() {
    let run = run(r#"{"checks": "truststore", "truststoreWindowDays": "30"}"#);
    for (left, count) in [(90, 0), (60, 0), (30, 1), (7, 1)] {
        let not_after = run.time + SignedDuration::from_hours(24 * left);
        let resources = [domain("a.example.com", &[date(Expires::Ca, not_after, false)])];
        assert_eq!(due(&resources, &run, own(&run)).len(), count, "{left}");
    }
}

#[test]
fn one_event_is_about_all_resources_with_the_same_ca() {
    let run = run(BOTH);
    let ca = date(Expires::Ca, at("2026-12-07T10:00:00Z"), false);
    let ended = date(Expires::OwnershipCertificate, at("2026-11-30T09:30:00Z"), true);
    let arn = ApiArn::new("aws", "eu-west-1", ApiType::Rest, "a1b2").unwrap();
    let api = EvaluatedResource {
        subject: FrontDoorSubject::Api(arn.clone()),
        resource: Resource::from(&arn),
        name: Some("orders\u{202e}".into()),
        ..domain("", std::slice::from_ref(&ca))
    };
    let found = due(&[api, domain("b.example.com", &[ended, ca])], &run, own(&run));
    let expected = json!([
        {
            "awsAccountId": "111122223333", "awsRegion": "eu-west-1", "configRuleName": "front-door",
            "resourceType": "AWS::ApiGateway::DomainName", "resourceId": "b.example.com",
            "resource": "b.example.com", "apiName": "", "check": "domain-certificate", "severity": "MEDIUM",
            "whatToDo": Check::DomainCertificate.advice().what_to_do,
            "reminderId": format!("111122223333/eu-west-1/front-door/domain-certificate/{ARN}/2026-11-30T09:30:00Z/0"),
            "certificateId": ARN, "notAfter": "2026-11-30T09:30:00Z", "daysLeft": 0, "hoursLeft": 0,
            "timing": "has ended", "resourceCount": 1, "resourceList": "b.example.com",
            "resources": ["b.example.com"],
        },
        {
            "awsAccountId": "111122223333", "awsRegion": "eu-west-1", "configRuleName": "front-door",
            "resourceType": "AWS::ApiGateway::RestApi", "resourceId": arn.as_str(),
            "resource": "a1b2", "apiName": "orders?", "check": "truststore", "severity": "MEDIUM",
            "whatToDo": Check::Truststore.advice().what_to_do,
            "reminderId": "111122223333/eu-west-1/front-door/truststore/CN=root?/2026-12-07T10:00:00Z/7",
            "certificateId": "CN=root?", "notAfter": "2026-12-07T10:00:00Z", "daysLeft": 7, "hoursLeft": 168,
            "timing": "ends in 7 days", "resourceCount": 2, "resourceList": "a1b2, b.example.com",
            "resources": [arn.as_str(), "b.example.com"],
        },
    ]);
    assert_eq!(Value::from(found), expected);
}

#[test]
fn an_event_about_many_domains_stays_small() {
    let run = run(BOTH);
    let ca = date(Expires::Ca, run.time, false);
    let name = |n| format!("{n:04}.{}.example.com", "x".repeat(200));
    let resources: Vec<_> = (0..500).map(|n| domain(&name(n), std::slice::from_ref(&ca))).collect();
    let found = due(&resources, &run, own(&run));
    assert_eq!((found.len(), &found[0]["resourceCount"]), (1, &json!(500)));
    assert!(found[0]["resourceList"].as_str().unwrap().ends_with(" and 480 more"));
    assert!((19_000..25_000).contains(&found[0].to_string().len()), "{}", found[0].to_string().len());
}
