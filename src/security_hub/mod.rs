//! Findings for AWS Security Hub: one per stage and check, in the format of `BatchImportFindings`.
//!
//! A finding keeps its id from one evaluation to the next, so an import updates the stored finding.
//! A check that does not apply is `NOT_AVAILABLE` and archived. A check that could not be evaluated
//! is an active `WARNING`. Neither is ever `PASSED`. Findings contain no value of an owner tag
//! unless `findingOwner=value` allows it.

mod asff;
mod facts;
mod identity;
pub mod import;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use facts::{finding_fields, resources, stage_fields, stage_resource};
use identity::id_prefix;
use jiff::Timestamp;

use crate::checks::finding::Finding;
use crate::checks::stage::certificate_attached::{self, Backends, Undetermined};
use crate::checks::verdict::Verdict;
use crate::checks::{Check, severity};
use crate::evaluation::evaluated::EvaluatedStage;
use crate::evaluation::scope::NotEvaluated;
use crate::parameters::FindingOwner;
use crate::resources::account_region::AccountRegion;
use crate::resources::stage_arn::StageArn;
use crate::security_hub::text::{cut, nothing_to_do, record_api, remediation, requirements};
pub use asff::{
    AwsSecurityFinding, CertificateDetails, Compliance, ComplianceStatus, FindingProviderFields,
    Recommendation, RecordState, Remediation, Resource, ResourceDetails, Severity, SeverityLabel,
    StageDetails, StatusReason,
};
pub use identity::generator_id;
pub(crate) use identity::{id, product_arn, subject};
pub use import::{Imported, Importer};

/// The launch date of API Gateway: a constant `CreatedAt` for stages whose creation date is
/// unknown.
const EARLIEST: &str = "2015-07-09T00:00:00Z";
/// The maximum length of an `Id`.
const MAX_ID: usize = 512;
/// The maximum length of a `Description`.
const MAX_DESCRIPTION: usize = 1024;
/// The maximum length of a value in `ProductFields`.
const MAX_FIELD: usize = 2048;

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

/// Security Hub's label for a severity, or for a check that has not failed.
fn label(severity: Option<severity::Severity>) -> SeverityLabel {
    match severity {
        None => SeverityLabel::Informational,
        Some(severity::Severity::Low) => SeverityLabel::Low,
        Some(severity::Severity::Medium) => SeverityLabel::Medium,
        Some(severity::Severity::High) => SeverityLabel::High,
        Some(severity::Severity::Critical) => SeverityLabel::Critical,
    }
}

fn is_about_unrecorded_api(finding: &Finding) -> bool {
    let not_recorded = Backends::undetermined(Undetermined::ApiNotRecorded);
    matches!(
        finding,
        Finding::CertificateAttached(certificate_attached::Answer::Missing { backends }) if *backends == not_recorded
    )
}

/// What all findings of a stage have in common.
struct FindingContext<'a> {
    account_region: &'a AccountRegion,
    stage: &'a StageArn,
    resources: Vec<Resource>,
    fields: BTreeMap<String, String>,
    /// The instant at which the stage was created, if known.
    created_at: Option<Timestamp>,
    at: Timestamp,
}

/// The status of a finding, and its reason.
struct FindingStatus {
    compliance: ComplianceStatus,
    severity: SeverityLabel,
    reason: &'static str,
    text: String,
    /// Whether Config must record the stage's API before anything else can be done.
    api_not_recorded: bool,
}

impl FindingStatus {
    fn of(reason: &NotEvaluated) -> Self {
        Self {
            compliance: ComplianceStatus::NotAvailable,
            severity: SeverityLabel::Informational,
            reason: reason.into(),
            text: reason.to_string(),
            api_not_recorded: false,
        }
    }
}

impl FindingContext<'_> {
    fn evaluated_finding(&self, evaluated: &EvaluatedStage, finding: &Finding) -> AwsSecurityFinding {
        let status = FindingStatus {
            compliance: match finding.verdict() {
                Verdict::Passed => ComplianceStatus::Passed,
                Verdict::Failed => ComplianceStatus::Failed,
                Verdict::NotApplicable => ComplianceStatus::NotAvailable,
            },
            severity: label(evaluated.severity(finding, self.at)),
            reason: finding.reason(),
            text: finding.to_string(),
            api_not_recorded: is_about_unrecorded_api(finding),
        };
        self.finding(finding.check(), &status, finding_fields(finding))
    }

    fn finding(
        &self,
        check: Check,
        status: &FindingStatus,
        more: BTreeMap<String, String>,
    ) -> AwsSecurityFinding {
        let mut fields = self.fields.clone();
        fields.extend(more);
        fields.insert("stagecert/check".into(), check.code().into());
        fields.insert("stagecert/reason".into(), status.reason.into());
        let id = id(self.account_region, self.stage, check);
        let remediation = match status.compliance {
            ComplianceStatus::NotAvailable => nothing_to_do(),
            _ if status.api_not_recorded => record_api(),
            _ => remediation(check),
        };
        AwsSecurityFinding::new(self.account_region, id, generator_id(check), self.created_at, self.at)
            .with_status(check.advice().title, status, requirements(check))
            .with_resources(self.resources.clone(), fields, Some(remediation))
    }
}

impl AwsSecurityFinding {
    fn new(
        account_region: &AccountRegion,
        id: String,
        generator_id: String,
        created_at: Option<Timestamp>,
        at: Timestamp,
    ) -> Self {
        let updated_at = Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at);
        let created_at = created_at.unwrap_or_else(|| EARLIEST.parse().unwrap_or(Timestamp::UNIX_EPOCH));
        Self {
            schema_version: "2018-10-08",
            id,
            product_arn: product_arn(account_region),
            product_name: "stagecert",
            generator_id,
            aws_account_id: account_region.account.clone(),
            created_at,
            updated_at,
            ..Self::default()
        }
    }

    fn with_status(
        mut self,
        title: &'static str,
        status: &FindingStatus,
        related_requirements: Vec<String>,
    ) -> Self {
        let severity = Severity { label: status.severity };
        self.title = title;
        self.description = cut(&status.text, MAX_DESCRIPTION);
        self.types = vec![text::TYPE];
        self.severity = severity;
        self.finding_provider_fields = FindingProviderFields { severity, types: vec![text::TYPE] };
        if status.compliance == ComplianceStatus::NotAvailable {
            self.record_state = RecordState::Archived;
        }
        // Without reasons, Security Hub shows only the status.
        let status_reasons = match status.compliance {
            ComplianceStatus::NotAvailable | ComplianceStatus::Warning => {
                let reason_code = status.reason.replace('-', "_").to_uppercase();
                vec![StatusReason { reason_code, description: self.description.clone() }]
            }
            ComplianceStatus::Passed | ComplianceStatus::Failed => vec![],
        };
        self.compliance = Compliance { status: status.compliance, related_requirements, status_reasons };
        self
    }

    fn with_resources(
        mut self,
        resources: Vec<Resource>,
        product_fields: BTreeMap<String, String>,
        remediation: Option<Remediation>,
    ) -> Self {
        self.resources = resources;
        let non_blank = |(key, value): (String, String)| {
            (!value.trim().is_empty()).then(|| (key, cut(&value, MAX_FIELD)))
        };
        self.product_fields = product_fields.into_iter().filter_map(non_blank).collect();
        self.remediation = remediation;
        self
    }
}

#[cfg(test)]
#[path = "findings_tests.rs"]
mod tests;
