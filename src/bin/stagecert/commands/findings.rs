//! `findings archive`: archives the Security Hub findings that no rule is left to archive.

use std::fmt::Write as _;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use stagecert::Failure;
use stagecert::aws::{AssumedAccount, Aws, LiveResults};
use stagecert::deadline::Deadline;
use stagecert::quote::printable;
use stagecert::resources::account_region::AccountRegion;
use stagecert::security_hub::import::{Findings, FindingsFilter};
use stagecert::security_hub::{ExistingFinding, Importer, Reason, Selection, archived};

use crate::args::{ArchiveArgs, FindingsCommand};
use crate::exit_status::ExitStatus;
use crate::output;
use crate::region;

/// The number of accounts and Regions that are processed at the same time. Each has its own limit
/// on API calls.
const CONCURRENCY: usize = 16;

/// The findings of one account and Region, and how many of them were archived.
struct Archived {
    account_region: AccountRegion,
    found: Vec<ExistingFinding>,
    archived: usize,
    failures: Vec<Failure>,
    is_enabled: bool,
}

pub(crate) async fn run(command: &FindingsCommand, out: &mut String) -> Result<ExitStatus, Failure> {
    let FindingsCommand::Archive(args) = command;
    let aws = Aws::load_profile(args.region.first().map(String::as_str), args.profile.as_deref()).await?;
    if !args.all_regions {
        region::ensure_region(&aws)?;
    }
    let home = aws.home(None, Deadline::none()).await?;
    let mut failures = Vec::new();
    let now = crate::clock::now();
    let mut targets = Vec::new();
    for account in accounts(&aws, &home, args).await? {
        match targets_in(&aws, &home, &account, args).await {
            Ok(found) => targets.extend(found),
            Err(failure) => failures.push(failure),
        }
    }
    let archiving = stream::iter(targets).map(|(account_region, results)| async move {
        Box::pin(archive(account_region, &results, args, now)).await
    });
    let all: Vec<Archived> = archiving.buffered(CONCURRENCY).collect().await;
    let (mut found, mut archived) = (0, 0);
    for one in all {
        let AccountRegion { account, region, .. } = &one.account_region;
        if !one.is_enabled && !args.quiet {
            output::note(&format!("Security Hub is not enabled in account {account}, Region {region}"));
        }
        for finding in &one.found {
            let (status, severity) = (finding.status, finding.severity);
            let line = serde_json::to_value((status, severity)).unwrap_or_default();
            let text = |n: usize| line.get(n).and_then(|it| it.as_str()).unwrap_or_default().to_owned();
            let _ = writeln!(out, "{account} {region} {} {} {}", text(0), text(1), printable(&finding.id));
        }
        found += one.found.len();
        archived += one.archived;
        failures.extend(one.failures);
    }
    let _ = match (args.yes, found) {
        (_, 0) => writeln!(out, "no active findings of {}", args.deployment),
        (true, _) => writeln!(out, "{archived} of {found} findings of {} archived", args.deployment),
        (false, _) => {
            writeln!(
                out,
                "{found} findings of {}; nothing was archived: --yes archives them",
                args.deployment
            )
        }
    };
    match Failure::from_all(failures) {
        Some(failure) => Err(failure),
        None if args.yes || found == 0 => Ok(ExitStatus::NothingFailed),
        None => Ok(ExitStatus::SomethingFailed),
    }
}

async fn accounts(aws: &Aws, home: &AccountRegion, args: &ArchiveArgs) -> Result<Vec<String>, Failure> {
    if args.organization {
        let organization = aws.assume_account(home, &home.account, None).await?.organization().await?;
        if organization.inactive > 0 && !args.quiet {
            output::note(&format!("{} accounts are not ACTIVE and are skipped", organization.inactive));
        }
        return Ok(organization.active);
    }
    let mut accounts = args.accounts.clone();
    if accounts.is_empty() {
        accounts.push(home.account.clone());
    }
    accounts.sort();
    accounts.dedup();
    Ok(accounts)
}

/// Security Hub in each Region of an account.
async fn targets_in(
    aws: &Aws,
    home: &AccountRegion,
    account: &str,
    args: &ArchiveArgs,
) -> Result<Vec<(AccountRegion, LiveResults)>, Failure> {
    let role = args.role_name.as_deref().filter(|_| account != home.account);
    let account: AssumedAccount<'_> = aws.assume_account(home, account, role).await?;
    let mut regions = if args.all_regions { account.regions().await? } else { args.region.clone() };
    if regions.is_empty() {
        regions.push(home.region.clone());
    }
    regions.sort();
    regions.dedup();
    let open = |region: String| {
        let id = account.account().to_owned();
        let account_region = AccountRegion { account: id, region, partition: home.partition.clone() };
        let results = account.results(&account_region.region);
        (account_region, results)
    };
    Ok(regions.into_iter().map(open).collect())
}

async fn archive(
    account_region: AccountRegion,
    results: &LiveResults,
    args: &ArchiveArgs,
    now: Timestamp,
) -> Archived {
    let (found, failures) = (Vec::new(), Vec::new());
    let mut done = Archived { account_region, found, archived: 0, failures, is_enabled: true };
    match results.existing_findings(FindingsFilter::All).await {
        Ok(Some(existing)) => {
            let selection = Selection {
                deployment: &args.deployment,
                old_ids: args.old_ids,
                updated_before: args.updated_before,
            };
            done.found = existing.into_iter().filter(|it| selection.contains(it)).collect();
            done.found.sort_by(|one, other| one.id.cmp(&other.id));
        }
        Ok(None) => done.is_enabled = false,
        Err(failure) => done.failures.push(failure),
    }
    if args.yes && !done.found.is_empty() {
        let reason = Reason::new("archived", "archived with the command line: no rule updates the finding");
        let account_region = &done.account_region;
        let updates: Vec<_> =
            done.found.iter().map(|existing| archived(account_region, existing, &reason, now)).collect();
        let importer = Importer { findings: results, account_region, deadline: Deadline::none() };
        let outcome = importer.import(&updates).await;
        done.archived = outcome.accepted;
        done.is_enabled = !outcome.not_enabled;
        done.failures.extend(outcome.failures);
    }
    done
}
