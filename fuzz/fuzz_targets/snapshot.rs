//! Any text as a snapshot, which is parsed, scanned, and swept by an event for its own account and
//! Region.
#![no_main]
#![allow(dead_code, reason = "the properties' modules serve more than one target")]

#[path = "../../tests/properties/evaluate.rs"]
mod evaluate;
#[path = "../../tests/properties/validity.rs"]
mod validity;

use evaluate::{at_once, evaluate};
use libfuzzer_sys::fuzz_target;
use serde_json::json;
use stagecert::parameters::Parameters;
use stagecert::scan::scan;
use stagecert::snapshot::{Snapshot, SnapshotAccount};
use validity::{assert_annotation, assert_every_request_is_valid, assert_no_control_characters};

fuzz_target!(|text: &str| {
    let snapshot = match Snapshot::parse(text) {
        Ok(snapshot) => snapshot,
        Err(failure) => return assert_no_control_characters(&failure.to_string()),
    };
    let account_region = snapshot.account_region();
    let account = SnapshotAccount::new(&snapshot, &account_region);
    let scanned = at_once(scan(&account, &Parameters::default(), snapshot.taken_at)).unwrap();
    for stage in &scanned.stages {
        assert_annotation(stage.annotation().as_str());
    }
    let invoking = json!({
        "messageType": "ScheduledNotification",
        "awsAccountId": account_region.account,
        "notificationCreationTime": "2026-11-21T12:00:00Z",
    });
    let event = json!({
        "invokingEvent": invoking.to_string(),
        "resultToken": "token",
        "configRuleArn": format!("arn:{}:config:{}:{}:config-rule/x", account_region.partition, account_region.region, account_region.account),
        "configRuleName": "stagecert",
        "accountId": account_region.account,
    });
    let evaluated = evaluate(&event.to_string(), &snapshot);
    assert_every_request_is_valid(&evaluated.requests);
    if let Err(failure) = evaluated.outcome {
        assert_no_control_characters(&failure.to_string());
    }
});
