use serde_json::{Value, json};

use crate::event::*;
use crate::resources::certificate_id::CertificateId;

mod change;
mod invalid;

const STAGE: &str = "arn:aws:apigateway:eu-west-1::/restapis/k3v9q0m2xa/stages/prod";
const TOKEN: &str = "eyJlbmNyeXB0ZWREYXRhIjoic2FtcGxlIiwiaXYiOiJzYW1wbGUifQ==.sample";
const OTHER: &str = "444455556666";

/// Returns the invoking event of a sample event.
fn invoking(sample: &str) -> Value {
    let event: Value = serde_json::from_str(sample).unwrap();
    serde_json::from_str(event["invokingEvent"].as_str().unwrap()).unwrap()
}

fn change() -> Value {
    invoking(include_str!("../../../events/change-ok.json"))
}

fn oversized() -> Value {
    invoking(include_str!("../../../events/oversized.json"))
}

fn scheduled() -> Value {
    invoking(include_str!("../../../events/scheduled.json"))
}

/// Returns a sample event with another invoking event.
fn event(invoking: &Value) -> Value {
    let sample: Value = serde_json::from_str(include_str!("../../../events/change-ok.json")).unwrap();
    with(sample, "/invokingEvent", Some(json!(invoking.to_string())))
}

/// Returns an item in the form of an event.
fn item() -> Value {
    change()["configurationItem"].clone()
}

/// Returns the same item in the form of `GetResourceConfigHistory`.
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

/// Returns the document with another value at a JSON pointer, or without the value.
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

/// Returns the failure's kind and message, and checks that they don't show the token.
fn rejected(event: &str) -> (&'static str, String) {
    let failure = Event::parse(event).map(drop).expect_err(event);
    assert!(!format!("{failure} {failure:?}").contains(TOKEN), "{failure:?}");
    (failure.kind(), failure.to_string())
}

fn validated(item: &Value) -> ConfigurationItem {
    ConfigurationItem::validate("item", serde_json::from_value(item.clone()).unwrap()).unwrap()
}

#[test]
fn each_message_type_is_parsed() {
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
fn optional_fields_may_be_absent_and_unknown_fields_are_ignored() {
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
fn other_message_types_are_ignored_regardless_of_their_content() {
    for message_type in ["ConfigurationSnapshotDeliveryCompleted", "ANewOne", "scheduledNotification", ""] {
        let invoking = json!({"messageType": message_type, "s3Bucket": "b"});
        for event in [event(&invoking), json!({"invokingEvent": invoking.to_string()})] {
            let read = Event::parse(&event.to_string()).unwrap();
            assert!(matches!(read, Request::Ignore { message_type: ignored } if ignored == message_type));
        }
    }
}

#[test]
fn proactive_evaluation_is_not_supported() {
    for mode in ["PROACTIVE", "detective", ""] {
        for invoking in [change(), json!({"ResourceDetails": {}}), json!(7)] {
            let event = with(event(&invoking), "/evaluationMode", Some(json!(mode)));
            let (kind, message) = rejected(&event.to_string());
            assert_eq!(kind, "NotSupported");
            assert!(message.starts_with(&format!("not supported: evaluationMode {mode};")), "{message}");
        }
    }
}

#[test]
fn both_forms_of_an_item_give_the_same_item() {
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
    for absent in [Value::Null, json!(""), json!("null")] {
        for form in [item(), api_item()] {
            let read = validated(&with(form, "/configuration", Some(absent.clone())));
            assert_eq!(read, ConfigurationItem { configuration: Value::Null, ..expected.clone() });
        }
    }
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
        // An id that can't be used in a query has no peers, and isn't an error.
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
    assert_eq!(diff, None, "a diff without properties doesn't say what changed");
    let object = "an object, a JSON string of one, or null";
    for (properties, path, allowed) in [
        (changed(field, json!(7)), field, "a string or null"),
        (changed(field, json!({"id": "old123"})), field, "a string or null"),
        (whole("clientCertificateId", json!(["old123"])), "Configuration", "a string or null"),
        (changed("Configuration", json!(["old123"])), "Configuration", object),
        (changed("Configuration", json!("old123")), "Configuration", object),
    ] {
        let field = format!("invokingEvent.configurationItemDiff.changedProperties.{path}");
        let message = format!("{field}: previousValue: allowed: {allowed}");
        assert_eq!(rejected(&read(&properties).to_string()), ("Malformed", message));
    }
}
