//! What a check says of a stage, and how soon a failure hurts.

use serde::Serialize;
/// What a check says of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The stage is as it should be.
    Passed,
    /// It isn't, and somebody has to act.
    Failed,
    /// The question does not arise.
    NotApplicable,
}

/// How soon a failed check hurts: what leads an annotation. The first is the most urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Backends that enforce the certificate refuse every request now.
    Broken,
    /// The backend can be reached past the gateway.
    Exposed,
    /// It will break on a known date.
    Expiring,
    /// Backends can't tell stages apart.
    Shared,
    /// A warning would reach nobody.
    Unowned,
}
