//! One evaluated stage.

use crate::checks::finding::Finding;
use jiff::Timestamp;

use crate::checks::severity::{Severity, severity};
use crate::checks::verdict::Verdict;
use crate::evaluation::annotation::Annotation;
use crate::evaluation::compliance::{ComplianceType, Evaluation};
use crate::evaluation::scope::NotEvaluated;
use crate::resources::backends::Backends;
use crate::resources::certificate_id::CertificateId;
use crate::resources::resource::Resource;
use crate::resources::stage::Stage;

/// What was found out about one stage, before it is cut to what Config takes.
#[derive(Clone, Debug)]
pub struct EvaluatedStage {
    /// The stage.
    pub stage: Stage,
    /// The findings of the chosen checks in their order, or why there are none.
    pub result: Result<Vec<Finding>, NotEvaluated>,
    /// Its certificate's last valid instant, where it was read.
    pub not_after: Option<Timestamp>,
    /// Its owner: the value of the tag that counts on the stage, or else on its certificate, where it was read.
    pub owner: Option<String>,
}

impl EvaluatedStage {
    /// The one compliance type of the stage.
    #[must_use]
    pub fn compliance_type(&self) -> ComplianceType {
        self.result.as_deref().map_or(ComplianceType::NotApplicable, combine)
    }

    /// The annotation that goes with it.
    #[must_use]
    pub fn annotation(&self) -> Annotation {
        match &self.result {
            Ok(findings) => Annotation::of_findings(findings),
            Err(reason) => Annotation::of_reason(reason),
        }
    }

    /// The evaluation to put, with the instant it is ordered by.
    #[must_use]
    pub fn evaluation(&self, at: Timestamp) -> Evaluation {
        Evaluation {
            resource: Resource::from(&self.stage.arn),
            compliance_type: self.compliance_type(),
            annotation: self.annotation(),
            ordering_timestamp: at,
        }
    }

    /// What was found out about its backends, whichever check asked.
    #[must_use]
    pub fn deployed(&self) -> Option<&Backends> {
        let backends = || self.result.iter().flatten().filter_map(Finding::backends);
        backends().find(|backends| **backends != Backends::NotAsked).or_else(|| backends().next())
    }

    /// The severity of one of its findings at the instant `at`; `None` if that has not failed.
    #[must_use]
    pub fn severity(&self, finding: &Finding, at: Timestamp) -> Option<Severity> {
        severity(finding, self.deployed(), at)
    }

    /// The certificate it names.
    #[must_use]
    pub fn certificate(&self) -> Option<&CertificateId> {
        self.stage.certificate.as_ref()
    }
}

/// `NON_COMPLIANT` if any check failed, else `COMPLIANT` if any passed, else `NOT_APPLICABLE`.
fn combine(findings: &[Finding]) -> ComplianceType {
    let any = |verdict: Verdict| findings.iter().any(|finding| finding.verdict() == verdict);
    if any(Verdict::Failed) {
        ComplianceType::NonCompliant
    } else if any(Verdict::Passed) {
        ComplianceType::Compliant
    } else {
        ComplianceType::NotApplicable
    }
}
