//! The scan as JSON, as docs/scan.schema.json describes it. Timestamps are RFC 3339 in UTC.

mod front_door;

use front_door::FrontDoor;
use jiff::Timestamp;
use serde::Serialize;
use stagecert::Failure;
use stagecert::account::listing::ListedFrom;
use stagecert::checks::Check;
use stagecert::checks::finding::Finding;
use stagecert::checks::severity::Severity;
use stagecert::evaluation::compliance::ComplianceType;
use stagecert::evaluation::evaluated::EvaluatedStage;
use stagecert::evaluation::scope::NotEvaluated;
use stagecert::resources::certificate::Certificate;
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::stage_arn::StageArn;
use stagecert::scan::backend_enforced::{BackendEnforced, Enforcing};
use stagecert::scan::exemptions::ExemptionUse;
use stagecert::scan::rotations::{InProgress, RotationFigures};

use crate::filter::{Filter, OwnerPattern};
use crate::hint::hint;
use crate::scan_results::{Counts, FrontDoorCounts, ScanResults, ScannedAccountRegion, Summary};

/// The version of the document. Adding a field does not change it.
const VERSION: u32 = 2;

pub(super) fn page(results: &ScanResults) -> Result<String, Failure> {
    let summary = results.summary();
    super::pretty(&Document {
        scan_version: VERSION,
        complete: summary.is_complete(),
        places: results.scanned.iter().map(|scanned| AccountRegionResults::of(results, scanned)).collect(),
        summary: Sums::of(results, summary),
        backends_that_enforce: results.enforcing(),
        rotations: results.rotations(),
        errors: errors(&results.failures),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    scan_version: u32,
    complete: bool,
    places: Vec<AccountRegionResults<'a>>,
    summary: Sums<'a>,
    /// Absent without results of probes.
    #[serde(skip_serializing_if = "Option::is_none")]
    backends_that_enforce: Option<Enforcing>,
    /// Absent if there are no rotations.
    #[serde(skip_serializing_if = "Option::is_none")]
    rotations: Option<RotationFigures>,
    /// Errors outside any of the accounts and Regions listed.
    errors: Vec<ErrorRow<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountRegionResults<'a> {
    partition: &'a str,
    account_id: &'a str,
    aws_region: &'a str,
    evaluated_at: Timestamp,
    /// Absent for a snapshot, and if the stages could not be listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    listed_from: Option<ListedFrom>,
    complete: bool,
    stages: Vec<Row<'a>>,
    not_evaluated: Vec<StageRow<'a>>,
    /// Absent if it was not evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    front_door: Option<FrontDoor<'a>>,
    /// Absent if it can't be determined.
    #[serde(skip_serializing_if = "Option::is_none")]
    unused_certificates: Option<Vec<UnusedRow<'a>>>,
    /// The exemptions of the parameters, the document and the tags.
    exemptions: &'a [ExemptionUse],
    summary: Sums<'a>,
    /// Why stages could not be evaluated.
    errors: Vec<ErrorRow<'a>>,
}

impl<'a> AccountRegionResults<'a> {
    fn of(results: &'a ScanResults, scanned: &'a ScannedAccountRegion) -> Self {
        let summary = results.summary_of(scanned);
        Self {
            partition: &scanned.account_region.partition,
            account_id: &scanned.account_region.account,
            aws_region: &scanned.account_region.region,
            evaluated_at: scanned.at,
            listed_from: scanned.scan.listed_from,
            complete: summary.is_complete(),
            stages: results.stages(scanned).map(|stage| Row::of(results, scanned, stage)).collect(),
            not_evaluated: scanned.scan.not_evaluated.iter().map(StageRow::of).collect(),
            front_door: FrontDoor::of(results, scanned),
            unused_certificates: scanned
                .scan
                .unused
                .as_ref()
                .map(|unused| unused.certificates.iter().map(UnusedRow::of).collect()),
            exemptions: &scanned.scan.exemptions,
            summary: Sums::of(results, summary),
            errors: errors(&scanned.scan.failures),
        }
    }
}

/// A certificate that no stage uses.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UnusedRow<'a> {
    client_certificate_id: &'a CertificateId,
    not_after: Option<Timestamp>,
}

impl<'a> UnusedRow<'a> {
    fn of(certificate: &'a Certificate) -> Self {
        Self { client_certificate_id: &certificate.id, not_after: certificate.not_after }
    }
}

/// A stage, by its name and its ARN.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StageRow<'a> {
    stage: String,
    resource_type: &'static str,
    resource_id: &'a str,
}

