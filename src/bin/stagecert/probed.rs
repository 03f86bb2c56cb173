//! What the results of `stagecert probe` add to a scan.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use stagecert::Failure;
use stagecert::checks::severity::Severity;
use stagecert::checks::verdict::Verdict;
use stagecert::evaluation::evaluated::EvaluatedStage;
use stagecert::resources::account_region::AccountRegion;
use stagecert::scan::backend_enforced::{BackendEnforced, Enforcing, Probes};
use stagecert::scan::backends::BackendInventory;
use stagecert::scan::probes::ProbeFile;

use crate::filter::Filter;
use crate::gate::Gate;
use crate::{input, output};

/// Where and when a stage was evaluated, and what is deployed there if that was read.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) account_region: &'a AccountRegion,
    pub(crate) at: Timestamp,
    pub(crate) backends: Option<&'a BackendInventory>,
}

/// The results of probes, as far as the filter shows them.
#[derive(Clone, Copy)]
pub(crate) struct Probed<'a> {
    /// `None` without `--probes`.
    pub(crate) probes: Option<&'a Probes>,
    pub(crate) filter: &'a Filter,
}

impl<'a> Probed<'a> {
    /// What probes show about the backends of a stage.
    pub(crate) fn finding(self, place: &Place<'_>, stage: &EvaluatedStage) -> Option<BackendEnforced<'a>> {
        let arn = &stage.stage.arn;
        let deployed = place.backends.and_then(|backends| backends.of_stage(arn));
        self.probes?.finding(place.account_region, arn, deployed, place.at)
    }

    /// The finding, if it is shown. `--only` shows only the checks that it names.
    pub(crate) fn shown(self, place: &Place<'_>, stage: &EvaluatedStage) -> Option<BackendEnforced<'a>> {
        let found = self.finding(place, stage).filter(|_| self.filter.only.is_none())?;
        let is_minor = found.severity.zip(self.filter.severity).is_some_and(|(it, least)| it < least);
        (!is_minor).then_some(found)
    }

    /// The severity of the finding, if it is shown and failed.
    pub(crate) fn severity(self, place: &Place<'_>, stage: &EvaluatedStage) -> Option<Severity> {
        self.shown(place, stage).and_then(|found| found.severity)
    }

    /// Whether formats with one entry per stage list a stage.
    pub(crate) fn lists(self, place: &Place<'_>, stage: &EvaluatedStage) -> bool {
        let fails = || self.severity(place, stage).is_some();
        self.filter.lists(stage, place.at) || (self.filter.is_owned(stage) && fails())
    }

    /// Whether the finding counts for the exit status.
    pub(crate) fn counts(self, gate: &Gate<'_>, place: &Place<'_>, stage: &EvaluatedStage) -> bool {
        self.finding(place, stage)
            .and_then(|found| found.severity)
            .is_some_and(|severity| gate.counts_backends(severity))
    }
}

/// The findings of these stages, for the key figure; the filter doesn't affect it.
pub(crate) fn enforcing<'a>(
    probed: Probed<'a>,
    stages: impl IntoIterator<Item = (Place<'a>, &'a EvaluatedStage)>,
) -> Option<Enforcing> {
    let finding = |(place, stage): (Place<'a>, &'a EvaluatedStage)| {
        Some((place.account_region, probed.finding(&place, stage)?))
    };
    Enforcing::of(stages.into_iter().filter_map(finding))
}

/// Fails if the results say nothing about these stages: a gate that matched nothing must not pass.
/// `must_show` asks for at least one stage that passed or failed.
///
/// # Errors
/// `Malformed` for `--probes`.
pub(crate) fn ensure_about<'a>(
    probed: Probed<'a>,
    stages: impl IntoIterator<Item = (Place<'a>, &'a EvaluatedStage)>,
    must_show: bool,
) -> Result<(), Failure> {
    if probed.probes.is_none() {
        return Ok(());
    }
    let findings: Vec<Verdict> = stages
        .into_iter()
        .filter_map(|(place, stage)| Some(probed.finding(&place, stage)?.verdict))
        .collect();
    let problem = if findings.is_empty() {
        "no result is about a stage of this scan; allowed: the JSON of `stagecert probe` on the same accounts and Regions"
    } else if must_show && !findings.iter().any(|it| matches!(it, Verdict::Passed | Verdict::Failed)) {
        "no result shows whether a stage's backends enforce the certificate, so --fail-on backend-enforced can't fail"
    } else {
        return Ok(());
    };
    Err(Failure::Malformed { field: "--probes".into(), problem: problem.into() })
}

/// The results in these files; `None` without any file.
///
/// # Errors
/// `File` or `Malformed`, with the name of the file.
pub(crate) fn read(paths: &[PathBuf], quiet: bool) -> Result<Option<Probes>, Failure> {
    if paths.is_empty() {
        return Ok(None);
    }
    let files: Result<Vec<_>, Failure> = paths.iter().map(|path| file(path)).collect();
    let probes = Probes::of(files?);
    match probes.without_stage() {
        0 => {}
        _ if quiet => {}
        count => output::note(&format!(
            "--probes: {count} results of single URLs name no stage, so they don't count; to probe the backends of \
             stages, use `stagecert probe` with an account or a snapshot"
        )),
    }
    Ok(Some(probes))
}

/// The results in a file, none of which may be from the future.
///
/// # Errors
/// `File` or `Malformed`, with the name of the file.
pub(crate) fn file(path: &Path) -> Result<ProbeFile, Failure> {
    // The clocks of two machines may differ.
    input::probes(path, crate::clock::now() + SignedDuration::from_hours(1))
}
