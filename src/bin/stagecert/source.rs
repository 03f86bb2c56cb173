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
use crate::gate::Unmatched;
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
}

impl Evaluated {
    /// What was queried in each account and Region in which no stage was found.
    fn notes_without_stages(&self) -> Vec<String> {
        const TYPES: &str = "AWS::ApiGateway::Stage and AWS::ApiGatewayV2::Stage";
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
        notes
    }
}

/// The scan of one account and Region.
pub(crate) struct Source {
    pub(crate) scanned: ScannedAccountRegion,
    /// The names of APIs and descriptions of certificates, as far as they are known.
    pub(crate) names: Names,
}

/// Evaluates what the options select, by default the Region of the settings. It is a failure if
/// `includeStages` matches no stage, and a note on standard error if some of its globs don't.
pub(crate) async fn scan(
    args: &SourceArgs,
    given: &ParameterArgs,
    quiet: bool,
) -> Result<Evaluated, Failure> {
    scan_with_rule(args, given, None, quiet).await
}

/// Does the same as [`scan`] with the parameters of a deployed rule, if there is one.
pub(crate) async fn scan_with_rule(
    args: &SourceArgs,
    given: &ParameterArgs,
    rule: Option<&str>,
    quiet: bool,
) -> Result<Evaluated, Failure> {
    scan_and_read(args, given, rule, Reading::Results, quiet).await
}

/// Does the same as [`scan_with_rule`], but reads what `reading` says.
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
    let unmatched = Unmatched::of(scans, &evaluated.failures, &evaluated.parameters);
    if let Some(note) = unmatched.note().filter(|_| !quiet) {
        output::note(&note);
    }
    evaluated.failures.extend(unmatched.failure());
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
        return Ok(Evaluated { sources: scanned.into_iter().map(of_live).collect(), failures, parameters });
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
    Ok(Evaluated { sources, failures: Vec::new(), parameters })
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
    let listing = account.stages(parameters.inventory).await?;
    Ok(reading::read(reading, account, listing, parameters, at, Observer::default()).await)
}

/// The failure for a snapshot that doesn't fit the others.
pub(crate) fn refused(path: &Path, scanned: &ScannedAccountRegion, allowed: &str) -> Failure {
    Failure::Malformed {
        field: path.display().to_string(),
        problem: format!("{} at {}; allowed: {allowed}", scanned.account_region, scanned.at),
    }
}
