use std::collections::BTreeSet;
use std::fmt::Write as _;

use stagecert::Failure;
use stagecert::checks::Check;
use stagecert::parameters::Parameters;
use stagecert::quote::printable;
use stagecert::scan::scan;
use stagecert::snapshot::SnapshotAccount;

use crate::args::{ScanArgs, ShowArgs};
use crate::exit_status::ExitStatus;
use crate::output::{self, Access};
use crate::scan_results::{Scanned, ScannedAccountRegion};
use crate::terminal::Look;
use crate::{fleet, input};

pub(crate) async fn run(args: &ScanArgs, out: &mut String) -> Result<ExitStatus, Failure> {
    let parameters = args.parameters.parameters()?;
    let only = chosen("--only", &args.show.only, &parameters)?;
    let fail_on = chosen("--fail-on", &args.show.fail_on, &parameters)?;

    let (places, failures) = if let Some(snapshot) = snapshot(args)? {
        let (account_region, at) = (snapshot.account_region(), snapshot.taken_at);
        let evaluated = scan(&SnapshotAccount::new(&snapshot, &account_region), &parameters, at).await;
        (vec![ScannedAccountRegion::of(account_region, at, evaluated)], vec![])
    } else {
        fleet::scan(&args.live, &args.parameters, args.show.quiet).await?
    };
    let scanned = Scanned { places, failures, checks: parameters.checks, only };

    let something_failed = scanned.has_failed(fail_on.as_ref().unwrap_or(&scanned.checks));
    let shown = show(&args.show, &scanned, out);
    let mut failures = scanned.into_failures();
    failures.extend(shown.err());
    match Failure::from_all(failures) {
        Some(failure) => Err(failure),
        None if something_failed => Ok(ExitStatus::SomethingFailed),
        None => Ok(ExitStatus::NothingFailed),
    }
}

/// The checks that an option names, if it names any. One that was not asked would never have failed.
fn chosen(
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

/// The page to where it goes. Beside a file, and where a format has no place for it, what is not on the page is said.
fn show(args: &ShowArgs, scanned: &Scanned, out: &mut String) -> Result<(), Failure> {
    let summary = scanned.summary();
    let excluded = scanned.excluded(&summary);
    let Some(path) = args.output.as_deref().filter(|path| path.as_os_str() != "-") else {
        if args.quiet {
            return Ok(());
        }
        out.push_str(&args.format.page(scanned, Look::of_stdout())?);
        if let Some(excluded) = excluded.filter(|_| !args.format.tells_what_was_left_out()) {
            output::note(&excluded);
        }
        return Ok(());
    };
    output::write(path, &args.format.page(scanned, Look::PLAIN)?, Access::Umask)?;
    if !args.quiet {
        let _ = writeln!(out, "{}: {summary}", printable(&path.display().to_string()));
        let _ = excluded.map(|excluded| writeln!(out, "{excluded}"));
    }
    Ok(())
}

fn snapshot(args: &ScanArgs) -> Result<Option<stagecert::snapshot::Snapshot>, Failure> {
    match &args.snapshot {
        Some(path) => input::snapshot(path).map(Some),
        None if args.example => input::example().map(Some),
        None => Ok(None),
    }
}
