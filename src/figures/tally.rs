use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{Expiry, Share, WINDOWS, is_unowned};
use crate::checks::owner_tag::OwnerTagOn;
use crate::checks::{Check, Finding, Verdict};
use crate::evaluations::{ComplianceType, EvaluatedStage};
use crate::resources::certificate::CertificateId;

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
