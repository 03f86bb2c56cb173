//! Findings for AWS Security Hub: an array of what `BatchImportFindings` takes, a hundred at a time.

use stagecert::Failure;
use stagecert::parameters::FindingOwner;
use stagecert::security_hub::{AwsSecurityFinding, findings, incomplete, not_judged};

use super::unwritable;
use crate::scan_results::{Scanned, ScannedPlace};

pub(super) fn page(scanned: &Scanned) -> Result<String, Failure> {
    // A finding needs an account and a Region. An empty array would read as if all were well.
    if scanned.places.is_empty() && !scanned.failures.is_empty() {
        return Err(unwritable("no account and Region could be read, so there is no finding to import"));
    }
    let mut all: Vec<AwsSecurityFinding> = Vec::new();
    for place in &scanned.places {
        all.extend(of_place(scanned, place));
    }
    super::pretty(&all)
}

fn of_place(scanned: &Scanned, place: &ScannedPlace) -> Vec<AwsSecurityFinding> {
    let ScannedPlace { place, at, scan } = place;
    let checks = scanned.shown_checks();
    let judged = scan.stages.iter().flat_map(|stage| findings(place, stage, &checks, FindingOwner::Key, *at));
    let not_judged = scan.not_judged.iter().flat_map(|stage| not_judged(place, stage, &checks, *at));
    let mut all: Vec<_> = judged.chain(not_judged).collect();
    let failures = scan.failures.iter().chain(&scanned.failures);
    let why: Vec<String> = failures.map(Failure::message).collect();
    if !why.is_empty() {
        all.push(incomplete(place, &why.join("; "), *at));
    }
    all
}
