//! What is read of each account and Region: results, backends or both.

use jiff::Timestamp;
use stagecert::account::Account;
use stagecert::account::deployed_apis::DeployedApis;
use stagecert::account::listing::Listing;
use stagecert::parameters::Parameters;
use stagecert::resources::stage_arn::StageArn;
use stagecert::scan::backends::{BackendInventory, backends};
use stagecert::scan::{Observer, Scan, api_names, scan_observed};

/// What a command reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// The results of the checks.
    Results,
    /// The backends; no stage is evaluated.
    Backends,
    /// The results of the checks, and the backends.
    ResultsAndBackends,
}

/// The results, and the backends if they were read.
pub(crate) type Read = (Scan, Option<BackendInventory>);

/// Reads the stages of a complete listing. All failures are in the scan.
pub(crate) async fn read<A: Account + DeployedApis>(
    reading: Reading,
    account: &A,
    listing: Listing,
    parameters: &Parameters,
    now: Timestamp,
    observer: Observer<'_>,
) -> Read {
    if reading == Reading::Results {
        return (scan_observed(account, listing, parameters, now, observer).await, None);
    }
    let mut inventory = backends(account, &listing, parameters, now, observer).await;
    let mut scan = if reading == Reading::Backends {
        without_results(account, listing).await
    } else {
        scan_observed(account, listing, parameters, now, observer).await
    };
    scan.failures.append(&mut inventory.failures);
    (scan, Some(inventory))
}

/// A scan that evaluates no stage.
async fn without_results<A: Account>(account: &A, listing: Listing) -> Scan {
    let api_names = api_names(account, &listing).await;
    let mut not_evaluated: Vec<StageArn> = listing.stages.into_iter().map(|stage| stage.arn).collect();
    let mut failures = Vec::new();
    for unreadable in listing.unreadable {
        not_evaluated.extend(unreadable.resource_id.and_then(|id| StageArn::parse(&id).ok()));
        failures.push(unreadable.failure);
    }
    not_evaluated.sort();
    Scan { not_evaluated, failures, listed_from: listing.from, api_names, ..Scan::default() }
}
