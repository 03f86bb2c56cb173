use serde_json::{Value, json};

use super::*;

fn reminders() -> Value {
    json!({
        "stagecert": "reminders", "time": "2026-11-21T08:00:00Z", "hours": 1, "accountId": "111122223333",
        "region": "eu-west-1", "ruleName": "stagecert", "days": "30, 14,7,1,0",
        "ruleParameters": "{\"expiryWindowDays\":\"45\"}",
    })
}

fn with(mut event: Value, pointer: &str, value: Option<Value>) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = event.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => _ = parent.insert(key.into(), value),
        None => _ = parent.remove(key),
    }
    event
}

#[test]
fn the_form_is_parsed() {
    let Some(Invocation::Reminders(run)) = Invocation::parse(&reminders().to_string()).unwrap() else {
        panic!("not reminders")
    };
    assert_eq!(run.account_region, AccountRegion::in_region("111122223333", "eu-west-1"));
    assert_eq!(
        (run.rule_name.as_str(), run.time.to_string().as_str()),
        ("stagecert", "2026-11-21T08:00:00Z")
    );
    assert_eq!((run.interval, run.days), (SignedDuration::from_hours(1), [0, 1, 7, 14, 30].into()));
    assert_eq!(run.parameters.certificate_expiry.expiry_window_days, 45);
}

#[test]
fn text_without_the_key_is_left_to_the_parser_of_config_events() {
    for text in ["", "nonsense", "[]", "{}", r#"{"invokingEvent": "{}"}"#, r#"{"stagecert": null}"#] {
        assert!(Invocation::parse(text).unwrap().is_none(), "{text}");
    }
}

#[test]
fn every_malformed_field_is_named() {
    let r = reminders;
    for (event, says) in [
        (
            with(r(), "/stagecert", Some(json!("nonsense"))),
            "event.stagecert: \"nonsense\"; allowed: reminders",
        ),
        (with(r(), "/stagecert", Some(json!(7))), "event.stagecert: expected a string"),
        (with(r(), "/time", None), "missing field `time`"),
        (with(r(), "/time", Some(json!("yesterday"))), "event.time: "),
        (with(r(), "/time", Some(json!("9999-01-01T00:00:00Z"))), "event.time: allowed: "),
        (with(r(), "/hours", Some(json!(0))), "event.hours: allowed: a whole number from 1 to 169"),
        (with(r(), "/hours", Some(json!(170))), "event.hours: "),
        (with(r(), "/hours", Some(json!("24"))), "event.hours: expected i64"),
        (with(r(), "/hours", Some(json!(1.5))), "event.hours: expected i64"),
        (with(r(), "/accountId", Some(json!("1111"))), "event.accountId: allowed: twelve digits"),
        (with(r(), "/region", Some(json!("eu west"))), "event.region: allowed: "),
        (with(r(), "/ruleName", Some(json!(""))), "event.ruleName: allowed: 1 to 128"),
        (with(r(), "/ruleName", Some(json!("a\nb"))), "event.ruleName: "),
        (with(r(), "/days", Some(json!(""))), "event.days: \"\"; allowed: whole numbers from 0 to 365"),
        (with(r(), "/days", Some(json!("30,30"))), "event.days: "),
        (with(r(), "/days", Some(json!("366"))), "event.days: "),
        (with(r(), "/days", Some(json!("-1"))), "event.days: "),
        (with(r(), "/days", Some(json!("07"))), "event.days: "),
        (with(r(), "/days", Some(json!([30]))), "event.days: expected a string"),
        (with(r(), "/ruleParameters", None), "missing field `ruleParameters`"),
        (with(r(), "/ruleParameters", Some(json!({}))), "event.ruleParameters: expected a string"),
        (
            with(r(), "/ruleParameters", Some(json!("{\"nonsense\":\"1\"}"))),
            "rule parameter ruleParameters: \"nonsense\"",
        ),
        (with(r(), "/extra", Some(json!(1))), "unknown field `extra`"),
    ] {
        let failure = Invocation::parse(&event.to_string()).unwrap_err().to_string();
        assert!(failure.contains(says), "{says}: {failure}");
    }
}
