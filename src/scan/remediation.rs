//! How long problems lasted: from the first scan that shows a finding to the first that no longer does.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use crate::checks::Check;
use crate::checks::verdict::Verdict;
use crate::resources::account_region::AccountRegion;
use crate::resources::stage_arn::StageArn;
use crate::scan::figures::Observation;

/// What several scans of the same places tell of how findings end.
///
/// A finding is a check that failed for a stage; it stays the same one while the check goes on failing, whatever the reason.
/// It is *remediated* when a later scan says that the check passed. What began and ended between two scans is seen by
/// none of them, and when exactly one began or ended is not known: each instant is that of a scan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remediation {
    /// Findings that were remediated.
    pub remediated: usize,
    /// Mean of: from the first scan in which it failed to the first in which it passed. `None` of nothing.
    pub mean: Option<SignedDuration>,
    /// Mean of: from the first scan in which it failed to the last one. They took at least this long.
    pub at_least: Option<SignedDuration>,
    /// Findings that ended otherwise: the stage is gone, or the check no longer applies. In neither mean.
    pub ended_otherwise: usize,
    /// Findings that are still open, or whose stage could not be judged since. In neither mean.
    pub open: usize,
}

/// Follows the findings of each place through its scans, or `None` where no place was scanned twice.
#[must_use]
pub fn remediation(observations: &[Observation<'_>]) -> Option<Remediation> {
    let mut by_place: BTreeMap<&AccountRegion, BTreeMap<Timestamp, &Observation<'_>>> = BTreeMap::new();
    for observation in observations {
        by_place.entry(observation.account_region).or_default().insert(observation.at, observation);
    }
    by_place.retain(|_, history| history.len() > 1);
    if by_place.is_empty() {
        return None;
    }
    let mut told = Told::default();
    for history in by_place.into_values() {
        let mut open = HashMap::new();
        for (at, observation) in history {
            told.follow(&mut open, at, observation);
        }
        told.remediation.open += open.len();
    }
    Some(told.means())
}

/// A finding that has not ended yet.
#[derive(Clone, Copy)]
struct Open {
    first_failed: Timestamp,
    last_failed: Timestamp,
}

#[derive(Default)]
struct Told {
    remediation: Remediation,
    seconds: i128,
    seconds_at_least: i128,
}

impl Told {
    fn follow<'a>(
        &mut self,
        open: &mut HashMap<(&'a StageArn, Check), Open>,
        at: Timestamp,
        observation: &Observation<'a>,
    ) {
        let scan = observation.scan;
        for stage in &scan.stages {
            for finding in stage.result.iter().flatten() {
                let key = (&stage.stage.arn, finding.check());
                match finding.verdict() {
                    Verdict::Failed => {
                        open.entry(key).or_insert(Open { first_failed: at, last_failed: at }).last_failed =
                            at;
                    }
                    Verdict::Passed => {
                        if let Some(ended) = open.remove(&key) {
                            self.remediated(ended, at);
                        }
                    }
                    Verdict::NotApplicable => {
                        self.remediation.ended_otherwise += usize::from(open.remove(&key).is_some());
                    }
                }
            }
        }
        // A stage that is absent is gone only where all that is there was told.
        if scan.failures.is_empty() {
            let evaluated = scan.stages.iter().filter(|stage| stage.result.is_ok());
            let there: BTreeSet<&StageArn> = evaluated.map(|stage| &stage.stage.arn).collect();
            let before = open.len();
            open.retain(|(stage, _), _| there.contains(stage));
            self.remediation.ended_otherwise += before - open.len();
        }
    }

    fn remediated(&mut self, ended: Open, passed: Timestamp) {
        let seconds = |until: Timestamp| i128::from(until.duration_since(ended.first_failed).as_secs());
        self.remediation.remediated += 1;
        self.seconds += seconds(passed);
        self.seconds_at_least += seconds(ended.last_failed);
    }

    fn means(self) -> Remediation {
        let count = i128::try_from(self.remediation.remediated).unwrap_or(i128::MAX);
        let mean = |seconds: i128| {
            let mean = seconds.checked_div(count)?;
            i64::try_from(mean).ok().map(SignedDuration::from_secs)
        };
        Remediation { mean: mean(self.seconds), at_least: mean(self.seconds_at_least), ..self.remediation }
    }
}
