//! What the results of `stagecert probe` add to a scan.

use std::path::PathBuf;

use jiff::Timestamp;
use stagecert::Failure;
use stagecert::checks::severity::Severity;
use stagecert::evaluation::evaluated::EvaluatedStage;
use stagecert::resources::account_region::AccountRegion;
use stagecert::scan::backend_enforced::{BackendEnforced, Probes};

use crate::filter::Filter;
use crate::gate::Gate;
use crate::{input, output};

/// The results of probes, as far as the filter shows them.
#[derive(Clone, Copy)]
pub(crate) struct Probed<'a> {
    /// `None` without `--probes`.
    pub(crate) probes: Option<&'a Probes>,
    pub(crate) filter: &'a Filter,
}

impl<'a> Probed<'a> {
    /// What probes show about the backends of a stage that was evaluated at the instant `at`.
    pub(crate) fn finding(
        self,
        place: &AccountRegion,
        stage: &EvaluatedStage,
        at: Timestamp,
    ) -> Option<BackendEnforced<'a>> {
        self.probes?.finding(place, &stage.stage.arn, at)
    }

    /// The finding, if it is shown. `--only` shows only the checks that it names.
    pub(crate) fn shown(
        self,
        place: &AccountRegion,
        stage: &EvaluatedStage,
        at: Timestamp,
    ) -> Option<BackendEnforced<'a>> {
        let found = self.finding(place, stage, at).filter(|_| self.filter.only.is_none())?;
        let is_minor = found.severity.zip(self.filter.severity).is_some_and(|(it, least)| it < least);
        (!is_minor).then_some(found)
    }

    /// The severity of the finding, if it is shown and failed.
    pub(crate) fn severity(
        self,
        place: &AccountRegion,
        stage: &EvaluatedStage,
        at: Timestamp,
    ) -> Option<Severity> {
        self.shown(place, stage, at).and_then(|found| found.severity)
    }

    /// Whether formats with one entry per stage list a stage.
    pub(crate) fn lists(self, place: &AccountRegion, stage: &EvaluatedStage, at: Timestamp) -> bool {
        let fails = || self.severity(place, stage, at).is_some();
        self.filter.lists(stage, at) || (self.filter.is_owned(stage) && fails())
    }

    /// Whether the finding counts for the exit status.
    pub(crate) fn counts(
        self,
        gate: &Gate<'_>,
        place: &AccountRegion,
        stage: &EvaluatedStage,
        at: Timestamp,
    ) -> bool {
        self.finding(place, stage, at)
            .and_then(|found| found.severity)
            .is_some_and(|severity| gate.counts_backends(severity))
    }
}

/// The results in these files; `None` without any file.
///
/// # Errors
/// `File` or `Malformed`, with the name of the file.
pub(crate) fn read(paths: &[PathBuf], quiet: bool) -> Result<Option<Probes>, Failure> {
    if paths.is_empty() {
        return Ok(None);
    }
    let files: Result<Vec<_>, Failure> = paths.iter().map(|path| input::probes(path)).collect();
    let probes = Probes::of(files?);
    match probes.without_stage() {
        0 => {}
        _ if quiet => {}
        count => output::note(&format!(
            "--probes: {count} results of single URLs name no stage, so they count only for the key figure; to \
             probe the backends of stages, use `stagecert probe` with an account or a snapshot"
        )),
    }
    Ok(Some(probes))
}
