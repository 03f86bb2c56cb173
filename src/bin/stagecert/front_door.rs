//! The results of the front door, and the part of them that is shown. APIs and domains have no
//! owner, so a filter by owner leaves them out.

use std::cmp::Reverse;

use jiff::Timestamp;
use stagecert::checks::finding::Finding;
use stagecert::checks::severity::{Severity, severity};
use stagecert::checks::verdict::Verdict;
use stagecert::evaluation::front_door::{EvaluatedResource, FrontDoorSubject};

use crate::filter::Filter;
use crate::scan_results::{FrontDoorSummary, ScanResults, ScannedAccountRegion};

impl ScannedAccountRegion {
    /// The evaluated APIs and domains; empty if the front door was not evaluated.
    pub(crate) fn front_door(&self) -> &[EvaluatedResource] {
        self.scan.front_door.as_ref().map(|it| it.resources.as_slice()).unwrap_or_default()
    }

    /// The labels of the APIs and domains that could not be evaluated.
    pub(crate) fn front_door_not_evaluated(&self) -> impl Iterator<Item = String> {
        self.scan.front_door.iter().flat_map(|it| &it.not_evaluated).map(FrontDoorSubject::label)
    }
}

impl ScanResults {
    /// Whether the front door was evaluated.
    pub(crate) fn has_front_door(&self) -> bool {
        self.scanned.iter().any(|scanned| scanned.scan.front_door.is_some())
    }

    /// The APIs and domains to list, for formats with one entry per resource.
    pub(crate) fn resources<'a>(
        &'a self,
        scanned: &'a ScannedAccountRegion,
    ) -> impl Iterator<Item = &'a EvaluatedResource> {
        scanned.front_door().iter().filter(|resource| self.filter.lists_resource(resource, scanned.at))
    }

    /// The APIs and domains whose findings are shown, for formats with one entry per check.
    pub(crate) fn resources_of_checks<'a>(
        &'a self,
        scanned: &'a ScannedAccountRegion,
    ) -> impl Iterator<Item = &'a EvaluatedResource> {
        scanned.front_door().iter().filter(|resource| self.filter.keeps_resource(resource, scanned.at))
    }

    /// The findings of an API or domain that are shown, passed or failed, each with its severity.
    pub(crate) fn resource_findings<'a>(
        &self,
        scanned: &ScannedAccountRegion,
        resource: &'a EvaluatedResource,
    ) -> Vec<(&'a Finding, Option<Severity>)> {
        shown(&self.filter, resource, scanned.at).collect()
    }

    /// The failed findings that are shown, worst first, and the number of those that are not shown.
    pub(crate) fn resource_failed<'a>(
        &self,
        scanned: &ScannedAccountRegion,
        resource: &'a EvaluatedResource,
    ) -> (Vec<(&'a Finding, Option<Severity>)>, usize) {
        failed(&self.filter, resource, scanned.at)
    }

    /// The worst severity of the failed findings that are shown.
    pub(crate) fn resource_severity(
        &self,
        scanned: &ScannedAccountRegion,
        resource: &EvaluatedResource,
    ) -> Option<Severity> {
        shown(&self.filter, resource, scanned.at).filter_map(|(_, severity)| severity).max()
    }

    /// The most severe of the failed findings that are shown, its severity, and the label of the
    /// API or domain.
    pub(crate) fn most_urgent_of_front_door(&self) -> Option<(Severity, String, &Finding)> {
        let of_scan = |scanned| self.resources(scanned).map(move |resource| (scanned, resource));
        let failed = self.scanned.iter().flat_map(of_scan).filter_map(|(scanned, resource)| {
            let (failed, _) = self.resource_failed(scanned, resource);
            let (finding, severity) = failed.into_iter().next()?;
            Some((severity?, resource.subject.label(), finding))
        });
        // The first of several.
        failed.min_by_key(|(severity, ..)| Reverse(*severity))
    }

    /// The totals of one account and Region, shown or not; `None` if its front door was not
    /// evaluated.
    pub(crate) fn front_door_summary(&self, scanned: &ScannedAccountRegion) -> Option<FrontDoorSummary> {
        let front_door = scanned.scan.front_door.as_ref()?;
        let not_evaluated = front_door.not_evaluated.len();
        let mut summary = FrontDoorSummary { not_evaluated, ..FrontDoorSummary::default() };
        for resource in &front_door.resources {
            let compliance_type = resource.compliance_type();
            summary.evaluated.count(compliance_type);
            summary.severities.count(resource.severity(scanned.at));
            if !self.filter.lists_resource(resource, scanned.at) {
                summary.left_out.count(compliance_type);
            }
        }
        Some(summary)
    }
}

impl Filter {
    /// Whether formats with one entry per resource list an API or a domain: it matches the filter
    /// and, with `only`, it fails one of the checks that are shown.
    pub(crate) fn lists_resource(&self, resource: &EvaluatedResource, at: Timestamp) -> bool {
        self.keeps_resource(resource, at) && (self.only.is_none() || has_failed(self, resource, at))
    }

    /// Whether formats with one entry per check show the findings of an API or a domain.
    pub(crate) fn keeps_resource(&self, resource: &EvaluatedResource, at: Timestamp) -> bool {
        let must_fail = self.failed || self.severity.is_some();
        self.owners.is_empty() && (!must_fail || has_failed(self, resource, at))
    }
}

/// The failed findings that a filter shows, worst first, and the number of the others.
pub(crate) fn failed<'a>(
    filter: &Filter,
    resource: &'a EvaluatedResource,
    at: Timestamp,
) -> (Vec<(&'a Finding, Option<Severity>)>, usize) {
    let mut failed: Vec<_> = shown(filter, resource, at).filter(is_failed).collect();
    failed.sort_by_key(|(finding, severity)| (Reverse(*severity), finding.urgency()));
    let all = resource.findings.iter().filter(|finding| finding.verdict() == Verdict::Failed).count();
    let left_out = all.saturating_sub(failed.len());
    (failed, left_out)
}

fn shown<'a>(
    filter: &Filter,
    resource: &'a EvaluatedResource,
    at: Timestamp,
) -> impl Iterator<Item = (&'a Finding, Option<Severity>)> {
    let findings = resource.findings.iter().map(move |finding| (finding, severity(finding, None, at)));
    findings.filter(|(finding, severity)| filter.shows(finding.check(), *severity))
}

fn has_failed(filter: &Filter, resource: &EvaluatedResource, at: Timestamp) -> bool {
    shown(filter, resource, at).any(|found| is_failed(&found))
}

fn is_failed((finding, _): &(&Finding, Option<Severity>)) -> bool {
    finding.verdict() == Verdict::Failed
}
