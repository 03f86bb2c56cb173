//! What `PutEvaluations` takes for one resource.

use crate::evaluation::annotation::Annotation;
use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::evaluation::scope::NotEvaluated;
use crate::resources::resource::Resource;

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
