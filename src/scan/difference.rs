//! What changed between two scans of the same account and Region.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use serde::Serialize;
use strum::IntoStaticStr;

use crate::checks::Check;
use crate::checks::finding::Finding;
use crate::checks::severity::Severity;
use crate::checks::verdict::Verdict;
use crate::evaluation::evaluated::EvaluatedStage;
use crate::resources::account_region::AccountRegion;
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage_arn::StageArn;
use crate::scan::figures::Observation;

/// What changed in one account and Region. The instants of the evaluations differ, so a certificate
/// that is now closer to its end can be a change too.
#[derive(Clone, Debug)]
pub struct Difference<'a> {
    /// The account and Region.
    pub account_region: &'a AccountRegion,
    /// The instant of the earlier scan; `None` if there is none, so that everything is new.
    pub before: Option<Timestamp>,
    /// The instant of the later scan.
    pub after: Timestamp,
    /// The failed checks that changed, ordered by kind, then most severe first.
    pub changes: Vec<Change<'a>>,
    /// The certificates that were replaced or renewed.
    pub rotated: Vec<Rotation<'a>>,
    /// The stages that only the later scan has.
    pub added: Vec<&'a StageArn>,
    /// The stages that only the earlier scan has.
    pub removed: Vec<&'a StageArn>,
}

/// How a failed check of a stage changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum ChangeKind {
    /// The check fails and did not fail before.
    New,
    /// The check still fails, and its severity is higher.
    Worse,
    /// The check failed and passes.
    Fixed,
    /// The check still fails, and its severity is lower.
    Better,
    /// The check failed and neither fails nor passes: it is exempt or no longer applies.
    Ended,
}

impl ChangeKind {
    /// All kinds, in the order in which they are listed.
    pub const ALL: [Self; 5] = [Self::New, Self::Worse, Self::Fixed, Self::Better, Self::Ended];

    /// The word for the kind, such as `new`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether a gate has to fail: the account has become worse.
    #[must_use]
    pub fn is_regression(self) -> bool {
        matches!(self, Self::New | Self::Worse)
    }
}

/// A failed check of a stage that changed.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    /// How it changed.
    pub kind: ChangeKind,
    /// The stage, as the later scan has it.
    pub stage: &'a EvaluatedStage,
    /// The check.
    pub check: Check,
    /// The severity in the earlier scan, if the check failed there.
    pub before: Option<Severity>,
    /// The severity in the later scan, if the check fails there.
    pub after: Option<Severity>,
    /// The stable reason code of the later scan.
    pub reason: &'static str,
    /// The sentence of the later scan.
    pub text: String,
    /// The sentence without the backends.
    pub fact: String,
}

impl Change<'_> {
    /// The higher of both severities.
    fn severity(&self) -> Option<Severity> {
        self.before.max(self.after)
    }
}

/// A certificate that stages have had replaced, or that was renewed under its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation<'a> {
    /// The certificate of the earlier scan.
    pub before: Presented<'a>,
    /// The certificate of the later scan.
    pub after: Presented<'a>,
    /// The stages, in the order of their ARNs.
    pub stages: Vec<&'a StageArn>,
}

/// A certificate and its last instant of validity, if it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Presented<'a> {
    /// The certificate's id or ARN.
    pub id: &'a CertificateId,
    /// The last instant at which the certificate is valid.
    pub not_after: Option<Timestamp>,
}

