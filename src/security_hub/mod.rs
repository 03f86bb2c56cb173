//! Findings for AWS Security Hub: one per stage and check, in the format of `BatchImportFindings`.
//!
//! A finding keeps its id from one evaluation to the next, so an import updates the stored finding.
//! A check that does not apply is `NOT_AVAILABLE` and archived. A check that could not be evaluated
//! is an active `WARNING`. Neither is ever `PASSED`. Findings contain no value of an owner tag
//! unless `findingOwner=value` allows it.

mod asff;
mod batches;
mod context;
mod facts;
mod identity;
pub mod import;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use context::{FindingContext, FindingStatus};
use facts::{resources, stage_fields, stage_resource};
use identity::id_prefix;
use jiff::Timestamp;

use crate::checks::Check;
use crate::evaluation::evaluated::EvaluatedStage;
use crate::evaluation::scope::NotEvaluated;
use crate::parameters::FindingOwner;
use crate::resources::account_region::AccountRegion;
use crate::resources::stage_arn::StageArn;
pub use asff::{
    AwsSecurityFinding, CertificateDetails, Compliance, ComplianceStatus, FindingProviderFields,
    Recommendation, RecordState, Remediation, Resource, ResourceDetails, Severity, SeverityLabel,
    StageDetails, StatusReason,
};
pub use identity::{generator_id, product_arn};
pub(crate) use identity::{id, subject};
pub use import::{Imported, Importer};

/// The maximum length of an `Id`.
const MAX_ID: usize = 512;

/// The findings about a stage that was evaluated at `at`, one for each of `checks`. If the stage is
/// not evaluated or a check does not apply, the finding is `NOT_AVAILABLE` with the reason, and
/// archived.
#[must_use]
pub fn findings(
    account_region: &AccountRegion,
    evaluated: &EvaluatedStage,
    checks: &BTreeSet<Check>,
    owner: FindingOwner,
    at: Timestamp,
) -> Vec<AwsSecurityFinding> {
    let context = FindingContext {
        account_region,
        stage: &evaluated.stage.arn,
        resources: resources(account_region, evaluated),
        fields: stage_fields(evaluated, owner),
        created_at: evaluated.stage.created,
        at,
    };
    match &evaluated.result {
        Ok(found) => {
            let chosen = found.iter().filter(|finding| checks.contains(&finding.check()));
            chosen.map(|finding| context.evaluated_finding(evaluated, finding)).collect()
        }
        Err(reason) => checks
            .iter()
            .map(|check| context.finding(*check, &FindingStatus::of(reason), BTreeMap::new()))
            .collect(),
    }
}

/// A finding that Security Hub already has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExistingFinding {
    /// The finding's `Id`.
    pub id: String,
    /// The finding's `CreatedAt`.
    pub created_at: Option<Timestamp>,
}

/// The update that archives an existing finding whose stage is gone, with the given reason; `None`
/// if the finding is not about a stage in `account_region`.
#[must_use]
pub(crate) fn archived(
    account_region: &AccountRegion,
    existing: &ExistingFinding,
    reason: &NotEvaluated,
    at: Timestamp,
) -> Option<AwsSecurityFinding> {
    let (stage, check) = subject(account_region, &existing.id)?;
    let resources = vec![Resource { details: None, ..stage_resource(account_region, &stage, None, None) }];
    let context = FindingContext {
        account_region,
        stage: &stage,
        resources,
        fields: BTreeMap::new(),
        created_at: existing.created_at,
        at,
    };
    Some(context.finding(check, &FindingStatus::of(reason), BTreeMap::new()))
}

/// The findings about an existing stage that could not be evaluated. They are active `WARNING`
/// findings, so Security Hub does not show an old status as if it were confirmed.
#[must_use]
pub fn not_evaluated(
    account_region: &AccountRegion,
    stage: &StageArn,
    checks: &BTreeSet<Check>,
    at: Timestamp,
) -> Vec<AwsSecurityFinding> {
    let resource = Resource { details: None, ..stage_resource(account_region, stage, None, None) };
    let resources = vec![resource];
    let context =
        FindingContext { account_region, stage, resources, fields: BTreeMap::new(), created_at: None, at };
    let status = FindingStatus {
        compliance: ComplianceStatus::Warning,
        severity: SeverityLabel::Medium,
        reason: "not-evaluated",
        text: "not evaluated: data that the check needs could not be read".into(),
        api_not_recorded: false,
    };
    checks.iter().map(|check| context.finding(*check, &status, BTreeMap::new())).collect()
}

/// The finding about an account and Region that could not be evaluated completely, with the cause.
#[must_use]
pub fn incomplete(account_region: &AccountRegion, why: &str, at: Timestamp) -> AwsSecurityFinding {
    let arn = format!("AWS::::Account:{}", account_region.account);
    let status = FindingStatus {
        compliance: ComplianceStatus::Warning,
        severity: SeverityLabel::Medium,
        reason: "incomplete",
        text: format!("some resources could not be evaluated: {why}"),
        api_not_recorded: false,
    };
    let fields = BTreeMap::from([("stagecert/reason".to_owned(), status.reason.to_owned())]);
    let account = Resource {
        kind: "AwsAccount",
        id: arn,
        partition: account_region.partition.clone(),
        region: account_region.region.clone(),
        details: None,
    };
    let id = format!("{}incomplete", id_prefix(account_region));
    AwsSecurityFinding::new(account_region, id, "stagecert/incomplete".to_owned(), None, at)
        .with_status(text::INCOMPLETE, &status, vec![])
        .with_resources(vec![account], fields, None)
}

#[cfg(test)]
#[path = "findings_tests.rs"]
mod tests;
