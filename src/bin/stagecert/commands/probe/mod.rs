//! `stagecert probe`: whether backends answer without API Gateway's client certificate.

mod csv;
mod dry_run;
mod plan;
mod progress;
mod table;
#[cfg_attr(not(feature = "fleet"), path = "no_through.rs")]
mod through;

use std::collections::BTreeSet;
use std::fmt;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::Arc;

use glob::Pattern;
use stagecert::Failure;
use stagecert::probe::{Impostor, Prober, Verification};
use stagecert::quote::printable;
use stagecert::resources::origin::Origin;
use stagecert::resources::probe_result::{Probe, ProbeVerdict, ProbedStage};
use stagecert::scan::probes::ProbeFile;

use crate::args::{Label, ProbeArgs, ProbeFormat};
use crate::exit_status::ExitStatus;
use crate::formats::pretty;
use crate::output::{self, Access};
use crate::reading::Reading;
use crate::source::{self, Evaluated};
use crate::terminal::OutputStyle;
use crate::{clock, errors, input};
use plan::Plan;
use progress::Progress;
use through::Through;

/// The number of stages or backends that a list names.
const MAX_LISTED: usize = 5;

pub(crate) async fn run(args: &ProbeArgs, out: &mut String) -> Result<ExitStatus, Failure> {
    let inputs = args.source.snapshot.iter().chain(&args.ca_bundle).chain(args.parameters.files());
    output::ensure_is_no_input(args.output.as_deref(), inputs)?;
    if let Some(label) = &args.through.through {
        return through(args, label, out).await;
    }
    let prober = prober(args)?;
    let (plan, mut failures) = plan(args).await?;
    if args.dry_run {
        show(args, &dry_run::page(&plan), &dry_run::summary(&plan), out)?;
        return Failure::from_all(failures).map_or(Ok(ExitStatus::NothingFailed), Err);
    }
    let Plan { targets, private, not_probed, .. } = plan;
    let mut results = {
        let mut progress = Progress::over(targets.len(), args.quiet);
        prober.probe_all(targets, |_| progress.advance()).await
    };
    for probe in &mut results {
        note_private(probe, &private);
    }
    let file = ProbeFile::new(results, not_probed);
    print(args, &file, out)?;
    failures.extend(not_permitted(&file.probes));
    status(&file.probes, failures)
}

/// Makes API Gateway call the backend.
async fn through(args: &ProbeArgs, label: &Label, out: &mut String) -> Result<ExitStatus, Failure> {
    match through::run(&args.through, label, &args.source.live, args.dry_run).await? {
        Through::Described(text) => {
            show(args, &text, "nothing was sent", out)?;
            Ok(ExitStatus::NothingFailed)
        }
        Through::Made(probe, others) => {
            let file = ProbeFile::new(vec![*probe], others);
            print(args, &file, out)?;
            status(&file.probes, Vec::new())
        }
    }
}

/// Writes the results in the format of the options.
fn print(args: &ProbeArgs, file: &ProbeFile, out: &mut String) -> Result<(), Failure> {
    let is_file = args.output.as_deref().is_some_and(|path| path.as_os_str() != "-");
    let style = if is_file { OutputStyle::PLAIN } else { OutputStyle::of_stdout().or_columns() };
    let page = match args.format() {
        ProbeFormat::Table => table::page(file, style.with(args.color)),
        ProbeFormat::Json => pretty(file)?,
        ProbeFormat::Csv => csv::page(file)?,
    };
    show(args, &page, &Summary::of(&file.probes).to_string(), out)
}

/// What to probe, and the failures of reading an account.
async fn plan(args: &ProbeArgs) -> Result<(Plan, Vec<Failure>), Failure> {
    if !args.url.is_empty() {
        return Ok((Plan::of_urls(&args.url), Vec::new()));
    }
    let read = source::scan_and_read(&args.source, &args.parameters, None, Reading::BACKENDS, args.quiet);
    let Evaluated { sources, mut failures, .. } = read.await?;
    let inventories = sources.iter().filter_map(|it| {
        let scanned = &it.scanned;
        Some((&scanned.account_region, scanned.backends.as_ref()?))
    });
    let plan = Plan::of_accounts(inventories, &args.host);
    failures.extend(sources.into_iter().flat_map(|it| it.scanned.scan.failures));
    if !args.dry_run && !plan.targets.is_empty() {
        // A gate must not pass if a host was not tested because of a typo.
        failures.extend(plan.unmatched.iter().map(|glob| Failure::Malformed {
            field: format!("--host {glob}"),
            problem: "no backend to probe matches; --dry-run lists them".into(),
        }));
    }
    if plan.targets.is_empty() && !args.dry_run {
        failures.push(Failure::Malformed {
            field: "--host".into(),
            problem: format!(
                "no backend to probe matches {}; --dry-run lists them",
                args.host.iter().map(Pattern::as_str).collect::<Vec<_>>().join(", ")
            ),
        });
        return Err(Failure::from_all(failures).unwrap_or(Failure::Several(Vec::new())));
    }
    if args.dry_run && !args.quiet {
        for glob in &plan.unmatched {
            output::note(&format!("--host {glob} matches no backend"));
        }
    }
    Ok((plan, failures))
}

