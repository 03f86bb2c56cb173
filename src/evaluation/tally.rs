//! Running counts of evaluated stages, the basis of key figures and metrics.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::checks::Check;
use crate::checks::finding::Finding;
use crate::checks::owner_tag::{self, OwnerTagOn};
use crate::checks::verdict::Verdict;
use crate::evaluation::compliance::ComplianceType;
use crate::evaluation::evaluated::EvaluatedStage;
use crate::resources::certificate_id::CertificateId;

/// The running counts of the stages of one account and Region, the basis of key figures and
/// metrics.
///
/// It keeps no stages, only numbers, and the id and not-after of each certificate, so a sweep can
/// drop each stage after counting it.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// The number of evaluated stages, including those to which no check applies.
    pub stages: usize,
    /// The number of `NON_COMPLIANT` stages.
    pub non_compliant: usize,
    /// The number of `COMPLIANT` stages.
    pub compliant: usize,
    /// The number of `NOT_APPLICABLE` stages.
    pub not_applicable: usize,
    /// The number of failing stages per check. A check that no stage fails is absent.
    pub failed: BTreeMap<Check, usize>,
    /// The share of stages that pass `certificate-attached`, of those to which it applies.
    pub presenting: Share,
    /// The share of stages with a valid owner tag on the stage, of those evaluated by `owner-tag`.
    pub owned_stages: Share,
    /// The certificates that `certificate-expiry` evaluated, with their last instant of validity.
    certificates: BTreeMap<CertificateId, Option<Timestamp>>,
    /// The certificates with which stages pass `certificate-attached`.
    presented: BTreeMap<CertificateId, Presented>,
}

/// A certificate that stages present.
#[derive(Clone, Copy, Debug)]
struct Presented {
    not_before: Option<Timestamp>,
    not_after: Option<Timestamp>,
    stages: usize,
}

impl Tally {
    /// Counts a stage.
    pub fn count(&mut self, stage: &EvaluatedStage) {
        self.stages += 1;
        match stage.compliance_type() {
            ComplianceType::NonCompliant => self.non_compliant += 1,
            ComplianceType::Compliant => self.compliant += 1,
            ComplianceType::NotApplicable => self.not_applicable += 1,
        }
        for finding in stage.result.iter().flatten() {
            let verdict = finding.verdict();
            if verdict == Verdict::Failed {
                *self.failed.entry(finding.check()).or_default() += 1;
            }
            // An exemption suppresses a result, never a fact.
            let (finding, verdict) = (finding.unexempted(), finding.unexempted().verdict());
            match finding {
                Finding::CertificateAttached(_) if verdict != Verdict::NotApplicable => {
                    self.presenting.count(verdict == Verdict::Passed);
                    if let Some(id) = stage.certificate().filter(|_| verdict == Verdict::Passed) {
                        let EvaluatedStage { not_before, not_after, .. } = *stage;
                        let first = Presented { not_before, not_after, stages: 0 };
                        self.presented.entry(id.clone()).or_insert(first).stages += 1;
                    }
                }
                Finding::CertificateExpiry(answer) if answer.is_about_a_certificate() => {
                    if let Some(id) = stage.certificate() {
                        self.certificates.entry(id.clone()).or_insert(stage.not_after);
                    }
                }
                Finding::OwnerTag(answer) => self.owned_stages.count(!is_unowned(answer, OwnerTagOn::Stage)),
                _ => {}
            }
        }
    }

    /// Returns how many certificates have expired at the instant `at` or expire soon after it.
    #[must_use]
    pub fn expiry(&self, at: Timestamp) -> Expiry {
        let mut expiry = Expiry { certificates: self.certificates.len(), ..Expiry::default() };
        for not_after in self.certificates.values() {
            let Some(not_after) = *not_after else {
                expiry.undated += 1;
                continue;
            };
            expiry.expired += usize::from(has_expired(not_after, at));
            for (count, days) in expiry.within.iter_mut().zip(WINDOWS) {
                *count += usize::from(ends_within(not_after, at, days));
            }
        }
        expiry
    }

    /// Returns the share of stages that pass `certificate-attached` with a certificate that is
    /// valid at the instant `at`, of those to which the check applies. A certificate without a
    /// readable date doesn't count as valid.
    #[must_use]
    pub fn authenticated(&self, at: Timestamp) -> Share {
        let is_valid = |it: &&Presented| {
            it.not_before.is_none_or(|first| first <= at)
                && it.not_after.is_some_and(|last| !has_expired(last, at))
        };
        let stages = self.presented.values().filter(is_valid).map(|it| it.stages).sum();
        Share { part: stages, whole: self.presenting.whole }
    }

    /// Returns the earliest not-after of the certificates that have not expired at the instant
    /// `at`, or `None` if there is none.
    #[must_use]
    pub(crate) fn next_not_after(&self, at: Timestamp) -> Option<Timestamp> {
        self.certificates.values().flatten().filter(|not_after| !has_expired(**not_after, at)).min().copied()
    }
}

/// Returns whether a certificate with this not-after has expired at the instant `at`.
pub(crate) fn has_expired(not_after: Timestamp, at: Timestamp) -> bool {
    at > not_after
}

/// Returns whether a certificate has not expired at `at` and expires within this number of 24-hour
/// days, including the last instant.
fn ends_within(not_after: Timestamp, at: Timestamp, days: u16) -> bool {
    let window = SignedDuration::from_hours(24 * i64::from(days));
    !has_expired(not_after, at) && not_after.duration_since(at) <= window
}

/// A part of a total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// The part.
    pub part: usize,
    /// The total, which includes the part.
    pub whole: usize,
}

impl Share {
    /// Returns the share in whole percent, or `None` if the total is zero. It is rounded down, so
    /// 100 means all.
    #[must_use]
    pub fn percent(self) -> Option<usize> {
        self.part.saturating_mul(100).checked_div(self.whole)
    }

    pub(crate) fn count(&mut self, counts: bool) {
        self.whole += 1;
        self.part += usize::from(counts);
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.part += other.part;
        self.whole += other.whole;
    }
}

/// The windows of [`Expiry::within`], in 24-hour days.
pub const WINDOWS: [u16; 3] = [30, 60, 90];

/// The counts of existing certificates that stages use, by expiration. Each certificate counts
/// once, no matter how many stages use it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expiry {
    /// The number of certificates.
    pub certificates: usize,
    /// The number of expired certificates.
    pub expired: usize,
    /// The number of valid certificates that expire within each of [`WINDOWS`]. A wider window
    /// includes the narrower ones, and the last instant is included.
    pub within: [usize; 3],
    /// The number of certificates without a readable date.
    pub undated: usize,
}

impl Expiry {
    pub(crate) fn add(&mut self, other: Self) {
        self.certificates += other.certificates;
        self.expired += other.expired;
        self.undated += other.undated;
        for (count, more) in self.within.iter_mut().zip(other.within) {
            *count += more;
        }
    }
}

/// Returns whether the resource `on` lacks an owner tag, according to the answer of `owner-tag`.
pub(crate) fn is_unowned(answer: &owner_tag::Answer, on: OwnerTagOn) -> bool {
    match answer {
        owner_tag::Answer::Unowned { unowned, .. } => unowned.iter().any(|it| it.on == on),
        _ => false,
    }
}
