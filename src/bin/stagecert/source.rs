//! What a command evaluates: snapshots, the example account, or live accounts.

use std::path::Path;

use jiff::Timestamp;
use stagecert::Failure;
use stagecert::account::Account;
use stagecert::account::listing::ListedFrom;
use stagecert::parameters::Parameters;
use stagecert::scan::{Observer, Scan};
use stagecert::snapshot::{Names, Snapshot, SnapshotAccount};

use crate::args::{ParameterArgs, SourceArgs};
use crate::chosen::ChosenChecks;
use crate::gate::{Unmatched, UnmatchedRequired};
use crate::reading::{self, Read, Reading};
use crate::scan_results::ScannedAccountRegion;
use crate::{fleet, input, output};

/// The scans of all accounts and Regions.
pub(crate) struct Evaluated {
    /// In the order of accounts and Regions.
    pub(crate) sources: Vec<Source>,
    /// The failures outside these accounts and Regions.
    pub(crate) failures: Vec<Failure>,
    /// The parameters; those of a deployed rule combined over all accounts and Regions.
    pub(crate) parameters: Parameters,
    /// The checks that were run; none if only backends were read.
    pub(crate) checks: ChosenChecks,
}

impl Evaluated {
    /// What was queried in each account and Region in which no stage was found.
    fn notes_without_stages(&self) -> Vec<String> {
        const TYPES: &str = "AWS::ApiGateway::Stage and AWS::ApiGatewayV2::Stage";
        if self.checks.is_only_front_door() {
            return self.notes_without_front_door();
        }
        let is_empty =
            |scan: &Scan| scan.stages.is_empty() && scan.not_evaluated.is_empty() && scan.failures.is_empty();
        let note = |scanned: &ScannedAccountRegion| {
            let place = &scanned.account_region;
            let recorder = format!(
                "is it the right Region, and does the configuration recorder record them? `aws configservice \
                 describe-configuration-recorders --region {}` shows what it records",
                place.region
            );
            match scanned.scan.listed_from {
                None => format!("{place}: the snapshot has no stages"),
                Some(ListedFrom::Aggregator) => format!("{place}: the aggregator lists no {TYPES}"),
                Some(ListedFrom::Config) => {
                    format!("{place}: AWS Config's index lists no {TYPES}; {recorder}")
                }
                Some(_) => format!(
                    "{place}: AWS Config's index lists no {TYPES}, and API Gateway has no stages of REST APIs; WebSocket \
                     stages come only from Config: {recorder}"
                ),
            }
        };
        let scanned = self.sources.iter().map(|source| &source.scanned);
        let mut notes: Vec<String> = scanned.filter(|scanned| is_empty(&scanned.scan)).map(note).collect();
        if self.sources.is_empty() && self.failures.is_empty() {
            notes.push(format!("nothing was read: the aggregator lists no {TYPES} in these accounts"));
        }
        notes.extend(self.notes_without_front_door());
        notes
    }

    /// Each account and Region without any API and domain.
    fn notes_without_front_door(&self) -> Vec<String> {
        let is_empty = |scanned: &&ScannedAccountRegion| {
            scanned.scan.failures.is_empty()
                && scanned.scan.front_door.as_ref().is_some_and(|it| it.resources.is_empty())
        };
        let note = |scanned: &ScannedAccountRegion| {
            format!("{}: no APIs and no custom domain names were found", scanned.account_region)
        };
        self.sources.iter().map(|source| &source.scanned).filter(is_empty).map(note).collect()
    }
}

/// The scan of one account and Region.
pub(crate) struct Source {
    pub(crate) scanned: ScannedAccountRegion,
    /// The names of APIs and descriptions of certificates, as far as they are known.
    pub(crate) names: Names,
}

