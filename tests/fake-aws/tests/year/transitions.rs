//! The events about findings, compared with the problems that the account really has. A receiver is
//! simulated too: it drops ids that it has seen in the last seven days and mails everything else.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::problems::{self, Key, Problem};
use crate::simulation::Simulation;

/// For how long a receiver remembers ids.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How late the reminder of a rise may be: runs fail or are lost, and later ones make up for them.
const REMINDED_WITHIN: SignedDuration = SignedDuration::from_hours(3 * 24);

/// A mail about a transition.
#[derive(Clone, Debug)]
pub struct Mail {
    pub arn: String,
    pub line: String,
}

/// A transition that a receiver must learn of: the check of a stage, and whether it fails.
pub type Transition = (Key, bool);

#[derive(Default)]
pub struct Transitions {
    /// The problems as the rule last evaluated them, which receivers know about.
    known: BTreeMap<Key, Problem>,
    /// When an id was last mailed.
    mailed: BTreeMap<String, Timestamp>,
    /// The transitions that were mailed, but whose result could not be put.
    unrecorded: BTreeSet<Transition>,
    /// The transitions that should have been reported by now.
    overdue: BTreeSet<Transition>,
    /// Rises that only time has caused: certificate, days of the reminder, and the instant.
    rises: Vec<(String, i64, Timestamp)>,
    /// How many events of the bus were looked at.
    seen: usize,
    /// The last complete sweep, and what was known after it.
    swept: Option<(Timestamp, BTreeMap<Key, Problem>)>,
    pub mails: Vec<Mail>,
    pub counts: Counts,
}

#[derive(Debug, Default)]
pub struct Counts {
    /// Checks that newly fail or become more severe, including those that only time makes more
    /// severe.
    pub problems: usize,
    pub reported_once: usize,
    pub missed: usize,
    /// Mails about what a receiver knows already.
    pub doubled: usize,
    pub late: usize,
    pub wrong_recipient: usize,
    /// Events about something that isn't so, or with a wrong severity.
    pub wrong: usize,
    /// The rises that only time causes, which reminders report.
    pub by_reminder: usize,
    pub fixed: usize,
    /// Events that were sent again, and that receivers recognize by their id.
    pub sent_again: usize,
    /// Transitions that were mailed and undone before Config had a result that shows them. No later
    /// invocation can know of such a mail.
    pub undone: usize,
    /// Problems that the new rule of a migration reported again.
    pub repeated_by_migration: usize,
}

impl Transitions {
    /// Looks at the events that were sent since the last call, with the account as it is now.
    /// If they were sent about a change, `changed` is its stage.
    /// Returns the transitions that were mailed.
    pub fn receive(
        &mut self,
        simulation: &Simulation,
        changed: Option<&str>,
        now: Timestamp,
    ) -> Vec<Transition> {
        let mut mailed = Vec::new();
        let (events, truth) = {
            let state = simulation.state();
            let events = &state.region().event_bus.events;
            let new = events[self.seen..].to_vec();
            self.seen = events.len();
            (new, problems::problems(state.region(), &state.rule, now))
        };
        for event in events.iter().filter(|event| event["detail-type"] == "Stage Finding Change") {
            assert_eq!(event["source"], "stagecert");
            let detail = &event["detail"];
            let id = detail["transitionId"].as_str().unwrap().to_owned();
            let last = self.mailed.get(&id);
            if last.is_some_and(|last| now.duration_since(*last) < REMEMBERED) {
                self.counts.sent_again += 1;
                continue;
            }
            self.mailed.insert(id, now);
            let is_of_peer = changed.is_some_and(|changed| detail["resourceId"] != changed);
            mailed.push(self.mail(simulation, detail, &truth, (is_of_peer, now)));
        }
        mailed
    }

    /// An invocation failed in the end, so the results of what it has mailed may not have been put.
    pub fn failed(&mut self, simulation: &Simulation, changed: Option<&str>, now: Timestamp) {
        let mailed = self.receive(simulation, changed, now);
        self.unrecorded.extend(mailed);
    }

    fn mail(
        &mut self,
        simulation: &Simulation,
        detail: &Value,
        truth: &BTreeMap<Key, Problem>,
        (is_of_peer, now): (bool, Timestamp),
    ) -> Transition {
        let text = |field: &str| detail[field].as_str().unwrap_or("-");
        let check = crate::oracle::CHECKS.into_iter().find(|check| *check == text("check")).unwrap();
        let key = (text("resourceId").to_owned(), check);
        let line = format!(
            "{check} {} {} {} -> {}",
            text("status"),
            text("reason"),
            text("previousSeverity"),
            text("severity")
        );
        self.mails.push(Mail { arn: key.0.clone(), line: line.clone() });
        self.check_recipient(simulation, detail, &key.0, now);
        let fails = text("status") == "failed";
        let before = self.known.get(&key);
        let previous = before.map_or("-", |before| before.severity_at(now));
        let (is_new, is_right) = match (truth.get(&key), fails) {
            (Some(problem), true) => {
                let is_new = before.is_none_or(|before| problem.is_worse_than(before, now));
                let severities = (text("previousSeverity"), text("severity"));
                // The backends of peers are not read, so they count as HTTP backends.
                let is_without_backends = is_of_peer && check == "certificate-unique";
                let is_right = severities == (previous, problem.severity)
                    || is_without_backends && severities == (previous, "MEDIUM");
                (is_new, is_right)
            }
            (None, false) => (before.is_some(), text("severity") == "-"),
            (Some(_), false) | (None, true) => (true, false),
        };
        if !is_new || !is_right {
            println!("{now}: {} {line}: new: {is_new}, right: {is_right}, before: {before:?}", key.0);
        }
        self.counts.doubled += usize::from(!is_new);
        self.counts.wrong += usize::from(!is_right);
        let is_late = self.overdue.remove(&(key.clone(), fails));
        self.counts.late += usize::from(is_late);
        if is_new && is_right {
            let once = usize::from(!is_late);
            self.counts.fixed += usize::from(!fails) * once;
            self.counts.problems += usize::from(fails) * once;
            self.counts.reported_once += usize::from(fails) * once;
        }
        match truth.get(&key) {
            Some(problem) => self.known.insert(key.clone(), problem.clone()),
            None => self.known.remove(&key),
        };
        (key, fails)
    }

