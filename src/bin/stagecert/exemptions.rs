//! The exemptions of a scan, over all accounts and Regions.

use std::collections::HashMap;

use stagecert::parameters::exemptions::{DocumentEntry, ExemptionDocument};
use stagecert::quote::printable;
use stagecert::scan::Scan;
use stagecert::scan::exemptions::ExemptionUse;

use crate::scan_results::ScannedAccountRegion;

/// The number of exemptions, and of warnings about them, that people are shown; JSON has all.
const MAX_LISTED: usize = 50;

/// The exemptions, each with the number of stages that it selects in all accounts and Regions.
pub(crate) fn merged<'a>(scans: impl Iterator<Item = &'a Scan>) -> Vec<ExemptionUse> {
    let mut merged: Vec<ExemptionUse> = Vec::new();
    let mut known = HashMap::new();
    for found in scans.flat_map(|scan| &scan.exemptions) {
        let checks = found.exemption.as_ref().and_then(|exemption| exemption.checks.clone());
        let key = (found.source, &found.selects, &found.account, &found.region, checks);
        let index = *known.entry(key).or_insert(merged.len());
        match merged.get_mut(index) {
            Some(earlier) => {
                earlier.stages += found.stages;
                earlier.has_lapsed &= found.has_lapsed;
            }
            None => merged.push(found.clone()),
        }
    }
    merged
}

/// The exemptions as lines for people.
pub(crate) fn lines(scanned: &[ScannedAccountRegion]) -> Vec<String> {
    let merged = merged(scans(scanned));
    let mut lines: Vec<String> =
        merged.iter().take(MAX_LISTED).map(|it| printable(&it.to_string())).collect();
    lines.extend(more(merged.len(), "; JSON lists all"));
    lines
}

/// What needs attention: exemptions that have lapsed, select no stage, or are none.
pub(crate) fn warnings(scanned: &[ScannedAccountRegion]) -> Vec<String> {
    let warnings: Vec<String> = merged(scans(scanned)).iter().filter_map(ExemptionUse::warning).collect();
    let mut listed: Vec<String> = warnings.iter().take(MAX_LISTED).map(|text| printable(text)).collect();
    listed.extend(more(warnings.len(), " warnings about exemptions"));
    listed
}

/// How many exemptions of a document are for other accounts or Regions; `None` if none are.
pub(crate) fn elsewhere(document: &ExemptionDocument, scanned: &[ScannedAccountRegion]) -> Option<String> {
    let applies = |entry: &&DocumentEntry| !scanned.iter().any(|it| entry.is_of(&it.account_region));
    let count = document.entries.iter().filter(applies).count();
    let noun = if count == 1 { "exemption is" } else { "exemptions are" };
    (count > 0).then(|| format!("{count} {noun} for accounts or Regions that were not scanned"))
}

fn scans(scanned: &[ScannedAccountRegion]) -> impl Iterator<Item = &Scan> {
    scanned.iter().map(|scanned| &scanned.scan)
}

fn more(count: usize, what: &str) -> Option<String> {
    let more = count.checked_sub(MAX_LISTED).filter(|more| *more > 0)?;
    Some(format!("and {more} more{what}"))
}
