//! The results of a scan of one or more accounts and Regions, and the part of them that is shown.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use jiff::Timestamp;
use stagecert::Failure;
use stagecert::checks::Check;
use stagecert::checks::finding::Finding;
use stagecert::checks::severity::Severity;
use stagecert::checks::verdict::Verdict;
use stagecert::evaluation::evaluated::EvaluatedStage;
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::certificate::Certificate;
use stagecert::resources::stage_arn::StageArn;
use stagecert::scan::Scan;
use stagecert::scan::backend_enforced::{BackendEnforced, Enforcing, Probes};
use stagecert::scan::backends::BackendInventory;
use stagecert::scan::rotations::{RotationFigures, Rotations};

use crate::chosen::ChosenChecks;
use crate::filter::{Filter, GroupBy, Sort};
use crate::gate::{FailOn, Gate};
use crate::probed::{Place, Probed, enforcing};
use crate::reading::Read;
pub(crate) use crate::summary::{Counts, FrontDoorCounts, FrontDoorSummary, Summary};

/// The results of a scan, from which every format is built.
#[derive(Debug, Default)]
pub(crate) struct ScanResults {
    pub(crate) scanned: Vec<ScannedAccountRegion>,
    /// Failures outside these accounts and Regions; others may be missing entirely.
    pub(crate) failures: Vec<Failure>,
    /// The checks that were run.
    pub(crate) checks: ChosenChecks,
    /// What is shown. A stage's compliance does not depend on it.
    pub(crate) filter: Filter,
    /// The order of the stages in the table.
    pub(crate) sort: Sort,
    /// How the table groups the stages.
    pub(crate) group_by: Option<GroupBy>,
    /// The results of probes; `None` without `--probes`.
    pub(crate) probes: Option<Probes>,
    /// The command to run next, which the table suggests.
    pub(crate) next_command: Option<String>,
}

/// The scan of one account and Region.
#[derive(Debug)]
pub(crate) struct ScannedAccountRegion {
    pub(crate) account_region: AccountRegion,
    /// The instant for which the stages were evaluated.
    pub(crate) at: Timestamp,
    pub(crate) scan: Scan,
    /// The backends, if the command reads them. Its failures are in the scan.
    pub(crate) backends: Option<BackendInventory>,
}

impl ScannedAccountRegion {
    /// The results of `evaluated`. If the stages could not be listed, the failure is the only
    /// result, and every format shows it.
    pub(crate) fn of(account_region: AccountRegion, at: Timestamp, read: Result<Read, Failure>) -> Self {
        let (scan, backends) =
            read.unwrap_or_else(|failure| (Scan { failures: vec![failure], ..Scan::default() }, None));
        Self { account_region, at, scan, backends }
    }

    /// The account and Region, the instant, and what is deployed if that was read.
    pub(crate) fn place(&self) -> Place<'_> {
        Place { account_region: &self.account_region, at: self.at, backends: self.backends.as_ref() }
    }

    /// The name of the API of a stage, if it is known.
    pub(crate) fn api_name(&self, stage: &StageArn) -> Option<&str> {
        self.scan.api_name(stage)
    }

    /// The worst severity of all failed findings of a stage; `None` if nothing failed.
    pub(crate) fn severity(&self, stage: &EvaluatedStage) -> Option<Severity> {
        stage.result.iter().flatten().filter_map(|finding| stage.severity(finding, self.at)).max()
    }
}

impl ScanResults {
    /// The checks of stages that are shown.
    pub(crate) fn shown_checks(&self) -> BTreeSet<Check> {
        self.shown(&self.checks.stage)
    }

    /// Those of these checks that are shown.
    pub(crate) fn shown(&self, checks: &BTreeSet<Check>) -> BTreeSet<Check> {
        checks.iter().copied().filter(|check| self.filter.shows_check(*check)).collect()
    }