/// Adds what is special about a backend that API Gateway calls through a VPC link.
fn note_private(probe: &mut Probe, private: &BTreeSet<Origin>) {
    let is_private = private.iter().any(|it| it.host == probe.host && it.port == probe.port);
    if !is_private {
        return;
    }
    probe.private = true;
    let stage = probe.stages.first().map_or("API/STAGE", |it| it.stage.as_str());
    probe.problems.push(format!(
        "API Gateway calls it through a VPC link, which may lead to another server than its name: use --through {stage}"
    ));
}

fn stages(stages: &[ProbedStage]) -> String {
    list(&stages.iter().map(|it| it.stage.as_str()).collect::<Vec<_>>())
}

/// The names, or the first of them and the number of the others.
fn list(names: &[&str]) -> String {
    let first: Vec<&str> = names.iter().take(MAX_LISTED).copied().collect();
    let mut text = first.join(", ");
    if let Some(more) = names.len().checked_sub(MAX_LISTED).filter(|more| *more > 0) {
        let _ = write!(text, " and {more} more");
    }
    text
}

fn prober(args: &ProbeArgs) -> Result<Prober, Failure> {
    let at = clock::now();
    let verification = match &args.ca_bundle {
        Some(path) => {
            let name = format!("--ca-bundle {}", path.display());
            Verification::new(Some((&name, &input::ca_bundle(path)?)))?
        }
        None => Verification::new(None)?,
    };
    let impostor = args.impostor && !args.dry_run;
    Ok(Prober {
        verification: Arc::new(verification),
        insecure: args.insecure,
        impostor: impostor.then(|| Impostor::generate(at)).transpose()?,
        allow_private: args.allow_private,
        overrides: args.resolve.clone(),
        timeout: args.timeout,
        at,
    })
}

/// Writes the page to standard output or a file. With a file, the summary goes to standard output.
fn show(args: &ProbeArgs, page: &str, summary: &str, out: &mut String) -> Result<(), Failure> {
    let Some(path) = args.output.as_deref().filter(|path| path.as_os_str() != "-") else {
        if !args.quiet {
            out.push_str(page);
        }
        return Ok(());
    };
    output::write(path, page, Access::Umask)?;
    if !args.quiet {
        let _ = writeln!(out, "{}: {summary}", printable(&path.display().to_string()));
    }
    Ok(())
}

/// The backends that may not be contacted. It is an error if no other backend fails: a gate that
/// did not test what it was asked to must not pass.
fn not_permitted(probes: &[Probe]) -> impl Iterator<Item = Failure> {
    let refused = probes.iter().filter(|it| !it.permitted);
    refused.map(|it| Failure::Malformed { field: it.url.clone(), problem: it.text.clone() })
}

/// Status 1 if a backend fails, even if there are errors, which are then only printed. Otherwise it
/// is an error if no backend got a verdict.
fn status(probes: &[Probe], mut failures: Vec<Failure>) -> Result<ExitStatus, Failure> {
    if probes.iter().any(|it| it.verdict.is_failure()) {
        if let Some(failure) = Failure::from_all(failures) {
            // Fails only if standard error is closed, which is fine.
            let _ = io::stderr().write_all(errors::text(&failure).as_bytes());
        }
        return Ok(ExitStatus::SomethingFailed);
    }
    if failures.is_empty() && !probes.iter().any(|it| it.verdict == ProbeVerdict::Enforced) {
        let problem = format!("no backend got a verdict: {}", Summary::of(probes));
        failures.push(Failure::Malformed { field: "probe".into(), problem });
    }
    Failure::from_all(failures).map_or(Ok(ExitStatus::NothingFailed), Err)
}

/// The number of backends with each verdict.
struct Summary<'a>(&'a [Probe]);

impl<'a> Summary<'a> {
    const fn of(probes: &'a [Probe]) -> Self {
        Self(probes)
    }
}

/// The summary line.
impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        write!(f, "{count} {}", if count == 1 { "backend" } else { "backends" })?;
        let mut separator = ": ";
        for verdict in ProbeVerdict::ALL {
            let count = self.0.iter().filter(|it| it.verdict == verdict).count();
            if count > 0 {
                write!(f, "{separator}{count} {verdict}")?;
                separator = ", ";
            }
        }
        Ok(())
    }
}
