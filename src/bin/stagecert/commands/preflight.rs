//! `preflight`: what a deployment needs, before it is deployed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use futures_util::{StreamExt, stream};
use stagecert::Failure;
use stagecert::scan::coverage::preflight::{Found, Item, Preflight, reservation, trusted_services};
use stagecert::scan::coverage::targets::{Target, Targets};

use crate::args::{PreflightArgs, TableFormat};
use crate::deployment::{LiveDeployment, table};
use crate::exit_status::ExitStatus;
use crate::progress::Progress;

/// The number of accounts that are read at the same time, each in one Region at a time.
const CONCURRENCY: usize = 32;

pub(crate) async fn run(args: &PreflightArgs, out: &mut String) -> Result<ExitStatus, Failure> {
    let live = LiveDeployment::load(&args.deployment, args.role_name.as_deref()).await?;
    let listed = live.targets().await?;
    let mut found = Found::default();
    if let Some(units) = &listed.units {
        found.add_overlaps(&live.deployment, units);
        found.add_unreached(&live.deployment, units);
    }
    trusted_access(&live, &mut found).await;
    let total = listed.targets.len();
    accounts(&live, listed.targets, args.deployment.quiet, &mut found).await;
    let preflight = Preflight::new(found);
    match args.format {
        TableFormat::Json => table::json(&preflight, out)?,
        TableFormat::Table => {
            let items = || [("problem", &preflight.problems), ("note", &preflight.notes)];
            let rows =
                items().into_iter().flat_map(|(kind, items)| items.iter().map(move |item| row(kind, item)));
            table::write(["KIND", "ACCOUNT", "REGION", "CHECK", "REASON"], rows, out);
            let (problems, notes) = (preflight.problems.len(), preflight.notes.len());
            let _ = writeln!(out, "{total} accounts and Regions: {problems} problems, {notes} notes");
        }
    }
    match Failure::from_all(listed.failures) {
        Some(failure) => Err(failure),
        None if preflight.problems.is_empty() => Ok(ExitStatus::NothingFailed),
        None => Ok(ExitStatus::SomethingFailed),
    }
}

fn row(kind: &str, item: &Item) -> [String; 5] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [kind.to_owned(), text(&item.account), text(&item.region), item.check.to_owned(), item.reason.clone()]
}

async fn trusted_access(live: &LiveDeployment, found: &mut Found) {
    let needed = trusted_services(live.deployment.deployment_mode);
    if needed.is_empty() {
        return;
    }
    let services = match live.administrator().await {
        Ok(administrator) => administrator.trusted_services().await,
        Err(failure) => Err(failure),
    };
    match services {
        Ok(services) => {
            for service in needed.iter().filter(|service| !services.contains(**service)) {
                let reason = format!("{service} has no trusted access to the organization");
                found.problems.push(Item::new(None, "trusted-access", &reason));
            }
        }
        // A delegated administrator may lack the permission; the deployment doesn't need it.
        Err(failure) => found.notes.push(Item::unreadable(None, &failure)),
    }
}

async fn accounts(live: &LiveDeployment, targets: Targets, quiet: bool, found: &mut Found) {
    let mut progress = Progress::over(targets.len(), quiet);
    let mut by_account: BTreeMap<String, Vec<(String, Target)>> = BTreeMap::new();
    for ((account, region), target) in targets.into_places() {
        by_account.entry(account).or_default().push((region, target));
    }
    let checks = stream::iter(by_account)
        .map(|(id, regions)| Box::pin(async move { (regions.len(), account(live, &id, regions).await, id) }));
    let mut checks = checks.buffer_unordered(CONCURRENCY);
    while let Some((count, checked, id)) = checks.next().await {
        progress.advance(count, &id);
        found.problems.extend(checked.problems);
        found.notes.extend(checked.notes);
    }
}

async fn account(live: &LiveDeployment, id: &str, regions: Vec<(String, Target)>) -> Found {
    let mut found = Found::default();
    let enabled = match live.reach(id).await {
        Ok(reached) => reached.regions().await.map(|enabled| (reached, enabled)),
        Err(failure) => Err(failure),
    };
    let (reached, enabled) = match enabled {
        Ok(reached) => reached,
        Err(failure) => {
            found.problems.push(Item::unreadable(Some((id, "")), &failure));
            return found;
        }
    };
    for (region, target) in &regions {
        let place = (id, region.as_str());
        if !enabled.contains(region) {
            let reason = "the Region is not enabled in the account";
            found.problems.push(Item::new(Some(place), "region", reason));
            continue;
        }
        match reached.config_in(region).recording().await {
            Ok(recording) => found.add_recording(place, &recording),
            Err(failure) => found.problems.push(Item::unreadable(Some(place), &failure)),
        }
        if let Some(reserved) = reservation(&live.deployment, id, target) {
            match reached.unreserved_concurrency(region).await {
                Ok(unreserved) => found.add_concurrency(place, reserved, unreserved),
                Err(failure) => found.problems.push(Item::unreadable(Some(place), &failure)),
            }
        }
    }
    found
}
