use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};
use stagecert::snapshot::Snapshot;

use crate::cases::cases;
use crate::evaluate::{Evaluated, evaluate};
use crate::mutation::mutation;
use crate::validity::{assert_every_request_is_valid, assert_no_control_characters};

pub(crate) fn sweep(reporting: &str) -> String {
    let mut event: Value = serde_json::from_str(include_str!("../../events/scheduled.json")).unwrap();
    event["ruleParameters"] = json!({"reporting": reporting}).to_string().into();
    event.to_string()
}

/// A part of the example account, small enough for every field to be changed: a few entries of each
/// list, without the front door.
pub(crate) fn account() -> impl Strategy<Value = Value> {
    let whole: Value = serde_json::from_str(include_str!("../../examples/account.json")).unwrap();
    (0_usize..8, 1_usize..6).prop_map(move |(from, count)| {
        let mut part = whole.clone();
        for list in part.as_object_mut().unwrap().values_mut().filter_map(Value::as_array_mut) {
            *list = list.iter().skip(from).take(count).cloned().collect();
        }
        part["evaluationResults"] = json!([]);
        part.as_object_mut().unwrap().remove("frontDoor");
        part
    })
}

/// The account with the results that Config would store now.
pub(crate) fn stored(account: &Value, evaluated: &Evaluated) -> Value {
    let mut account = account.clone();
    let evaluations =
        evaluated.requests.iter().flat_map(|request| request["Evaluations"].as_array().unwrap());
    let result = |it: &Value| {
        json!({
            "EvaluationResultIdentifier": { "EvaluationResultQualifier": {
                "ConfigRuleName": "stagecert",
                "ResourceType": it["ComplianceResourceType"],
                "ResourceId": it["ComplianceResourceId"],
            }},
            "ComplianceType": it["ComplianceType"],
            "Annotation": it["Annotation"],
        })
    };
    account["evaluationResults"] = evaluations.map(result).collect();
    account
}

proptest! {
    #![proptest_config(cases(192))]

    #[test]
    fn a_sweep_of_a_changed_account_puts_valid_requests(account in account(), change in mutation()) {
        let Ok(snapshot) = Snapshot::parse(&change.of(&account).to_string()) else { return Ok(()) };
        let evaluated = evaluate(&sweep("all"), &snapshot);
        assert_every_request_is_valid(&evaluated.requests);
        if snapshot.account_region().account != "111122223333" {
            prop_assert!(evaluated.requests.is_empty());
        }
        if let Err(failure) = evaluated.outcome {
            assert_no_control_characters(&failure.to_string());
        }
    }

    #[test]
    fn a_second_sweep_agrees_with_the_first(account in account(), change in mutation()) {
        let account = change.of(&account);
        let Ok(snapshot) = Snapshot::parse(&account.to_string()) else { return Ok(()) };
        let first = evaluate(&sweep("changed"), &snapshot);
        let again = Snapshot::parse(&stored(&account, &first).to_string()).unwrap();
        let second = evaluate(&sweep("changed"), &again);
        for request in &second.requests {
            prop_assert_eq!(&request["Evaluations"], &json!([]));
        }
        prop_assert_eq!(first.outcome.is_ok(), second.outcome.is_ok());
    }
}

/// A stage can be listed twice: AWS's pages may overlap while stages are created and deleted.
#[test]
fn a_stage_that_is_listed_twice_is_put_once() {
    let mut account: Value = serde_json::from_str(include_str!("../../examples/account.json")).unwrap();
    let again = account["stages"][3].clone();
    account["stages"].as_array_mut().unwrap().push(again);
    let evaluated = evaluate(&sweep("all"), &Snapshot::parse(&account.to_string()).unwrap());
    for request in &evaluated.requests {
        let ids = request["Evaluations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["ComplianceResourceId"].to_string());
        let all: Vec<String> = ids.collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }
}

#[test]
fn a_previous_result_with_an_invalid_resource_is_never_put() {
    for (kind, id) in [("AWS::ApiGateway::Stage", String::new()), ("", "x".into()), ("x", "x".repeat(769))] {
        let mut account: Value = serde_json::from_str(include_str!("../../examples/account.json")).unwrap();
        account["evaluationResults"] = json!([{
            "EvaluationResultIdentifier": {"EvaluationResultQualifier":
                {"ConfigRuleName": "stagecert", "ResourceType": kind, "ResourceId": id}},
            "ComplianceType": "COMPLIANT",
        }]);
        if let Ok(snapshot) = Snapshot::parse(&account.to_string()) {
            assert_every_request_is_valid(&evaluate(&sweep("changed"), &snapshot).requests);
        }
    }
}

#[test]
fn an_invalid_snapshot_is_refused_in_one_line() {
    for text in [r#"{"a\nb": 1}"#, r#"{"snapshotVersion": 1, "exports": 7, "\u001b[2J": {}}"#] {
        assert_no_control_characters(&Snapshot::parse(text).unwrap_err().to_string());
    }
}

#[test]
fn a_snapshot_with_trailing_text_is_refused() {
    let account = include_str!("../../examples/account.json");
    assert!(Snapshot::parse(&format!("{account}{account}")).is_err());
}

#[test]
fn the_resource_id_of_an_oversized_item_is_reported_on_one_line() {
    let mut event: Value = serde_json::from_str(include_str!("../../events/oversized.json")).unwrap();
    let mut invoking: Value = serde_json::from_str(event["invokingEvent"].as_str().unwrap()).unwrap();
    invoking["configurationItemSummary"]["resourceId"] = "a\nERROR forged line".into();
    event["invokingEvent"] = invoking.to_string().into();
    let failure = evaluate(&event.to_string(), &crate::evaluate::EXAMPLE).outcome.unwrap_err();
    assert_no_control_characters(&failure.to_string());
}
