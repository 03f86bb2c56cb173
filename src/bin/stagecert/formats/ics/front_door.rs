//! The events of the front door: one per CA and certificate of the APIs and domains that are shown.

use std::collections::BTreeMap;

use jiff::Timestamp;
use stagecert::evaluation::front_door::{EvaluatedResource, Expires, ExpiryDate};
use stagecert::quote::brief;

use super::{Event, Lines, MAX_NAME, MAX_STAGES, more};
use crate::scan_results::{ScanResults, ScannedAccountRegion};

/// Adds the events, in the order of their dates.
pub(super) fn events(results: &ScanResults, scanned: &ScannedAccountRegion, calendar: &mut Lines) {
    let mut dates: BTreeMap<&ExpiryDate, Vec<&EvaluatedResource>> = BTreeMap::new();
    for resource in results.resources(scanned) {
        for date in &resource.dates {
            let resources = dates.entry(date).or_default();
            if !resources.iter().any(|known| known.subject == resource.subject) {
                resources.push(resource);
            }
        }
    }
    for (date, resources) in dates {
        event(scanned, date, &resources).write(scanned, calendar);
    }
}

fn event(scanned: &ScannedAccountRegion, date: &ExpiryDate, resources: &[&EvaluatedResource]) -> Event {
    let what = name(date.what);
    let labels: Vec<String> = resources.iter().map(|it| it.subject.label()).collect();
    let of = match labels.as_slice() {
        [] => String::new(),
        [only] => format!(" of {}", brief(only, MAX_NAME)),
        [first, others @ ..] => format!(" of {} and {} more", brief(first, MAX_NAME), others.len()),
    };
    let mut lines = vec![
        format!("{what}: {}, not after {}", brief(&date.certificate, MAX_NAME), date.not_after),
        format!("{}, as of {}", scanned.account_region, scanned.at),
        "APIs and domains:".to_owned(),
    ];
    lines.extend(resources.iter().take(MAX_STAGES).map(|resource| {
        let name = resource.name.as_deref().map(|name| format!(" ({})", brief(name, MAX_NAME)));
        format!("- {}{}", brief(&resource.subject.label(), MAX_NAME), name.unwrap_or_default())
    }));
    lines.extend(more(resources.len(), MAX_STAGES));
    Event {
        id: id(date),
        not_after: date.not_after,
        summary: format!("{what}{of} expires"),
        details: lines.join("\n"),
    }
}

/// What identifies the event. Two CAs may have one subject, so a CA's date is part of it.
fn id(date: &ExpiryDate) -> String {
    let end = |not_after: Timestamp| not_after.to_string();
    match date.what {
        Expires::Ca => format!("ca\n{}\n{}", date.certificate, end(date.not_after)),
        Expires::ServerCertificate | Expires::OwnershipCertificate => date.certificate.clone(),
    }
}

fn name(what: Expires) -> &'static str {
    match what {
        Expires::Ca => "CA certificate in the truststore",
        Expires::ServerCertificate => "Server certificate",
        Expires::OwnershipCertificate => "Ownership verification certificate",
    }
}
