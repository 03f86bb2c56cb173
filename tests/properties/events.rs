use proptest::prelude::*;
use serde_json::Value;
use stagecert::event::Event;

use crate::cases::cases;
use crate::evaluate::{EXAMPLE, Evaluated, evaluate};
use crate::hostile::hostile_text;
use crate::mutation::{Mutation, mutation};
use crate::validity::{assert_every_request_is_valid, assert_no_control_characters};

const ACCOUNT: &str = "111122223333";

/// Every sample whose invoking event is JSON.
fn sample() -> impl Strategy<Value = Value> {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/events")).unwrap();
    let mut paths: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let read = |path| serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    prop::sample::select(paths.into_iter().map(read).collect::<Vec<Value>>())
}

fn inner(event: &Value) -> Option<Value> {
    serde_json::from_str(event["invokingEvent"].as_str()?).ok()
}

/// The event with one change to the invoking event, which is JSON in a string.
fn changed_inside(event: &Value, change: &Mutation) -> Value {
    let mut event = event.clone();
    event["invokingEvent"] = change.of(&inner(&event).unwrap()).to_string().into();
    event
}

/// Whether the event, read as JSON, names no other account and Region.
fn is_about_the_account(event: &Value) -> bool {
    let invoking = inner(event).unwrap();
    let item = ["configurationItem", "configurationItemSummary"]
        .into_iter()
        .map(|name| &invoking[name])
        .find(|item| !item.is_null());
    let account = |value: &Value| value == ACCOUNT;
    let is_own_item = match item {
        // An array is read by position.
        Some(Value::Array(fields)) => account(&fields[0]) && fields[1] == "eu-west-1",
        Some(item) => {
            (account(&item["awsAccountId"]) || account(&item["accountId"]))
                && item["awsRegion"] == "eu-west-1"
        }
        None => account(&invoking["awsAccountId"]),
    };
    let rule = event["configRuleArn"].as_str().unwrap();
    is_own_item
        && account(&event["accountId"])
        && rule.starts_with("arn:aws:config:eu-west-1:111122223333:config-rule/")
}

fn assert_harmless(event: &Value, evaluated: &Evaluated) {
    assert_every_request_is_valid(&evaluated.requests);
    if !evaluated.requests.is_empty() {
        assert!(is_about_the_account(event), "{event}");
    }
    for request in &evaluated.requests {
        assert_eq!(request["ResultToken"], event["resultToken"]);
    }
    if let Err(failure) = &evaluated.outcome {
        assert_no_control_characters(&failure.to_string());
    }
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn any_text_is_an_event_or_an_error_on_one_line(text in prop_oneof![hostile_text(), ".{0,200}"]) {
        if let Err(failure) = Event::parse(&text) {
            assert_no_control_characters(&failure.to_string());
        }
    }

    #[test]
    fn any_bytes_are_an_event_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Event::parse(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn a_truncated_sample_reports_nothing(event in sample(), at in any::<prop::sample::Index>()) {
        let text = event.to_string();
        let evaluated = evaluate(text.get(..at.index(text.len())).unwrap(), &EXAMPLE);
        prop_assert_eq!(evaluated.outcome.unwrap_err().kind(), "Malformed");
        prop_assert!(evaluated.requests.is_empty());
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_changed_sample_never_reports_for_another_account_or_puts_invalid_requests(
        event in sample(), change in mutation(),
    ) {
        let event = change.of(&event);
        assert_harmless(&event, &evaluate(&event.to_string(), &EXAMPLE));
    }

    #[test]
    fn neither_does_a_changed_invoking_event(event in sample(), change in mutation()) {
        let event = changed_inside(&event, &change);
        assert_harmless(&event, &evaluate(&event.to_string(), &EXAMPLE));
    }

    #[test]
    fn a_failure_never_repeats_the_result_token(
        event in sample(), change in mutation(), inside in any::<bool>(),
    ) {
        const TOKEN: &str = "a-result-token-of-its-own";
        let mut event = if inside { changed_inside(&event, &change) } else { change.of(&event) };
        event["resultToken"] = TOKEN.into();
        let outcome = evaluate(&event.to_string(), &EXAMPLE).outcome;
        let shown = format!("{outcome:?}");
        prop_assert!(!shown.contains(TOKEN));
        if let Err(failure) = outcome {
            prop_assert!(!failure.to_string().contains(TOKEN));
        }
    }
}
