//! How long findings stay open, from the first scan that shows them to the first that doesn't.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use crate::checks::Check;
use crate::checks::verdict::Verdict;
use crate::resources::account_region::AccountRegion;
use crate::resources::stage_arn::StageArn;
use crate::scan::figures::Observation;

/// How the findings in several scans of the same accounts and Regions ended.
///
/// A finding is a check that failed for a stage. It remains the same finding while the check keeps
/// failing, for whatever reason, and is *remediated* when a later scan passes the check. Findings
/// that start and end between two scans are not seen, and all instants are those of scans, so
/// durations are approximate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remediation {
    /// The number of remediated findings.
    pub remediated: usize,
    /// The mean time from the first failed scan to the first passed scan; `None` without remediated
    /// findings.
    pub mean: Option<SignedDuration>,
    /// The mean time from the first to the last failed scan, which is a lower bound; `None` without
    /// remediated findings.
    pub at_least: Option<SignedDuration>,
    /// The number of findings that ended because the stage is gone or the check no longer applies.
    /// The means exclude them.
    pub ended_otherwise: usize,
    /// The number of findings that are open, or whose stage could not be evaluated since. The means
    /// exclude them.
    pub open: usize,
}

/// Follows findings through the scans of each account and Region. Returns `None` if there are no
/// two scans of the same one.
#[must_use]
pub fn remediation(observations: &[Observation<'_>]) -> Option<Remediation> {
    let mut by_account_region: BTreeMap<&AccountRegion, BTreeMap<Timestamp, &Observation<'_>>> =
        BTreeMap::new();
    for observation in observations {
        by_account_region.entry(observation.account_region).or_default().insert(observation.at, observation);
    }
    by_account_region.retain(|_, history| history.len() > 1);
    if by_account_region.is_empty() {
        return None;
    }
    let mut stats = Stats::default();
    for history in by_account_region.into_values() {
        let mut open = HashMap::new();
        for (at, observation) in history {
            stats.follow(&mut open, at, observation);
        }
        stats.remediation.open += open.len();
    }
    Some(stats.means())
}

/// A finding that is still open.
#[derive(Clone, Copy)]
struct OpenFinding {
    first_failed: Timestamp,
    last_failed: Timestamp,
}

#[derive(Default)]
struct Stats {
    remediation: Remediation,
    seconds: i128,
    seconds_at_least: i128,
}

impl Stats {
    fn follow<'a>(
        &mut self,
        open: &mut HashMap<(&'a StageArn, Check), OpenFinding>,
        at: Timestamp,
        observation: &Observation<'a>,
    ) {
        let scan = observation.scan;
        for stage in &scan.stages {
            for finding in stage.result.iter().flatten() {
                let key = (&stage.stage.arn, finding.check());
                match finding.verdict() {
                    Verdict::Failed => {
                        open.entry(key)
                            .or_insert(OpenFinding { first_failed: at, last_failed: at })
                            .last_failed = at;
                    }
                    Verdict::Passed => {
                        if let Some(ended) = open.remove(&key) {
                            self.remediated(ended, at);
                        }
                    }
                    Verdict::NotApplicable | Verdict::Exempt => {
                        self.remediation.ended_otherwise += usize::from(open.remove(&key).is_some());
                    }
                }
            }
        }
        // An absent stage is gone only if the scan was complete.
        if scan.failures.is_empty() {
            let evaluated = scan.stages.iter().filter(|stage| stage.result.is_ok());
            let present: BTreeSet<&StageArn> = evaluated.map(|stage| &stage.stage.arn).collect();
            let before = open.len();
            open.retain(|(stage, _), _| present.contains(stage));
            self.remediation.ended_otherwise += before - open.len();
        }
    }

    fn remediated(&mut self, ended: OpenFinding, passed: Timestamp) {
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
