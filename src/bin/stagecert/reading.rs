//! What is read of each account and Region: results, backends or both.

use jiff::Timestamp;
use stagecert::Failure;
use stagecert::account::Account;
use stagecert::account::deployed_apis::DeployedApis;
use stagecert::account::front_door::FrontDoor;
use stagecert::account::listing::Listing;
use stagecert::evaluation::front_door::FrontDoorSubject;
use stagecert::parameters::Parameters;
use stagecert::resources::stage_arn::StageArn;
use stagecert::scan::backends::{BackendInventory, backends};
use stagecert::scan::front_door::scan_front_door;
use stagecert::scan::{Observer, Scan, api_names, scan_observed};

use crate::chosen::ChosenChecks;

/// What a command reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent choice")]
pub(crate) struct Reading {
    /// Whether the checks that the parameters name are run.
    pub(crate) results: bool,
    /// Whether the backends are read.
    pub(crate) backends: bool,
    /// Whether the checks of the front door are run even if the parameters name none of them.
    pub(crate) front_door: bool,
    /// Whether no stage is evaluated, whichever checks the parameters name.
    only_front_door: bool,
}

impl Reading {
    /// The results of the checks.
    pub(crate) const RESULTS: Self =
        Self { results: true, backends: false, front_door: false, only_front_door: false };
    /// The backends; no stage is evaluated.
    pub(crate) const BACKENDS: Self =
        Self { results: false, backends: true, front_door: false, only_front_door: false };

    /// The results of the checks of the front door; no stage is evaluated.
    pub(crate) const FRONT_DOOR: Self =
        Self { results: true, backends: false, front_door: true, only_front_door: true };

    /// The same, with the backends if `read`.
    pub(crate) fn with_backends(self, read: bool) -> Self {
        Self { backends: read, ..self }
    }

    /// The same, with the checks of the front door if `run`.
    pub(crate) fn with_front_door(self, run: bool) -> Self {
        Self { front_door: run, ..self }
    }

    /// The checks that are run with these parameters.
    pub(crate) fn checks(self, parameters: &Parameters) -> ChosenChecks {
        if !self.results {
            return ChosenChecks::default();
        }
        let mut checks = ChosenChecks::of(parameters, self.front_door);
        if self.only_front_door {
            checks.stage.clear();
        }
        checks
    }

    /// Whether the stages have to be listed.
    pub(crate) fn needs_stages(self, parameters: &Parameters) -> bool {
        !self.results || !self.checks(parameters).stage.is_empty()
    }
}

/// The results, and the backends if they were read.
pub(crate) type Read = (Scan, Option<BackendInventory>);

/// Reads the stages of a complete listing, unless it is `None`, and the front door. All failures
/// are in the scan.
pub(crate) async fn read<A: Account + DeployedApis + FrontDoor>(
    reading: Reading,
    account: &A,
    listing: Option<Listing>,
    parameters: &Parameters,
    now: Timestamp,
    observer: Observer<'_>,
) -> Read {
    let (mut scan, backends) = match listing {
        Some(listing) => read_stages(reading, account, listing, parameters, now, observer).await,
        None => (Scan::default(), None),
    };
    let checks = reading.checks(parameters);
    if !checks.front_door.is_empty() {
        let mut found = scan_front_door(account, &checks.for_front_door(parameters), now).await;
        if found.failures.is_empty() && !found.not_evaluated.is_empty() {
            // The scan must not look complete.
            let labels: Vec<String> = found.not_evaluated.iter().map(FrontDoorSubject::label).collect();
            let text = format!("evaluating {}", labels.join(", "));
            scan.failures.push(Failure::NotSupported(text.into()));
        }
        scan.failures.append(&mut found.failures);
        scan.front_door = Some(found);
    }
    (scan, backends)
}

async fn read_stages<A: Account + DeployedApis>(
    reading: Reading,
    account: &A,
    listing: Listing,
    parameters: &Parameters,
    now: Timestamp,
    observer: Observer<'_>,
) -> Read {
    if !reading.backends {
        return (scan_observed(account, listing, parameters, now, observer).await, None);
    }
    let mut inventory = backends(account, &listing, parameters, now, observer).await;
    let mut scan = if reading.results {
        scan_observed(account, listing, parameters, now, observer).await
    } else {
        without_results(account, listing).await
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
