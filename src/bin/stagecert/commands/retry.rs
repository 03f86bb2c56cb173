//! `retry`: deploys failed and missing stack instances again.

use std::fmt::Write as _;

use stagecert::Failure;
use stagecert::scan::coverage::retry::{Retry, retries};

use crate::args::RetryArgs;
use crate::deployment::LiveDeployment;
use crate::exit_status::ExitStatus;

/// The number of accounts that a line lists; the rest are only counted.
const MAX_LISTED: usize = 20;

pub(crate) async fn run(args: &RetryArgs, out: &mut String) -> Result<ExitStatus, Failure> {
    let live = LiveDeployment::load(&args.deployment, None).await?;
    let listed = live.targets().await?;
    let mut failures = listed.failures;
    let retries = retries(&live.deployment, &listed.targets);
    if retries.is_empty() {
        let _ = writeln!(out, "no failed or missing stack instances");
    }
    // With an incomplete list, missing stack instances may only be unknown.
    if args.yes && failures.is_empty() {
        let administrator = live.administrator().await?;
        let stack_sets = administrator.stack_sets(&live.deployment.home_region, live.deployment.call_as);
        let now = crate::clock::now().as_second();
        for (number, retry) in retries.iter().enumerate() {
            match stack_sets.retry(retry, &format!("stagecert-{now}-{number}")).await {
                Ok(operation) => {
                    let _ = writeln!(out, "started {operation}: {}", described(retry));
                }
                Err(failure) => failures.push(failure),
            }
        }
    } else {
        for retry in &retries {
            let _ = writeln!(out, "{}", described(retry));
        }
        if !retries.is_empty() {
            let _ = writeln!(out, "nothing was started: --yes starts these operations");
        }
    }
    match Failure::from_all(failures) {
        Some(failure) => Err(failure),
        None if retries.is_empty() || args.yes => Ok(ExitStatus::NothingFailed),
        None => Ok(ExitStatus::SomethingFailed),
    }
}

fn described(retry: &Retry) -> String {
    let operation = if retry.creates { "create" } else { "update" };
    let mut accounts: Vec<String> = retry.accounts.iter().take(MAX_LISTED).cloned().collect();
    if let Some(more) = retry.accounts.len().checked_sub(MAX_LISTED).filter(|more| *more > 0) {
        accounts.push(format!("{more} more"));
    }
    let (accounts, regions) = (accounts.join(", "), retry.regions.join(", "));
    format!("{operation} stack instances of {} in {regions}: accounts {accounts}", retry.stack_set)
}
