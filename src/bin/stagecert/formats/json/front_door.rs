//! The front door of an account and Region as JSON.

use serde::Serialize;
use stagecert::checks::severity::Severity;
use stagecert::evaluation::compliance::ComplianceType;
use stagecert::evaluation::front_door::{EvaluatedResource, ExpiryDate};
use stagecert::resources::api::ApiArn;
use stagecert::resources::entry_point::EntryPoint;

use super::FindingRow;
use crate::scan_results::{ScanResults, ScannedAccountRegion};

/// The APIs and domains of an account and Region.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FrontDoor<'a> {
    resources: Vec<Row<'a>>,
    /// The labels of those that could not be evaluated.
    not_evaluated: Vec<String>,
}

impl<'a> FrontDoor<'a> {
    /// `None` if the front door was not evaluated.
    pub(super) fn of(results: &'a ScanResults, scanned: &'a ScannedAccountRegion) -> Option<Self> {
        scanned.scan.front_door.as_ref()?;
        let resources = results.resources(scanned);
        Some(Self {
            resources: resources.map(|resource| Row::of(results, scanned, resource)).collect(),
            not_evaluated: scanned.front_door_not_evaluated().collect(),
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    resource_type: &'a str,
    resource_id: &'a str,
    label: String,
    /// The name of an API, if it is known; always null for a domain.
    name: Option<&'a str>,
    compliance_type: ComplianceType,
    /// The worst severity of the failed findings below.
    severity: Option<Severity>,
    annotation: String,
    findings: Vec<FindingRow<'a>>,
    entry_points: &'a [EntryPoint],
    dates: &'a [ExpiryDate],
    leads_to: Vec<&'a str>,
    recorded: bool,
}

impl<'a> Row<'a> {
    fn of(
        results: &'a ScanResults,
        scanned: &'a ScannedAccountRegion,
        resource: &'a EvaluatedResource,
    ) -> Self {
        let findings = results.resource_findings(scanned, resource).into_iter();
        Self {
            resource_type: &resource.resource.resource_type,
            resource_id: &resource.resource.id,
            label: resource.subject.label(),
            name: resource.name.as_deref(),
            compliance_type: resource.compliance_type(),
            severity: results.resource_severity(scanned, resource),
            annotation: resource.annotation().to_string(),
            findings: findings.map(|(finding, severity)| FindingRow { finding, severity }).collect(),
            entry_points: &resource.entry_points,
            dates: &resource.dates,
            leads_to: resource.leads_to.iter().map(ApiArn::as_str).collect(),
            recorded: resource.is_recorded,
        }
    }
}
