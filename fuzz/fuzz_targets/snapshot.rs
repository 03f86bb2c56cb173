//! Any text as a snapshot: read, scanned, and swept by an event of its own account and Region.
#![no_main]
#![allow(dead_code, reason = "the properties' modules serve more than one target")]

#[path = "../../tests/properties/judge.rs"]
mod judge;
#[path = "../../tests/properties/validity.rs"]
mod validity;

use judge::{at_once, judge};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use stagecert::parameters::Parameters;
use stagecert::scan::scan;
use stagecert::snapshot::{Snapshot, SnapshotAccount};
use validity::{assert_annotation, assert_every_request_is_valid, assert_no_control_characters};

fuzz_target!(|text: &str| {
    // Known, and a test of its own: a failure of `Snapshot::parse` can hold control characters.
    let Ok(snapshot) = Snapshot::parse(text) else { return };
    if has_an_earlier_result_without_valid_id(text) {
        return;
    }
    let place = snapshot.place();
    let account = SnapshotAccount::new(&snapshot, &place);
    let scanned = at_once(scan(&account, &Parameters::default(), snapshot.taken_at)).unwrap();
    for stage in &scanned.stages {
        assert_annotation(stage.annotation().as_str());
    }
    let invoking = json!({
        "messageType": "ScheduledNotification",
        "awsAccountId": place.account,
        "notificationCreationTime": "2026-11-21T12:00:00Z",
    });
    let event = json!({
        "invokingEvent": invoking.to_string(),
        "resultToken": "token",
        "configRuleArn": format!("arn:{}:config:{}:{}:config-rule/x", place.partition, place.region, place.account),
        "configRuleName": "stagecert",
        "accountId": place.account,
    });
    let judged = judge(&event.to_string(), &snapshot);
    assert_every_request_is_valid(&judged.requests);
    if let Err(failure) = judged.outcome {
        assert_no_control_characters(&failure.to_string());
    }
});

/// Known, and a test of its own: such a result is put again as it is when its resource is gone.
fn has_an_earlier_result_without_valid_id(text: &str) -> bool {
    let Ok(document) = serde_json::from_str::<Value>(text) else { return true };
    let results = document["evaluationResults"].as_array().into_iter().flatten();
    let mut lengths = results.map(|result| {
        let qualifier = &result["EvaluationResultIdentifier"]["EvaluationResultQualifier"];
        ["ResourceType", "ResourceId"].map(|name| qualifier[name].as_str().map_or(0, |id| id.chars().count()))
    });
    lengths.any(|[kind, id]| !(1..=256).contains(&kind) || !(1..=768).contains(&id))
}
