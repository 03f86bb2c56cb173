//! The hourly reminder runs of the year: failing, lost and repeated, compared with the oracle.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::simulation::{ACCOUNT, REGION, Simulation};
use crate::{hours, oracle, run};

const THRESHOLDS: [i64; 5] = [30, 14, 7, 1, 0];
/// How long after its scheduled instant a run starts: EventBridge Scheduler has a precision of a
/// minute.
const DELAY: SignedDuration = SignedDuration::from_secs(40);
const PARAMETER: &str = "/stagecert/last-reminders";
const UNREADABLE: &str = "not an instant";

pub struct Reminders {
    first_run: Timestamp,
    /// The number of the last complete run.
    complete: Option<i64>,
    /// How often each reminder was sent, by its id.
    sent: BTreeMap<String, usize>,
    /// The certificates and the number of days of the reminders that were sent.
    pub announced: BTreeSet<(String, i64)>,
    pub counts: Counts,
}

#[derive(Debug, Default)]
pub struct Counts {
    runs: usize,
    idle_runs: usize,
    failed_runs: usize,
    lost_runs: usize,
    repeated_runs: usize,
    /// The events, and the stages in them.
    reminders: usize,
    stages: usize,
    /// The reminders that a later run sent.
    made_up: usize,
    missed: usize,
    unexpected: usize,
    wrong_recipient: usize,
    late: usize,
    doubled: usize,
    /// The reminders that were sent again because a run could not read the parameter, and that
    /// receivers recognize by their id.
    sent_again: usize,
}

fn event(simulation: &Simulation, time: Timestamp) -> Value {
    let rule = &simulation.state().rule;
    json!({
        "stagecert": "reminders", "time": time.to_string(), "hours": 1, "accountId": ACCOUNT, "region": REGION,
        "ruleName": rule.name, "days": "30,14,7,1,0", "ruleParameters": rule.parameters(),
    })
}

impl Reminders {
    pub fn new(first_run: Timestamp) -> Self {
        Self {
            first_run,
            complete: None,
            sent: BTreeMap::new(),
            announced: BTreeSet::new(),
            counts: Counts::default(),
        }
    }

    /// The run with this number, unless it is lost.
    pub async fn run(&mut self, simulation: &Simulation, number: i64) {
        let time = self.first_run + hours(number);
        let at = time + DELAY;
        // Outages of three hours, and one that is as long as can be made up for.
        if (5..8).contains(&(number % 97)) || (2000..2047).contains(&number) {
            self.counts.lost_runs += 1;
            return;
        }
        let first = self.complete.map_or(number, |complete| complete + 1);
        let is_idle = {
            let state = simulation.state();
            oracle::reminders(state.region(), self.first_run, first..=number, &THRESHOLDS).is_empty()
        };
        // To save time, most of the runs without a reminder are not simulated.
        if is_idle && number % 11 != 0 {
            self.counts.idle_runs += 1;
            self.complete = Some(number);
            simulation.state().parameters().insert(PARAMETER.into(), time.to_string());
            return;
        }
        self.counts.runs += 1;
        if number % 13 == 3 {
            // All attempts fail, and the event goes to the dead-letter queue.
            simulation.state().unreadable = true;
            for _ in 0..3 {
                let before = simulation.state().bus().events.len();
                run(simulation, &event(simulation, time), at).await.unwrap_err();
                assert_eq!(simulation.state().bus().events.len(), before);
            }
            simulation.state().unreadable = false;
            self.counts.failed_runs += 1;
            return;
        }
        simulation.state().bus().refuse_next = usize::from(number % 5 == 0) * 2;
        if number % 17 == 7 {
            // The parameter can't be read: the run's own reminders are sent, and the run fails.
            let value = simulation.state().parameters().insert(PARAMETER.into(), UNREADABLE.into());
            self.send(simulation, number, number..=number, at, false).await;
            simulation.state().parameters().extend(value.map(|value| (PARAMETER.to_owned(), value)));
            self.counts.failed_runs += 1;
            return;
        }
        self.send(simulation, number, first..=number, at, true).await;
        simulation.state().bus().refuse_next = 0;
        self.complete = Some(number);
        assert_eq!(simulation.state().parameters()[PARAMETER], time.to_string());
        // Lambda delivers an event twice, or someone resends an old one.
        for repeated in [number, number - 3] {
            if number % 7 == 2 {
                let before = simulation.state().bus().events.len();
                let time = self.first_run + hours(repeated);
                run(simulation, &event(simulation, time), at + hours(1)).await.unwrap();
                assert_eq!(simulation.state().bus().events.len(), before);
                self.counts.repeated_runs += 1;
            }
        }
    }

