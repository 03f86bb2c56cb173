//! The differences as JSON, as docs/diff.schema.json describes it.

use jiff::Timestamp;
use serde::Serialize;
use stagecert::Failure;
use stagecert::checks::Check;
use stagecert::checks::severity::Severity;
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::stage_arn::StageArn;
use stagecert::scan::difference::{Change, ChangeKind, Difference, Presented, Rotation};

use super::Summary;
use crate::formats::json::{ErrorRow, StageRow, error};
use crate::formats::pretty;

/// The version of the document. Adding a field does not change it.
const VERSION: u32 = 1;

pub(super) fn page(results: &[Difference<'_>], failures: &[&Failure]) -> Result<String, Failure> {
    pretty(&Document {
        diff_version: VERSION,
        complete: failures.is_empty(),
        places: results.iter().map(Compared::of).collect(),
        summary: Sums::of(&Summary::of(results)),
        errors: failures.iter().map(|failure| error(failure)).collect(),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    diff_version: u32,
    complete: bool,
    places: Vec<Compared<'a>>,
    summary: Sums,
    /// Why stages could not be evaluated, in either snapshot.
    errors: Vec<ErrorRow<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Compared<'a> {
    partition: &'a str,
    account_id: &'a str,
    aws_region: &'a str,
    /// `null` if there is no earlier snapshot, so that everything is new.
    evaluated_before: Option<Timestamp>,
    evaluated_after: Timestamp,
    changes: Vec<Row<'a>>,
    rotated: Vec<RotationRow<'a>>,
    added: Vec<StageRow<'a>>,
    removed: Vec<StageRow<'a>>,
}

impl<'a> Compared<'a> {
    fn of(difference: &'a Difference<'a>) -> Self {
        let stages = |arns: &'a [&'a StageArn]| arns.iter().map(|arn| StageRow::of(arn)).collect();
        Self {
            partition: &difference.account_region.partition,
            account_id: &difference.account_region.account,
            aws_region: &difference.account_region.region,
            evaluated_before: difference.before,
            evaluated_after: difference.after,
            changes: difference.changes.iter().map(Row::of).collect(),
            rotated: difference.rotated.iter().map(RotationRow::of).collect(),
            added: stages(&difference.added),
            removed: stages(&difference.removed),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    change: ChangeKind,
    #[serde(flatten)]
    stage: StageRow<'a>,
    check: Check,
    severity_before: Option<Severity>,
    severity_after: Option<Severity>,
    reason: &'a str,
    text: &'a str,
    owner: Option<&'a str>,
}

impl<'a> Row<'a> {
    fn of(change: &'a Change<'a>) -> Self {
        Self {
            change: change.kind,
            stage: StageRow::of(&change.stage.stage.arn),
            check: change.check,
            severity_before: change.before,
            severity_after: change.after,
            reason: change.reason,
            text: &change.text,
            owner: change.stage.owner.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct RotationRow<'a> {
    before: CertificateRow<'a>,
    after: CertificateRow<'a>,
    stages: Vec<StageRow<'a>>,
}

impl<'a> RotationRow<'a> {
    fn of(rotation: &'a Rotation<'a>) -> Self {
        Self {
            before: CertificateRow::of(&rotation.before),
            after: CertificateRow::of(&rotation.after),
            stages: rotation.stages.iter().map(|arn| StageRow::of(arn)).collect(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CertificateRow<'a> {
    client_certificate_id: &'a CertificateId,
    not_after: Option<Timestamp>,
}

impl<'a> CertificateRow<'a> {
    fn of(certificate: &'a Presented<'a>) -> Self {
        Self { client_certificate_id: certificate.id, not_after: certificate.not_after }
    }
}

/// The number of failed checks per kind of change, of rotated certificates, and of stages.
#[derive(Serialize)]
struct Sums {
    #[serde(flatten)]
    changes: std::collections::BTreeMap<&'static str, usize>,
    rotated: usize,
    added: usize,
    removed: usize,
}

impl Sums {
    fn of(summary: &Summary) -> Self {
        let Summary { rotated, added, removed, .. } = *summary;
        Self {
            changes: summary.kinds().map(|(kind, count)| (kind.name(), count)).collect(),
            rotated,
            added,
            removed,
        }
    }
}
