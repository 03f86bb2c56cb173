use serde_json::{Value, json};

use super::*;
use crate::resources::certificate_id::CertificateId;

mod change;

const STAGE: &str = "arn:aws:apigateway:eu-west-1::/restapis/k3v9q0m2xa/stages/prod";
const TOKEN: &str = "eyJlbmNyeXB0ZWREYXRhIjoic2FtcGxlIiwiaXYiOiJzYW1wbGUifQ==.sample";
const OTHER: &str = "444455556666";

/// The invoking event of a sample.
fn invoking(sample: &str) -> Value {
    let event: Value = serde_json::from_str(sample).unwrap();
    serde_json::from_str(event["invokingEvent"].as_str().unwrap()).unwrap()
}

fn change() -> Value {
    invoking(include_str!("../../events/change-ok.json"))
}

fn oversized() -> Value {
    invoking(include_str!("../../events/oversized.json"))
}

fn scheduled() -> Value {
    invoking(include_str!("../../events/scheduled.json"))
}

/// A sample with another invoking event.
fn event(invoking: &Value) -> Value {
    let sample: Value = serde_json::from_str(include_str!("../../events/change-ok.json")).unwrap();
    with(sample, "/invokingEvent", Some(json!(invoking.to_string())))
}

/// An item as events have it.
fn item() -> Value {
    change()["configurationItem"].clone()
}

/// The same item as `GetResourceConfigHistory` answers with it.
fn api_item() -> Value {
    let mut item = item();
    item["configuration"] = json!(item["configuration"].to_string());
    item["configurationStateId"] = json!(item["configurationStateId"].to_string());
    item["configurationItemCaptureTime"] = json!(1_789_374_011.402);
    item["relationships"] = json!([{"relationshipName": "Is contained in ", "resourceName": "orders"}]);
    for (of_event, of_api) in [
        ("ARN", "arn"),
        ("awsAccountId", "accountId"),
        ("configurationItemVersion", "version"),
        ("configurationStateMd5Hash", "configurationItemMD5Hash"),
    ] {
        let fields = item.as_object_mut().unwrap();
        let value = fields.remove(of_event).unwrap();
        fields.insert(of_api.into(), value);
    }
    item
}

/// The document with another value at a JSON pointer, or without it.
fn with(mut document: Value, pointer: &str, value: Option<Value>) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let fields = document.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => fields.insert(name.into(), value),
        None => fields.remove(name),
    };
    document
}

fn parsed(event: &Value) -> Event {
    match Event::parse(&event.to_string()) {
        Ok(Request::Evaluate(event)) => *event,
        other => panic!("{event}: {other:?}"),
    }
}

/// The failure's kind and message; none ever shows the token.
fn refused(event: &str) -> (&'static str, String) {
    let failure = Event::parse(event).map(drop).expect_err(event);
    assert!(!format!("{failure} {failure:?}").contains(TOKEN), "{failure:?}");
    (failure.kind(), failure.to_string())
}

fn validated(item: &Value) -> ConfigurationItem {
    ConfigurationItem::validate("item", serde_json::from_value(item.clone()).unwrap()).unwrap()
}

#[test]
fn each_message_type_is_read() {
    for left in [false, true] {
        let read = |invoking: &Value| parsed(&with(event(invoking), "/eventLeftScope", Some(json!(left))));
        let event = read(&change());
        assert_eq!(event.account_region.to_string(), "account 111122223333, Region eu-west-1");
        assert_eq!((event.rule_name.as_str(), event.result_token.reveal()), ("stagecert", TOKEN));
        assert_eq!(event.rule_parameters.as_deref(), Some("{}"));
        assert!(matches!(event.notification, Notification::Change { item, left_scope, .. }
            if item == validated(&self::item()) && left_scope == left));
        assert!(
            matches!(read(&oversized()).notification, Notification::Oversized { summary, left_scope, .. }
            if summary.configuration.is_null() && summary.status == ItemStatus::Ok && left_scope == left)
        );
        assert!(matches!(read(&scheduled()).notification, Notification::Scheduled { created }
            if created.to_string() == "2026-11-21T12:00:00Z"));
    }
}

