//! Findings for AWS Security Hub: one a stage and check, in the form that `BatchImportFindings` takes.
//!
//! Values alone: whoever sends them cuts them into batches of a hundred. A finding's id stays the same from one evaluation to the
//! next, so that an import updates what Security Hub has. What could not be judged is `NOT_AVAILABLE`, never `PASSED`, and
//! the value of an owner tag is in none of them.

mod asff;
mod facts;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::checks::{Check, Finding, Urgency, Verdict, certificate_expiry};
use crate::evaluations::EvaluatedStage;
use crate::place::Place;
use crate::stage::StageArn;
pub use asff::{
    AwsSecurityFinding, CertificateDetails, Compliance, ComplianceStatus, FindingProviderFields,
    Recommendation, Remediation, Resource, ResourceDetails, Severity, SeverityLabel, StageDetails,
    StatusReason,
};
use facts::{fields_of_finding, fields_of_stage, resources, stage_resource};
use words::{cut, related_requirements, remediation, title};

/// An expiry this near is no longer a matter of planning.
const SOON: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Of an `Id` and a `GeneratorId`.
const LONGEST_ID: usize = 512;
/// Of a `Description`.
const LONGEST_DESCRIPTION: usize = 1024;
/// Of a value in `ProductFields`.
const LONGEST_FIELD: usize = 2048;

/// The findings about a stage that was evaluated at `at`: one for each of `checks`. A stage that is not evaluated, and a
/// check that does not apply, are `NOT_AVAILABLE` with the reason.
#[must_use]
pub fn findings(
    place: &Place,
    evaluated: &EvaluatedStage,
    checks: &BTreeSet<Check>,
    at: Timestamp,
) -> Vec<AwsSecurityFinding> {
    let about = About {
        place,
        stage: &evaluated.stage.arn,
        resources: resources(place, evaluated),
        fields: fields_of_stage(evaluated),
        at,
    };
    match &evaluated.result {
        Ok(found) => {
            found.iter().filter(|finding| checks.contains(&finding.check())).map(|f| about.found(f)).collect()
        }
        Err(reason) => checks
            .iter()
            .map(|check| {
                let code: &'static str = reason.into();
                let told = Told {
                    status: ComplianceStatus::NotAvailable,
                    severity: SeverityLabel::Informational,
                    reason: code,
                    text: reason.to_string(),
                };
                about.finding(*check, &told, BTreeMap::new())
            })
            .collect(),
    }
}

/// The findings about a stage that is there and could not be judged: `NOT_AVAILABLE`, so that what Security Hub still has of it
/// does not stand as if it had been confirmed.
#[must_use]
pub fn not_judged(
    place: &Place,
    stage: &StageArn,
    checks: &BTreeSet<Check>,
    at: Timestamp,
) -> Vec<AwsSecurityFinding> {
    let resource = Resource { details: None, ..stage_resource(place, stage, None, None) };
    let about = About { place, stage, resources: vec![resource], fields: BTreeMap::new(), at };
    let told = Told {
        status: ComplianceStatus::NotAvailable,
        severity: SeverityLabel::Medium,
        reason: "not-judged",
        text: "not judged: what the check needs could not be read".into(),
    };
    checks.iter().map(|check| about.finding(*check, &told, BTreeMap::new())).collect()
}

/// The finding about an account and Region in which something could not be judged, with what kept it from being.
#[must_use]
pub fn incomplete(place: &Place, why: &str, at: Timestamp) -> AwsSecurityFinding {
    let arn = format!("AWS::::Account:{}", place.account);
    let told = Told {
        status: ComplianceStatus::NotAvailable,
        severity: SeverityLabel::Medium,
        reason: "incomplete",
        text: format!("not everything could be judged: {why}"),
    };
    let fields = BTreeMap::from([("stagecert/reason".to_owned(), told.reason.to_owned())]);
    let account = Resource {
        kind: "AwsAccount",
        id: arn,
        partition: place.partition.clone(),
        region: place.region.clone(),
        details: None,
    };
    AwsSecurityFinding::new(place, "incomplete", "incomplete", at)
        .told(words::INCOMPLETE, &told, vec![])
        .about(vec![account], fields, None)
}

