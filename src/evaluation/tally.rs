//! Running counts of evaluated stages, which figures and metrics are made from.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::checks::Check;
use crate::checks::finding::Finding;
use crate::checks::owner_tag::{self, OwnerTagOn};
use crate::checks::verdict::Verdict;
use crate::evaluation::compliance::ComplianceType;
use crate::evaluation::evaluated::EvaluatedStage;
use crate::resources::certificate_id::CertificateId;

/// A running count of the stages of one account and Region: what figures and metrics both are made from.
///
/// It keeps numbers, and of each certificate its id and one instant: a sweep counts stage by stage and lets go of each.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Stages that were judged, those that no check applies to among them.
    pub stages: usize,
    /// Of them `NON_COMPLIANT`.
    pub non_compliant: usize,
    /// Of them `COMPLIANT`.
    pub compliant: usize,
    /// Of them `NOT_APPLICABLE`.
    pub not_applicable: usize,
    /// By check, how many stages fail it; a check that none fails is absent.
    pub failed: BTreeMap<Check, usize>,
    /// Of the stages to which `certificate-attached` applies, those that pass it.
    pub presenting: Share,
    /// Of the stages that `owner-tag` was asked about, those with an owner tag of their own that counts.
    pub owned_stages: Share,
    /// The certificates that `certificate-expiry` looked at, each once, with the last instant each is valid at.
    certificates: BTreeMap<CertificateId, Option<Timestamp>>,
}

impl Tally {
    /// Counts one more stage.
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
            match finding {
                Finding::CertificateAttached(_) if verdict != Verdict::NotApplicable => {
                    self.presenting.count(verdict == Verdict::Passed);
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

    /// How long the certificates last, seen from the instant `at`.
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

    /// The last instant at which all certificates with a date are valid; `None` where there is none.
    #[must_use]
    pub fn first_not_after(&self) -> Option<Timestamp> {
        self.certificates.values().flatten().min().copied()
    }
}

/// Whether a certificate whose last valid instant is `not_after` has expired at the instant `at`.
pub(crate) fn has_expired(not_after: Timestamp, at: Timestamp) -> bool {
    at > not_after
}

/// Whether it ends within so many days of 24 hours, the last instant included, and has not expired.
fn ends_within(not_after: Timestamp, at: Timestamp, days: u16) -> bool {
    let window = SignedDuration::from_hours(24 * i64::from(days));
    !has_expired(not_after, at) && not_after.duration_since(at) <= window
}

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// How many.
    pub part: usize,
    /// Of how many.
    pub whole: usize,
}

impl Share {
    /// In whole percent, rounded down, so that 100 means all; `None` of nothing.
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

/// The windows of [`Expiry::within`], in days of 24 hours.
pub const WINDOWS: [u16; 3] = [30, 60, 90];

/// How long the certificates last that stages name and that exist: each once, however many stages name it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expiry {
    /// All of them.
    pub certificates: usize,
    /// Their not-after has passed.
    pub expired: usize,
    /// Not expired, and ending within each of [`WINDOWS`]: 60 days hold those of 30. The last instant is inside.
    pub within: [usize; 3],
    /// They have no date that can be read.
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

pub(crate) fn is_unowned(answer: &owner_tag::Answer, asked: OwnerTagOn) -> bool {
    match answer {
        owner_tag::Answer::Unowned { unowned, .. } => unowned.iter().any(|it| it.on == asked),
        _ => false,
    }
}