    /// The owner and everything else that a mail about an existing stage needs.
    fn check_recipient(&mut self, simulation: &Simulation, detail: &Value, arn: &str, now: Timestamp) {
        let state = simulation.state();
        assert_eq!(detail["configRuleName"], state.rule.name);
        assert!(detail["whatToDo"].as_str().is_some_and(|text| !text.is_empty()), "{detail}");
        let Some((api, stage)) = state.region().stage(arn) else { return };
        assert_eq!(detail["apiName"], api.name.as_str(), "{now}: {detail}");
        let certificate = stage.state.certificate.clone().unwrap_or_default();
        if detail["owner"] != state.owner(arn, &certificate) {
            println!("{now}: {arn}: owner {}, not {}", detail["owner"], state.owner(arn, &certificate));
            self.counts.wrong_recipient += 1;
        }
    }

    /// A change of a stage was evaluated, so everything about this stage must have been reported.
    pub fn evaluated(&mut self, simulation: &Simulation, arn: &str, now: Timestamp) {
        self.receive(simulation, Some(arn), now);
        self.settle(simulation, now, |(stage, _)| stage == arn);
    }

    /// A sweep was complete, so everything must have been reported.
    pub fn swept(&mut self, simulation: &Simulation, announced: &BTreeSet<(String, i64)>, now: Timestamp) {
        self.receive(simulation, None, now);
        self.remember_rises(now);
        self.settle(simulation, now, |_| true);
        self.swept = Some((now, self.known.clone()));
        let counts = &mut self.counts;
        self.rises.retain(|(certificate, days, since)| {
            let is_announced = announced.contains(&(certificate.clone(), *days));
            let is_missed = !is_announced && now.duration_since(*since) > REMINDED_WITHIN;
            if is_missed {
                println!("{now}: no reminder of {days} days for {certificate}");
            }
            counts.reported_once += usize::from(is_announced);
            counts.missed += usize::from(is_missed);
            !is_announced && !is_missed
        });
    }

    /// Notes what has become more severe since the last complete sweep although nothing changed.
    fn remember_rises(&mut self, now: Timestamp) {
        let Some((swept, before)) = &self.swept else { return };
        for (key, problem) in &self.known {
            let is_same = before.get(key).is_some_and(|before| problem.is_same_as(before));
            let days = problem.reminder_since(*swept, now).filter(|_| is_same);
            if let (Some(days), Some(certificate)) = (days, &problem.certificate) {
                self.counts.problems += 1;
                self.counts.by_reminder += 1;
                self.rises.push((certificate.clone(), days, now));
            }
        }
    }

    fn settle(&mut self, simulation: &Simulation, now: Timestamp, is_included: impl Fn(&Key) -> bool) {
        let state = simulation.state();
        let truth = problems::problems(state.region(), &state.rule, now);
        for (key, problem) in truth.iter().filter(|(key, _)| is_included(key)) {
            let before = self.known.get(key);
            let is_worse = before.is_none_or(|before| problem.is_worse_than(before, now));
            if !is_worse || !self.expect(key, true, now) {
                self.known.insert(key.clone(), problem.clone());
            }
        }
        let known: Vec<Key> = self.known.keys().cloned().collect();
        for key in known.iter().filter(|key| is_included(key) && !truth.contains_key(key)) {
            if !self.expect(key, false, now) {
                self.known.remove(key);
            }
        }
        self.unrecorded.retain(|(key, _)| !is_included(key));
        // It has changed again without a mail.
        let is_over = |(key, fails): &Transition| is_included(key) && truth.contains_key(key) != *fails;
        let over = self.overdue.extract_if(.., |it| is_over(it)).count();
        self.counts.missed += over;
    }

    /// Expects a mail about a transition. Returns whether there can be one.
    fn expect(&mut self, key: &Key, fails: bool, now: Timestamp) -> bool {
        if self.unrecorded.contains(&(key.clone(), !fails)) {
            self.counts.undone += 1;
            return false;
        }
        if self.overdue.insert((key.clone(), fails)) {
            println!("{now}: nothing about {key:?}, fails: {fails}");
            self.counts.problems += usize::from(fails);
            self.counts.fixed += usize::from(!fails);
        }
        true
    }

    /// Another rule has replaced the one so far, and its own first sweep reports everything.
    pub fn migrate(&mut self) {
        self.counts.repeated_by_migration += self.known.len();
        self.known.clear();
    }

    /// Counts what was never reported.
    pub fn finish(&mut self) {
        self.counts.missed += self.overdue.len();
    }
}