#[test]
fn what_some_events_lack_or_will_have_is_no_fault() {
    let outer = ["version", "ruleParameters", "evaluationMode", "eventLeftScope", "executionRoleArn", "new"];
    let outer = outer.map(|field| with(event(&change()), &format!("/{field}"), None));
    let inner = [
        ("/configurationItemDiff", None),
        ("/configurationItemDiff", Some(Value::Null)),
        ("/configurationItemDiff/changedProperties", None),
        ("/notificationCreationTime", None),
        ("/configurationItem/configurationStateId", None),
        ("/configurationItem/relationships", None),
        ("/new", Some(json!({"from": "the future"}))),
    ];
    let inner = inner.map(|(pointer, value)| event(&with(change(), pointer, value)));
    for event in outer.into_iter().chain(inner) {
        let read = parsed(&event);
        assert_eq!(read.rule_parameters.is_none(), event.get("ruleParameters").is_none());
        let Notification::Change { diff, left_scope, .. } = read.notification else { panic!() };
        let previous = diff.and_then(|diff| diff.previous_certificate);
        assert_eq!((previous, left_scope), (None, false), "{event}");
    }
}

#[test]
fn other_message_types_are_ignored_whatever_else_they_hold() {
    for message_type in ["ConfigurationSnapshotDeliveryCompleted", "ANewOne", "scheduledNotification", ""] {
        let invoking = json!({"messageType": message_type, "s3Bucket": "b"});
        for event in [event(&invoking), json!({"invokingEvent": invoking.to_string()})] {
            let read = Event::parse(&event.to_string()).unwrap();
            assert!(matches!(read, Request::Ignore { message_type: told } if told == message_type));
        }
    }
}

#[test]
fn proactive_evaluation_is_not_supported_whatever_it_is_about() {
    for mode in ["PROACTIVE", "detective", ""] {
        for invoking in [change(), json!({"ResourceDetails": {}}), json!(7)] {
            let event = with(event(&invoking), "/evaluationMode", Some(json!(mode)));
            let (kind, message) = refused(&event.to_string());
            assert_eq!(kind, "NotSupported");
            assert!(message.starts_with(&format!("not supported: evaluationMode {mode};")), "{message}");
        }
    }
}

#[test]
fn both_forms_of_an_item_are_one() {
    let read = validated(&item());
    assert_eq!(read, validated(&api_item()));
    let expected = ConfigurationItem {
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        resource_type: "AWS::ApiGateway::Stage".into(),
        resource_id: STAGE.into(),
        status: ItemStatus::Ok,
        captured: "2026-09-14T08:20:11.402Z".parse().unwrap(),
        state_id: Some("1789374011402".into()),
        configuration: item()["configuration"].clone(),
    };
    assert_eq!(read, expected);
    for nothing in [Value::Null, json!(""), json!("null")] {
        for form in [item(), api_item()] {
            let read = validated(&with(form, "/configuration", Some(nothing.clone())));
            assert_eq!(read, ConfigurationItem { configuration: Value::Null, ..expected.clone() });
        }
    }
}

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
        let (kind, message) = refused(&with(event(&change()), &format!("/{name}"), value).to_string());
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
        let (kind, message) = refused(text);
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
            // What the reader misses it places where it was looking for it.
            let named = if value.is_some() { format!(".{parent}.{field}") } else { format!(".{parent}") };
            cases.push((with(document, &format!("/{parent}/{field}"), value.clone()), named, problem));
        }
    }
    for (invoking, field, problem) in cases {
        let (kind, message) = refused(&event(&invoking).to_string());
        let named = message.starts_with(&format!("invokingEvent{field}: "));
        assert!(kind == "Malformed" && named && message.contains(problem), "{field}, {problem}: {message}");
        assert!(!message.contains(char::is_control), "{message:?}");
    }
}

#[test]
fn accounts_and_regions_that_disagree_are_refused() {
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
        let (kind, message) = refused(&event.to_string());
        assert_eq!(kind, "Disagreement", "{message}");
        assert!(message.starts_with(&format!("{field} says {found}, but configRuleArn says ")), "{message}");
    }
}

#[test]
fn no_message_repeats_a_value_of_the_event_or_a_control_character_of_its_keys() {
    for field in ["eventLeftScope", "ruleParameters", "evaluationMode"] {
        let event = with(event(&change()), &format!("/{field}"), Some(json!({ TOKEN: TOKEN })));
        assert!(!refused(&event.to_string()).1.contains(TOKEN), "{field}");
    }
    let event = with(event(&change()), "/eventLeftScope", Some(json!(TOKEN)));
    assert!(refused(&event.to_string()).1.starts_with("event.eventLeftScope: expected a boolean at "));
    let properties = json!({"changedProperties": {"a\nb": 7}});
    let event = self::event(&with(change(), "/configurationItemDiff", Some(properties)));
    assert!(!refused(&event.to_string()).1.contains(char::is_control));
}