    /// The stage's findings that are shown, passed or failed.
    pub(crate) fn findings<'a>(
        &self,
        scanned: &ScannedAccountRegion,
        stage: &'a EvaluatedStage,
    ) -> Vec<&'a Finding> {
        let findings = stage.result.as_deref().unwrap_or_default();
        findings.iter().filter(|finding| self.filter.shows_finding(stage, finding, scanned.at)).collect()
    }

    /// The stage's failed findings that are shown, worst severity and most urgent first, and the
    /// number of failed findings that are not shown.
    pub(crate) fn failed<'a>(
        &self,
        scanned: &ScannedAccountRegion,
        stage: &'a EvaluatedStage,
    ) -> (Vec<&'a Finding>, usize) {
        let mut failed = self.findings(scanned, stage);
        failed.retain(|finding| finding.verdict() == Verdict::Failed);
        failed.sort_by_key(|finding| (Reverse(stage.severity(finding, scanned.at)), finding.urgency()));
        let left_out = failed_checks(stage).count().saturating_sub(failed.len());
        (failed, left_out)
    }

    /// What probes show about the stage's backends, if that is shown.
    pub(crate) fn backend_enforced<'a>(
        &'a self,
        scanned: &ScannedAccountRegion,
        stage: &EvaluatedStage,
    ) -> Option<BackendEnforced<'a>> {
        self.probed().shown(&scanned.place(), stage)
    }

    pub(crate) fn probed(&self) -> Probed<'_> {
        Probed { probes: self.probes.as_ref(), filter: &self.filter }
    }

    /// How many of the backends enforce the certificate, over all stages.
    pub(crate) fn enforcing(&self) -> Option<Enforcing> {
        enforcing(self.probed(), self.places())
    }

    /// All evaluated stages.
    pub(crate) fn places(&self) -> impl Iterator<Item = (Place<'_>, &EvaluatedStage)> {
        self.scanned
            .iter()
            .flat_map(|scanned| scanned.scan.stages.iter().map(move |stage| (scanned.place(), stage)))
    }

    /// The figures of all rotations; `None` if there are none.
    pub(crate) fn rotations(&self) -> Option<RotationFigures> {
        Rotations::figures(self.scanned.iter().map(|scanned| &scanned.scan.rotations))
    }

    /// The worst severity of the failed findings that are shown, with that of the backends.
    pub(crate) fn worst(&self, scanned: &ScannedAccountRegion, stage: &EvaluatedStage) -> Option<Severity> {
        let of_backends = self.backend_enforced(scanned, stage).and_then(|found| found.severity);
        self.severity(scanned, stage).max(of_backends)
    }

    /// The worst severity of the failed findings that are shown.
    pub(crate) fn severity(
        &self,
        scanned: &ScannedAccountRegion,
        stage: &EvaluatedStage,
    ) -> Option<Severity> {
        let findings = self.findings(scanned, stage).into_iter();
        findings.filter_map(|finding| stage.severity(finding, scanned.at)).max()
    }

    /// The stages to list, for formats with one entry per stage.
    pub(crate) fn stages<'a>(
        &'a self,
        scanned: &'a ScannedAccountRegion,
    ) -> impl Iterator<Item = &'a EvaluatedStage> {
        scanned.scan.stages.iter().filter(|stage| self.lists(scanned, stage))
    }

    fn lists(&self, scanned: &ScannedAccountRegion, stage: &EvaluatedStage) -> bool {
        self.probed().lists(&scanned.place(), stage)
    }

    /// The stages whose findings are shown, for formats with one entry per check.
    pub(crate) fn stages_of_checks<'a>(
        &'a self,
        scanned: &'a ScannedAccountRegion,
    ) -> impl Iterator<Item = &'a EvaluatedStage> {
        scanned.scan.stages.iter().filter(|stage| self.filter.keeps(stage, scanned.at))
    }

    /// The most urgent of the stages to list that fail: the worst severity, then the earliest date.
    pub(crate) fn most_urgent(&self) -> Option<(&ScannedAccountRegion, &EvaluatedStage)> {
        let of_scan = |scanned| self.stages(scanned).map(move |stage| (scanned, stage));
        let stages = self.scanned.iter().flat_map(of_scan);
        let failed = stages.filter_map(|(scanned, stage)| {
            let severity = self.severity(scanned, stage)?;
            let date = (stage.not_after.is_none(), stage.not_after);
            Some(((Reverse(severity), date, &scanned.account_region, &stage.stage.arn), (scanned, stage)))
        });
        failed.min_by(|(one, _), (other, _)| one.cmp(other)).map(|(_, found)| found)
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
            let of_backends = self.probed().finding(&scanned.place(), stage);
            let of_backends = of_backends.and_then(|found| found.severity);
            summary.severities.count(scanned.severity(stage).max(of_backends));
            if !self.lists(scanned, stage) {
                summary.left_out.count(stage.compliance_type());
            }
        }
        summary.front_door = self.front_door_summary(scanned);
        summary
    }

    /// Whether any finding counts for the exit status.
    pub(crate) fn fails(&self, fail_on: &[FailOn]) -> bool {
        let gate = Gate { fail_on, filter: &self.filter };
        let fails = |scanned: &ScannedAccountRegion, stage| {
            gate.fails(stage, scanned.at) || self.probed().counts(&gate, &scanned.place(), stage)
        };
        self.scanned.iter().any(|scanned| {
            scanned.scan.stages.iter().any(|stage| fails(scanned, stage))
                || scanned.front_door().iter().any(|resource| gate.fails_resource(resource, scanned.at))
        })
    }

    /// All failures, for standard error and the exit status.
    pub(crate) fn into_failures(self) -> Vec<Failure> {
        let of_scans = self.scanned.into_iter().flat_map(|scanned| scanned.scan.failures);
        self.failures.into_iter().chain(of_scans).collect()
    }

    /// A line about what the filter leaves out; `None` without a filter.
    pub(crate) fn left_out(&self, summary: &Summary) -> Option<String> {
        let options = self.filter.options()?;
        let mut parts = Vec::new();
        if summary.shows_stages() {
            let Counts { stages, non_compliant, .. } = summary.left_out;
            parts.push(format!("{stages} stages left out, {non_compliant} NON_COMPLIANT"));
        }
        if let Some(FrontDoorSummary { left_out, .. }) = &summary.front_door {
            let FrontDoorCounts { resources, non_compliant, .. } = left_out;
            parts.push(format!("{resources} APIs and domains left out, {non_compliant} NON_COMPLIANT"));
        }
        Some(format!("{options}: {}", parts.join("; ")))
    }
}

fn failed_checks(stage: &EvaluatedStage) -> impl Iterator<Item = Check> {
    let findings = stage.result.as_deref().unwrap_or_default();
    findings.iter().filter(|finding| finding.verdict() == Verdict::Failed).map(Finding::check)
}
