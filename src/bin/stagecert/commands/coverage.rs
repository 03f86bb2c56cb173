//! `coverage`: which account and Region has no rule, no recorder or no sweep.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use comfy_table::{Cell, ContentArrangement, Table, presets};
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use stagecert::Failure;
use stagecert::aws::AssumedAccount;
use stagecert::scan::coverage::place::{Coverage, Place, PlaceState};
use stagecert::scan::coverage::targets::Targets;

use crate::args::{CoverageArgs, CoverageFormat};
use crate::deployment::LiveDeployment;
use crate::exit_status::ExitStatus;
use crate::progress::Progress;
use crate::terminal::OutputStyle;

/// The number of accounts that are read at the same time, each in one Region at a time.
const CONCURRENCY: usize = 32;
/// The number of gaps that a table lists.
const MAX_ROWS: usize = 1000;
const HEADER: [&str; 5] = ["ACCOUNT", "REGION", "STATE", "SINCE", "REASON"];

pub(crate) async fn run(args: &CoverageArgs, out: &mut String) -> Result<ExitStatus, Failure> {
    let live = LiveDeployment::load(&args.deployment, args.role_name.as_deref()).await?;
    let (targets, failures) = live.targets().await?;
    let reader = Reader { live: &live, now: crate::clock::now(), quiet: args.deployment.quiet };
    let coverage = Coverage::new(reader.places(targets).await);
    match args.format {
        CoverageFormat::Json => out.push_str(&(json(&coverage)? + "\n")),
        CoverageFormat::Table => table(&coverage, OutputStyle::of_stdout(), out),
    }
    match Failure::from_all(failures) {
        Some(failure) => Err(failure),
        None if coverage.has_gaps() => Ok(ExitStatus::SomethingFailed),
        None => Ok(ExitStatus::NothingFailed),
    }
}

struct Reader<'a> {
    live: &'a LiveDeployment,
    now: Timestamp,
    quiet: bool,
}

impl Reader<'_> {
    /// The state of each place: from its stack instances if they failed, otherwise as read in the
    /// account.
    async fn places(&self, targets: Targets) -> Vec<Place> {
        let total = targets.len();
        let mut places = Vec::with_capacity(total);
        let mut progress = Progress::over(total, self.quiet);
        let mut to_read: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for ((account, region), target) in targets.into_places() {
            match Place::of_instances(&account, &region, &target) {
                Some(gap) => places.push(gap),
                None => to_read.entry(account).or_default().push(region),
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

    async fn account(&self, account: String, regions: Vec<String>) -> Vec<Place> {
        let reached = match self.live.reach(&account).await {
            Ok(reached) => reached,
            Err(failure) => {
                let unreadable = |region: &String| Place::unreadable(&account, region, &failure);
                return regions.iter().map(unreadable).collect();
            }
        };
        let mut places = Vec::with_capacity(regions.len());
        for region in &regions {
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

fn json(coverage: &Coverage) -> Result<String, Failure> {
    serde_json::to_string_pretty(coverage)
        .map_err(|error| Failure::Malformed { field: "coverage".into(), problem: error.to_string() })
}

/// A table of the gaps and the number of places in each state.
fn table(coverage: &Coverage, style: OutputStyle, out: &mut String) {
    let gaps = || coverage.places.iter().filter(|place| place.state != PlaceState::Covered);
    let count = gaps().count();
    if count > 0 {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(HEADER);
        if !style.colored {
            table.force_no_tty();
        }
        match style.width {
            Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
            None => table.set_content_arrangement(ContentArrangement::Disabled),
        };
        table.add_rows(gaps().take(MAX_ROWS).map(row));
        for line in table.lines() {
            let _ = writeln!(out, "{}", line.trim_end());
        }
        if let Some(more) = count.checked_sub(MAX_ROWS).filter(|more| *more > 0) {
            let _ = writeln!(out, "and {more} more gaps: --format json lists all");
        }
        out.push('\n');
    }
    let counts: Vec<String> =
        coverage.counts().into_iter().map(|(state, count)| format!("{count} {}", state.name())).collect();
    let _ = writeln!(out, "{} accounts and Regions: {}", coverage.places.len(), counts.join(", "));
    let waiting =
        coverage.places.iter().filter(|place| place.state == PlaceState::Covered && place.reason.is_some());
    let waiting = waiting.count();
    if waiting > 0 {
        let _ = writeln!(out, "{waiting} covered accounts and Regions are waiting for their first sweep");
    }
}

fn row(place: &Place) -> Vec<Cell> {
    let since = place.since.map(|since| since.to_string()).unwrap_or_default();
    let reason = place.reason.clone().unwrap_or_default();
    let texts = [place.account.clone(), place.region.clone(), place.state.name().to_owned(), since, reason];
    texts.into_iter().map(Cell::new).collect()
}
