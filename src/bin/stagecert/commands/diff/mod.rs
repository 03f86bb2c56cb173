//! `stagecert diff`: what changed between two snapshots of the same accounts and Regions.

mod json;
mod markdown;
mod table;

pub(super) use table::replaced;

use std::fmt;
use std::fmt::Write as _;
use std::path::Path;

use jiff::Timestamp;
use stagecert::Failure;
use stagecert::parameters::Parameters;
use stagecert::quote::printable;
use stagecert::resources::account_region::AccountRegion;
use stagecert::scan::difference::{ChangeKind, Difference};
use stagecert::scan::figures::Observation;
use stagecert::scan::{Scan, scan};
use stagecert::snapshot::SnapshotAccount;

use crate::args::{DiffArgs, DiffFormat};
use crate::chosen::ChosenChecks;
use crate::exit_status::ExitStatus;
use crate::gate::Unmatched;
use crate::input;
use crate::output::{self, Access};
use crate::terminal::OutputStyle;

/// A snapshot, evaluated as of the instant at which it was taken.
struct Evaluated {
    account_region: AccountRegion,
    at: Timestamp,
    scan: Scan,
}

impl Evaluated {
    fn observation(&self) -> Observation<'_> {
        Observation { account_region: &self.account_region, at: self.at, scan: &self.scan }
    }
}

pub(crate) async fn run(args: &DiffArgs, out: &mut String) -> Result<ExitStatus, Failure> {
    let parameters = args.parameters.parameters()?;
    let checks = ChosenChecks::of(&parameters, false);
    if let Some(check) = checks.front_door.first() {
        return Err(Failure::NotSupported(format!("{check} in a diff, which compares stages").into()));
    }
    if !args.quiet {
        args.parameters.note_origin()?;
    }
    let before = read(&args.before, &parameters, args.quiet).await?;
    let after = read(&args.after, &parameters, args.quiet).await?;
    ensure_comparable(args, &before, &after)?;
    let results: Vec<Difference<'_>> = after
        .iter()
        .map(|after| {
            let before = before.iter().find(|before| before.account_region == after.account_region);
            Difference::between(before.map(Evaluated::observation), after.observation())
        })
        .collect();
    let failures: Vec<&Failure> = before.iter().chain(&after).flat_map(|it| &it.scan.failures).collect();
    show(args, &results, &failures, out)?;

    let is_regression = results.iter().any(Difference::is_regression);
    drop(results);
    let scans = before.iter().chain(&after).map(|it| &it.scan);
    let unmatched = Unmatched::of(scans, &[], &parameters, &checks).failure();
    let mut failures: Vec<Failure> =
        before.into_iter().chain(after).flat_map(|it| it.scan.failures).collect();
    failures.extend(unmatched);
    match Failure::from_all(failures) {
        Some(failure) => Err(failure),
        None if is_regression => Ok(ExitStatus::SomethingFailed),
        None => Ok(ExitStatus::NothingFailed),
    }
}

/// The snapshots of a file or folder, in the order of their accounts and Regions: the newest of
/// each.
async fn read(path: &Path, parameters: &Parameters, quiet: bool) -> Result<Vec<Evaluated>, Failure> {
    let mut newest: Vec<Evaluated> = Vec::new();
    for file in input::snapshot_files(path)? {
        let snapshot = input::snapshot(&file)?;
        let (account_region, at) = (snapshot.account_region(), snapshot.taken_at);
        let known = newest.iter().position(|known| known.account_region == account_region);
        if let Some(known) = known.and_then(|known| newest.get_mut(known)) {
            if !quiet {
                let (kept, other) = (known.at.max(at), known.at.min(at));
                output::note(&format!(
                    "{}: several snapshots of {account_region}; the one of {kept} is used, not that of {other}",
                    path.display()
                ));
            }
            if known.at > at {
                continue;
            }
            let scan = scan(&SnapshotAccount::new(&snapshot, &account_region), parameters, at).await?;
            *known = Evaluated { account_region, at, scan };
        } else {
            let scan = scan(&SnapshotAccount::new(&snapshot, &account_region), parameters, at).await?;
            newest.push(Evaluated { account_region, at, scan });
        }
    }
    newest.sort_by(|one, other| one.account_region.cmp(&other.account_region));
    Ok(newest)
}

/// Fails if an account and Region of A is missing in B, where its failures would be missed, if A
/// and B have none in common, or if A is later than B.
fn ensure_comparable(args: &DiffArgs, before: &[Evaluated], after: &[Evaluated]) -> Result<(), Failure> {
    let malformed =
        |path: &Path, problem: String| Failure::Malformed { field: path.display().to_string(), problem };
    for before in before {
        let of = &before.account_region;
        let Some(after) = after.iter().find(|after| after.account_region == *of) else {
            let problem = format!(
                "no snapshot of {of}, which {} has, so what changed there is unknown",
                args.before.display()
            );
            return Err(malformed(&args.after, problem));
        };
        if after.at < before.at {
            let problem = format!(
                "{of} at {}; allowed: a snapshot that is not earlier than that of {}, {}",
                after.at,
                args.before.display(),
                before.at
            );
            return Err(malformed(&args.after, problem));
        }
    }
    Ok(())
}

/// Writes the differences to standard output or a file. With a file, the summary goes to standard
/// output.
fn show(
    args: &DiffArgs,
    results: &[Difference<'_>],
    failures: &[&Failure],
    out: &mut String,
) -> Result<(), Failure> {
    let page = |style| match args.format {
        DiffFormat::Table => Ok(table::page(results, failures, style)),
        DiffFormat::Json => json::page(results, failures),
        DiffFormat::Markdown => Ok(markdown::page(results, failures)),
    };
    let Some(path) = args.output.as_deref().filter(|path| path.as_os_str() != "-") else {
        if !args.quiet {
            out.push_str(&page(OutputStyle::of_stdout())?);
        }
        return Ok(());
    };
    output::write(path, &page(OutputStyle::PLAIN)?, Access::Umask)?;
    if !args.quiet {
        let _ = writeln!(out, "{}: {}", printable(&path.display().to_string()), Summary::of(results));
    }
    Ok(())
}

/// The number of changes of each kind.
#[derive(Default)]
struct Summary {
    kinds: [usize; ChangeKind::ALL.len()],
    rotated: usize,
    added: usize,
    removed: usize,
}

impl Summary {
    fn of(results: &[Difference<'_>]) -> Self {
        let sum = |of: &dyn Fn(&Difference<'_>) -> usize| results.iter().map(of).sum();
        Self {
            kinds: ChangeKind::ALL.map(|kind| sum(&|it| it.of_kind(kind).count())),
            rotated: sum(&|it| it.rotated.len()),
            added: sum(&|it| it.added.len()),
            removed: sum(&|it| it.removed.len()),
        }
    }

    fn kinds(&self) -> impl Iterator<Item = (ChangeKind, usize)> {
        ChangeKind::ALL.into_iter().zip(self.kinds)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed checks: ")?;
        for (number, (kind, count)) in self.kinds().enumerate() {
            write!(f, "{}{count} {}", if number == 0 { "" } else { ", " }, kind.name())?;
        }
        let Self { rotated, added, removed, .. } = self;
        write!(f, "; certificates: {rotated} rotated; stages: {added} added, {removed} removed")
    }
}

/// A line about the snapshots that are compared.
fn heading(difference: &Difference<'_>) -> String {
    let Difference { account_region, after, .. } = difference;
    match difference.before {
        Some(before) => format!("{account_region}: {before} to {after}"),
        None => format!("{account_region}: only at {after}, so everything is new"),
    }
}