/// Reads what the options and `reading` select, by default in the Region of the settings, with the
/// parameters of a deployed rule if there is one. It is a failure if `includeStages` matches no
/// stage, and a note on standard error if some of its globs don't.
pub(crate) async fn scan_and_read(
    args: &SourceArgs,
    given: &ParameterArgs,
    rule: Option<&str>,
    reading: Reading,
    quiet: bool,
) -> Result<Evaluated, Failure> {
    if !quiet {
        given.note_origin()?;
    }
    let mut evaluated = read(args, given, rule, reading, quiet).await?;
    if !quiet {
        evaluated.notes_without_stages().iter().for_each(|note| output::note(note));
    }
    let scans = evaluated.sources.iter().map(|source| &source.scanned.scan);
    let (parameters, checks) = (&evaluated.parameters, &evaluated.checks);
    let stages = Unmatched::of(scans.clone(), &evaluated.failures, parameters, checks);
    let required = UnmatchedRequired::of(scans, &evaluated.failures, parameters, checks);
    for note in [stages.note(), required.note()].into_iter().flatten().filter(|_| !quiet) {
        output::note(&note);
    }
    evaluated.failures.extend([stages.failure(), required.failure()].into_iter().flatten());
    Ok(evaluated)
}

async fn read(
    args: &SourceArgs,
    given: &ParameterArgs,
    rule: Option<&str>,
    reading: Reading,
    quiet: bool,
) -> Result<Evaluated, Failure> {
    if args.is_live() {
        let fleet::Evaluated { scanned, failures, parameters } =
            fleet::scan(&args.live, given, rule, reading, quiet).await?;
        let of_live = |scanned| Source { scanned, names: Names::default() };
        let sources = scanned.into_iter().map(of_live).collect();
        return Ok(Evaluated { sources, failures, checks: reading.checks(&parameters), parameters });
    }
    let parameters = given.parameters()?;
    let mut sources: Vec<Source> = Vec::new();
    if args.example {
        sources.push(evaluate(&input::example()?, &parameters, reading).await);
    }
    for path in &args.snapshot {
        let source = evaluate(&input::snapshot(path)?, &parameters, reading).await;
        let is_known = |other: &Source| other.scanned.account_region == source.scanned.account_region;
        if sources.iter().any(is_known) {
            return Err(refused(path, &source.scanned, "one snapshot per account and Region"));
        }
        sources.push(source);
    }
    sources.sort_by(|one, other| one.scanned.account_region.cmp(&other.scanned.account_region));
    Ok(Evaluated { sources, failures: Vec::new(), checks: reading.checks(&parameters), parameters })
}

/// The scan of a snapshot, as of the time it was taken.
pub(crate) async fn evaluate(snapshot: &Snapshot, parameters: &Parameters, reading: Reading) -> Source {
    let (account_region, at) = (snapshot.account_region(), snapshot.taken_at);
    let account = SnapshotAccount::new(snapshot, &account_region);
    let read = read_snapshot(&account, parameters, at, reading).await;
    let scanned = ScannedAccountRegion::of(account_region.clone(), at, read);
    Source { scanned, names: snapshot.names() }
}

async fn read_snapshot(
    account: &SnapshotAccount<'_>,
    parameters: &Parameters,
    at: Timestamp,
    reading: Reading,
) -> Result<Read, Failure> {
    if let (Some(location), None) = (&parameters.exemptions, &parameters.exemption_document) {
        let text = format!("reading {location} for a snapshot: pass the document with --exemptions");
        return Err(Failure::NotSupported(text.into()));
    }
    let listing = if reading.needs_stages(parameters) {
        Some(account.stages(parameters.inventory).await?)
    } else {
        None
    };
    Ok(reading::read(reading, account, listing, parameters, at, Observer::default()).await)
}

/// The failure for a snapshot that doesn't fit the others.
pub(crate) fn refused(path: &Path, scanned: &ScannedAccountRegion, allowed: &str) -> Failure {
    Failure::Malformed {
        field: path.display().to_string(),
        problem: format!("{} at {}; allowed: {allowed}", scanned.account_region, scanned.at),
    }
}
