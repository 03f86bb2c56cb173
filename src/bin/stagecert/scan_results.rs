//! What a scan found in one or more accounts and Regions, and how much of it is shown.

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

/// All that every format is made from.
#[derive(Debug, Default)]
pub(crate) struct Scanned {
    pub(crate) places: Vec<ScannedAccountRegion>,
    /// What went wrong outside of any of them: whole places may be missing.
    pub(crate) failures: Vec<Failure>,
    /// The checks that were chosen.
    pub(crate) checks: BTreeSet<Check>,
    /// Those of them that are shown, where not all are. What a stage is judged to be does not depend on it.
    pub(crate) only: Option<BTreeSet<Check>>,
}

/// One account and Region.
#[derive(Debug)]
pub(crate) struct ScannedAccountRegion {
    pub(crate) account_region: AccountRegion,
    /// The instant it was judged at.
    pub(crate) at: Timestamp,
    pub(crate) scan: Scan,
}

impl ScannedAccountRegion {
    /// Where not even the stages could be listed, the failure is all there is, and every format says so.
    pub(crate) fn of(account_region: AccountRegion, at: Timestamp, evaluated: Result<Scan, Failure>) -> Self {
        let scan = evaluated.unwrap_or_else(|failure| Scan { failures: vec![failure], ..Scan::default() });
        Self { account_region, at, scan }
    }
}

impl Scanned {
    /// The checks that are shown.
    pub(crate) fn shown_checks(&self) -> BTreeSet<Check> {
        let shown = |check: &Check| self.only.as_ref().is_none_or(|only| only.contains(check));
        self.checks.iter().copied().filter(shown).collect()
    }

    /// The findings that are shown of a stage, whatever their verdict.
    pub(crate) fn findings<'a>(&self, stage: &'a EvaluatedStage) -> Vec<&'a Finding> {
        let shown = self.shown_checks();
        let findings = stage.result.as_deref().unwrap_or_default();
        findings.iter().filter(|finding| shown.contains(&finding.check())).collect()
    }

    /// The failed ones of them, most urgent first, and how many others failed that are not shown.
    pub(crate) fn failed<'a>(&self, stage: &'a EvaluatedStage) -> (Vec<&'a Finding>, usize) {
        let mut failed = self.findings(stage);
        failed.retain(|finding| finding.verdict() == Verdict::Failed);
        failed.sort_by_key(|finding| finding.urgency());
        let excluded = failed_checks(stage).count().saturating_sub(failed.len());
        (failed, excluded)
    }

    /// The stages of a place that a list of stages shows: all, or under `--only` those that fail one of its checks.
    pub(crate) fn stages<'a>(
        &'a self,
        account_region: &'a ScannedAccountRegion,
    ) -> impl Iterator<Item = &'a EvaluatedStage> {
        account_region.scan.stages.iter().filter(|stage| self.shows(stage))
    }

    fn shows(&self, stage: &EvaluatedStage) -> bool {
        self.only.is_none() || !self.failed(stage).0.is_empty()
    }

    /// The certificates of a place that no stage has, as far as that can be told.
    pub(crate) fn unused(account_region: &ScannedAccountRegion) -> &[Certificate] {
        account_region.scan.unused.as_ref().map(|unused| unused.certificates.as_slice()).unwrap_or_default()
    }

    /// The sums over all places.
    pub(crate) fn summary(&self) -> Summary {
        let mut summary = Summary { errors: self.failures.len(), ..Summary::default() };
        for account_region in &self.places {
            summary.add(&self.summary_of(account_region));
        }
        summary
    }

    /// The sums of one place: of all its stages, shown or not.
    pub(crate) fn summary_of(&self, account_region: &ScannedAccountRegion) -> Summary {
        let mut summary = Summary {
            not_evaluated: account_region.scan.not_evaluated.len(),
            errors: account_region.scan.failures.len(),
            ..Summary::default()
        };
        for stage in &account_region.scan.stages {
            summary.evaluated.count(stage.compliance_type());
            if !self.shows(stage) {
                summary.excluded.count(stage.compliance_type());
            }
        }
        summary
    }

    /// Whether one of these checks failed anywhere.
    pub(crate) fn has_failed(&self, checks: &BTreeSet<Check>) -> bool {
        let stages = self.places.iter().flat_map(|account_region| &account_region.scan.stages);
        stages.flat_map(failed_checks).any(|check| checks.contains(&check))
    }

    /// What went wrong everywhere, for standard error and the exit status.
    pub(crate) fn into_failures(self) -> Vec<Failure> {
        let of_places = self.places.into_iter().flat_map(|account_region| account_region.scan.failures);
        self.failures.into_iter().chain(of_places).collect()
    }

    /// What `--only` leaves out, in words; `None` where it was not given.
    pub(crate) fn excluded(&self, summary: &Summary) -> Option<String> {
        let codes: Vec<&str> = self.only.as_ref()?.iter().map(|check| check.code()).collect();
        let Counts { stages, non_compliant, .. } = summary.excluded;
        Some(format!("--only {}: {stages} stages left out, {non_compliant} NON_COMPLIANT", codes.join(",")))
    }
}

fn failed_checks(stage: &EvaluatedStage) -> impl Iterator<Item = Check> {
    let findings = stage.result.as_deref().unwrap_or_default();
    findings.iter().filter(|finding| finding.verdict() == Verdict::Failed).map(Finding::check)
}

/// How many stages there are of each kind, and what is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    #[serde(flatten)]
    pub(crate) evaluated: Counts,
    /// Stages that are there and could not be judged, as far as they could be told.
    pub(crate) not_evaluated: usize,
    pub(crate) errors: usize,
    /// Those of the judged that `--only` leaves out of lists of stages.
    #[serde(skip)]
    pub(crate) excluded: Counts,
}

/// How many stages are of each compliance type.
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
    /// Whether everything that is there was judged.
    pub(crate) fn is_complete(&self) -> bool {
        self.not_evaluated == 0 && self.errors == 0
    }

    fn add(&mut self, other: &Self) {
        self.evaluated.add(other.evaluated);
        self.excluded.add(other.excluded);
        self.not_evaluated += other.not_evaluated;
        self.errors += other.errors;
    }
}

/// The line that counts.
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
        write!(f, "; INCOMPLETE (stages not judged: {}, errors: {})", self.not_evaluated, self.errors)
    }
}