/// How much is at stake: by what is broken or open now, then by how near the date is.
fn severity(finding: &Finding, at: Timestamp) -> SeverityLabel {
    let soon = |finding: &Finding| match finding {
        Finding::CertificateExpiry(certificate_expiry::Answer::Expiring { not_after, .. }) => {
            not_after.duration_since(at) <= SOON
        }
        _ => false,
    };
    match finding.urgency() {
        None => SeverityLabel::Informational,
        Some(Urgency::Broken) => SeverityLabel::Critical,
        Some(Urgency::Exposed) => SeverityLabel::High,
        Some(Urgency::Expiring) if soon(finding) => SeverityLabel::High,
        Some(Urgency::Expiring | Urgency::Shared) => SeverityLabel::Medium,
        Some(Urgency::Unowned) => SeverityLabel::Low,
    }
}

/// What the findings of one stage share.
struct About<'a> {
    place: &'a Place,
    stage: &'a StageArn,
    resources: Vec<Resource>,
    fields: BTreeMap<String, String>,
    at: Timestamp,
}

/// What a finding says.
struct Told {
    status: ComplianceStatus,
    severity: SeverityLabel,
    reason: &'static str,
    text: String,
}

impl About<'_> {
    fn found(&self, finding: &Finding) -> AwsSecurityFinding {
        let told = Told {
            status: match finding.verdict() {
                Verdict::Passed => ComplianceStatus::Passed,
                Verdict::Failed => ComplianceStatus::Failed,
                Verdict::NotApplicable => ComplianceStatus::NotAvailable,
            },
            severity: severity(finding, self.at),
            reason: finding.reason(),
            text: finding.to_string(),
        };
        self.finding(finding.check(), &told, fields_of_finding(finding))
    }

    fn finding(&self, check: Check, told: &Told, more: BTreeMap<String, String>) -> AwsSecurityFinding {
        let mut fields = self.fields.clone();
        fields.extend(more);
        fields.insert("stagecert/check".into(), check.code().into());
        fields.insert("stagecert/reason".into(), told.reason.into());
        let of = format!("{}/{check}", self.stage);
        AwsSecurityFinding::new(self.place, &of, check.code(), self.at)
            .told(title(check), told, related_requirements(check))
            .about(self.resources.clone(), fields, Some(remediation(check)))
    }
}

impl AwsSecurityFinding {
    fn new(place: &Place, of: &str, generator: &str, at: Timestamp) -> Self {
        let Place { partition, account, region } = place;
        Self {
            schema_version: "2018-10-08",
            id: cut(&format!("stagecert/{partition}/{account}/{region}/{of}"), LONGEST_ID),
            product_arn: format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default"),
            product_name: "stagecert",
            generator_id: format!("stagecert/{generator}"),
            aws_account_id: account.clone(),
            created_at: at,
            updated_at: at,
            ..Self::default()
        }
    }

    fn told(mut self, title: &'static str, told: &Told, related_requirements: Vec<String>) -> Self {
        let severity = Severity { label: told.severity };
        self.title = title;
        self.description = cut(&told.text, LONGEST_DESCRIPTION);
        self.types = vec![words::TYPE];
        self.severity = severity;
        self.finding_provider_fields = FindingProviderFields { severity, types: vec![words::TYPE] };
        // Why it is not available: Security Hub shows the status alone otherwise.
        let status_reasons = match told.status {
            ComplianceStatus::NotAvailable => {
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
            (!value.trim().is_empty()).then(|| (key, cut(&value, LONGEST_FIELD)))
        };
        self.product_fields = product_fields.into_iter().filter_map(fit).collect();
        self.remediation = remediation;
        self
    }
}

#[cfg(test)]
#[path = "security_hub/tests.rs"]
mod tests;
