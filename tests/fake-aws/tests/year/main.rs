//! A year of a fleet with a sweep, what Config tells of it, and a run of the reminders each day, in the test's own process: the
//! function's own path from event to import, against a Security Hub and a bus that behave like AWS's, and an oracle that shares
//! no line with it. Every day compares everything: results, findings, events.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs, reason = "tests")]

mod fleet;
mod oracle;

use std::collections::{BTreeMap, BTreeSet};

use fleet::{Connection, Fleet, PLACE};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use stagecert::deadline::Deadline;
use stagecert::evaluation::compliance::ComplianceType;
use stagecert::rule;

const DAYS: i64 = 365;
/// `STAGECERT_YEAR_STAGES`: how many stages the fleet has.
const STAGES: usize = 500;
const THRESHOLDS: [i64; 5] = [30, 14, 7, 1, 0];

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

fn sweep(at: Timestamp) -> Value {
    let invoking = json!({
        "awsAccountId": PLACE.0, "notificationCreationTime": at.to_string(),
        "messageType": "ScheduledNotification", "recordVersion": "1.0",
    });
    of_config(&invoking)
}

fn deletion(arn: &str, at: Timestamp) -> Value {
    let invoking = json!({
        "configurationItemDiff": null, "messageType": "ConfigurationItemChangeNotification",
        "configurationItem": {
            "awsAccountId": PLACE.0, "awsRegion": PLACE.1, "resourceType": "AWS::ApiGateway::Stage", "resourceId": arn,
            "configurationItemStatus": "ResourceDeleted", "configurationItemCaptureTime": at.to_string(),
            "configurationStateId": 1, "configuration": null,
        },
    });
    of_config(&invoking)
}

fn of_config(invoking: &Value) -> Value {
    json!({
        "version": "1.0", "invokingEvent": invoking.to_string(), "ruleParameters": "{\"securityHub\":\"on\"}",
        "resultToken": "token", "eventLeftScope": false, "accountId": PLACE.0, "configRuleName": "stagecert",
        "configRuleArn": format!("arn:aws:config:{}:{}:config-rule/config-rule-a", PLACE.1, PLACE.0),
    })
}

fn reminders(time: Timestamp) -> Value {
    json!({
        "stagecert": "reminders", "time": time.to_string(), "hours": 24, "accountId": PLACE.0, "region": PLACE.1,
        "ruleName": "stagecert", "days": "30,14,7,1,0", "ruleParameters": "{\"securityHub\":\"on\"}",
    })
}

#[derive(Debug, Default)]
struct Counts {
    sweeps: usize,
    failed_sweeps: usize,
    imported: usize,
    reminders: usize,
    compliance_alerts: usize,
    doubles: usize,
    missed: usize,
    unexpected: usize,
    aged_out: usize,
    compared: usize,
    archived: usize,
}

/// As the CDK app hands Config's event on.
fn change((arn, compliance_type, annotation): &(String, ComplianceType, String), at: Timestamp) -> Value {
    json!({
        "stagecert": "compliance-change", "ruleParameters": "{\"securityHub\":\"on\"}",
        "event": {
            "version": "0", "detail-type": "Config Rules Compliance Change", "source": "aws.config",
            "account": PLACE.0, "region": PLACE.1, "time": at.to_string(), "resources": [],
            "detail": {
                "resourceId": arn, "resourceType": "AWS::ApiGateway::Stage", "awsRegion": PLACE.1, "awsAccountId": PLACE.0,
                "configRuleName": "stagecert", "messageType": "ComplianceChangeNotification", "recordVersion": "1.0",
                "newEvaluationResult": {"complianceType": compliance_type.name(), "annotation": annotation},
            },
        },
    })
}

async fn run(fleet: &Fleet, event: &Value, now: Timestamp) -> Result<rule::Report, stagecert::Failure> {
    rule::run(&event.to_string(), &Connection(fleet), now, Deadline::none()).await
}

