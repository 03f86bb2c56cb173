//! The state of each account and Region, and the report of all of them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::Failure;
use crate::quote::brief;
use crate::scan::coverage::deployment::{Deployment, Rule};
use crate::scan::coverage::rule_status::{RuleStatus, Sweeps};
use crate::scan::coverage::stack_instance::InstanceState;
use crate::scan::coverage::targets::Target;

/// The maximum length of a reason, in characters.
const MAX_REASON: usize = 500;

/// One account and Region of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The account ID.
    pub account: String,
    /// The Region.
    pub region: String,
    /// Whether the rule works there, and if not, why.
    pub state: PlaceState,
    /// An explanation, on one line; `None` if there is nothing to explain.
    pub reason: Option<String>,
    /// The last sweep of a covered place; otherwise, when the gap began, if AWS reports it.
    pub since: Option<Timestamp>,
}

/// The state of an account and Region. All but `Covered` are gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlaceState {
    /// The rule exists, is run and Config records. An account without stages is covered too.
    Covered,
    /// A rule is missing.
    NoRule,
    /// Config records nothing: there is no configuration recorder, or it is stopped.
    NoRecorder,
    /// No successful sweep in two periods.
    NoSweep,
    /// The StackSet's operation failed.
    FailedInstance,
    /// The account and Region can't be read.
    Unreadable,
}

impl PlaceState {
    /// All states.
    pub const ALL: [Self; 6] = [
        Self::Covered,
        Self::NoRule,
        Self::NoRecorder,
        Self::NoSweep,
        Self::FailedInstance,
        Self::Unreadable,
    ];

    /// The state's name in JSON and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Covered => "covered",
            Self::NoRule => "no-rule",
            Self::NoRecorder => "no-recorder",
            Self::NoSweep => "no-sweep",
            Self::FailedInstance => "failed-instance",
            Self::Unreadable => "unreadable",
        }
    }
}

/// What was read in an account and Region.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The rules that match the deployment's.
    pub rules: Vec<RuleStatus>,
    /// The configuration recorder.
    pub recorder: Recorder,
}

/// The configuration recorder of an account and Region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorder {
    /// It records.
    Recording,
    /// It was stopped, at this instant if it is known.
    Stopped(Option<Timestamp>),
    /// There is none.
    Missing,
}

/// All accounts and Regions of a deployment, in their order.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Coverage {
    coverage_version: u32,
    /// The accounts and Regions.
    pub places: Vec<Place>,
}

impl Coverage {
    /// The report of these places.
    #[must_use]
    pub fn new(mut places: Vec<Place>) -> Self {
        places.sort();
        Self { coverage_version: 1, places }
    }

    /// Whether any account and Region is not covered.
    #[must_use]
    pub fn has_gaps(&self) -> bool {
        self.places.iter().any(|place| place.state != PlaceState::Covered)
    }

    /// The number of places in each state that occurs.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<PlaceState, usize> {
        let mut counts = BTreeMap::new();
        self.places.iter().for_each(|place| *counts.entry(place.state).or_default() += 1);
        counts
    }
}

impl Place {
    /// A place in a state, for a reason.
    #[must_use]
    pub fn new(
        account: &str,
        region: &str,
        state: PlaceState,
        reason: &str,
        since: Option<Timestamp>,
    ) -> Self {
        let reason = (!reason.is_empty()).then(|| brief(reason, MAX_REASON));
        Self { account: account.into(), region: region.into(), state, reason, since }
    }

    /// The place as its stack instances show it, if that is enough to know that it is a gap.
    #[must_use]
    pub fn of_instances(account: &str, region: &str, target: &Target) -> Option<Self> {
        let Target { stack_sets, instances } = target;
        if let Some(failed) = instances.iter().find(|instance| instance.state() == InstanceState::Failed) {
            return Some(Self::new(account, region, PlaceState::FailedInstance, &failed.explanation(), None));
        }
        let has_instance = |name: &&str| instances.iter().any(|instance| instance.stack_set == *name);
        let missing = stack_sets.iter().map(String::as_str).filter(|name| !has_instance(name));
        let missing: Vec<&str> = missing.collect();
        let reason = format!("no stack instance of the StackSet {}", missing.join(", "));
        (!missing.is_empty()).then(|| Self::new(account, region, PlaceState::NoRule, &reason, None))
    }

    /// The place that can't be read because of a failure.
    #[must_use]
    pub fn unreadable(account: &str, region: &str, failure: &Failure) -> Self {
        Self::new(account, region, PlaceState::Unreadable, &reason_of(failure), None)
    }

    /// The place as it was read in the account.
    #[must_use]
    pub fn of_reading(
        account: &str,
        region: &str,
        reading: &Reading,
        deployment: &Deployment,
        now: Timestamp,
    ) -> Self {
        let place = |state, reason: &str, since| Self::new(account, region, state, reason, since);
        let is_missing = |rule: &&Rule| !reading.rules.iter().any(|status| rule.matches(&status.name));
        let missing: Vec<&str> =
            deployment.rules.iter().filter(is_missing).map(|rule| rule.name.as_str()).collect();
        let missing = (!missing.is_empty()).then(|| format!("no rule {}", missing.join(", ")));
        // Without a recorder, Config accepts no rule: this is the cause of a missing rule.
        match (reading.recorder, missing) {
            (Recorder::Missing, None) => {
                return place(PlaceState::NoRecorder, "no configuration recorder", None);
            }
            (Recorder::Missing, Some(missing)) => {
                let reason = format!("no configuration recorder, and {missing}");
                return place(PlaceState::NoRecorder, &reason, None);
            }
            (_, Some(missing)) => return place(PlaceState::NoRule, &missing, None),
            (Recorder::Stopped(since), None) => {
                return place(PlaceState::NoRecorder, "the configuration recorder is stopped", since);
            }
            (Recorder::Recording, None) => {}
        }
        let sweeps = reading.rules.iter().map(|status| {
            let period = deployment.frequency_of(&status.name).period();
            of_sweeps(status, &status.sweeps(period, now))
        });
        // Gaps first, then rules that wait for their first sweep, then the oldest sweep.
        let worst = sweeps.max_by_key(|(state, reason, since)| {
            (*state != PlaceState::Covered, !reason.is_empty(), Reverse(*since))
        });
        let (state, reason, since) = worst.unwrap_or((PlaceState::Covered, String::new(), None));
        place(state, &reason, since)
    }
}

fn of_sweeps(status: &RuleStatus, sweeps: &Sweeps) -> (PlaceState, String, Option<Timestamp>) {
    let name = &status.name;
    let error = status.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
    match sweeps {
        Sweeps::Recent(last) => (PlaceState::Covered, String::new(), Some(*last)),
        Sweeps::Waiting(activated) => {
            (PlaceState::Covered, format!("{name} is waiting for its first sweep"), *activated)
        }
        Sweeps::Overdue(last) => {
            (PlaceState::NoSweep, format!("no successful sweep of {name} in two periods{error}"), Some(*last))
        }
        Sweeps::Never(activated) => {
            (PlaceState::NoSweep, format!("{name} has never been swept{error}"), Some(*activated))
        }
    }
}

/// The operation and error code, or the whole message if AWS returned no code.
pub(crate) fn reason_of(failure: &Failure) -> String {
    match failure {
        Failure::Operation { operation, code: Some(code), .. } => format!("{operation}: {code}"),
        Failure::Operation { operation, source, .. } => format!("{operation}: {source}"),
        other => other.to_string(),
    }
}
