//! From findings to evaluations: one resource, one compliance type, one annotation.

mod annotation;
mod stage;
pub mod tally;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Serialize, Serializer};
use strum::{IntoStaticStr, VariantNames};

use crate::checks::severity::{Severity, severity};
use crate::checks::{Finding, Verdict};
pub use crate::evaluation::stage::{MissingFact, evaluate, excluded};
use crate::resources::backends::Backends;
use crate::resources::certificate_id::CertificateId;
use crate::resources::resource::Resource;
use crate::resources::stage::Stage;
pub use annotation::Annotation;

/// The compliance types that `PutEvaluations` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ComplianceType {
    /// At least one check failed.
    NonCompliant,
    /// None failed and at least one passed.
    Compliant,
    /// None applies.
    NotApplicable,
}

impl ComplianceType {
    /// All three.
    pub const ALL: [Self; 3] = [Self::NonCompliant, Self::Compliant, Self::NotApplicable];

    /// The one that Config calls `name`; `None` for `INSUFFICIENT_DATA`, which `PutEvaluations` does not take.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// Config's name of it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NonCompliant => "NON_COMPLIANT",
            Self::Compliant => "COMPLIANT",
            Self::NotApplicable => "NOT_APPLICABLE",
        }
    }
}

/// Why a resource is not evaluated at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, IntoStaticStr, VariantNames)]
#[serde(tag = "reason", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum NotEvaluated {
    /// The resource is neither of the two stage types.
    OtherResourceType,
    /// A stage of an HTTP API, which can't have a client certificate.
    HttpApi,
    /// The stage matches `excludeStages`.
    Excluded {
        /// The glob that it matches.
        glob: String,
        /// The last day, in UTC, on which it is excluded; for good where absent.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Date>,
        /// The reason that the parameter gives.
        #[serde(skip_serializing_if = "Option::is_none")]
        justification: Option<String>,
    },
    /// The stage matches nothing in `includeStages`.
    NotIncluded,
    /// The resource is deleted.
    Deleted,
    /// The rule's scope no longer holds it.
    LeftScope,
    /// Config no longer records it.
    NotRecorded,
    /// A sweep no longer finds it.
    Vanished,
}

impl std::fmt::Display for NotEvaluated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OtherResourceType => {
                f.write_str("not a stage: stagecert evaluates API Gateway stages alone")
            }
            Self::HttpApi => f.write_str("stage of an HTTP API, which cannot present a client certificate"),
            Self::Excluded { glob, until, justification } => {
                write!(f, "excluded by excludeStages: {glob}")?;
                until.iter().try_for_each(|until| write!(f, " until {until}"))?;
                justification.iter().try_for_each(|text| write!(f, " because {text}"))
            }
            Self::NotIncluded => f.write_str("not among includeStages"),
            Self::Deleted => f.write_str("deleted"),
            Self::LeftScope => f.write_str("no longer in the rule's scope"),
            Self::NotRecorded => f.write_str("no longer recorded by AWS Config"),
            Self::Vanished => f.write_str("no longer found"),
        }
    }
}

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

/// What `PutEvaluations` takes for one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// The resource it is about.
    pub resource: Resource,
    /// Its one compliance type.
    pub compliance_type: ComplianceType,
    /// Why, in 1 to 256 ASCII characters.
    pub annotation: Annotation,
    /// A change's capture time, or the instant at which Config triggered a sweep.
    pub ordering_timestamp: Timestamp,
}

impl Evaluation {
    /// The evaluation of a resource that is not evaluated, with the reason.
    #[must_use]
    pub fn not_applicable(resource: Resource, reason: &NotEvaluated, at: Timestamp) -> Self {
        Self {
            resource,
            compliance_type: ComplianceType::NotApplicable,
            annotation: Annotation::of_reason(reason),
            ordering_timestamp: at,
        }
    }
}

/// In the wire's own form, so that what the command line prints is what Config would get.
impl Serialize for Evaluation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Wire<'a> {
            compliance_resource_type: &'a str,
            compliance_resource_id: &'a str,
            compliance_type: ComplianceType,
            annotation: &'a str,
            ordering_timestamp: serde_json::Number,
        }
        Wire {
            compliance_resource_type: &self.resource.resource_type,
            compliance_resource_id: &self.resource.id,
            compliance_type: self.compliance_type,
            annotation: self.annotation.as_str(),
            ordering_timestamp: epoch_seconds(self.ordering_timestamp),
        }
        .serialize(serializer)
    }
}

/// Seconds since 1970, with a fraction only where there is one.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of the years 1 to 9999 fit 53 bits")]
fn epoch_seconds(instant: Timestamp) -> serde_json::Number {
    let milliseconds = instant.as_millisecond();
    let fraction =
        (milliseconds % 1000 != 0).then(|| serde_json::Number::from_f64(milliseconds as f64 / 1000.0));
    fraction.flatten().unwrap_or_else(|| instant.as_second().into())
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
