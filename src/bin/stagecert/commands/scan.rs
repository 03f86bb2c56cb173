use std::fmt::Write as _;

use stagecert::Failure;
use stagecert::checks::Check;
use stagecert::quote::printable;

use super::report::shell::quoted;
use crate::args::{ScanArgs, ShowArgs, ensure_can_fail};
use crate::chosen::ChosenChecks;
use crate::exemptions;
use crate::exit_status::ExitStatus;
use crate::formats::Format;
use crate::gate::FailOn;
use crate::output::{self, Access};
use crate::probed;
use crate::reading::Reading;
use crate::scan_results::ScanResults;
use crate::source::{self, Evaluated};
use crate::terminal::OutputStyle;

/// The option that other commands need for an API or a domain.
const FRONT_DOOR: &str = "--front-door";

pub(crate) async fn run(args: &ScanArgs, out: &mut String) -> Result<ExitStatus, Failure> {
    let parameters = args.parameters.parameters()?;
    let inputs = args.source.snapshot.iter().chain(&args.probes).chain(args.parameters.files());
    output::ensure_is_no_input(args.show.output.as_deref(), inputs)?;
    let probes = probed::read(&args.probes, args.show.quiet)?;
    if args.rule.is_none() {
        // Before anything is read.
        let checks = ChosenChecks::of(&parameters, args.front_door);
        let filter = args.show.filter.filter(&checks)?;
        ensure_can_fail(&args.show.fail_on, filter.only.as_ref(), probes.is_some(), &checks)?;
    }
    let rule = args.rule.as_deref();
    // Exports for the backends would slow down a scan of a live account.
    let with_backends = probes.is_some() && !args.source.is_live();
    let reading = Reading::RESULTS.with_backends(with_backends).with_front_door(args.front_door);
    let Evaluated { sources, failures, checks, .. } =
        source::scan_and_read(&args.source, &args.parameters, rule, reading, args.show.quiet).await?;
    let filter = args.show.filter.filter(&checks)?;
    ensure_can_fail(&args.show.fail_on, filter.only.as_ref(), probes.is_some(), &checks)?;
    let scanned = sources.into_iter().map(|source| source.scanned).collect();
    let (sort, group_by) = (args.show.sort, args.show.group_by);
    let mut results =
        ScanResults { scanned, failures, checks, filter, sort, group_by, probes, next_command: None };
    results.next_command = next_command(args, &results);

    if !args.show.quiet {
        for warning in exemptions::warnings(&results.scanned) {
            output::note(&warning);
        }
        let document = args.parameters.exemption_document()?;
        let elsewhere = document.and_then(|it| exemptions::elsewhere(&it, &results.scanned));
        let format = args.show.format();
        if results.probes.is_some() && !matches!(format, Format::Table | Format::Json) {
            output::note(
                "--probes: only the table and JSON show backend-enforced, which also counts for the exit status",
            );
        }
        if let Some(note) = elsewhere {
            output::note(&note);
        }
    }
    let something_failed = results.fails(&args.show.fail_on);
    let shown = show(&args.show, &results, out);
    let must_show = args.show.fail_on.contains(&FailOn::BackendEnforced);
    let about = probed::ensure_about(results.probed(), results.places(), must_show);
    let mut failures = results.into_failures();
    failures.extend(about.err());
    failures.extend(shown.err());
    match Failure::from_all(failures) {
        Some(failure) => Err(failure),
        None if something_failed => Ok(ExitStatus::SomethingFailed),
        None => Ok(ExitStatus::NothingFailed),
    }
}

/// Writes the results to standard output or a file. With a file, the summary goes to standard
/// output. If the format can't show what the filter left out, a note on standard error does.
fn show(args: &ShowArgs, results: &ScanResults, out: &mut String) -> Result<(), Failure> {
    let format = args.format();
    let summary = results.summary();
    let left_out = results.left_out(&summary);
    let Some(path) = args.output.as_deref().filter(|path| path.as_os_str() != "-") else {
        if args.quiet {
            return Ok(());
        }
        let style = OutputStyle::of_stdout().or_columns().with(args.color);
        out.push_str(&format.page(results, style)?);
        if let Some(left_out) = left_out.filter(|_| !format.shows_left_out()) {
            output::note(&left_out);
        }
        return Ok(());
    };
    // A file is not a terminal, so it gets colors only on request.
    let style = OutputStyle::PLAIN.with(args.color);
    output::write(path, &format.page(results, style)?, Access::Umask)?;
    if !args.quiet {
        let _ = writeln!(out, "{}: {summary}", printable(&path.display().to_string()));
        let _ = left_out.map(|left_out| writeln!(out, "{left_out}"));
    }
    Ok(())
}

/// The command that helps most: for the most urgent stage, API or domain, or the report if nothing
/// failed. It reads the same accounts.
fn next_command(args: &ScanArgs, results: &ScanResults) -> Option<String> {
    // Other commands can't read the parameters of a deployed rule.
    let parameters = args.parameters.options().filter(|_| args.rule.is_none());
    let options =
        args.source.options().zip(parameters).map(|(source, parameters)| [source, parameters].concat());
    let mut words = match (most_urgent(results), &options) {
        (Some(urgent), None) => return Some(format!("stagecert explain {}", urgent.check)),
        (Some(Urgent { label, is_stage, .. }), Some(_)) => {
            let mut words = vec!["fix".to_owned(), label];
            words.extend((!is_stage).then(|| FRONT_DOOR.to_owned()));
            words
        }
        // Errors have their own hints.
        (None, Some(_)) if !results.summary().is_complete() => return None,
        (None, Some(_)) => {
            let mut words = ["report", "--output", "report.html"].map(str::to_owned).to_vec();
            words.extend(args.front_door.then(|| FRONT_DOOR.to_owned()));
            words
        }
        (None, None) => return None,
    };
    words.extend(options.into_iter().flatten());
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    Some(format!("stagecert {}", words.join(" ")))
}

/// The most urgent stage, API or domain, and its most severe check.
struct Urgent {
    label: String,
    check: Check,
    is_stage: bool,
}

fn most_urgent(results: &ScanResults) -> Option<Urgent> {
    let of_stage = results.most_urgent().and_then(|(scanned, stage)| {
        let check = results.failed(scanned, stage).0.first()?.check();
        let urgent = Urgent { label: stage.stage.arn.label(), check, is_stage: true };
        Some((results.severity(scanned, stage), urgent))
    });
    let of_front_door = results.most_urgent_of_front_door().map(|(severity, label, finding)| {
        (Some(severity), Urgent { label, check: finding.check(), is_stage: false })
    });
    // The stage if both are as severe.
    match (of_stage, of_front_door) {
        (Some((of_stage, _)), Some((severity, urgent))) if of_stage < severity => Some(urgent),
        (Some((_, urgent)), _) | (None, Some((_, urgent))) => Some(urgent),
        (None, None) => None,
    }
}
