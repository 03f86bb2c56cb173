use std::fmt::Write as _;

use stagecert::Failure;
use stagecert::quote::printable;

use crate::args::{ScanArgs, ShowArgs, ensure_can_fail};
use crate::exit_status::ExitStatus;
use crate::output::{self, Access};
use crate::scan_results::ScanResults;
use crate::source::{self, Evaluated};
use crate::terminal::OutputStyle;

pub(crate) async fn run(args: &ScanArgs, out: &mut String) -> Result<ExitStatus, Failure> {
    let parameters = args.parameters.parameters()?;
    let filter = args.show.filter.filter(&parameters)?;
    ensure_can_fail(&args.show.fail_on, filter.only.as_ref(), &parameters)?;

    let Evaluated { sources, failures } =
        source::scan(&args.source, &args.parameters, args.show.quiet).await?;
    let scanned = sources.into_iter().map(|source| source.scanned).collect();
    let results = ScanResults { scanned, failures, checks: parameters.checks, filter };

    let something_failed = results.fails(&args.show.fail_on);
    let shown = show(&args.show, &results, out);
    let mut failures = results.into_failures();
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
    let summary = results.summary();
    let left_out = results.left_out(&summary);
    let Some(path) = args.output.as_deref().filter(|path| path.as_os_str() != "-") else {
        if args.quiet {
            return Ok(());
        }
        out.push_str(&args.format.page(results, OutputStyle::of_stdout())?);
        if let Some(left_out) = left_out.filter(|_| !args.format.shows_left_out()) {
            output::note(&left_out);
        }
        return Ok(());
    };
    output::write(path, &args.format.page(results, OutputStyle::PLAIN)?, Access::Umask)?;
    if !args.quiet {
        let _ = writeln!(out, "{}: {summary}", printable(&path.display().to_string()));
        let _ = left_out.map(|left_out| writeln!(out, "{left_out}"));
    }
    Ok(())
}
