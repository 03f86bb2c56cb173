//! Findings for AWS Security Hub: one per resource and check, in the format of
//! `BatchImportFindings`.
//!
//! A finding's `Id` contains the resource, a stage's certificate, the phase of the certificate and
//! the check, so an import updates the stored finding, and a new problem is a new finding. A check
//! that does not apply is `NOT_AVAILABLE` and archived. A check that could not be evaluated is a
//! `WARNING`. Neither is ever `PASSED`. Findings contain no value of an owner tag unless
//! `findingOwner=value` allows it.

mod archive;
mod asff;
mod batches;
mod content;
mod context;
mod existing;
mod facts;
mod front_door;
mod identity;
pub mod import;
mod text;
pub(crate) mod unread;
pub(crate) mod unread_finding;
pub(crate) mod update;

use std::collections::{BTreeMap, BTreeSet};

use context::{FindingContext, FindingStatus};
use facts::{resources, stage_fields, stage_resource};
use identity::{account_id, id_prefix};
use jiff::Timestamp;

use crate::checks::Check;
use crate::checks::subjects::SubjectTypeRow;
use crate::evaluation::evaluated::EvaluatedStage;
use crate::parameters::FindingOwner;
use crate::resources::account_region::AccountRegion;
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage_arn::StageArn;
use crate::resources::subject::SubjectType;
pub use archive::{Reason, Selection, archived};
pub use asff::{
    AwsSecurityFinding, CertificateDetails, Compliance, ComplianceStatus, FindingProviderFields,
    Recommendation, RecordState, Remediation, Resource, ResourceDetails, Severity, SeverityLabel,
    StageDetails, StatusReason,
};
pub use existing::{ExistingFinding, StoredFinding};
pub use front_door::front_door_findings;
pub(crate) use front_door::{front_door_not_evaluated, subject_arn};
pub use identity::{GENERATOR_PREFIX, Source, generator_id, product_arn};
pub use import::{Imported, Importer};

/// The maximum length of an `Id`.
const MAX_ID: usize = 512;

/// The findings about a stage that was evaluated at `at`, one for each of `checks`. If the stage is
/// not evaluated or a check does not apply, the finding is `NOT_AVAILABLE` with the reason, and
/// archived.
#[must_use]
pub fn findings(
    (account_region, source): (&AccountRegion, &Source),
    evaluated: &EvaluatedStage,
    checks: &BTreeSet<Check>,
    owner: FindingOwner,
    at: Timestamp,
) -> Vec<AwsSecurityFinding> {
    let stage = &evaluated.stage;
    let context = FindingContext {
        account_region,
        source,
        resource: stage.arn.as_str(),
        certificate: stage.certificate.as_ref(),
        deployment: stage.deployment.as_ref().map(ToString::to_string),
        resources: resources(account_region, evaluated),
        fields: stage_fields(evaluated, owner),
        at,
    };
    match &evaluated.result {
        Ok(found) => {
            let chosen = found.iter().filter(|finding| checks.contains(&finding.check()));
            let evaluated_finding = |finding| {
                let severity = evaluated.severity(finding, at);
                context.evaluated_finding(finding, severity, evaluated.what_to_do(finding))
            };
            chosen.map(evaluated_finding).collect()
        }
        Err(reason) => {
            checks.iter().map(|check| context.finding(*check, &FindingStatus::of(reason))).collect()
        }
    }
}

/// The chosen checks that apply to stages of this kind.
pub(crate) fn applicable(stage: &StageArn, checks: &BTreeSet<Check>) -> BTreeSet<Check> {
    let of_type = SubjectTypeRow::of(SubjectType::Stage(stage.stage_type())).checks;
    checks.iter().copied().filter(|check| of_type.contains(check)).collect()
}

/// The findings about an existing stage that could not be evaluated. They are active `WARNING`
/// findings, so Security Hub does not show an old status as if it were confirmed.
#[must_use]
pub fn not_evaluated(
    (account_region, source): (&AccountRegion, &Source),
    (stage, certificate): (&StageArn, Option<&CertificateId>),
    checks: &BTreeSet<Check>,
    at: Timestamp,
) -> Vec<AwsSecurityFinding> {
    let resource = Resource { details: None, ..stage_resource(account_region, stage, None, None) };
    not_evaluated_of((account_region, source), (resource, certificate), checks, at)
}

/// The same about any resource.
fn not_evaluated_of(
    (account_region, source): (&AccountRegion, &Source),
    (resource, certificate): (Resource, Option<&CertificateId>),
    checks: &BTreeSet<Check>,
    at: Timestamp,
) -> Vec<AwsSecurityFinding> {
    let arn = resource.id.clone();
    let context = FindingContext {
        account_region,
        source,
        resource: &arn,
        certificate,
        deployment: None,
        resources: vec![resource],
        fields: BTreeMap::new(),
        at,
    };
    let status = FindingStatus {
        compliance: ComplianceStatus::Warning,
        severity: SeverityLabel::Medium,
        reason: NOT_EVALUATED,
        text: "not evaluated: data that the check needs could not be read".into(),
    };
    checks.iter().map(|check| context.finding(*check, &status)).collect()
}

/// The reason of a finding about a stage that could not be evaluated.
pub(crate) const NOT_EVALUATED: &str = "not-evaluated";

/// The finding of a scan about its account and Region: active with the cause if the scan was not
/// complete, and archived if it was.
#[must_use]
pub fn incomplete(account_region: &AccountRegion, why: Option<&str>, at: Timestamp) -> AwsSecurityFinding {
    let status = FindingStatus {
        compliance: if why.is_some() { ComplianceStatus::Warning } else { ComplianceStatus::Passed },
        severity: if why.is_some() { SeverityLabel::Medium } else { SeverityLabel::Informational },
        reason: if why.is_some() { "incomplete" } else { "complete" },
        text: match why {
            Some(why) => format!("some resources could not be evaluated: {why}"),
            None => "all resources were evaluated".to_owned(),
        },
    };
    let source = Source::scan();
    let id = format!("{}incomplete", id_prefix(account_region));
    let mut finding = of_account((account_region, &source), (id, "incomplete"), &status, BTreeMap::new(), at);
    if why.is_none() {
        finding.record_state = RecordState::Archived;
    }
    finding
}

/// A finding about an account and Region.
pub(crate) fn of_account(
    (account_region, source): (&AccountRegion, &Source),
    (id, code): (String, &str),
    status: &FindingStatus,
    mut fields: BTreeMap<String, String>,
    at: Timestamp,
) -> AwsSecurityFinding {
    fields.insert("stagecert/reason".to_owned(), status.reason.to_owned());
    AwsSecurityFinding::new(account_region, id, generator_id(&source.deployment, code), at)
        .with_status(text::INCOMPLETE, status, vec![])
        .with_resources(vec![account_resource(account_region)], fields, None)
        .of_source(source, None)
}

fn account_resource(account_region: &AccountRegion) -> Resource {
    Resource {
        kind: "AwsAccount",
        id: account_id(account_region),
        partition: account_region.partition.clone(),
        region: account_region.region.clone(),
        details: None,
    }
}

#[cfg(test)]
#[path = "advice_tests.rs"]
mod advice_tests;

#[cfg(test)]
#[path = "findings_tests.rs"]
mod tests;
