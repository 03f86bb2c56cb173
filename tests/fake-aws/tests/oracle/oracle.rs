//! The expected result of each stage with default rule parameters, by brute force: one check after
//! the other, over the whole world. It shares no code with `src/` and looks things up the slow way
//! on purpose.

use std::collections::BTreeMap;

use fake_aws::model::{Api, Region, Stage};
use fake_aws::{ApiKind, Tags};
use jiff::{SignedDuration, Timestamp};

/// Compliance types of all existing stages by resource ID. `now` is the instant that certificates
/// are compared with.
pub fn results(region: &Region, now: Timestamp) -> BTreeMap<String, &'static str> {
    region.stages().map(|(api, stage)| (stage.arn.clone(), result(region, api, stage, now))).collect()
}

/// Whether a stage passes each check: attached, expiry, unique, owner. `None` means not applicable.
pub fn answers(region: &Region, api: &Api, stage: &Stage, now: Timestamp) -> [Option<bool>; 4] {
    if api.kind == ApiKind::Http {
        return [None; 4];
    }
    [
        attached(region, api, stage, now),
        expiry(region, stage, now),
        unique(region, stage),
        Some(owned(region, stage)),
    ]
}

fn result(region: &Region, api: &Api, stage: &Stage, now: Timestamp) -> &'static str {
    let answers = answers(region, api, stage, now);
    if answers.contains(&Some(false)) {
        "NON_COMPLIANT"
    } else if answers.contains(&Some(true)) {
        "COMPLIANT"
    } else {
        "NOT_APPLICABLE"
    }
}

/// `None` means not applicable.
fn attached(region: &Region, api: &Api, stage: &Stage, now: Timestamp) -> Option<bool> {
    let there = match &stage.state.certificate {
        None => false,
        Some(id) if id.starts_with("arn:") => {
            region.acm.get(id).is_some_and(|acm| acm.status_at(now) == "ISSUED")
        }
        Some(id) => region.certificates.contains_key(id),
    };
    if there {
        return Some(true);
    }
    if has_http_backends(api, stage) { Some(false) } else { None }
}

fn has_http_backends(api: &Api, stage: &Stage) -> bool {
    let other_than_http = |kind: &String| ["AWS", "AWS_PROXY", "MOCK"].contains(&kind.as_str());
    let has_canary = stage.state.canary.as_ref().is_some_and(|canary| *canary != stage.state.deployment);
    if has_canary && !api.resources.iter().all(other_than_http) {
        return true;
    }
    if api.kind == ApiKind::WebSocket {
        return api.integrations.is_empty() || !api.integrations.values().all(other_than_http);
    }
    api.unexportable || !api.deployments[&stage.state.deployment].iter().all(other_than_http)
}

fn expiry(region: &Region, stage: &Stage, now: Timestamp) -> Option<bool> {
    let id = stage.state.certificate.as_ref()?;
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    let dates = match region.acm.get(id) {
        Some(acm) => {
            let renews = acm.is_managed() && acm.renewal_status.as_deref() != Some("FAILED");
            Some((acm.not_before, acm.not_after, if renews { 30 } else { 60 }))
        }
        None => region.certificates.get(id).map(|known| (known.not_before, known.not_after, 60)),
    };
    dates.map(|(from, until, window)| from <= now && now < until - days(window))
}

fn unique(region: &Region, stage: &Stage) -> Option<bool> {
    let id = stage.state.certificate.as_ref()?;
    let with_it = region.stages().filter(|(_, other)| other.state.certificate.as_ref() == Some(id)).count();
    Some(with_it == 1)
}

fn owned(region: &Region, stage: &Stage) -> bool {
    let has_owner = |tags: Option<&Tags>| {
        let value = |key: &str| tags.and_then(|tags| tags.get(key));
        [value("owner"), value("Owner")].into_iter().flatten().any(|value| !value.trim().is_empty())
    };
    let certificate = match &stage.state.certificate {
        None => true,
        Some(id) if id.starts_with("arn:") => !region.acm.contains_key(id) || has_owner(region.tags_of(id)),
        Some(id) => region.certificates.get(id).is_none_or(|known| has_owner(region.tags_of(&known.arn))),
    };
    has_owner(region.tags_of(&stage.arn)) && certificate
}