impl<'a> StageRow<'a> {
    pub(crate) fn of(arn: &'a StageArn) -> Self {
        Self {
            stage: arn.label(),
            resource_type: arn.stage_type().resource_type(),
            resource_id: arn.as_str(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    #[serde(flatten)]
    stage: StageRow<'a>,
    api_name: Option<&'a str>,
    compliance_type: ComplianceType,
    /// The worst severity of the failed findings below.
    severity: Option<Severity>,
    annotation: String,
    client_certificate_id: Option<&'a CertificateId>,
    not_after: Option<Timestamp>,
    owner: Option<&'a str>,
    findings: Vec<AnyFinding<'a>>,
    /// The rotation of the stage's certificate, if one is in progress.
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation: Option<&'a InProgress>,
    /// Why there are no findings.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_evaluated: Option<&'a NotEvaluated>,
}

impl<'a> Row<'a> {
    fn of(
        results: &'a ScanResults,
        scanned: &'a ScannedAccountRegion,
        evaluated: &'a EvaluatedStage,
    ) -> Self {
        let finding = |finding| {
            AnyFinding::OfStage(FindingRow { finding, severity: evaluated.severity(finding, scanned.at) })
        };
        let of_backends = results.backend_enforced(scanned, evaluated).map(AnyFinding::OfBackends);
        Self {
            stage: StageRow::of(&evaluated.stage.arn),
            api_name: scanned.api_name(&evaluated.stage.arn),
            compliance_type: evaluated.compliance_type(),
            severity: results.worst(scanned, evaluated),
            annotation: evaluated.annotation().to_string(),
            client_certificate_id: evaluated.certificate(),
            not_after: evaluated.not_after,
            owner: evaluated.owner.as_deref(),
            findings: results
                .findings(scanned, evaluated)
                .into_iter()
                .map(finding)
                .chain(of_backends)
                .collect(),
            rotation: scanned.scan.rotations.of_stage(&evaluated.stage.arn),
            not_evaluated: evaluated.result.as_ref().err(),
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum AnyFinding<'a> {
    OfStage(FindingRow<'a>),
    OfBackends(BackendEnforced<'a>),
}

#[derive(Serialize)]
struct FindingRow<'a> {
    #[serde(flatten)]
    finding: &'a Finding,
    /// Absent unless the check failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<Severity>,
}

/// The counts of everything, and of what the filter leaves out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sums<'a> {
    #[serde(flatten)]
    summary: Summary,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<LeftOut<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LeftOut<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    only: Vec<&'a Check>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<Severity>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    owner: Vec<&'a str>,
    #[serde(flatten)]
    counts: Counts,
    /// Absent if the front door was not evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    front_door: Option<FrontDoorCounts>,
}

impl<'a> Sums<'a> {
    fn of(results: &'a ScanResults, summary: Summary) -> Self {
        let Filter { only, failed, severity, owners } = &results.filter;
        let left_out = results.filter.options().map(|_| LeftOut {
            only: only.iter().flatten().collect(),
            failed: failed.then_some(true),
            severity: *severity,
            owner: owners.iter().map(OwnerPattern::text).collect(),
            counts: summary.left_out,
            front_door: summary.front_door.map(|it| it.left_out),
        });
        Self { summary, left_out }
    }
}

/// A failure, with what to do about it.
#[derive(Serialize)]
pub(crate) struct ErrorRow<'a> {
    kind: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

fn errors(failures: &[Failure]) -> Vec<ErrorRow<'_>> {
    failures.iter().map(error).collect()
}

pub(crate) fn error(failure: &Failure) -> ErrorRow<'_> {
    ErrorRow {
        kind: Failure::kind(failure),
        message: failure.message(),
        operation: match failure {
            Failure::Operation { operation, .. } | Failure::OutOfTime { operation, .. } => Some(operation),
            _ => None,
        },
        code: failure.code(),
        hint: hint(failure),
    }
}
