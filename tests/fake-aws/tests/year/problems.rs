//! The problems that an account really has: which check of which stage fails, and how severely.

use std::collections::BTreeMap;

use fake_aws::model::{Region, Stage};
use jiff::Timestamp;

use crate::config_events::Rule;
use crate::oracle;
use crate::simulation::has_http;

/// A stage's ARN and a check.
pub type Key = (String, &'static str);

/// A check that fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub severity: &'static str,
    pub certificate: Option<String>,
    /// The end of the certificate and whether there is an HTTP backend, if the severity depends on
    /// them.
    ends: Option<(Timestamp, bool)>,
    /// Whether the severity accounts for the backends.
    knows_backends: bool,
}

impl Problem {
    /// The severity that the same problem has at another instant.
    pub fn severity_at(&self, at: Timestamp) -> &'static str {
        self.ends.map_or(self.severity, |(not_after, http)| oracle::expiry_at(not_after, http, at).1)
    }

    /// Whether nothing but time has changed.
    pub fn is_same_as(&self, before: &Self) -> bool {
        (&self.certificate, self.ends) == (&before.certificate, before.ends)
    }

    /// Whether this problem, which a change has put in the place of `before`, is more severe than
    /// that one is by now.
    pub fn is_worse_than(&self, before: &Self, now: Timestamp) -> bool {
        let is_comparable = self.knows_backends || !before.knows_backends;
        is_comparable && rank(before.severity_at(now)) < rank(self.severity)
    }

    /// The reminder that reports what has become worse since an earlier instant: the number of days
    /// that it is about.
    pub fn reminder_since(&self, earlier: Timestamp, now: Timestamp) -> Option<i64> {
        if rank(self.severity_at(earlier)) >= rank(self.severity_at(now)) {
            return None;
        }
        Some(if self.severity_at(now) == "CRITICAL" { 0 } else { 7 })
    }
}

fn rank(severity: &str) -> Option<usize> {
    ["LOW", "MEDIUM", "HIGH", "CRITICAL"].iter().position(|it| *it == severity)
}

/// All problems that the rule must report at this instant.
pub fn problems(region: &Region, rule: &Rule, now: Timestamp) -> BTreeMap<Key, Problem> {
    let findings = oracle::findings(region, now);
    let mut problems = BTreeMap::new();
    for ((arn, check), (status, severity)) in &findings {
        let check = oracle::CHECKS.into_iter().find(|it| it == check).unwrap();
        if *status != "FAILED" || !rule.runs(check) || rule.excludes(arn) {
            continue;
        }
        let (api, stage) = region.stage(arn).unwrap();
        let is_expiry = check == "certificate-expiry";
        let end = is_expiry.then(|| (end(region, stage), has_http(api, stage)));
        let knows_backends = check != "certificate-unique"
            || oracle::knows_backends(region, stage, findings[&(*arn, "certificate-expiry")]);
        let certificate = stage.state.certificate.clone();
        let problem = Problem { severity, certificate, ends: end, knows_backends };
        problems.insert(((*arn).to_owned(), check), problem);
    }
    problems
}

fn end(region: &Region, stage: &Stage) -> Timestamp {
    region.certificates[stage.state.certificate.as_ref().unwrap()].not_after
}

/// Status, severity and certificate of a finding.
pub type Expected = (&'static str, &'static str, Option<String>);

/// Each finding that Security Hub must have, by stage and check.
pub fn findings(region: &Region, rule: &Rule, now: Timestamp) -> BTreeMap<Key, Expected> {
    let mut findings = BTreeMap::new();
    for ((arn, check), (status, severity)) in oracle::findings(region, now) {
        let check = oracle::CHECKS.into_iter().find(|it| *it == check).unwrap();
        if status != "NOT_AVAILABLE" && rule.runs(check) && !rule.excludes(arn) {
            let certificate = region.stage(arn).unwrap().1.state.certificate.clone();
            findings.insert((arn.to_owned(), check), (status, severity, certificate));
        }
    }
    findings
}
