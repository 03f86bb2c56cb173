//! The results of a scan of one or more accounts and Regions, and the part of them that is shown.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;
use stagecert::Failure;
use stagecert::checks::Check;
use stagecert::checks::finding::Finding;
use stagecert::checks::verdict::Verdict;
use stagecert::evaluation::compliance::ComplianceType;
use stagecert::evaluation::evaluated::EvaluatedStage;
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::certificate::Certificate;
use stagecert::scan::Scan;

/// The results of a scan, from which every format is built.
#[derive(Debug, Default)]
pub(crate) struct ScanResults {
    pub(crate) scanned: Vec<ScannedAccountRegion>,
    /// Failures outside these accounts and Regions; others may be missing entirely.
    pub(crate) failures: Vec<Failure>,
    /// The checks that were run.
    pub(crate) checks: BTreeSet<Check>,
    /// The checks that are shown; `None` for all. A stage's compliance does not depend on it.
    pub(crate) only: Option<BTreeSet<Check>>,
}

/// The scan of one account and Region.
#[derive(Debug)]
pub(crate) struct ScannedAccountRegion {
    pub(crate) account_region: AccountRegion,
    /// The instant for which the stages were evaluated.
    pub(crate) at: Timestamp,
    pub(crate) scan: Scan,
}

impl ScannedAccountRegion {
    /// The results of `evaluated`. If the stages could not be listed, the failure is the only
    /// result, and every format shows it.
    pub(crate) fn of(account_region: AccountRegion, at: Timestamp, evaluated: Result<Scan, Failure>) -> Self {
        let scan = evaluated.unwrap_or_else(|failure| Scan { failures: vec![failure], ..Scan::default() });
        Self { account_region, at, scan }
    }
}

impl ScanResults {
    /// The checks that are shown.
    pub(crate) fn shown_checks(&self) -> BTreeSet<Check> {
        let shown = |check: &Check| self.only.as_ref().is_none_or(|only| only.contains(check));
        self.checks.iter().copied().filter(shown).collect()
    }

    /// The stage's findings that are shown, passed or failed.
    pub(crate) fn findings<'a>(&self, stage: &'a EvaluatedStage) -> Vec<&'a Finding> {
        let shown = self.shown_checks();
        let findings = stage.result.as_deref().unwrap_or_default();
        findings.iter().filter(|finding| shown.contains(&finding.check())).collect()
    }

    /// The stage's failed findings that are shown, most urgent first, and the number of failed
    /// findings that are not shown.
    pub(crate) fn failed<'a>(&self, stage: &'a EvaluatedStage) -> (Vec<&'a Finding>, usize) {
        let mut failed = self.findings(stage);
        failed.retain(|finding| finding.verdict() == Verdict::Failed);
        failed.sort_by_key(|finding| finding.urgency());
        let left_out = failed_checks(stage).count().saturating_sub(failed.len());
        (failed, left_out)
    }

    /// The stages to list: all, or with `--only` the stages that fail one of its checks.
    pub(crate) fn stages<'a>(
        &'a self,
        scanned: &'a ScannedAccountRegion,
    ) -> impl Iterator<Item = &'a EvaluatedStage> {
        scanned.scan.stages.iter().filter(|stage| self.shows(stage))
    }

    fn shows(&self, stage: &EvaluatedStage) -> bool {
        self.only.is_none() || !self.failed(stage).0.is_empty()
    }

    /// The certificates that no stage uses; empty if that can't be determined.
    pub(crate) fn unused(scanned: &ScannedAccountRegion) -> &[Certificate] {
        scanned.scan.unused.as_ref().map(|unused| unused.certificates.as_slice()).unwrap_or_default()
    }

    /// The totals over all accounts and Regions.
    pub(crate) fn summary(&self) -> Summary {
        let mut summary = Summary { errors: self.failures.len(), ..Summary::default() };
        for scanned in &self.scanned {
            summary.add(&self.summary_of(scanned));
        }
        summary
    }

    /// The totals of one account and Region, over all its stages, shown or not.
    pub(crate) fn summary_of(&self, scanned: &ScannedAccountRegion) -> Summary {
        let mut summary = Summary {
            not_evaluated: scanned.scan.not_evaluated.len(),
            errors: scanned.scan.failures.len(),
            ..Summary::default()
        };
        for stage in &scanned.scan.stages {
            summary.evaluated.count(stage.compliance_type());
            if !self.shows(stage) {
                summary.left_out.count(stage.compliance_type());
            }
        }
        summary
    }

    /// Whether any of these checks failed for any stage.
    pub(crate) fn has_failed(&self, checks: &BTreeSet<Check>) -> bool {
        let stages = self.scanned.iter().flat_map(|scanned| &scanned.scan.stages);
        stages.flat_map(failed_checks).any(|check| checks.contains(&check))
    }

    /// All failures, for standard error and the exit status.
    pub(crate) fn into_failures(self) -> Vec<Failure> {
        let of_scans = self.scanned.into_iter().flat_map(|scanned| scanned.scan.failures);
        self.failures.into_iter().chain(of_scans).collect()
    }

    /// A line about the stages that `--only` leaves out; `None` without `--only`.
    pub(crate) fn left_out(&self, summary: &Summary) -> Option<String> {
        let codes: Vec<&str> = self.only.as_ref()?.iter().map(|check| check.code()).collect();
        let Counts { stages, non_compliant, .. } = summary.left_out;
        Some(format!("--only {}: {stages} stages left out, {non_compliant} NON_COMPLIANT", codes.join(",")))
    }
}