impl<'a> Difference<'a> {
    /// Compares two scans of one account and Region. Without an earlier scan, every stage and
    /// every failure is new.
    ///
    /// A stage that only one scan has counts as added or removed only if the other scan listed
    /// every stage. A failure counts as new unless the earlier scan shows that the check failed:
    /// what could not be read then can't hide it.
    #[must_use]
    pub fn between(before: Option<Observation<'a>>, after: Observation<'a>) -> Self {
        let by_arn = |scan: Observation<'a>| -> HashMap<&'a StageArn, &'a EvaluatedStage> {
            scan.scan.stages.iter().map(|stage| (&stage.stage.arn, stage)).collect()
        };
        let earlier = before.map(by_arn).unwrap_or_default();
        let later = by_arn(after);
        let mut changes = Vec::new();
        let mut rotated: BTreeMap<(Presented<'a>, Presented<'a>), Vec<&'a StageArn>> = BTreeMap::new();
        for stage in &after.scan.stages {
            let known = earlier.get(&stage.stage.arn).copied();
            let was = before.map(|scan| scan.at).zip(known);
            changes.extend(
                stage.result.iter().flatten().filter_map(|finding| change(was, (after.at, stage), finding)),
            );
            if let Some((from, to)) = known.and_then(|known| rotation(known, stage)) {
                rotated.entry((from, to)).or_default().push(&stage.stage.arn);
            }
        }
        changes.extend(after.scan.stages.iter().flat_map(|stage| {
            let known = earlier.get(&stage.stage.arn).copied();
            before.zip(known).into_iter().flat_map(|(scan, known)| ended(scan.at, known, stage))
        }));
        changes.sort_by_key(|it| {
            (it.kind, std::cmp::Reverse(it.severity()), it.stage.not_after.is_none(), it.stage.not_after)
        });
        Self {
            account_region: after.account_region,
            before: before.map(|scan| scan.at),
            after: after.at,
            changes,
            rotated: rotated
                .into_iter()
                .map(|((before, after), stages)| Rotation { before, after, stages })
                .collect(),
            added: only_in(after, &earlier.keys().copied().collect(), before),
            removed: before
                .map(|it| only_in(it, &later.keys().copied().collect(), Some(after)))
                .unwrap_or_default(),
        }
    }

    /// The changes of one kind.
    pub fn of_kind(&self, kind: ChangeKind) -> impl Iterator<Item = &Change<'a>> {
        self.changes.iter().filter(move |change| change.kind == kind)
    }

    /// Whether any failure is new or more severe.
    #[must_use]
    pub fn is_regression(&self) -> bool {
        self.changes.iter().any(|change| change.kind.is_regression())
    }

    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.rotated.is_empty() && self.added.is_empty() && self.removed.is_empty()
    }
}

/// The change of a check that the later scan has; `None` if there is none. `Ended` is only for
/// checks whose later finding has neither verdict.
fn change<'a>(
    was: Option<(Timestamp, &'a EvaluatedStage)>,
    (at, stage): (Timestamp, &'a EvaluatedStage),
    finding: &'a Finding,
) -> Option<Change<'a>> {
    let before = was.and_then(|(at, stage)| severity_of(stage, finding.check(), at));
    let after = stage.severity(finding, at);
    let kind = match (before, after) {
        (None, Some(_)) => ChangeKind::New,
        (Some(before), Some(after)) if after > before => ChangeKind::Worse,
        (Some(before), Some(after)) if after < before => ChangeKind::Better,
        (Some(_), None) if finding.verdict() == Verdict::Passed => ChangeKind::Fixed,
        (Some(_), None) => ChangeKind::Ended,
        _ => return None,
    };
    let (check, reason, text) = (finding.check(), finding.reason(), finding.to_string());
    let fact = finding.fact().unwrap_or_else(|| text.clone());
    Some(Change { kind, stage, check, before, after, reason, text, fact })
}

/// The failures of a stage to which the rule no longer applies at all.
fn ended<'a>(at: Timestamp, known: &'a EvaluatedStage, stage: &'a EvaluatedStage) -> Vec<Change<'a>> {
    let Err(why) = &stage.result else { return Vec::new() };
    let of = |finding: &Finding| {
        let before = known.severity(finding, at)?;
        Some(Change {
            kind: ChangeKind::Ended,
            stage,
            check: finding.check(),
            before: Some(before),
            after: None,
            reason: why.into(),
            text: why.to_string(),
            fact: why.to_string(),
        })
    };
    known.result.iter().flatten().filter_map(of).collect()
}

fn severity_of(stage: &EvaluatedStage, check: Check, at: Timestamp) -> Option<Severity> {
    let mut findings = stage.result.iter().flatten();
    stage.severity(findings.find(|finding| finding.check() == check)?, at)
}

/// The certificates before and after, if the stage's certificate was replaced, or renewed under
/// its id.
fn rotation<'a>(
    before: &'a EvaluatedStage,
    after: &'a EvaluatedStage,
) -> Option<(Presented<'a>, Presented<'a>)> {
    let presented = |stage: &'a EvaluatedStage| {
        stage.certificate().map(|id| Presented { id, not_after: stage.not_after })
    };
    let (before, after) = (presented(before)?, presented(after)?);
    let renewed =
        before.not_after.is_some() && after.not_after.is_some() && before.not_after != after.not_after;
    (before.id != after.id || renewed).then_some((before, after))
}

/// The stages of a scan that are not in `others`. Empty if the other scan is incomplete: the stages
/// may exist there.
fn only_in<'a>(
    scan: Observation<'a>,
    others: &HashSet<&'a StageArn>,
    other: Option<Observation<'a>>,
) -> Vec<&'a StageArn> {
    if other.is_some_and(|other| !other.scan.failures.is_empty()) {
        return Vec::new();
    }
    scan.scan.stages.iter().map(|stage| &stage.stage.arn).filter(|arn| !others.contains(arn)).collect()
}

#[cfg(test)]
#[path = "difference_tests.rs"]
mod tests;