#[test]
fn the_debug_form_of_an_event_never_shows_the_token() {
    for token in [TOKEN, "TESTMODE"] {
        let event = with(event(&change()), "/resultToken", Some(json!(token)));
        assert_eq!(parsed(&event).result_token.is_test_mode(), token == "TESTMODE");
        let shown = format!("{:?} {:#?}", parsed(&event), Event::parse(&event.to_string()));
        assert!(!shown.contains(token) && shown.contains("ResultToken(..)"), "{shown}");
    }
}

#[test]
fn the_previous_certificate_comes_from_the_diff() {
    let changed = |path: &str, previous: Value| json!({ path: {"previousValue": previous} });
    let whole = |name: &str, id: Value| changed("Configuration", json!({"stageName": "prod", name: id}));
    let field = "Configuration.ClientCertificateId";
    let read = |properties: &Value| {
        let diff = json!({"changedProperties": properties, "changeType": "UPDATE"});
        event(&with(change(), "/configurationItemDiff", Some(diff)))
    };
    for (properties, expected) in [
        (changed(field, json!("old123")), Some("old123")),
        (changed("configuration.clientCertificateId", json!("old123")), Some("old123")),
        (changed("CONFIGURATION.CLIENTCERTIFICATEID", json!("old123")), Some("old123")),
        (whole("clientCertificateId", json!("old123")), Some("old123")),
        (whole("ClientCertificateId", json!("old123")), Some("old123")),
        (changed("configuration", json!({"clientCertificateId": "old123"})), Some("old123")),
        (whole("deploymentId", json!("d0")), None),
        (whole("clientCertificateId", Value::Null), None),
        (changed(field, Value::Null), None),
        (changed(field, json!("")), None),
        (changed("Configuration", Value::Null), None),
        (json!({ field: {"updatedValue": "h4t0vz", "changeType": "CREATE"} }), None),
        (changed("Configuration.DeploymentId", json!(["not", "text"])), None),
        // What no query can ask about has no peers, and costs the stage nothing.
        (changed(field, json!("x' OR '1'='1")), None),
        (changed("Configuration", json!(r#"{"clientCertificateId":"old123"}"#)), Some("old123")),
        (changed("Configuration", json!("")), None),
        (changed("SupplementaryConfiguration.ClientCertificateId", json!("old123")), None),
    ] {
        let notification = parsed(&read(&properties)).notification;
        let Notification::Change { diff, .. } = notification else { panic!() };
        let previous = diff.and_then(|diff| diff.previous_certificate);
        assert_eq!(previous.as_ref().map(CertificateId::as_str), expected, "{properties}");
    }
    for (properties, certificate, deployment) in [
        (changed(field, json!("old123")), true, false),
        (changed(field, Value::Null), true, false),
        (changed("Configuration.DeploymentId", json!("d0")), false, true),
        (changed("Configuration.Description", json!("text")), false, false),
        (whole("deploymentId", json!("d0")), true, true),
    ] {
        let Notification::Change { diff, .. } = parsed(&read(&properties)).notification else { panic!() };
        let diff = diff.unwrap();
        let touched = (diff.touches_certificate, diff.touches_deployment);
        assert_eq!(touched, (certificate, deployment), "{properties}");
    }
    let Notification::Change { diff, .. } = parsed(&read(&json!({}))).notification else { panic!() };
    assert_eq!(diff, None, "what lists no property says nothing about what changed");
    let object = "an object, a JSON string of one, or null";
    for (properties, path, allowed) in [
        (changed(field, json!(7)), field, "a string or null"),
        (changed(field, json!({"id": "old123"})), field, "a string or null"),
        (whole("clientCertificateId", json!(["old123"])), "Configuration", "a string or null"),
        (changed("Configuration", json!(["old123"])), "Configuration", object),
        (changed("Configuration", json!("old123")), "Configuration", object),
    ] {
        let named = format!("invokingEvent.configurationItemDiff.changedProperties.{path}");
        let told = format!("{named}: previousValue: allowed: {allowed}");
        assert_eq!(refused(&read(&properties).to_string()), ("Malformed", told));
    }
}
