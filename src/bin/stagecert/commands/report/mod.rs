//! `stagecert report`: the results of a scan as a single self-contained HTML file.

mod chart;
mod failed;
mod figures;
mod not_evaluated;
mod page;
pub(super) mod remedy;
mod rows;
pub(super) mod shell;
mod stage_commands;
mod text;
mod unused;

use std::collections::BTreeSet;

use jiff::Timestamp;
use stagecert::Failure;
use stagecert::evaluation::compliance::ComplianceType;
use stagecert::resources::account_region::AccountRegion;
use stagecert::scan::Scan;
use stagecert::scan::figures::Observation;
use stagecert::snapshot::Names;

use crate::args::ReportArgs;
use crate::exit_status::ExitStatus;
use crate::input;
use crate::output::{self, Access};
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
}

impl Reported {
    fn new(Source { scanned, names }: Source) -> Self {
        let ScannedAccountRegion { account_region, at, scan } = scanned;
        Self { account_region, at, scan, names }
    }

    fn observation(&self) -> Observation<'_> {
        Observation { account_region: &self.account_region, at: self.at, scan: &self.scan }
    }
}

pub(crate) async fn run(args: &ReportArgs, out: &mut String) -> Result<ExitStatus, Failure> {
    let parameters = args.parameters.parameters()?;
    let Evaluated { sources, failures: outside, .. } =
        source::scan(&args.source, &args.parameters, args.quiet).await?;
    let reports: Vec<Reported> = sources.into_iter().map(Reported::new).collect();
    let mut earlier = Vec::new();
    let mut seen = BTreeSet::new();
    for path in &args.since {
        let earlier_source = source::evaluate(&input::snapshot(path)?, &parameters).await;
        let scanned = &earlier_source.scanned;
        let Some(now) = reports.iter().find(|now| now.account_region == scanned.account_region) else {
            return Err(refused(path, scanned, "an account and Region that is in the report"));
        };
        if scanned.at >= now.at || !seen.insert((scanned.account_region.clone(), scanned.at)) {
            return Err(refused(
                path,
                scanned,
                "snapshots that are earlier than the report's, each given once",
            ));
        }
        earlier.push(Reported::new(earlier_source));
    }
    let page = page::render(&reports, &outside, &earlier, &parameters, args.parameters.pairs()?)
        .map_err(|error| Failure::NotSupported(format!("this report: {error}").into()))?;
    output::write_or_print(&args.output, &page, Access::Umask, out)?;

    let failed = |stage: &stagecert::evaluation::evaluated::EvaluatedStage| {
        stage.compliance_type() == ComplianceType::NonCompliant
    };
    let something_failed = reports.iter().any(|report| report.scan.stages.iter().any(failed));
    let failures = reports.into_iter().flat_map(|report| report.scan.failures).chain(outside).collect();
    match Failure::from_all(failures) {
        Some(failure) => Err(failure),
        None if something_failed => Ok(ExitStatus::SomethingFailed),
        None => Ok(ExitStatus::NothingFailed),
    }
}
