//! The front door: a card per API with its entry points and what to do, and a table of the domains.

mod card;
mod diagram;
mod domain;
pub(in crate::commands) mod steps;

use card::Card;
use domain::Domain;
use stagecert::evaluation::front_door::{EvaluatedResource, FrontDoorSubject};

use super::Reported;
use super::text::counted;
use crate::filter::Filter;
use crate::summary::FrontDoorCounts;

/// The number of APIs and of domains that the page shows; the rest are only counted.
const MAX_LISTED: usize = 200;

/// The section about the front door.
pub(super) struct Section {
    /// The results in one sentence.
    pub(super) summary: String,
    /// The APIs that fail a check, and those with an entry point that requires a certificate.
    pub(super) apis: Vec<Card>,
    pub(super) more_apis: usize,
    /// How many APIs have neither.
    pub(super) other_apis: usize,
    pub(super) domains: Vec<Domain>,
    pub(super) more_domains: usize,
}

/// The section; `None` if the front door was not evaluated.
pub(super) fn section(reports: &[Reported], filter: &Filter) -> Option<Section> {
    reports.iter().find(|report| report.scan.front_door.is_some())?;
    let mut counts = FrontDoorCounts::default();
    let (mut apis, mut domains, mut other_apis) = (Vec::new(), Vec::new(), 0);
    for report in reports {
        for resource in report.scan.front_door.iter().flat_map(|it| &it.resources) {
            counts.count(resource.compliance_type());
            let is_listed = filter.lists_resource(resource, report.at);
            match resource.subject {
                FrontDoorSubject::DomainName(_) if is_listed => domains.push((report, resource)),
                FrontDoorSubject::Api(_) if is_listed && deserves_card(report, resource) => {
                    apis.push((report, resource));
                }
                FrontDoorSubject::Api(_) => other_apis += 1,
                FrontDoorSubject::DomainName(_) => {}
            }
        }
    }
    sort(&mut apis);
    sort(&mut domains);
    let several = reports.len() > 1;
    let card = |(number, (report, resource)): (usize, &(&Reported, &EvaluatedResource))| {
        Card::of(report, resource, filter, several, number + 1)
    };
    let domain =
        |(report, resource): &(&Reported, &EvaluatedResource)| Domain::of(report, resource, filter, several);
    Some(Section {
        summary: summary(counts),
        more_apis: apis.len().saturating_sub(MAX_LISTED),
        apis: apis.iter().take(MAX_LISTED).enumerate().map(card).collect(),
        other_apis,
        more_domains: domains.len().saturating_sub(MAX_LISTED),
        domains: domains.iter().take(MAX_LISTED).map(domain).collect(),
    })
}

fn deserves_card(report: &Reported, resource: &EvaluatedResource) -> bool {
    let has_failed = resource.severity(report.at).is_some();
    has_failed || resource.entry_points.iter().any(|it| it.requires_certificate)
}

/// The worst severity first; within a severity, the order of the scan.
fn sort(resources: &mut [(&Reported, &EvaluatedResource)]) {
    resources.sort_by_key(|(report, resource)| std::cmp::Reverse(resource.severity(report.at)));
}

fn summary(counts: FrontDoorCounts) -> String {
    let FrontDoorCounts { resources, non_compliant, compliant, not_applicable } = counts;
    let resources = counted(resources, "API and domain").replace("API and domains", "APIs and domains");
    format!(
        "{resources}: {non_compliant} NON_COMPLIANT, {compliant} COMPLIANT, {not_applicable} NOT_APPLICABLE."
    )
}