#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn a_year_tells_each_reminder_once_and_keeps_every_finding() {
    let stages = std::env::var("STAGECERT_YEAR_STAGES").ok().and_then(|stages| stages.parse().ok());
    let start: Timestamp = "2026-01-01T08:00:00Z".parse().unwrap();
    let fleet = Fleet::new(stages.unwrap_or(STAGES), start);
    let mut counts = Counts::default();
    let mut created: BTreeMap<String, String> = BTreeMap::new();
    let mut told: BTreeSet<(String, String, i64)> = BTreeSet::new();
    let mut failing: BTreeSet<String> = BTreeSet::new();
    let mut redriven: Option<(Timestamp, i64)> = None;

    for day in 0..DAYS {
        let time = start + hours(24 * day);
        // The reminders' run: late by some minutes; now and then it fails, and comes again; or waits in the dead-letter queue.
        let mut due = vec![(time, day)];
        if day % 23 == 5 {
            redriven = due.pop();
        } else if let Some(earlier) = redriven.take() {
            due.insert(0, earlier);
        }
        for (time, run_of) in due {
            let at = time + SignedDuration::from_mins(7);
            if day % 17 == 3 {
                fleet.state().unreadable = true;
                run(&fleet, &reminders(time), at).await.unwrap_err();
                fleet.state().unreadable = false;
            }
            fleet.state().bus.refuses = usize::from(day % 5 == 0) * 2;
            let before = fleet.state().bus.events.len();
            let mut expected = oracle::reminders(&fleet.state(), start, run_of, &THRESHOLDS);
            run(&fleet, &reminders(time), at).await.unwrap();
            fleet.state().bus.refuses = 0;
            let events = fleet.state().bus.events[before..].to_vec();
            for event in events {
                let detail = &event["detail"];
                let text = |field: &str| detail[field].as_str().unwrap().to_owned();
                let one = (text("resourceId"), text("certificateId"), detail["daysLeft"].as_i64().unwrap());
                assert_eq!(text("owner"), fleet.state().owner(&one.0, &one.1), "{one:?}");
                assert_eq!(event["time"], time.to_string());
                counts.unexpected += usize::from(!expected.remove(&one));
                counts.doubles += usize::from(!told.insert(one));
                counts.reminders += 1;
            }
            counts.missed += expected.len();
        }

        // The sweep.
        let now = time + hours(6);
        let off = (200..207).contains(&day);
        fleet.state().hub.enabled = !off;
        fleet.state().hub.refuses = usize::from(day % 7 == 0) * 3;
        let fails = day % 31 == 11;
        fleet.state().import_fails = fails;
        let outcome = run(&fleet, &sweep(now), now).await;
        fleet.state().import_fails = false;
        counts.sweeps += 1;
        match outcome {
            Ok(report) => {
                assert_eq!(report.security_hub_not_enabled, off, "day {day}");
                assert!(!fails, "day {day}: a failed import must show");
                counts.imported += report.findings_imported;
            }
            Err(failure) => {
                assert!(fails, "day {day}: {failure}");
                counts.failed_sweeps += 1;
            }
        }
        // Config has its results whatever became of the findings.
        let results = fleet.state().results();
        assert_eq!(results, oracle::results(&fleet.state(), now), "day {day}");
        let failing_now: BTreeSet<String> =
            results.into_iter().filter(|(_, is)| *is == "NON_COMPLIANT").map(|(arn, _)| arn).collect();
        let from_now_on = failing_now.difference(&failing).cloned().collect();
        tell_changes(&fleet, day, now, from_now_on, &mut counts).await;
        failing = failing_now;
        fleet.state().hub.age(now);
        if !off && !fails {
            counts.compared += compare(&fleet, now, &mut created);
        }

        // The day goes on.
        let later = time + hours(8);
        let gone = fleet.state().live_through(day, later);
        for (arn, heard) in gone {
            // One deletion in three is lost: the sweep has to find it.
            if heard && !off {
                run(&fleet, &deletion(&arn, later), later).await.unwrap();
                let state = fleet.state();
                let of = state.hub.findings.values().filter(|it| it["Resources"][0]["Id"] == arn.as_str());
                assert!(of.clone().all(|finding| finding["RecordState"] == "ARCHIVED"), "{arn}");
                counts.archived += of.count();
            }
        }
    }
    counts.aged_out = fleet.state().hub.forgotten.values().sum();
    println!("{} stages, {DAYS} days: {counts:?}", fleet.state().stages.len());
    assert_eq!((counts.doubles, counts.missed, counts.unexpected, counts.aged_out), (0, 0, 0, 0));
    assert!(counts.reminders > fleet.state().stages.len(), "else this shows nothing");
    assert!(counts.compliance_alerts > fleet.state().stages.len() / 2, "else this shows nothing");
    assert!(counts.archived > 0 && counts.failed_sweeps > 5);
}

