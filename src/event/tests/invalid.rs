//! Invalid events and their failure messages.

use serde_json::{Value, json};

use crate::event::tests::*;

#[test]
fn every_malformed_field_of_the_event_is_named() {
    for (field, value, problem) in [
        ("invokingEvent", Some(json!("")), "not a JSON object"),
        ("invokingEvent", Some(json!("change!")), "not a JSON object"),
        ("invokingEvent", Some(json!(format!("{} x", change()))), "trailing characters"),
        ("invokingEvent", Some(json!("{}")), "missing field `messageType`"),
        ("invokingEvent.messageType", Some(json!(r#"{"messageType":7}"#)), "expected a string"),
        ("event", None, "missing field `invokingEvent`"),
        ("event.invokingEvent", Some(json!({"messageType": "ScheduledNotification"})), "expected a string"),
        ("event.ruleParameters", Some(json!({"reporting": "all"})), "expected a string"),
        ("event.eventLeftScope", Some(json!("false")), "expected a boolean"),
        ("event.evaluationMode", Some(json!(1)), "expected a string"),
        ("resultToken", None, "is missing or empty"),
        ("resultToken", Some(json!("")), "is missing or empty"),
        ("accountId", None, "is missing or empty"),
        ("event.accountId", Some(json!(111_122_223_333_u64)), "expected a string"),
        ("configRuleName", None, "is missing or empty"),
        ("configRuleName", Some(json!("")), "is missing or empty"),
        ("configRuleName", Some(json!("n".repeat(129))), "allowed: 1 to 128 characters"),
        ("configRuleName", Some(json!("a\nb")), "no control characters"),
        ("configRuleArn", None, "is missing or empty"),
        ("configRuleArn", Some(json!("x")), "is not arn:PARTITION:config:REGION:ACCOUNT:config-rule/ID"),
        ("configRuleArn", Some(json!("arn:aws:config:eu-west-1:1:config-rule/x\n")), "config-rule/x\\n"),
    ] {
        let name = match field.trim_start_matches("event.") {
            "event" | "invokingEvent.messageType" => "invokingEvent",
            name => name,
        };
        let (kind, message) = rejected(&with(event(&change()), &format!("/{name}"), value).to_string());
        assert!(kind == "Malformed" && message.starts_with(&format!("{field}: ")), "{field}: {message}");
        assert!(message.contains(problem) && !message.contains(char::is_control), "{problem}: {message}");
    }
    let twice = event(&change()).to_string().replacen('{', "{\"accountId\":\"111122223333\",", 1);
    for (text, problem) in [
        ("", "event: not a JSON object"),
        ("null", "event: not a JSON object"),
        ("\"event\"", "event: not a JSON object"),
        ("[\"an\", \"event\"]", "event: not a JSON object"),
        ("{", "event: EOF while parsing"),
        (&format!("{}]", event(&change())), "event: trailing characters"),
        (&twice, "event: duplicate field `accountId`"),
    ] {
        let (kind, message) = rejected(text);
        assert!(kind == "Malformed" && message.starts_with(problem), "{text}: {message}");
    }
}

#[test]
fn every_malformed_field_of_an_invoking_event_is_named() {
    let long = "x".repeat(1000);
    let mut cases = vec![
        (with(change(), "/configurationItem", None), "", "missing field `configurationItem`"),
        (with(change(), "/configurationItem", Some(json!("x"))), ".configurationItem", "expected an object"),
        (
            with(change(), "/configurationItemDiff", Some(json!(7))),
            ".configurationItemDiff",
            "expected an object",
        ),
        (
            with(oversized(), "/configurationItemSummary", None),
            "",
            "missing field `configurationItemSummary`",
        ),
        (with(scheduled(), "/awsAccountId", None), "", "missing field `awsAccountId`"),
        (with(scheduled(), "/awsAccountId", Some(json!("1"))), ".awsAccountId", "allowed: twelve digits"),
        (with(scheduled(), "/notificationCreationTime", None), "", "`notificationCreationTime`"),
        (
            with(scheduled(), "/notificationCreationTime", Some(json!("now"))),
            ".notificationCreationTime",
            "an instant",
        ),
    ]
    .into_iter()
    .map(|(invoking, field, problem)| (invoking, field.to_owned(), problem))
    .collect::<Vec<_>>();
    for (field, value, problem) in [
        ("awsAccountId", None, "missing field `awsAccountId`"),
        ("awsAccountId", Some(json!("11112222333")), "allowed: twelve digits"),
        ("awsAccountId", Some(json!("11112222333x")), "allowed: twelve digits"),
        ("awsRegion", None, "missing field `awsRegion`"),
        ("resourceType", None, "missing field `resourceType`"),
        ("resourceType", Some(json!("")), "0 characters; allowed: 1 to 256"),
        ("resourceType", Some(json!(long)), "1000 characters; allowed: 1 to 256"),
        ("resourceId", None, "missing field `resourceId`"),
        ("resourceId", Some(json!(7)), "expected a string"),
        ("resourceId", Some(json!("")), "0 characters; allowed: 1 to 768"),
        ("resourceId", Some(json!(long)), "1000 characters; allowed: 1 to 768"),
        ("resourceId", Some(json!("arn:\u{7f}:x")), "allowed: no control characters"),
        ("resourceType", Some(json!("AWS::\nX")), "allowed: no control characters"),
        ("configurationItemStatus", None, "missing field `configurationItemStatus`"),
        ("configurationItemStatus", Some(json!("Ok\n")), "\"Ok\\n\"; allowed: OK, ResourceDiscovered, Res"),
        ("configurationItemCaptureTime", None, "missing field `configurationItemCaptureTime`"),
        ("configurationItemCaptureTime", Some(json!("yesterday")), "expected an instant"),
        ("configurationItemCaptureTime", Some(json!("2026-09-14T08:20:11")), "expected an instant"),
        ("configurationItemCaptureTime", Some(json!(1e300)), "expected an instant"),
        ("configurationItemCaptureTime", Some(Value::Null), "expected an instant"),
        ("configuration", Some(json!([])), "allowed: an object"),
        ("configuration", Some(json!(7)), "allowed: an object"),
        ("configuration", Some(json!("\"{}\"")), "allowed: an object"),
        ("configuration", Some(json!("{} {}")), "allowed: an object"),
    ] {
        for (document, parent) in [(change(), "configurationItem"), (oversized(), "configurationItemSummary")]
        {
            // A missing field is reported at its parent.
            let path = if value.is_some() { format!(".{parent}.{field}") } else { format!(".{parent}") };
            cases.push((with(document, &format!("/{parent}/{field}"), value.clone()), path, problem));
        }
    }
    for (invoking, field, problem) in cases {
        let (kind, message) = rejected(&event(&invoking).to_string());
        let is_named = message.starts_with(&format!("invokingEvent{field}: "));
        assert!(
            kind == "Malformed" && is_named && message.contains(problem),
            "{field}, {problem}: {message}"
        );
        assert!(!message.contains(char::is_control), "{message:?}");
    }
}

#[test]
fn accounts_and_regions_that_differ_are_rejected() {
    let rule = "arn:aws:config:eu-west-2:111122223333:config-rule/x";
    let outer = |pointer, value: &str| with(event(&change()), pointer, Some(json!(value)));
    let inner = |invoking, pointer, value| event(&with(invoking, pointer, Some(json!(value))));
    let (account, region) = ("configurationItem.awsAccountId", "configurationItem.awsRegion");
    for (event, field, found) in [
        (outer("/accountId", OTHER), "accountId", OTHER),
        (outer("/accountId", " 111122223333"), "accountId", " 111122223333"),
        (with(event(&scheduled()), "/accountId", Some(json!(OTHER))), "accountId", OTHER),
        (outer("/configRuleArn", rule), region, "eu-west-1"),
        (inner(change(), "/configurationItem/awsAccountId", OTHER), account, OTHER),
        (inner(change(), "/configurationItem/awsRegion", "eu-west-2"), region, "eu-west-2"),
        (inner(oversized(), "/configurationItemSummary/awsAccountId", OTHER), account, OTHER),
        (inner(oversized(), "/configurationItemSummary/awsRegion", "eu-west-2"), region, "eu-west-2"),
        (inner(scheduled(), "/awsAccountId", OTHER), "invokingEvent.awsAccountId", OTHER),
    ] {
        let (kind, message) = rejected(&event.to_string());
        assert_eq!(kind, "Disagreement", "{message}");
        assert!(message.starts_with(&format!("{field} says {found}, but configRuleArn says ")), "{message}");
    }
}

#[test]
fn no_message_contains_a_value_or_a_control_character_of_the_event() {
    for field in ["eventLeftScope", "ruleParameters", "evaluationMode"] {
        let event = with(event(&change()), &format!("/{field}"), Some(json!({ TOKEN: TOKEN })));
        assert!(!rejected(&event.to_string()).1.contains(TOKEN), "{field}");
    }
    let event = with(event(&change()), "/eventLeftScope", Some(json!(TOKEN)));
    assert!(rejected(&event.to_string()).1.starts_with("event.eventLeftScope: expected a boolean at "));
    let properties = json!({"changedProperties": {"a\nb": 7}});
    let event = self::event(&with(change(), "/configurationItemDiff", Some(properties)));
    assert!(!rejected(&event.to_string()).1.contains(char::is_control));
}
