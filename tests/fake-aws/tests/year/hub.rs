//! The lives of the findings in Security Hub, compared with the problems that the account really
//! has.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::problems::{self, Expected, Key};
use crate::simulation::Simulation;

#[derive(Default)]
pub struct Hub {
    expected: BTreeMap<Key, Expected>,
    /// The findings that something has happened to since the last complete sweep.
    changed: BTreeSet<Key>,
    /// How often each finding was reopened, by id.
    reopened: BTreeMap<String, usize>,
    swept: Option<Timestamp>,
    pub counts: Counts,
}

#[derive(Debug, Default)]
pub struct Counts {
    pub findings_left_open: usize,
    pub findings_reopened_without_cause: usize,
    /// Findings that should be active with another status or severity.
    pub findings_missing: usize,
    pub findings_reopened: usize,
    /// Findings that were reopened because nothing about them could be read for more than a day.
    pub findings_reopened_unread: usize,
    pub findings_compared: usize,
}

impl Hub {
    /// Notes what has changed in the account, and looks at what was reopened.
    pub fn observe(&mut self, simulation: &Simulation, now: Timestamp) {
        self.look(simulation, now, false);
    }

    /// A sweep could not read everything. A check that no sweep could read for more than a day is
    /// reported as such.
    pub fn incomplete_sweep(&mut self, simulation: &Simulation, now: Timestamp) {
        let is_old = self.swept.is_none_or(|swept| now.duration_since(swept).as_hours() >= 25);
        self.look(simulation, now, is_old);
    }

    fn look(&mut self, simulation: &Simulation, now: Timestamp, may_be_unread: bool) {
        let state = simulation.state();
        let expected = problems::findings(state.region(), &state.rule, now);
        let keys: BTreeSet<&Key> = self.expected.keys().chain(expected.keys()).collect();
        // A severity that changes reopens nothing.
        let identity = |(status, _, certificate): &Expected| (*status, certificate.clone());
        let identity = |of: Option<&Expected>| of.map(identity);
        let has_changed = |key: &&&Key| identity(self.expected.get(**key)) != identity(expected.get(**key));
        self.changed.extend(keys.iter().filter(has_changed).map(|key| (*key).clone()));
        self.expected = expected;
        let hub = &state.region().security_hub;
        for (id, times) in &hub.reopened {
            if self.reopened.insert(id.clone(), *times) == Some(*times) {
                continue;
            }
            self.counts.findings_reopened += 1;
            let Some(finding) = hub.findings.get(id) else { continue };
            if may_be_unread && finding["Compliance"]["Status"] == "WARNING" {
                self.counts.findings_reopened_unread += 1;
            } else if !key(finding).is_some_and(|key| self.changed.contains(&key)) {
                println!("{now}: {id} was reopened without cause");
                self.counts.findings_reopened_without_cause += 1;
            }
        }
    }

    /// Compares all findings after a complete sweep. Then someone starts to work on the new ones.
    pub fn complete_sweep(&mut self, simulation: &Simulation, now: Timestamp) {
        self.observe(simulation, now);
        self.swept = Some(now);
        self.changed.clear();
        let mut state = simulation.state();
        let mut missing: BTreeMap<&Key, &Expected> = self.expected.iter().collect();
        for (id, finding) in &mut state.hub().findings {
            if finding["RecordState"] != "ACTIVE" {
                continue;
            }
            let key = key(finding).unwrap();
            let status = [&finding["Compliance"]["Status"], &finding["Severity"]["Label"]];
            match missing.remove(&key) {
                Some((expected, severity, _)) if status == [*expected, *severity] => {
                    self.counts.findings_compared += 1;
                }
                expected => {
                    println!("{now}: {id} is {status:?}, not {expected:?}");
                    self.counts.findings_left_open += 1;
                }
            }
            if finding["Compliance"]["Status"] == "FAILED" && finding["Workflow"]["Status"] == "NEW" {
                finding["Workflow"] = json!({"Status": "NOTIFIED"});
            }
        }
        for key in missing.keys() {
            println!("{now}: no finding of {key:?}");
        }
        self.counts.findings_missing += missing.len();
    }
}

fn key(finding: &Value) -> Option<Key> {
    let check = finding["ProductFields"]["stagecert/check"].as_str()?;
    let check = crate::oracle::CHECKS.into_iter().find(|it| *it == check)?;
    Some((finding["Resources"][0]["Id"].as_str()?.to_owned(), check))
}
