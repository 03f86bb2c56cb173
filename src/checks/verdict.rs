//! The verdict of a check, and the urgency and the severity of a failure.

use serde::{Deserialize, Serialize};

/// The verdict of a check on a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The stage passed the check.
    Passed,
    /// The stage failed the check and needs action.
    Failed,
    /// The check does not apply to the stage.
    NotApplicable,
    /// An exemption is in force for the check.
    Exempt,
}

/// The urgency of a failed check, most urgent first. The most urgent failure leads an annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Backends that enforce the certificate reject every request now.
    Broken,
    /// Traffic can reach the backend without passing through API Gateway.
    Exposed,
    /// Requests will fail from a known date.
    Expiring,
    /// Backends can't distinguish stages.
    Shared,
    /// There is no owner to send a warning to.
    Unowned,
}

/// The severity of a failed check, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Severity {
    /// No owner, or any certificate problem of a stage without HTTP backends.
    Low,
    /// Requests will fail from a known date, backends can't distinguish stages, or the backends are
    /// undetermined.
    Medium,
    /// The backend can be bypassed, or requests fail within days.
    High,
    /// Backends that enforce the certificate reject every request now.
    Critical,
}

impl Severity {
    /// All severities, worst first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// The name, such as `CRITICAL`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
            Self::Critical => "CRITICAL",
        }
    }

    /// The severity with this name, in upper or lower case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.name().eq_ignore_ascii_case(name))
    }
}
