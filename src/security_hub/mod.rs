//! Findings for AWS Security Hub: one a stage and check, in the form that `BatchImportFindings` takes.
//!
//! Values alone: whoever sends them cuts them into batches of a hundred. A finding's id stays the same from one evaluation to the
//! next, so that an import updates what Security Hub has. A check that does not apply is `NOT_AVAILABLE` and archived, what could
//! not be judged is an active `WARNING`, neither is ever `PASSED`, and the value of an owner tag is in none of them unless `findingOwner=value` asks for it.

mod asff;
mod facts;
mod identity;
pub mod import;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use facts::{fields_of_finding, fields_of_stage, resources, stage_resource};
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
pub use identity::{generator_id, id, product_arn, subject};
pub use import::{Imported, Importer};

/// The day on which there were the first stages: `CreatedAt` where it is not known when the stage was made, so that it is the
/// same in every import.
const EARLIEST: &str = "2015-07-09T00:00:00Z";
/// Of an `Id`.
const MAX_ID: usize = 512;
/// Of a `Description`.
const MAX_DESCRIPTION: usize = 1024;
/// Of a value in `ProductFields`.
const MAX_FIELD: usize = 2048;

/// The findings about a stage that was evaluated at `at`: one for each of `checks`. A stage that is not evaluated, and a
/// check that does not apply, are `NOT_AVAILABLE` with the reason, and archived: nobody has anything to do.
#[must_use]
pub fn findings(
    account_region: &AccountRegion,
    evaluated: &EvaluatedStage,
    checks: &BTreeSet<Check>,
    owner: FindingOwner,
    at: Timestamp,
) -> Vec<AwsSecurityFinding> {
    let about = About {
        account_region,
        stage: &evaluated.stage.arn,
        resources: resources(account_region, evaluated),
        fields: fields_of_stage(evaluated, owner),
        created_at: evaluated.stage.created,
        at,
    };
    match &evaluated.result {
        Ok(found) => {
            let chosen = found.iter().filter(|finding| checks.contains(&finding.check()));
            chosen.map(|finding| about.found(evaluated, finding)).collect()
        }
        Err(reason) => {
            checks.iter().map(|check| about.finding(*check, &Told::of(reason), BTreeMap::new())).collect()
        }
    }
}

/// A finding that Security Hub has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its `Id`.
    pub id: String,
    /// Its `CreatedAt`.
    pub created_at: Option<Timestamp>,
}

/// The finding to import for one that is there and whose stage is gone: archived, for the reason given. `None` for one that
/// is no stage's of `account_region`.
#[must_use]
pub fn archived(
    account_region: &AccountRegion,
    known: &Known,
    reason: &NotEvaluated,
    at: Timestamp,
) -> Option<AwsSecurityFinding> {
    let (stage, check) = subject(account_region, &known.id)?;
    let resources = vec![Resource { details: None, ..stage_resource(account_region, &stage, None, None) }];
    let about = About {
        account_region,
        stage: &stage,
        resources,
        fields: BTreeMap::new(),
        created_at: known.created_at,
        at,
    };
    Some(about.finding(check, &Told::of(reason), BTreeMap::new()))
}

/// The findings about a stage that is there and could not be judged: `WARNING`, so that what Security Hub still has of it does not
/// stand as if it had been confirmed, and stays active.
#[must_use]
pub fn not_evaluated(
    account_region: &AccountRegion,
    stage: &StageArn,
    checks: &BTreeSet<Check>,
    at: Timestamp,
) -> Vec<AwsSecurityFinding> {
    let resource = Resource { details: None, ..stage_resource(account_region, stage, None, None) };
    let resources = vec![resource];
    let about = About { account_region, stage, resources, fields: BTreeMap::new(), created_at: None, at };
    let told = Told {
        status: ComplianceStatus::Warning,
        severity: SeverityLabel::Medium,
        reason: "not-judged",
        text: "not judged: what the check needs could not be read".into(),
        api_not_recorded: false,
    };
    checks.iter().map(|check| about.finding(*check, &told, BTreeMap::new())).collect()
}

/// The finding about an account and Region in which something could not be judged, with what kept it from being.
#[must_use]
pub fn incomplete(account_region: &AccountRegion, why: &str, at: Timestamp) -> AwsSecurityFinding {
    let arn = format!("AWS::::Account:{}", account_region.account);
    let told = Told {
        status: ComplianceStatus::Warning,
        severity: SeverityLabel::Medium,
        reason: "incomplete",
        text: format!("not everything could be judged: {why}"),
        api_not_recorded: false,
    };
    let fields = BTreeMap::from([("stagecert/reason".to_owned(), told.reason.to_owned())]);
    let account = Resource {
        kind: "AwsAccount",
        id: arn,
        partition: account_region.partition.clone(),
        region: account_region.region.clone(),
        details: None,
    };
    let (id, generator) =
        (format!("{}incomplete", id_prefix(account_region)), "stagecert/incomplete".to_owned());
    AwsSecurityFinding::new(account_region, id, generator, None, at)
        .told(text::INCOMPLETE, &told, vec![])
        .about(vec![account], fields, None)
}

