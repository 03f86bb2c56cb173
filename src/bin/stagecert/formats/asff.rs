//! Findings for AWS Security Hub: an array of what `BatchImportFindings` takes, a hundred at a time.

use stagecert::Failure;
use stagecert::parameters::FindingOwner;
use stagecert::security_hub::{AwsSecurityFinding, findings, incomplete, not_evaluated};

use super::unwritable;
use crate::scan_results::{Scanned, ScannedAccountRegion};

pub(super) fn page(scanned: &Scanned) -> Result<String, Failure> {
    // A finding needs an account and a Region. An empty array would read as if all were well.
    if scanned.places.is_empty() && !scanned.failures.is_empty() {
        return Err(unwritable("no account and Region could be read, so there is no finding to import"));
    }
    let mut all: Vec<AwsSecurityFinding> = Vec::new();
    for account_region in &scanned.places {
        all.extend(of_place(scanned, account_region));
    }
    super::pretty(&all)
}

fn of_place(scanned: &Scanned, account_region: &ScannedAccountRegion) -> Vec<AwsSecurityFinding> {
    let ScannedAccountRegion { account_region, at, scan } = account_region;
    let checks = scanned.shown_checks();
    let evaluated =
        scan.stages.iter().flat_map(|stage| findings(account_region, stage, &checks, FindingOwner::Key, *at));
    let not_evaluated =
        scan.not_evaluated.iter().flat_map(|stage| not_evaluated(account_region, stage, &checks, *at));
    let mut all: Vec<_> = evaluated.chain(not_evaluated).collect();
    let failures = scan.failures.iter().chain(&scanned.failures);
    let why: Vec<String> = failures.map(Failure::message).collect();
    if !why.is_empty() {
        all.push(incomplete(account_region, &why.join("; "), *at));
    }
    all
}
