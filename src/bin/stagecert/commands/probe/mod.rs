//! `stagecert probe`: whether backends answer without API Gateway's client certificate.

mod csv;
mod dry_run;
mod progress;
mod table;

use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

use stagecert::Failure;
use stagecert::probe::{Impostor, Prober, Target, Verification};
use stagecert::quote::printable;
use stagecert::resources::probe_result::{Probe, ProbeVerdict};
use stagecert::scan::probes::ProbeFile;

use crate::args::{ProbeArgs, ProbeFormat};
use crate::exit_status::ExitStatus;
use crate::formats::pretty;
use crate::output::{self, Access};
use crate::terminal::OutputStyle;
use crate::{clock, input};
use progress::Progress;

pub(crate) async fn run(args: &ProbeArgs, out: &mut String) -> Result<ExitStatus, Failure> {
    let prober = prober(args)?;
    let targets = targets(args);
    if args.dry_run {
        show(args, &dry_run::page(&targets), &format!("{} backends, nothing was sent", targets.len()), out)?;
        return Ok(ExitStatus::NothingFailed);
    }
    let results = {
        let mut progress = Progress::over(targets.len(), args.quiet);
        prober.probe_all(targets, |_| progress.advance()).await
    };
    let file = ProbeFile::new(results, Vec::new());
    let is_file = args.output.as_deref().is_some_and(|path| path.as_os_str() != "-");
    let style = if is_file { OutputStyle::PLAIN } else { OutputStyle::of_stdout().or_columns() };
    let page = match args.format() {
        ProbeFormat::Table => table::page(&file.probes, style.with(args.color)),
        ProbeFormat::Json => pretty(&file)?,
        ProbeFormat::Csv => csv::page(&file.probes)?,
    };
    show(args, &page, &Summary::of(&file.probes).to_string(), out)?;
    status(&file.probes)
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

/// The backends to probe. A URL that is given twice is probed once.
fn targets(args: &ProbeArgs) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::new();
    for url in &args.url {
        let target = Target { origin: url.origin.clone(), path: url.path.clone(), stages: Vec::new() };
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    targets
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

/// Fails if a backend may not be contacted, or if none got a verdict: a gate that did not test what
/// it was asked to must not pass.
fn status(probes: &[Probe]) -> Result<ExitStatus, Failure> {
    if probes.iter().any(|it| it.verdict.is_failure()) {
        return Ok(ExitStatus::SomethingFailed);
    }
    let refused = probes.iter().filter(|it| !it.permitted);
    let refused = refused.map(|it| Failure::Malformed { field: it.url.clone(), problem: it.text.clone() });
    if let Some(failure) = Failure::from_all(refused.collect()) {
        return Err(failure);
    }
    if probes.iter().any(|it| it.verdict == ProbeVerdict::Enforced) {
        return Ok(ExitStatus::NothingFailed);
    }
    let problem = format!("no backend got a verdict: {}", Summary::of(probes));
    Err(Failure::Malformed { field: "probe".into(), problem })
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
