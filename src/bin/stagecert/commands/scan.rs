use std::collections::BTreeSet;
use std::fmt::Write as _;

use stagecert::Failure;
use stagecert::checks::Check;
use stagecert::parameters::Parameters;
use stagecert::quote::printable;

use crate::args::{ScanArgs, ShowArgs};
use crate::exit_status::ExitStatus;
use crate::output::{self, Access};
use crate::scan_results::ScanResults;
use crate::source::{self, Evaluated};
use crate::terminal::OutputStyle;

pub(crate) async fn run(args: &ScanArgs, out: &mut String) -> Result<ExitStatus, Failure> {
    let parameters = args.parameters.parameters()?;
    let only = selected("--only", &args.show.only, &parameters)?;
    let fail_on = selected("--fail-on", &args.show.fail_on, &parameters)?;

    let Evaluated { sources, failures } =
        source::scan(&args.source, &args.parameters, args.show.quiet).await?;
    let scanned = sources.into_iter().map(|source| source.scanned).collect();
    let results = ScanResults { scanned, failures, checks: parameters.checks, only };

    let something_failed = results.has_failed(fail_on.as_ref().unwrap_or(&results.checks));
    let shown = show(&args.show, &results, out);
    let mut failures = results.into_failures();
    failures.extend(shown.err());
    match Failure::from_all(failures) {
        Some(failure) => Err(failure),
        None if something_failed => Ok(ExitStatus::SomethingFailed),
        None => Ok(ExitStatus::NothingFailed),
    }
}

/// The checks that an option names; `None` if it names none. A check that is not run could never
/// fail, so naming one is an error.
fn selected(
    option: &str,
    codes: &[Check],
    parameters: &Parameters,
) -> Result<Option<BTreeSet<Check>>, Failure> {
    match codes.iter().find(|check| !parameters.checks.contains(check)) {
        Some(other) => Err(Failure::Disagreement {
            field: option.into(),
            found: other.to_string(),
            expected_by: "the rule parameter checks".into(),
            expected: parameters.checks.iter().map(|check| check.code()).collect::<Vec<_>>().join(","),
        }),
        None => Ok((!codes.is_empty()).then(|| codes.iter().copied().collect())),
    }
}

/// Writes the results to standard output or a file. With a file, the summary goes to standard
/// output. If the format can't show what `--only` left out, a note on standard error does.
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
