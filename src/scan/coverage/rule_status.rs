//! When a rule was last run, as `DescribeConfigRuleEvaluationStatus` reports it.

use jiff::{SignedDuration, Timestamp};

/// A rule's status in one account and Region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleStatus {
    /// The rule's name.
    pub name: String,
    /// `FirstActivatedTime`.
    pub activated: Option<Timestamp>,
    /// `LastSuccessfulInvocationTime`: Config invoked the function, which may have failed since.
    pub invoked: Option<Timestamp>,
    /// `LastSuccessfulEvaluationTime`: Config accepted results.
    pub evaluated: Option<Timestamp>,
    /// The later of `LastFailedInvocationTime` and `LastFailedEvaluationTime`.
    pub failed: Option<Timestamp>,
    /// `FirstEvaluationStarted`: whether the rule was evaluated at least once.
    pub has_evaluated: bool,
    /// `LastErrorCode` and `LastErrorMessage`.
    pub error: Option<String>,
}

/// Whether a rule is run often enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sweeps {
    /// The last successful sweep, at most two periods ago.
    Recent(Timestamp),
    /// The rule, activated at this instant if it is known, is waiting for its first sweep.
    Waiting(Option<Timestamp>),
    /// The last successful sweep was more than two periods ago.
    Overdue(Timestamp),
    /// The rule, activated more than two periods ago, has never been swept.
    Never(Timestamp),
}

impl RuleStatus {
    /// The last successful sweep.
    ///
    /// A sweep without changes puts an empty list. It is not documented whether that updates
    /// `LastSuccessfulEvaluationTime`, so a later invocation counts too, unless a failure followed
    /// the evaluation.
    #[must_use]
    pub fn last_sweep(&self) -> Option<Timestamp> {
        if !self.has_evaluated && self.evaluated.is_none() {
            return None;
        }
        if self.failed > self.evaluated { self.evaluated } else { self.evaluated.max(self.invoked) }
    }

    /// Whether the rule is run often enough at the instant `now`.
    #[must_use]
    pub fn sweeps(&self, period: SignedDuration, now: Timestamp) -> Sweeps {
        let is_overdue = |since: Timestamp| now.duration_since(since) > period * 2;
        match (self.last_sweep(), self.activated) {
            (Some(last), _) if is_overdue(last) => Sweeps::Overdue(last),
            (Some(last), _) => Sweeps::Recent(last),
            (None, Some(activated)) if is_overdue(activated) => Sweeps::Never(activated),
            (None, activated) => Sweeps::Waiting(activated),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: SignedDuration = SignedDuration::from_hours(1);

    fn at(text: &str) -> Timestamp {
        format!("2026-11-21T{text}Z").parse().unwrap()
    }

    fn status() -> RuleStatus {
        RuleStatus { activated: Some(at("00:00:00")), ..RuleStatus::default() }
    }

    #[test]
    fn a_sweep_is_overdue_after_exactly_two_periods() {
        let swept = RuleStatus { evaluated: Some(at("10:00:00")), has_evaluated: true, ..status() };
        assert_eq!(swept.sweeps(HOUR, at("12:00:00")), Sweeps::Recent(at("10:00:00")));
        assert_eq!(swept.sweeps(HOUR, at("12:00:01")), Sweeps::Overdue(at("10:00:00")));
        // A clock that is behind AWS's.
        assert_eq!(swept.sweeps(HOUR, at("09:00:00")), Sweeps::Recent(at("10:00:00")));
    }

    #[test]
    fn a_new_rule_waits_for_its_first_sweep_for_exactly_two_periods() {
        assert_eq!(status().sweeps(HOUR, at("02:00:00")), Sweeps::Waiting(Some(at("00:00:00"))));
        assert_eq!(status().sweeps(HOUR, at("02:00:01")), Sweeps::Never(at("00:00:00")));
        assert_eq!(RuleStatus::default().sweeps(HOUR, at("02:00:01")), Sweeps::Waiting(None));
    }

    #[test]
    fn an_invocation_counts_if_the_rule_was_evaluated_once_and_no_failure_followed() {
        let invoked = RuleStatus { invoked: Some(at("11:00:00")), ..status() };
        assert_eq!(invoked.last_sweep(), None, "invoked, but nothing was ever evaluated");
        let evaluated =
            RuleStatus { evaluated: Some(at("05:00:00")), has_evaluated: true, ..invoked.clone() };
        assert_eq!(evaluated.last_sweep(), Some(at("11:00:00")));
        let only_invoked = RuleStatus { has_evaluated: true, ..invoked };
        assert_eq!(only_invoked.last_sweep(), Some(at("11:00:00")));
        let failing = RuleStatus { failed: Some(at("11:01:00")), ..evaluated.clone() };
        assert_eq!(failing.last_sweep(), Some(at("05:00:00")));
        let recovered = RuleStatus { failed: Some(at("04:00:00")), ..evaluated };
        assert_eq!(recovered.last_sweep(), Some(at("11:00:00")));
    }
}