    async fn send(
        &mut self,
        simulation: &Simulation,
        number: i64,
        runs: std::ops::RangeInclusive<i64>,
        at: Timestamp,
        succeeds: bool,
    ) {
        let before = simulation.state().bus().events.len();
        let expected = {
            let state = simulation.state();
            oracle::reminders(state.region(), self.first_run, runs, &THRESHOLDS)
        };
        let mut missing = expected.clone();
        let outcome = run(simulation, &event(simulation, self.first_run + hours(number)), at).await;
        assert_eq!(outcome.is_ok(), succeeds, "run {number}: {outcome:?}");
        let events = simulation.state().bus().events[before..].to_vec();
        for event in events {
            let one = self.received(&event, number, at, succeeds);
            if !missing.remove(&one) {
                let has_owner = |it: &oracle::Reminder| (&it.0, it.2, &it.3) == (&one.0, one.2, &one.3);
                self.counts.wrong_recipient += usize::from(expected.iter().any(has_owner));
                self.counts.unexpected += 1;
            }
        }
        for reminder in &missing {
            println!("run {number}: not sent: {reminder:?}");
        }
        self.counts.missed += missing.len();
    }

    /// What an event says, after comparing it with the truth.
    fn received(&mut self, event: &Value, number: i64, at: Timestamp, succeeds: bool) -> oracle::Reminder {
        assert_eq!(event["detail-type"], "Client Certificate Reminder");
        assert_eq!(event["time"], (self.first_run + hours(number)).to_string());
        let detail = &event["detail"];
        let text = |field: &str| detail[field].as_str().unwrap().to_owned();
        let arns: Vec<String> = event["resources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|arn| arn.as_str().unwrap().to_owned())
            .collect();
        assert_eq!(
            (detail["stageCount"].as_u64(), text("resourceId")),
            (Some(arns.len() as u64), arns[0].clone())
        );
        self.counts.reminders += 1;
        self.counts.stages += arns.len();

        let id = text("reminderId");
        let days: i64 = id.split('/').nth(5).unwrap().parse().unwrap();
        self.announced.insert((text("certificateId"), days));
        let not_after: Timestamp = text("notAfter").parse().unwrap();
        let left = (not_after.as_second() - at.as_second()).max(0);
        assert_eq!(detail["hoursLeft"].as_i64(), Some((left + 3599) / 3600), "{id}");
        let times = self.sent.entry(id.clone()).or_default();
        *times += 1;
        if *times > 1 {
            // A run that could not read the parameter is followed by one that covers it.
            let explained = !succeeds || self.complete != Some(number - 1);
            self.counts.sent_again += usize::from(explained);
            self.counts.doubled += usize::from(!explained);
        }
        // Never later than it says, except by the delay and after a failed run.
        let due = not_after.as_second() - days * 86_400;
        let own = if days == 0 { at.as_second() - due < 3600 + 60 } else { at.as_second() - due < 60 };
        let is_made_up = self.complete.is_some_and(|complete| complete < number - 1);
        self.counts.made_up += usize::from(!own && is_made_up);
        self.counts.late += usize::from(!own && !is_made_up);
        (text("certificateId"), text("owner"), days, arns)
    }
}

impl Counts {
    pub fn check(&self, stages: usize) {
        self.check_wrong();
        assert!(self.reminders > stages && self.stages > self.reminders, "otherwise this proves nothing");
        assert!(self.made_up > 10 && self.failed_runs > 100 && self.lost_runs > 200);
        assert!(self.repeated_runs > 100);
    }

    pub fn check_wrong(&self) {
        let wrong = [self.missed, self.unexpected, self.wrong_recipient, self.late, self.doubled];
        assert_eq!(wrong, [0; 5], "missed, unexpected, wrong recipient, late, doubled");
    }
}
