//! Findings for AWS Security Hub: an array of findings for `BatchImportFindings`, which accepts up
//! to 100 per call.

use stagecert::Failure;
use stagecert::parameters::FindingOwner;
use stagecert::security_hub::{AwsSecurityFinding, Source, findings, front_door_findings, incomplete};

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

/// The findings of the stages, APIs and domains that were evaluated, and one that says whether all
/// were. What could not be read is in the latter only: to Security Hub, a status that replaces a
/// known one is news.
fn of_account_region(results: &ScanResults, scanned: &ScannedAccountRegion) -> Vec<AwsSecurityFinding> {
    let ScannedAccountRegion { account_region, at, scan, .. } = scanned;
    let (checks, source) = (results.shown_checks(), Source::scan());
    let of_stage = |stage| findings((account_region, &source), stage, &checks, FindingOwner::Key, *at);
    let mut all: Vec<_> = results.stages_of_checks(scanned).flat_map(of_stage).collect();
    let checks = results.shown(&results.checks.front_door);
    let of_resource = |resource| front_door_findings((account_region, &source), resource, &checks, *at);
    all.extend(results.resources_of_checks(scanned).flat_map(of_resource));
    let failures = scan.failures.iter().chain(&results.failures);
    let why: Vec<String> = failures.map(Failure::message).collect();
    let why = (!why.is_empty()).then(|| why.join("; "));
    all.push(incomplete(account_region, why.as_deref(), *at));
    all
}
