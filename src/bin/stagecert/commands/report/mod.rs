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
use std::path::Path;

use jiff::Timestamp;
use stagecert::Failure;
use stagecert::evaluation::compliance::ComplianceType;
use stagecert::parameters::Parameters;
use stagecert::resources::account_region::AccountRegion;
use stagecert::scan::figures::Observation;
use stagecert::scan::{Scan, scan};
use stagecert::snapshot::{Names, Snapshot, SnapshotAccount};

use crate::args::ReportArgs;
use crate::exit_status::ExitStatus;
use crate::output::{self, Access};
use crate::scan_results::ScannedAccountRegion;
use crate::{fleet, input};

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
    /// The scan of a live account, in which the names are not known.
    fn of_live(ScannedAccountRegion { account_region, at, scan }: ScannedAccountRegion) -> Self {
        Self { account_region, at, scan, names: Names::default() }
    }

    fn observation(&self) -> Observation<'_> {
        Observation { account_region: &self.account_region, at: self.at, scan: &self.scan }
    }
}

pub(crate) async fn run(args: &ReportArgs, out: &mut String) -> Result<ExitStatus, Failure> {
    let parameters = args.parameters.parameters()?;
    let mut reports = Vec::new();
    if args.example {
        reports.push(evaluate(&input::example()?, &parameters).await?);
    }
    for path in &args.snapshot {
        let report = evaluate(&input::snapshot(path)?, &parameters).await?;
        if reports.iter().any(|other: &Reported| other.account_region == report.account_region) {
            return Err(refused(
                path,
                &report,
                "one snapshot per account and Region; use --since for earlier ones",
            ));
        }
        reports.push(report);
    }
    let mut outside = Vec::new();
    if args.snapshot.is_empty() && !args.example {
        let (scanned, failures) = fleet::scan(&args.live, &args.parameters, false).await?;
        reports.extend(scanned.into_iter().map(Reported::of_live));
        outside = failures;
    }
    let mut earlier = Vec::new();
    let mut seen = BTreeSet::new();
    for path in &args.since {
        let report = evaluate(&input::snapshot(path)?, &parameters).await?;
        let Some(now) = reports.iter().find(|now| now.account_region == report.account_region) else {
            return Err(refused(path, &report, "an account and Region that is in the report"));
        };
        if report.at >= now.at || !seen.insert((report.account_region.clone(), report.at)) {
            return Err(refused(
                path,
                &report,
                "snapshots that are earlier than the report's, each given once",
            ));
        }
        earlier.push(report);
    }
    let page = page::render(&reports, &outside, &earlier, &parameters, args.parameters.pairs())
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

async fn evaluate(snapshot: &Snapshot, parameters: &Parameters) -> Result<Reported, Failure> {
    let (account_region, at) = (snapshot.account_region(), snapshot.taken_at);
    let scan = scan(&SnapshotAccount::new(snapshot, &account_region), parameters, at).await?;
    Ok(Reported { account_region, at, scan, names: snapshot.names() })
}

fn refused(path: &Path, report: &Reported, allowed: &str) -> Failure {
    Failure::Malformed {
        field: path.display().to_string(),
        problem: format!("{} at {}; allowed: {allowed}", report.account_region, report.at),
    }
}
