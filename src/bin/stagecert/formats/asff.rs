//! Findings for AWS Security Hub: an array of findings for `BatchImportFindings`, which accepts up
//! to 100 per call.

use stagecert::Failure;
use stagecert::parameters::FindingOwner;
use stagecert::security_hub::{AwsSecurityFinding, findings, incomplete, not_evaluated};

use super::unwritable;
use crate::scan_results::{ScanResults, ScannedAccountRegion};

pub(super) fn page(results: &ScanResults) -> Result<String, Failure> {
    // A finding needs an account and a Region, and an empty array would look like a clean scan.
    if results.scanned.is_empty() && !results.failures.is_empty() {
        return Err(unwritable("no account and Region could be read, so there is no finding to import"));
    }
    let mut all: Vec<AwsSecurityFinding> = Vec::new();
    for scanned in &results.scanned {
        all.extend(of_account_region(results, scanned));
    }
    super::pretty(&all)
}

fn of_account_region(results: &ScanResults, scanned: &ScannedAccountRegion) -> Vec<AwsSecurityFinding> {
    let ScannedAccountRegion { account_region, at, scan } = scanned;
    let checks = results.shown_checks();
    let evaluated =
        scan.stages.iter().flat_map(|stage| findings(account_region, stage, &checks, FindingOwner::Key, *at));
    let not_evaluated =
        scan.not_evaluated.iter().flat_map(|stage| not_evaluated(account_region, stage, &checks, *at));
    let mut all: Vec<_> = evaluated.chain(not_evaluated).collect();
    let failures = scan.failures.iter().chain(&results.failures);
    let why: Vec<String> = failures.map(Failure::message).collect();
    if !why.is_empty() {
        all.push(incomplete(account_region, &why.join("; "), *at));
    }
    all
}
