//! The expected reminders and findings, by brute force in whole seconds, one check after the other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use fake_aws::model::{Api, Region, Stage};
use jiff::Timestamp;

use crate::simulation::{has_http, owner};

const DAY: i64 = 86_400;
const HOUR: i64 = 3_600;

/// A reminder that must be sent: certificate, owner, the number of days it is about, and stages.
pub type Reminder = (String, String, i64, Vec<String>);

/// The reminders that the runs with these numbers must have sent, as things are now. A run takes
/// place every hour, the first one at `first_run`. It announces what is less than an hour in the
/// future, and reports what has ended since the run before it. Of several reminders about one
/// certificate, the one with the fewest days counts. Stages that the rule exempts have them
/// too.
pub fn reminders(
    region: &Region,
    first_run: Timestamp,
    runs: std::ops::RangeInclusive<i64>,
    days: &[i64],
) -> BTreeSet<Reminder> {
    let mut stages: BTreeMap<(String, String, i64), Vec<String>> = BTreeMap::new();
    for (_, stage) in region.stages() {
        let Some(id) = &stage.state.certificate else { continue };
        let Some(certificate) = region.certificates.get(id) else { continue };
        let end = certificate.not_after.as_second() - first_run.as_second();
        let run_of = |days: i64| match days {
            // The first run at or after the end.
            0 => (end + HOUR - 1).div_euclid(HOUR),
            // The last run at or before the instant.
            _ => (end - days * DAY).div_euclid(HOUR),
        };
        if let Some(days) = days.iter().filter(|days| runs.contains(&run_of(**days))).min() {
            let owner = owner(region, &stage.arn).or_else(|| owner(region, &certificate.arn));
            let key = (id.clone(), owner.unwrap_or_default().to_owned(), *days);
            stages.entry(key).or_default().push(stage.arn.clone());
        }
    }
    let sorted = |((id, owner, days), mut arns): ((String, String, i64), Vec<String>)| {
        arns.sort();
        (id, owner, days, arns)
    };
    stages.into_iter().map(sorted).collect()
}

/// Status and severity of each finding, by stage and check.
pub fn findings(region: &Region, now: Timestamp) -> BTreeMap<(&str, &'static str), Expected> {
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

pub const CHECKS: [&str; 4] =
    ["certificate-attached", "certificate-expiry", "certificate-unique", "owner-tag"];

fn checks(
    region: &Region,
    uses: &HashMap<&str, usize>,
    api: &Api,
    stage: &Stage,
    now: Timestamp,
) -> [Expected; 4] {
    let (http, expiry) = (has_http(api, stage), expiry(region, api, stage, now));
    [attached(region, stage, http), expiry, unique(region, uses, stage, http, expiry), owned(region, stage)]
}

/// Status and severity.
pub type Expected = (&'static str, &'static str);
const PASSED: Expected = ("PASSED", "INFORMATIONAL");
const NEITHER: Expected = ("NOT_AVAILABLE", "INFORMATIONAL");

fn attached(region: &Region, stage: &Stage, http: bool) -> Expected {
    match &stage.state.certificate {
        Some(id) if region.certificates.contains_key(id) => PASSED,
        Some(_) if http => ("FAILED", "CRITICAL"),
        None if http => ("FAILED", "HIGH"),
        Some(_) | None => NEITHER,
    }
}

fn expiry(region: &Region, api: &Api, stage: &Stage, now: Timestamp) -> Expected {
    let Some(id) = &stage.state.certificate else { return NEITHER };
    let Some(certificate) = region.certificates.get(id) else { return NEITHER };
    expiry_at(certificate.not_after, has_http(api, stage), now)
}

/// The answer about a certificate that ends at this instant.
pub fn expiry_at(not_after: Timestamp, http: bool, now: Timestamp) -> Expected {
    match not_after.as_second() - now.as_second() {
        // No backend can reject requests because of it.
        left if left <= 60 * DAY && !http => ("FAILED", "LOW"),
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

/// The backends are known only for a stage whose certificate does not exist or fails
/// certificate-expiry, and count as HTTP otherwise.
fn unique(
    region: &Region,
    uses: &HashMap<&str, usize>,
    stage: &Stage,
    http: bool,
    expiry: Expected,
) -> Expected {
    match stage.state.certificate.as_deref().map(|id| uses[id]) {
        None => NEITHER,
        Some(1) => PASSED,
        Some(_) if !http && knows_backends(region, stage, expiry) => ("FAILED", "LOW"),
        Some(_) => ("FAILED", "MEDIUM"),
    }
}

/// Whether something about the certificate of the stage is wrong that makes its backends matter.
pub fn knows_backends(region: &Region, stage: &Stage, expiry: Expected) -> bool {
    let exists = |id: &String| region.certificates.contains_key(id);
    expiry.0 == "FAILED" || !stage.state.certificate.as_ref().is_some_and(exists)
}

fn owned(region: &Region, stage: &Stage) -> Expected {
    let certificate = stage.state.certificate.as_ref().and_then(|id| region.certificates.get(id));
    let has_owner = |arn: &str| owner(region, arn).is_some();
    let both = has_owner(&stage.arn) && certificate.is_none_or(|certificate| has_owner(&certificate.arn));
    if both { PASSED } else { ("FAILED", "LOW") }
}