fn failed_checks(stage: &EvaluatedStage) -> impl Iterator<Item = Check> {
    let findings = stage.result.as_deref().unwrap_or_default();
    findings.iter().filter(|finding| finding.verdict() == Verdict::Failed).map(Finding::check)
}

/// The number of stages by compliance type, and of stages and results that are missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    #[serde(flatten)]
    pub(crate) evaluated: Counts,
    /// The number of known stages that could not be evaluated.
    pub(crate) not_evaluated: usize,
    pub(crate) errors: usize,
    /// The evaluated stages that `--only` leaves out.
    #[serde(skip)]
    pub(crate) left_out: Counts,
}

/// The number of stages by compliance type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counts {
    pub(crate) stages: usize,
    pub(crate) non_compliant: usize,
    pub(crate) compliant: usize,
    pub(crate) not_applicable: usize,
}

impl Counts {
    fn count(&mut self, compliance_type: ComplianceType) {
        self.stages += 1;
        match compliance_type {
            ComplianceType::NonCompliant => self.non_compliant += 1,
            ComplianceType::Compliant => self.compliant += 1,
            ComplianceType::NotApplicable => self.not_applicable += 1,
        }
    }

    fn add(&mut self, other: Self) {
        self.stages += other.stages;
        self.non_compliant += other.non_compliant;
        self.compliant += other.compliant;
        self.not_applicable += other.not_applicable;
    }
}

impl Summary {
    /// Whether every stage was evaluated without errors.
    pub(crate) fn is_complete(&self) -> bool {
        self.not_evaluated == 0 && self.errors == 0
    }

    fn add(&mut self, other: &Self) {
        self.evaluated.add(other.evaluated);
        self.left_out.add(other.left_out);
        self.not_evaluated += other.not_evaluated;
        self.errors += other.errors;
    }
}

/// The summary line.
impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Counts { stages, non_compliant, compliant, not_applicable } = self.evaluated;
        write!(
            f,
            "{stages} stages, {non_compliant} NON_COMPLIANT, {compliant} COMPLIANT, {not_applicable} NOT_APPLICABLE"
        )?;
        if self.is_complete() {
            return Ok(());
        }
        write!(f, "; INCOMPLETE (stages not evaluated: {}, errors: {})", self.not_evaluated, self.errors)
    }
}
