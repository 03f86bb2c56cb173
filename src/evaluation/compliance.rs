//! The input of `PutEvaluations` for one resource.

use crate::evaluation::annotation::Annotation;
use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::evaluation::scope::NotEvaluated;
use crate::resources::resource::Resource;

/// A compliance type that `PutEvaluations` accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ComplianceType {
    /// At least one check failed.
    NonCompliant,
    /// No check failed, and at least one passed.
    Compliant,
    /// No check applies.
    NotApplicable,
}

impl ComplianceType {
    /// All compliance types.
    pub const ALL: [Self; 3] = [Self::NonCompliant, Self::Compliant, Self::NotApplicable];

    /// Returns the compliance type that Config calls `name`, or `None` for any other text,
    /// including `INSUFFICIENT_DATA`, which `PutEvaluations` doesn't accept.
    #[must_use]
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// Returns Config's name of the compliance type.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NonCompliant => "NON_COMPLIANT",
            Self::Compliant => "COMPLIANT",
            Self::NotApplicable => "NOT_APPLICABLE",
        }
    }
}

/// The result for one resource, as `PutEvaluations` accepts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// The evaluated resource.
    pub resource: Resource,
    /// The resource's compliance type.
    pub compliance_type: ComplianceType,
    /// The explanation, in 1 to 256 ASCII characters.
    pub annotation: Annotation,
    /// The item's capture time for a change, or the instant at which Config triggered the sweep.
    pub ordering_timestamp: Timestamp,
}

impl Evaluation {
    /// Returns the `NOT_APPLICABLE` result of a resource that isn't evaluated, with the reason.
    #[must_use]
    pub fn not_applicable(resource: Resource, reason: &NotEvaluated, at: Timestamp) -> Self {
        Self {
            resource,
            compliance_type: ComplianceType::NotApplicable,
            annotation: Annotation::from_reason(reason),
            ordering_timestamp: at,
        }
    }
}

/// Serializes to the wire format, so that the command line prints exactly what Config would
/// receive.
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

/// Returns the seconds since 1970, with a fraction only if it isn't zero.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of the years 1 to 9999 fit 53 bits")]
fn epoch_seconds(instant: Timestamp) -> serde_json::Number {
    let milliseconds = instant.as_millisecond();
    let fraction =
        (milliseconds % 1000 != 0).then(|| serde_json::Number::from_f64(milliseconds as f64 / 1000.0));
    fraction.flatten().unwrap_or_else(|| instant.as_second().into())
}
