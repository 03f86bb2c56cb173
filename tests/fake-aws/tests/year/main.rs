//! A year in an account, simulated in the test's process: every day has a sweep and 24 reminder
//! runs. It runs the function's own code from event to
//! import, against a realistic Security Hub and event bus, and an oracle that shares no code with
//! it.
//! Results, findings and events are compared every day.

mod account;
mod burst;
mod config_events;
mod deliveries;
mod finding_changes;
mod hub;
mod mailer;
mod oracle;
mod people;
mod problems;
mod reminders;
mod simulation;
mod transitions;

use std::collections::BTreeMap;

use account::Connection;
use config_events::{deletion, sweep};
use jiff::{SignedDuration, Timestamp};
use reminders::Reminders;
use serde_json::Value;
use simulation::Simulation;
use stagecert::deadline::Deadline;
use stagecert::rule;
use stagecert::telemetry::invocation_log::InvocationLog;

const DAYS: i64 = 365;
/// The number of stages, unless `STAGECERT_YEAR_STAGES` sets it.
const STAGES: usize = 500;

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

#[derive(Debug, Default)]
struct Counts {
    sweeps: usize,
    failed_sweeps: usize,
    imported: usize,
    aged_out: usize,
    compared: usize,
    archived: usize,
    /// Events "Security Hub Findings - Imported".
    import_events: usize,
    /// Findings whose workflow status Security Hub has reset to NEW.
    reopened: usize,
}

async fn run(
    simulation: &Simulation,
    event: &Value,
    now: Timestamp,
) -> Result<InvocationLog, stagecert::Failure> {
    rule::run(&event.to_string(), &Connection(simulation), now, Deadline::none()).await
}

#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn a_year_sends_each_reminder_once_and_keeps_every_finding() {
    let stages = std::env::var("STAGECERT_YEAR_STAGES").ok().and_then(|stages| stages.parse().ok());
    let start: Timestamp = "2026-01-01T08:00:00Z".parse().unwrap();
    let simulation = Simulation::new(stages.unwrap_or(STAGES), start);
    simulation.state().hub().resolves_passed = true;
    let mut counts = Counts::default();
    let mut created: BTreeMap<String, String> = BTreeMap::new();
    let mut reminders = Reminders::new(start);

    for day in 0..DAYS {
        let time = start + hours(24 * day);
        for hour in 0..=6 {
            reminders.run(&simulation, 24 * day + hour).await;
        }

        // The sweep.
        let now = time + hours(6);
        let off = (200..207).contains(&day);
        simulation.state().hub().enabled = !off;
        simulation.state().hub().refuse_next = usize::from(day % 7 == 0) * 3;
        let fails = day % 31 == 11;
        simulation.state().import_fails = fails;
        let outcome = run(&simulation, &sweep(&simulation, now), now).await;
        simulation.state().import_fails = false;
        counts.sweeps += 1;
        match outcome {
            Ok(report) => {
                assert_eq!(report.security_hub_not_enabled, off, "day {day}");
                assert!(!fails, "day {day}: a failed import must show");
                counts.imported += report.findings_imported.unwrap_or_default();
            }
            Err(failure) => {
                assert!(fails, "day {day}: {failure}");
                counts.failed_sweeps += 1;
            }
        }
        // Config has its results even if importing the findings failed.
        let results = simulation.state().results();
        assert_eq!(results, oracle::results(simulation.state().region(), now), "day {day}");
        simulation.state().hub().age(now);
        if !off && !fails {
            counts.compared += compare(&simulation, now, &mut created);
        }

        // Later that day.
        for hour in 7..=8 {
            reminders.run(&simulation, 24 * day + hour).await;
        }
        let later = time + hours(8) + SignedDuration::from_mins(5);
        let gone = simulation.state().simulate_day(day, later);
        for (arn, notified) in gone {
            // One deletion event in three is lost, so the sweep must detect the deletion.
            if notified && !off {
                run(&simulation, &deletion(&simulation, &arn, later), later).await.unwrap();
                let state = simulation.state();
                let of = state
                    .region()
                    .security_hub
                    .findings
                    .values()
                    .filter(|it| it["Resources"][0]["Id"] == arn.as_str());
                assert!(of.clone().all(|finding| finding["RecordState"] == "ARCHIVED"), "{arn}");
                counts.archived += of.count();
            }
        }
        for hour in 9..24 {
            reminders.run(&simulation, 24 * day + hour).await;
        }
    }
    counts.aged_out = simulation.state().hub().aged_out.values().sum();
    counts.import_events = simulation.state().hub().imported_events;
    counts.reopened = simulation.state().hub().reopened.values().sum();
    println!("{} stages, {DAYS} days: {counts:?}", simulation.state().stages());
    println!("{:?}", reminders.counts);
    reminders.counts.check(simulation.state().stages());
    assert_eq!(counts.aged_out, 0);
    assert!(counts.archived > 0 && counts.failed_sweeps > 5);
    // A daily import of everything would be 365 events per finding; a weekly one is 53.
    let per_stage = counts.import_events / simulation.state().stages();
    assert!(per_stage < 4 * 80, "{per_stage} events per stage and year");
}

/// Every stage has its finding for each applicable check, as the oracle says; all others are
/// archived; no `CreatedAt` has changed.
fn compare(simulation: &Simulation, now: Timestamp, created: &mut BTreeMap<String, String>) -> usize {
    let state = simulation.state();
    let mut active = BTreeMap::new();
    for (id, finding) in &state.region().security_hub.findings {
        let text = |pointer: &str| finding.pointer(pointer).unwrap().as_str().unwrap();
        if finding["RecordState"] == "ACTIVE" {
            let status = (text("/Compliance/Status"), text("/Severity/Label"));
            let key = (text("/Resources/0/Id"), text("/ProductFields/stagecert~1check"));
            assert_eq!(active.insert(key, status), None, "{now}: {id} was left open");
        }
        match created.get(id) {
            Some(first) => assert_eq!(first, text("/CreatedAt"), "{id}"),
            None => _ = created.insert(id.clone(), text("/CreatedAt").to_owned()),
        }
    }
    let mut expected = oracle::findings(state.region(), now);
    expected.retain(|_, (status, _)| *status != "NOT_AVAILABLE");
    assert_eq!(active, expected, "{now}");
    active.len()
}
