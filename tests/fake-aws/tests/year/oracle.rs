//! What has to be told: brute force in whole seconds, one question after the other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use crate::fleet::{Stage, State};

const DAY: i64 = 86_400;

/// The reminders of one run: each end has a second a threshold, and each second is told by the first run at or after it.
pub fn reminders(
    state: &State,
    first_run: Timestamp,
    run: i64,
    days: &[i64],
) -> BTreeSet<(String, String, i64)> {
    let mut told = BTreeSet::new();
    for (arn, stage) in &state.stages {
        let Some(id) = &stage.certificate else { continue };
        let Some(certificate) = state.certificates.get(id) else { continue };
        let falls_on = |days: i64| {
            let second = certificate.not_after.as_second() - days * DAY - first_run.as_second();
            -(-second).div_euclid(DAY)
        };
        if let Some(days) = days.iter().filter(|days| falls_on(**days) == run).min() {
            told.insert((arn.clone(), id.clone(), *days));
        }
    }
    told
}

/// Status and severity of each finding, by stage and check.
pub fn findings(state: &State, now: Timestamp) -> BTreeMap<(&str, &str), (&str, &str)> {
    let (mut all, uses) = (BTreeMap::new(), uses(state));
    for (arn, stage) in &state.stages {
        for (check, said) in [
            ("certificate-attached", attached(state, stage)),
            ("certificate-expiry", expiry(state, stage, now)),
            ("certificate-unique", unique(&uses, stage, expiry(state, stage, now))),
            ("owner-tag", owned(state, stage)),
        ] {
            all.insert((arn.as_str(), check), said);
        }
    }
    all
}

/// The compliance type of each stage that exists.
pub fn results(state: &State, now: Timestamp) -> BTreeMap<String, &'static str> {
    let uses = uses(state);
    let of = |stage| {
        let said = [
            attached(state, stage),
            expiry(state, stage, now),
            unique(&uses, stage, expiry(state, stage, now)),
            owned(state, stage),
        ];
        let any = |status: &str| said.iter().any(|(said, _)| *said == status);
        if any("FAILED") {
            "NON_COMPLIANT"
        } else if any("PASSED") {
            "COMPLIANT"
        } else {
            "NOT_APPLICABLE"
        }
    };
    state.stages.iter().map(|(arn, stage)| (arn.clone(), of(stage))).collect()
}

type Said = (&'static str, &'static str);
const PASSED: Said = ("PASSED", "INFORMATIONAL");
const NEITHER: Said = ("NOT_AVAILABLE", "INFORMATIONAL");

fn attached(state: &State, stage: &Stage) -> Said {
    match &stage.certificate {
        Some(id) if state.certificates.contains_key(id) => PASSED,
        Some(_) => ("FAILED", "CRITICAL"),
        None if stage.http => ("FAILED", "HIGH"),
        None => NEITHER,
    }
}

fn expiry(state: &State, stage: &Stage, now: Timestamp) -> Said {
    let Some(id) = &stage.certificate else { return NEITHER };
    let Some(certificate) = state.certificates.get(id) else { return NEITHER };
    match certificate.not_after.as_second() - now.as_second() {
        // No backend can refuse a request for it.
        left if left <= 60 * DAY && !stage.http => ("FAILED", "LOW"),
        left if left < 0 => ("FAILED", "CRITICAL"),
        left if left <= 7 * DAY => ("FAILED", "HIGH"),
        left if left <= 60 * DAY => ("FAILED", "MEDIUM"),
        _ => PASSED,
    }
}

/// How many stages have each certificate.
fn uses(state: &State) -> HashMap<&str, usize> {
    let mut uses = HashMap::new();
    for certificate in state.stages.values().filter_map(|stage| stage.certificate.as_deref()) {
        *uses.entry(certificate).or_default() += 1;
    }
    uses
}

/// What is deployed is read for a stage whose certificate fails its expiry, and counts as HTTP otherwise.
fn unique(uses: &HashMap<&str, usize>, stage: &Stage, expiry: Said) -> Said {
    match stage.certificate.as_deref().map(|id| uses[id]) {
        None => NEITHER,
        Some(1) => PASSED,
        Some(_) if !stage.http && expiry.0 == "FAILED" => ("FAILED", "LOW"),
        Some(_) => ("FAILED", "MEDIUM"),
    }
}

fn owned(state: &State, stage: &Stage) -> Said {
    let of_certificate = |id: &String| state.certificates.get(id).is_none_or(|it| it.owner.is_some());
    let both = stage.owner.is_some() && stage.certificate.as_ref().is_none_or(of_certificate);
    if both { PASSED } else { ("FAILED", "LOW") }
}
