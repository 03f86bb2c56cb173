//! `stagecert report`: the results of a scan as a single self-contained HTML file.

mod backends;
mod changes;
mod chart;
mod failed;
mod figures;
pub(super) mod front_door;
mod kinds;
mod named_backends;
mod not_evaluated;
mod owner_remedy;
mod page;
pub(super) mod remedy;
mod rows;
pub(super) mod shell;
mod stage_commands;
mod step;
mod text;
mod unused;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::Timestamp;
use stagecert::Failure;
use stagecert::checks::severity::Severity;
use stagecert::evaluation::compliance::ComplianceType;
use stagecert::evaluation::evaluated::EvaluatedStage;
use stagecert::parameters::Parameters;
use stagecert::quote::printable;
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::backend::StageBackends;
use stagecert::resources::stage_arn::StageArn;
use stagecert::scan::Scan;
use stagecert::scan::backends::BackendInventory;
use stagecert::scan::figures::Observation;
use stagecert::snapshot::Names;

use crate::args::ReportArgs;
use crate::chosen::ChosenChecks;
use crate::exit_status::ExitStatus;
use crate::gate::Gate;
use crate::input;
use crate::output::{self, Access};
use crate::probed::{self, Place, Probed};
use crate::reading::Reading;
use crate::scan_results::ScannedAccountRegion;
use crate::source::{self, Evaluated, Source, refused};

/// The scan of one account and Region.
pub(crate) struct Reported {
    pub(crate) account_region: AccountRegion,
    /// The instant for which the stages were evaluated.
    pub(crate) at: Timestamp,
    pub(crate) scan: Scan,
    /// The names of APIs and descriptions of certificates, as far as they are known.
    pub(crate) names: Names,
    /// The backends, if they were read.
    pub(crate) backends: Option<BackendInventory>,
}

impl Reported {
    fn new(Source { scanned, names }: Source) -> Self {
        let ScannedAccountRegion { account_region, at, scan, backends } = scanned;
        Self { account_region, at, scan, names, backends }
    }

    /// The name of the API of a stage, if it is known.
    fn api_name(&self, stage: &StageArn) -> Option<&str> {
        self.scan.api_name(stage).or_else(|| self.names.of_api(stage))
    }

    /// The account and Region, the instant, and what is deployed if that was read.
    fn place(&self) -> Place<'_> {
        Place { account_region: &self.account_region, at: self.at, backends: self.backends.as_ref() }
    }

    /// The backends of a stage, if they were read.
    fn backends_of(&self, stage: &StageArn) -> Option<&StageBackends> {
        self.backends.as_ref()?.of_stage(stage)
    }

    /// The worst severity of a stage's failed checks.
    fn severity(&self, stage: &EvaluatedStage) -> Option<Severity> {
        stage.result.iter().flatten().filter_map(|finding| stage.severity(finding, self.at)).max()
    }

    fn observation(&self) -> Observation<'_> {
        Observation { account_region: &self.account_region, at: self.at, scan: &self.scan }
    }
}

