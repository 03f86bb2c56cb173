//! `stagecert backends`: the servers behind each stage.

mod csv;
mod json;
mod table;
pub(super) mod words;

use std::fmt;
use std::fmt::Write as _;

use stagecert::Failure;
use stagecert::quote::printable;
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::backend::{Gap, StageBackends};
use stagecert::resources::stage_arn::StageArn;
use stagecert::scan::backends::{ListedBackend, hosts, listed};

use crate::args::{BackendsArgs, BackendsBy, BackendsFormat};
use crate::exit_status::ExitStatus;
use crate::output::{self, Access};
use crate::reading::Reading;
use crate::scan_results::ScannedAccountRegion;
use crate::source::{self, Evaluated};
use crate::terminal::OutputStyle;

pub(crate) async fn run(args: &BackendsArgs, out: &mut String) -> Result<ExitStatus, Failure> {
    let inputs = args.source.snapshot.iter().chain(args.parameters.files());
    output::ensure_is_no_input(args.output.as_deref(), inputs)?;
    let Evaluated { sources, failures: outside, .. } =
        source::scan_and_read(&args.source, &args.parameters, None, Reading::BACKENDS, args.quiet).await?;
    let scanned: Vec<ScannedAccountRegion> = sources.into_iter().map(|source| source.scanned).collect();
    let page = Page::of(&scanned, &outside, args);
    let shown = show(args, &page, out);
    let mut failures: Vec<Failure> = outside;
    failures.extend(scanned.into_iter().flat_map(|scanned| scanned.scan.failures));
    failures.extend(shown.err());
    match Failure::from_all(failures) {
        Some(failure) => Err(failure),
        None => Ok(ExitStatus::NothingFailed),
    }
}

/// Writes the page to standard output or a file. With a file, the summary goes to standard output.
fn show(args: &BackendsArgs, page: &Page<'_>, out: &mut String) -> Result<(), Failure> {
    let text = |style: OutputStyle| match args.format() {
        BackendsFormat::Table => Ok(table::page(page, args.by, style)),
        BackendsFormat::Json => json::page(page),
        BackendsFormat::Csv => csv::page(page),
    };
    let Some(path) = args.output.as_deref().filter(|path| path.as_os_str() != "-") else {
        if !args.quiet {
            out.push_str(&text(OutputStyle::of_stdout().or_columns().with(args.color))?);
        }
        return Ok(());
    };
    output::write(path, &text(OutputStyle::PLAIN.with(args.color))?, Access::Umask)?;
    if !args.quiet {
        let _ = writeln!(out, "{}: {}", printable(&path.display().to_string()), page.summary());
    }
    Ok(())
}

/// A stage with its account and Region.
struct Place<'a> {
    scanned: &'a ScannedAccountRegion,
    stage: &'a StageArn,
}

/// What every format shows.
struct Page<'a> {
    scanned: &'a [ScannedAccountRegion],
    backends: Vec<ListedBackend<'a>>,
    /// Why stages may have backends that are not listed.
    gaps: Vec<(Place<'a>, &'a Gap)>,
    /// The stages whose integrations could not be read.
    not_read: Vec<Place<'a>>,
    failures: Vec<&'a Failure>,
}

impl<'a> Page<'a> {
    fn of(scanned: &'a [ScannedAccountRegion], outside: &'a [Failure], args: &BackendsArgs) -> Self {
        let with = || scanned.iter().filter_map(|it| Some((it, it.backends.as_ref()?)));
        let inventories = with().map(|(it, inventory)| (&it.account_region, inventory.stages.as_slice()));
        let mut backends = listed(inventories, &args.own_domain);
        if args.by == BackendsBy::Host {
            backends =
                hosts(&backends).into_iter().flat_map(|host| host.backends).cloned().collect::<Vec<_>>();
        }
        let gaps = with().flat_map(|(scanned, inventory)| {
            let of_stage = move |stage: &'a StageBackends| {
                stage.gaps.iter().map(move |gap| (Place { scanned, stage: &stage.stage }, gap))
            };
            inventory.stages.iter().flat_map(of_stage)
        });
        let not_read = with().flat_map(|(scanned, inventory)| {
            inventory.not_read.iter().map(move |stage| Place { scanned, stage })
        });
        let of_scans = scanned.iter().flat_map(|scanned| &scanned.scan.failures);
        Self {
            scanned,
            backends,
            gaps: gaps.collect(),
            not_read: not_read.collect(),
            failures: outside.iter().chain(of_scans).collect(),
        }
    }

    /// The name of the API of a stage, if it is known. It is untrusted text.
    fn api_name(&self, account_region: &AccountRegion, stage: &StageArn) -> Option<&'a str> {
        let scanned = self.scanned.iter().find(|it| it.account_region == *account_region)?;
        scanned.api_name(stage)
    }

    fn is_complete(&self) -> bool {
        self.not_read.is_empty() && self.failures.is_empty()
    }

    fn summary(&self) -> Summary {
        let inventories = self.scanned.iter().filter_map(|it| it.backends.as_ref());
        let stages = inventories.flat_map(|inventory| &inventory.stages);
        let (mut with, mut without, mut unknown) = (0, 0, 0);
        for stage in stages {
            match (stage.backends.is_empty(), stage.gaps.is_empty()) {
                (false, _) => with += 1,
                (true, true) => without += 1,
                (true, false) => unknown += 1,
            }
        }
        let hosts = hosts(&self.backends).len();
        Summary { with, without, unknown, hosts, not_read: self.not_read.len(), errors: self.failures.len() }
    }
}

/// The number of stages and hosts.
#[derive(Clone, Copy, serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    /// Stages with HTTP backends.
    #[serde(rename = "withBackends")]
    with: usize,
    /// Stages that call no HTTP backend.
    #[serde(rename = "withoutBackends")]
    without: usize,
    /// Stages without listed backends that may have some.
    unknown: usize,
    /// Different hosts and ports.
    hosts: usize,
    not_read: usize,
    errors: usize,
}

/// The summary line.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { with, without, unknown, hosts, not_read, errors } = self;
        let stages = with + without + unknown;
        write!(f, "{stages} stages: {with} with HTTP backends on {hosts} hosts, {without} without")?;
        if *unknown > 0 {
            write!(f, ", {unknown} unknown")?;
        }
        if *not_read > 0 || *errors > 0 {
            write!(f, "; INCOMPLETE (stages not read: {not_read}, errors: {errors})")?;
        }
        Ok(())
    }
}
