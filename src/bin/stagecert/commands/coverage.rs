//! `coverage`: which account and Region has no rule, no recorder or no sweep.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use serde::Serialize;
use stagecert::Failure;
use stagecert::aws::AssumedAccount;
use stagecert::scan::coverage::place::{Coverage, Place, PlaceState};
use stagecert::scan::coverage::summary::{NonCompliant, RuleResult};
use stagecert::scan::coverage::targets::Targets;

use crate::args::{CoverageArgs, TableFormat};
use crate::deployment::{Aggregated, LiveDeployment, table};
use crate::exit_status::ExitStatus;
use crate::progress::Progress;

/// The number of accounts that are read at the same time, each in one Region at a time.
const CONCURRENCY: usize = 32;

pub(crate) async fn run(args: &CoverageArgs, out: &mut String) -> Result<ExitStatus, Failure> {
    let live = LiveDeployment::load(&args.deployment, args.role_name.as_deref()).await?;
    let aggregator = args.aggregator.as_deref().or(live.deployment.aggregator.as_deref());
    let aggregator = aggregator.filter(|_| !args.no_aggregator);
    let region = args.aggregator_region.as_deref().unwrap_or(&live.deployment.home_region);
    if args.summary {
        return summary(args, &live, aggregator, region, out).await;
    }
    let listed = live.targets().await?;
    let aggregated = match aggregator {
        Some(aggregator) => Some(live.aggregated(aggregator, region).await?),
        None => None,
    };
    let reader = Reader {
        live: &live,
        aggregated: aggregated.as_ref(),
        now: crate::clock::now(),
        quiet: args.deployment.quiet,
    };
    let coverage = Coverage::new(reader.places(listed.targets).await);
    match args.format {
        TableFormat::Json => table::json(&coverage, out)?,
        TableFormat::Table => page(&coverage, out),
    }
    match Failure::from_all(listed.failures) {
        Some(failure) => Err(failure),
        None if coverage.has_gaps() => Ok(ExitStatus::SomethingFailed),
        None => Ok(ExitStatus::NothingFailed),
    }
}

struct Reader<'a> {
    live: &'a LiveDeployment,
    aggregated: Option<&'a Aggregated>,
    now: Timestamp,
    quiet: bool,
}

impl Reader<'_> {
    /// The state of each place: from its stack instances if they failed, from the aggregator if it
    /// shows results, and otherwise as read in the account.
    async fn places(&self, targets: Targets) -> Vec<Place> {
        let total = targets.len();
        let mut places = Vec::with_capacity(total);
        let mut progress = Progress::over(total, self.quiet);
        let mut to_read: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
        for ((account, region), target) in targets.into_places() {
            let known = Place::of_instances(&account, &region, &target);
            let shown = || self.aggregated.and_then(|aggregated| aggregated.place(&account, &region));
            if let Some(place) = known.or_else(shown) {
                places.push(place);
            } else {
                let is_current = target.is_current();
                to_read.entry(account).or_default().push((region, is_current));
            }
        }
        progress.advance(places.len(), "stack instances");
        let reads = stream::iter(to_read).map(|(account, regions)| Box::pin(self.account(account, regions)));
        let mut reads = reads.buffer_unordered(CONCURRENCY);
        while let Some(read) = reads.next().await {
            progress.advance(read.len(), read.first().map_or("", |place| place.account.as_str()));
            places.extend(read);
        }
        places
    }

    /// The places of an account, each with whether its stack instances are current.
    async fn account(&self, account: String, regions: Vec<(String, bool)>) -> Vec<Place> {
        if self.aggregated.is_some() && !self.live.can_reach(&account) {
            let place = |(region, is_current): &(String, bool)| unread(&account, region, *is_current);
            return regions.iter().map(place).collect();
        }
        let reached = match self.live.reach(&account).await {
            Ok(reached) => reached,
            Err(failure) => {
                let unreadable = |(region, _): &(String, bool)| Place::unreadable(&account, region, &failure);
                return regions.iter().map(unreadable).collect();
            }
        };
        let mut places = Vec::with_capacity(regions.len());
        for (region, _) in &regions {
            places.push(self.place(&reached, region).await);
        }
        places
    }

    async fn place(&self, account: &AssumedAccount<'_>, region: &str) -> Place {
        let deployment = &self.live.deployment;
        match account.config_in(region).reading(&deployment.rules).await {
            Ok(reading) => Place::of_reading(account.account(), region, &reading, deployment, self.now),
            Err(failure) => Place::unreadable(account.account(), region, &failure),
        }
    }
}