/// Hands on what Config told of in a sweep: of each stage that fails `from_now_on`, by the oracle, there is one event on the bus.
async fn tell_changes(
    fleet: &Fleet,
    day: i64,
    at: Timestamp,
    mut from_now_on: BTreeSet<String>,
    counts: &mut Counts,
) {
    let before = fleet.state().bus.events.len();
    let changes = std::mem::take(&mut fleet.state().changes);
    let failing = |change: &&(String, ComplianceType, String)| change.1 == ComplianceType::NonCompliant;
    for (n, of) in changes.iter().filter(failing).enumerate() {
        let event = change(of, at);
        if day % 13 == 4 && n == 0 {
            // It fails, and Lambda tries again.
            fleet.state().tags_fail = true;
            run(fleet, &event, at).await.unwrap_err();
            fleet.state().tags_fail = false;
        }
        fleet.state().bus.refuses = usize::from(day % 5 == 1);
        run(fleet, &event, at).await.unwrap();
        fleet.state().bus.refuses = 0;
    }
    let mut told = BTreeSet::new();
    let state = fleet.state();
    for event in &state.bus.events[before..] {
        let detail = &event["detail"];
        let arn = detail["resourceId"].as_str().unwrap();
        assert_eq!(event["detail-type"], "Stage Compliance Change");
        assert_eq!(detail["complianceType"], "NON_COMPLIANT");
        assert_eq!(detail["owner"], state.stages[arn].owner.as_deref().unwrap_or_default(), "{arn}");
        counts.compliance_alerts += 1;
        if told.insert(arn.to_owned()) {
            counts.unexpected += usize::from(!from_now_on.remove(arn));
        } else {
            counts.doubles += 1;
        }
    }
    counts.missed += from_now_on.len();
}

/// Every stage has its finding for each check that applies, as the oracle says; all others are archived; no `CreatedAt` has moved.
fn compare(fleet: &Fleet, now: Timestamp, created: &mut BTreeMap<String, String>) -> usize {
    let state = fleet.state();
    let mut active = BTreeMap::new();
    for (id, finding) in &state.hub.findings {
        let text = |pointer: &str| finding.pointer(pointer).unwrap().as_str().unwrap();
        if finding["RecordState"] == "ACTIVE" {
            let said = (text("/Compliance/Status"), text("/Severity/Label"));
            active.insert((text("/Resources/0/Id"), text("/ProductFields/stagecert~1check")), said);
        }
        match created.get(id) {
            Some(first) => assert_eq!(first, text("/CreatedAt"), "{id}"),
            None => _ = created.insert(id.clone(), text("/CreatedAt").to_owned()),
        }
    }
    let mut expected = oracle::findings(&state, now);
    expected.retain(|_, (status, _)| *status != "NOT_AVAILABLE");
    assert_eq!(active, expected, "{now}");
    active.len()
}
