//! The expected reminders and findings, by brute force in whole seconds, one check after the other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use fake_aws::model::{Api, Region, Stage};
use jiff::Timestamp;

use crate::simulation::{has_http, owner};

const DAY: i64 = 86_400;

/// The reminders of one run: each expiry has one due time per threshold, and the first run at or
/// after that time sends the reminder.
pub fn reminders(
    region: &Region,
    first_run: Timestamp,
    run: i64,
    days: &[i64],
) -> BTreeSet<(String, String, i64)> {
    let mut due = BTreeSet::new();
    for (_, stage) in region.stages() {
        let Some(id) = &stage.state.certificate else { continue };
        let Some(certificate) = region.certificates.get(id) else { continue };
        let falls_on = |days: i64| {
            let second = certificate.not_after.as_second() - days * DAY - first_run.as_second();
            -(-second).div_euclid(DAY)
        };
        if let Some(days) = days.iter().filter(|days| falls_on(**days) == run).min() {
            due.insert((stage.arn.clone(), id.clone(), *days));
        }
    }
    due
}

/// Status and severity of each finding, by stage and check.
pub fn findings(region: &Region, now: Timestamp) -> BTreeMap<(&str, &str), (&str, &str)> {
    let (mut all, uses) = (BTreeMap::new(), uses(region));
    for (api, stage) in region.stages() {
        for (check, expected) in CHECKS.into_iter().zip(checks(region, &uses, api, stage, now)) {
            all.insert((stage.arn.as_str(), check), expected);
        }
    }
    all
}

/// The compliance type of each existing stage.
pub fn results(region: &Region, now: Timestamp) -> BTreeMap<String, &'static str> {
    let uses = uses(region);
    let compliance_type = |(api, stage): (&Api, &Stage)| {
        let expected = checks(region, &uses, api, stage, now);
        let any = |status: &str| expected.iter().any(|(is, _)| *is == status);
        if any("FAILED") {
            "NON_COMPLIANT"
        } else if any("PASSED") {
            "COMPLIANT"
        } else {
            "NOT_APPLICABLE"
        }
    };
    region.stages().map(|(api, stage)| (stage.arn.clone(), compliance_type((api, stage)))).collect()
}

const CHECKS: [&str; 4] = ["certificate-attached", "certificate-expiry", "certificate-unique", "owner-tag"];

fn checks(
    region: &Region,
    uses: &HashMap<&str, usize>,
    api: &Api,
    stage: &Stage,
    now: Timestamp,
) -> [Expected; 4] {
    let (http, expiry) = (has_http(api, stage), expiry(region, api, stage, now));
    [attached(region, stage, http), expiry, unique(uses, stage, http, expiry), owned(region, stage)]
}

/// Status and severity.
type Expected = (&'static str, &'static str);
const PASSED: Expected = ("PASSED", "INFORMATIONAL");
const NEITHER: Expected = ("NOT_AVAILABLE", "INFORMATIONAL");

fn attached(region: &Region, stage: &Stage, http: bool) -> Expected {
    match &stage.state.certificate {
        Some(id) if region.certificates.contains_key(id) => PASSED,
        Some(_) => ("FAILED", "CRITICAL"),
        None if http => ("FAILED", "HIGH"),
        None => NEITHER,
    }
}

fn expiry(region: &Region, api: &Api, stage: &Stage, now: Timestamp) -> Expected {
    let Some(id) = &stage.state.certificate else { return NEITHER };
    let Some(certificate) = region.certificates.get(id) else { return NEITHER };
    match certificate.not_after.as_second() - now.as_second() {
        // No backend can reject requests because of it.
        left if left <= 60 * DAY && !has_http(api, stage) => ("FAILED", "LOW"),
        left if left < 0 => ("FAILED", "CRITICAL"),
        left if left <= 7 * DAY => ("FAILED", "HIGH"),
        left if left <= 60 * DAY => ("FAILED", "MEDIUM"),
        _ => PASSED,
    }
}

/// The number of stages per certificate.
fn uses(region: &Region) -> HashMap<&str, usize> {
    let mut uses = HashMap::new();
    for certificate in region.stages().filter_map(|(_, stage)| stage.state.certificate.as_deref()) {
        *uses.entry(certificate).or_default() += 1;
    }
    uses
}

/// The backends are known only for a stage whose certificate fails certificate-expiry, and count as
/// HTTP otherwise.
fn unique(uses: &HashMap<&str, usize>, stage: &Stage, http: bool, expiry: Expected) -> Expected {
    match stage.state.certificate.as_deref().map(|id| uses[id]) {
        None => NEITHER,
        Some(1) => PASSED,
        Some(_) if !http && expiry.0 == "FAILED" => ("FAILED", "LOW"),
        Some(_) => ("FAILED", "MEDIUM"),
    }
}

fn owned(region: &Region, stage: &Stage) -> Expected {
    let certificate = stage.state.certificate.as_ref().and_then(|id| region.certificates.get(id));
    let has_owner = |arn: &str| owner(region, arn).is_some();
    let both = has_owner(&stage.arn) && certificate.is_none_or(|certificate| has_owner(&certificate.arn));
    if both { PASSED } else { ("FAILED", "LOW") }
}
