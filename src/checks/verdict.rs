//! The verdict of a check on a stage, and the urgency of a failure.

use serde::Serialize;

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
