//! The findings of one evaluated stage.

use crate::checks::finding::Finding;
use jiff::Timestamp;

use crate::checks::severity::{Severity, severity};
use crate::checks::verdict::Verdict;
use crate::checks::what_to_do::Circumstances;
use crate::evaluation::annotation::Annotation;
use crate::evaluation::compliance::{ComplianceType, Evaluation};
use crate::evaluation::exemptions::TagExemption;
use crate::evaluation::scope::NotEvaluated;
use crate::resources::backends::Backends;
use crate::resources::certificate_id::CertificateId;
use crate::resources::resource::Resource;
use crate::resources::stage::Stage;

/// One stage with all of its findings, before they are reduced to what Config accepts.
#[derive(Clone, Debug)]
pub struct EvaluatedStage {
    /// The stage.
    pub stage: Stage,
    /// The findings of the chosen checks in the order of the checks, or the reason why there are
    /// none.
    pub result: Result<Vec<Finding>, NotEvaluated>,
    /// The first instant of the certificate's validity, if it was read.
    pub not_before: Option<Timestamp>,
    /// The last instant of the certificate's validity, if it was read.
    pub not_after: Option<Timestamp>,
    /// Whether ACM renews the certificate automatically, if the certificate was read.
    pub renews_automatically: Option<bool>,
    /// The owner, if it was read: the value of the owner tag of the stage, or else of its
    /// certificate.
    pub owner: Option<String>,
    /// The exemption in the stage's tag, if it has that tag.
    pub tag_exemption: Option<Box<TagExemption>>,
}

impl EvaluatedStage {
    /// Returns a stage with its findings, without the facts about its certificate and its owner.
    #[must_use]
    pub fn new(stage: Stage, result: Result<Vec<Finding>, NotEvaluated>) -> Self {
        Self {
            stage,
            result,
            not_before: None,
            not_after: None,
            renews_automatically: None,
            owner: None,
            tag_exemption: None,
        }
    }

    /// Returns the stage's compliance type.
    #[must_use]
    pub fn compliance_type(&self) -> ComplianceType {
        self.result.as_deref().map_or(ComplianceType::NotApplicable, combine)
    }

    /// Returns the annotation that explains the compliance type.
    #[must_use]
    pub fn annotation(&self) -> Annotation {
        match &self.result {
            Ok(findings) => Annotation::from_findings(findings),
            Err(reason) => Annotation::from_reason(reason),
        }
    }

    /// Returns the evaluation to put, with `at` as its `OrderingTimestamp`.
    #[must_use]
    pub fn evaluation(&self, at: Timestamp) -> Evaluation {
        Evaluation {
            resource: Resource::from(&self.stage.arn),
            compliance_type: self.compliance_type(),
            annotation: self.annotation(),
            ordering_timestamp: at,
        }
    }

    /// Returns the stage's backends, from whichever finding has them.
    #[must_use]
    pub fn deployed(&self) -> Option<&Backends> {
        let backends = || self.result.iter().flatten().filter_map(Finding::backends);
        backends().find(|backends| **backends != Backends::NotAsked).or_else(|| backends().next())
    }

    /// Returns the severity of one of the stage's findings at the instant `at`, or `None` if the
    /// check has not failed.
    #[must_use]
    pub fn severity(&self, finding: &Finding, at: Timestamp) -> Option<Severity> {
        severity(finding, self.deployed(), at)
    }

    /// Returns what to do about one of the stage's findings, in one sentence.
    #[must_use]
    pub fn what_to_do(&self, finding: &Finding) -> &'static str {
        let Self { renews_automatically, .. } = *self;
        finding.what_to_do(Circumstances { renews_automatically, deployed: self.deployed() })
    }

    /// Returns the id of the stage's certificate, whether or not the certificate exists.
    #[must_use]
    pub fn certificate(&self) -> Option<&CertificateId> {
        self.stage.certificate.as_ref()
    }
}

/// Returns `NON_COMPLIANT` if any check failed, otherwise `COMPLIANT` if any check passed,
/// otherwise `NOT_APPLICABLE`.
pub(crate) fn combine(findings: &[Finding]) -> ComplianceType {
    let any = |verdict: Verdict| findings.iter().any(|finding| finding.verdict() == verdict);
    if any(Verdict::Failed) {
        ComplianceType::NonCompliant
    } else if any(Verdict::Passed) {
        ComplianceType::Compliant
    } else {
        ComplianceType::NotApplicable
    }
}