pub(crate) async fn run(args: &ReportArgs, out: &mut String) -> Result<ExitStatus, Failure> {
    let parameters = args.parameters.parameters()?;
    let filter = args.filter.filter(&ChosenChecks::of(&parameters, args.front_door))?;
    let inputs =
        args.source.snapshot.iter().chain(&args.probes).chain(&args.since).chain(args.parameters.files());
    output::ensure_is_no_input(Some(&args.output), inputs)?;
    let files = probed::read(&args.probes, args.quiet)?;
    let probed = Probed { probes: files.as_ref(), filter: &filter };
    let Evaluated { sources, failures: outside, checks, .. } =
        source::scan_and_read(&args.source, &args.parameters, None, reading(args), args.quiet).await?;
    let reports: Vec<Reported> = sources.into_iter().map(Reported::new).collect();
    let earlier = earlier(args, &reports, &parameters).await?;
    let rule = page::Rule { parameters: &parameters, given: args.parameters.pairs()?, checks: &checks };
    let page = page::render(&reports, &outside, &earlier, rule, probed)
        .map_err(|error| Failure::NotSupported(format!("this report: {error}").into()))?;
    output::write_or_print(&args.output, &page, Access::Umask, out)?;
    if !args.quiet && args.output.as_os_str() != "-" {
        let path = args.output.display().to_string();
        let _ =
            writeln!(out, "{}: {}, {} kB", printable(&path), results(&reports), page.len().div_ceil(1000));
    }

    let gate = Gate { fail_on: &[], filter: &filter };
    let fails = |report: &Reported, stage: &EvaluatedStage| {
        gate.fails(stage, report.at) || probed.counts(&gate, &report.place(), stage)
    };
    let has_failed = |report: &Reported| {
        let front_door = report.scan.front_door.iter().flat_map(|it| &it.resources);
        report.scan.stages.iter().any(|stage| fails(report, stage))
            || front_door.into_iter().any(|resource| gate.fails_resource(resource, report.at))
    };
    let something_failed = reports.iter().any(has_failed);
    let about = probed::ensure_about(probed, places(&reports), false);
    let of_scans = reports.into_iter().flat_map(|report| report.scan.failures);
    let failures = of_scans.chain(outside).chain(about.err()).collect();
    match Failure::from_all(failures) {
        Some(failure) => Err(failure),
        None if something_failed => Ok(ExitStatus::SomethingFailed),
        None => Ok(ExitStatus::NothingFailed),
    }
}

/// Backends are in the report if that needs no further exports, or on request.
fn reading(args: &ReportArgs) -> Reading {
    let with_backends = args.backends || !args.source.is_live();
    Reading::RESULTS.with_backends(with_backends).with_front_door(args.front_door)
}

/// All evaluated stages.
fn places(reports: &[Reported]) -> impl Iterator<Item = (Place<'_>, &EvaluatedStage)> {
    reports.iter().flat_map(|report| report.scan.stages.iter().map(move |stage| (report.place(), stage)))
}

/// The earlier snapshots, of files and folders. In a folder, snapshots of other accounts and
/// Regions, and those that are not earlier than the report's, are skipped.
async fn earlier(
    args: &ReportArgs,
    reports: &[Reported],
    parameters: &Parameters,
) -> Result<Vec<Reported>, Failure> {
    let mut earlier = Vec::new();
    let mut seen = BTreeSet::new();
    for path in &args.since {
        let is_folder = path.is_dir();
        let mut skipped = 0;
        for file in input::snapshot_files(path)? {
            let snapshot = input::snapshot(&file)?;
            let (of, at) = (snapshot.account_region(), snapshot.taken_at);
            let now = reports.iter().find(|now| now.account_region == of);
            let allowed = match now {
                None => "an account and Region that is in the report",
                Some(now) if at >= now.at || seen.contains(&(of.clone(), at)) => {
                    "snapshots that are earlier than the report's, each given once"
                }
                Some(_) => {
                    seen.insert((of, at));
                    earlier
                        .push(Reported::new(source::evaluate(&snapshot, parameters, Reading::RESULTS).await));
                    continue;
                }
            };
            if !is_folder {
                let scanned = ScannedAccountRegion::of(of, at, Ok((Scan::default(), None)));
                return Err(refused(&file, &scanned, allowed));
            }
            skipped += 1;
        }
        if skipped > 0 && !args.quiet {
            output::note(&format!(
                "{}: {skipped} snapshots skipped, which are of other accounts and Regions or not earlier than the report",
                path.display()
            ));
        }
    }
    Ok(earlier)
}

/// The number of stages, APIs and domains, and of those that need attention, regardless of the
/// filter.
fn results(reports: &[Reported]) -> String {
    let has_failed = |compliance_type| compliance_type == ComplianceType::NonCompliant;
    let all = || reports.iter().flat_map(|report| &report.scan.stages);
    let failed = all().filter(|stage| has_failed(stage.compliance_type())).count();
    let stages = format!("{} stages, {failed} NON_COMPLIANT", all().count());
    if reports.iter().all(|report| report.scan.front_door.is_none()) {
        return stages;
    }
    let scans = || reports.iter().filter_map(|report| report.scan.front_door.as_ref());
    let all = || scans().flat_map(|scan| &scan.resources);
    let failed = all().filter(|resource| has_failed(resource.compliance_type())).count();
    format!("{stages}; front door: {} APIs and domains, {failed} NON_COMPLIANT", all().count())
}