/// A place of which the aggregator shows no result and that no role can read.
fn unread(account: &str, region: &str, is_current: bool) -> Place {
    if is_current {
        let reason =
            "the stack instance is current; the aggregator shows no result, as for an account without stages";
        return Place::new(account, region, PlaceState::Covered, reason, None);
    }
    let reason = "the aggregator shows no result; --role-name NAME reads the account";
    Place::new(account, region, PlaceState::Unreadable, reason, None)
}

/// A table of the gaps, and the number of places in each state.
fn page(coverage: &Coverage, out: &mut String) {
    let gaps = coverage.places.iter().filter(|place| place.state != PlaceState::Covered);
    table::write(["ACCOUNT", "REGION", "STATE", "SINCE", "REASON"], gaps.map(row), out);
    let counts: Vec<String> =
        coverage.counts().into_iter().map(|(state, count)| format!("{count} {}", state.name())).collect();
    let _ = writeln!(out, "{} accounts and Regions: {}", coverage.places.len(), counts.join(", "));
    let mut explained: BTreeMap<&str, usize> = BTreeMap::new();
    for place in coverage.places.iter().filter(|place| place.state == PlaceState::Covered) {
        if let Some(reason) = &place.reason {
            *explained.entry(reason).or_default() += 1;
        }
    }
    for (reason, count) in explained {
        let _ = writeln!(out, "{count} covered: {reason}");
    }
}

fn row(place: &Place) -> [String; 5] {
    let since = place.since.map(|since| since.to_string()).unwrap_or_default();
    let reason = place.reason.clone().unwrap_or_default();
    [place.account.clone(), place.region.clone(), place.state.name().to_owned(), since, reason]
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SummaryPage {
    summary_version: u32,
    rules: Vec<SummaryRow>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SummaryRow {
    #[serde(flatten)]
    result: RuleResult,
    non_compliant: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    resources: Option<Vec<NonCompliant>>,
}

async fn summary(
    args: &CoverageArgs,
    live: &LiveDeployment,
    aggregator: Option<&str>,
    region: &str,
    out: &mut String,
) -> Result<ExitStatus, Failure> {
    let Some(aggregator) = aggregator else {
        return Err(Failure::Malformed {
            field: "deployment.aggregator".into(),
            problem: "--summary needs an aggregator: name one in the file or with --aggregator".into(),
        });
    };
    let administrator = live.administrator().await?;
    let config = administrator.config_in(region);
    let summary = config.summary(aggregator, &live.deployment.rules).await?;
    let mut rules = Vec::new();
    for (result, non_compliant) in summary.counts() {
        let resources = if args.reasons { Some(config.reasons(aggregator, result).await?) } else { None };
        rules.push(SummaryRow { result: result.clone(), non_compliant, resources });
    }
    if args.format == TableFormat::Json {
        table::json(&SummaryPage { summary_version: 1, rules }, out)?;
        return Ok(ExitStatus::NothingFailed);
    }
    let row = |row: &SummaryRow| {
        let RuleResult { account, region, rule } = row.result.clone();
        [account, region, rule, row.non_compliant.to_string()]
    };
    table::write(["ACCOUNT", "REGION", "RULE", "NON_COMPLIANT"], rules.iter().map(row), out);
    for SummaryRow { result, resources, .. } in &rules {
        for resource in resources.iter().flatten() {
            let _ = writeln!(out, "{} {}: {}", result.account, result.region, resource.line());
        }
    }
    let places: BTreeSet<(&str, &str)> =
        rules.iter().map(|row| (row.result.account.as_str(), row.result.region.as_str())).collect();
    let total: usize = rules.iter().map(|row| row.non_compliant).sum();
    let _ = writeln!(out, "{total} NON_COMPLIANT in {} accounts and Regions", places.len());
    Ok(ExitStatus::NothingFailed)
}