/// Security Hub's word for a severity; for none at all, if the check has not failed.
fn label(severity: Option<severity::Severity>) -> SeverityLabel {
    match severity {
        None => SeverityLabel::Informational,
        Some(severity::Severity::Low) => SeverityLabel::Low,
        Some(severity::Severity::Medium) => SeverityLabel::Medium,
        Some(severity::Severity::High) => SeverityLabel::High,
        Some(severity::Severity::Critical) => SeverityLabel::Critical,
    }
}

fn is_about_unknown_api(finding: &Finding) -> bool {
    let unknown = Backends::undetermined(Undetermined::ApiNotRecorded);
    matches!(
        finding,
        Finding::CertificateAttached(certificate_attached::Answer::Missing { backends }) if *backends == unknown
    )
}

/// What the findings of one stage share.
struct About<'a> {
    account_region: &'a AccountRegion,
    stage: &'a StageArn,
    resources: Vec<Resource>,
    fields: BTreeMap<String, String>,
    /// When the stage was made, where that is known.
    created_at: Option<Timestamp>,
    at: Timestamp,
}

/// What a finding says.
struct Told {
    status: ComplianceStatus,
    severity: SeverityLabel,
    reason: &'static str,
    text: String,
    /// Nothing can be done about the stage itself before Config records its API.
    api_not_recorded: bool,
}

impl Told {
    fn of(reason: &NotEvaluated) -> Self {
        Self {
            status: ComplianceStatus::NotAvailable,
            severity: SeverityLabel::Informational,
            reason: reason.into(),
            text: reason.to_string(),
            api_not_recorded: false,
        }
    }
}

impl About<'_> {
    fn found(&self, evaluated: &EvaluatedStage, finding: &Finding) -> AwsSecurityFinding {
        let told = Told {
            status: match finding.verdict() {
                Verdict::Passed => ComplianceStatus::Passed,
                Verdict::Failed => ComplianceStatus::Failed,
                Verdict::NotApplicable => ComplianceStatus::NotAvailable,
            },
            severity: label(evaluated.severity(finding, self.at)),
            reason: finding.reason(),
            text: finding.to_string(),
            api_not_recorded: is_about_unknown_api(finding),
        };
        self.finding(finding.check(), &told, fields_of_finding(finding))
    }

    fn finding(&self, check: Check, told: &Told, more: BTreeMap<String, String>) -> AwsSecurityFinding {
        let mut fields = self.fields.clone();
        fields.extend(more);
        fields.insert("stagecert/check".into(), check.code().into());
        fields.insert("stagecert/reason".into(), told.reason.into());
        let id = id(self.account_region, self.stage, check);
        let remediation = match told.status {
            ComplianceStatus::NotAvailable => nothing_to_do(),
            _ if told.api_not_recorded => record_api(),
            _ => remediation(check),
        };
        AwsSecurityFinding::new(self.account_region, id, generator_id(check), self.created_at, self.at)
            .told(check.advice().title, told, requirements(check))
            .about(self.resources.clone(), fields, Some(remediation))
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

    fn told(mut self, title: &'static str, told: &Told, related_requirements: Vec<String>) -> Self {
        let severity = Severity { label: told.severity };
        self.title = title;
        self.description = cut(&told.text, MAX_DESCRIPTION);
        self.types = vec![text::TYPE];
        self.severity = severity;
        self.finding_provider_fields = FindingProviderFields { severity, types: vec![text::TYPE] };
        if told.status == ComplianceStatus::NotAvailable {
            self.record_state = RecordState::Archived;
        }
        // Why there is no answer: Security Hub shows the status alone otherwise.
        let status_reasons = match told.status {
            ComplianceStatus::NotAvailable | ComplianceStatus::Warning => {
                let reason_code = told.reason.replace('-', "_").to_uppercase();
                vec![StatusReason { reason_code, description: self.description.clone() }]
            }
            ComplianceStatus::Passed | ComplianceStatus::Failed => vec![],
        };
        self.compliance = Compliance { status: told.status, related_requirements, status_reasons };
        self
    }

    fn about(
        mut self,
        resources: Vec<Resource>,
        product_fields: BTreeMap<String, String>,
        remediation: Option<Remediation>,
    ) -> Self {
        self.resources = resources;
        let fit = |(key, value): (String, String)| {
            (!value.trim().is_empty()).then(|| (key, cut(&value, MAX_FIELD)))
        };
        self.product_fields = product_fields.into_iter().filter_map(fit).collect();
        self.remediation = remediation;
        self
    }
}

#[cfg(test)]
#[path = "findings_tests.rs"]
mod tests;
