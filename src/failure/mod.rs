//! Failures: what an invocation or a command could not do, with the operation, resource, account
//! and Region.

mod detail;
mod obstacle;

use std::error::Error;
use std::fmt::Write as _;

use strum::{IntoStaticStr, VariantNames};

use crate::quote::brief;
pub use detail::{ExpectedBy, Location, Unsupported};
pub use obstacle::{Cause, Obstacle};

/// Why an invocation or a command did not complete.
///
/// A failure is not a finding: a `Finding` says what is wrong with a stage. A failure is about the
/// event, the parameters, AWS or the time limit. Results obtained before the failure are still
/// reported.
#[derive(Debug, thiserror::Error, IntoStaticStr, VariantNames)]
pub enum Failure {
    /// An event, a configuration item or a snapshot does not have the required form.
    #[error("{field}: {problem}")]
    Malformed {
        /// The path of the field, as the document spells it.
        field: String,
        /// What is wrong, and what is allowed.
        problem: String,
    },
    /// A rule parameter is unknown, repeated or has a value that is not allowed.
    #[error("rule parameter {key}: \"{value}\" is not allowed; allowed: {allowed}")]
    Parameter {
        /// The parameter's key, or `ruleParameters` for the whole document.
        key: String,
        /// The value as given.
        value: String,
        /// The values that are allowed.
        allowed: String,
    },
    /// An environment variable of the function has a value that is not allowed.
    #[error("environment variable {variable}: \"{value}\" is not allowed; allowed: {allowed}")]
    Setting {
        /// The variable's name.
        variable: &'static str,
        /// The value, shortened if it is long.
        value: String,
        /// The values that are allowed.
        allowed: String,
    },
    /// The request is valid, but stagecert does not support it.
    #[error("not supported: {0}")]
    NotSupported(Unsupported),
    /// Two sources give different accounts, Regions or other values.
    #[error("{field} says {found}, but {expected_by} says {expected}: nothing is read or reported")]
    Disagreement {
        /// The field that disagrees.
        field: String,
        /// The field's value.
        found: String,
        /// The source of the other value.
        expected_by: ExpectedBy,
        /// The other value.
        expected: String,
    },
    /// AWS rejected an operation or did not answer it, after all retries.
    #[error("{operation} of {resource} in {location}: {source}")]
    Operation {
        /// The AWS operation's name, such as `GetClientCertificates`.
        operation: &'static str,
        /// The target of the operation: an ARN, an ID, or words such as `all stages`.
        resource: String,
        /// The account and Region that the operation was sent to.
        location: Location,
        /// AWS's error code, such as `AccessDeniedException`, if there is one.
        code: Option<String>,
        /// The error from the SDK or the parser.
        source: Box<dyn Error + Send + Sync>,
    },
    /// Config listed these resources in `FailedEvaluations` on every attempt.
    #[error("PutEvaluations in {location}: Config did not accept the evaluation of {}", listed(resources))]
    FailedEvaluations {
        /// The resource IDs that Config named.
        resources: Vec<String>,
        /// The account and Region of the resources.
        location: Location,
    },
    /// Security Hub or EventBridge accepted the call, but rejected these entries on every attempt.
    #[error("{operation} in {location}: not accepted: {}", listed(what))]
    NotTaken {
        /// The operation.
        operation: &'static str,
        /// The rejected entries, each with its error code.
        what: Vec<String>,
        /// The account and Region that the operation was sent to.
        location: Location,
    },
    /// The invocation's deadline left no time for this operation.
    #[error("{operation} in {location}: out of time with {} left undone", listed(left))]
    OutOfTime {
        /// The operation that had no time left.
        operation: &'static str,
        /// The resources that the operation was not run for.
        left: Vec<String>,
        /// The account and Region of the resources.
        location: Location,
    },
    /// These stages have no result from this invocation; the other failures say why.
    #[error("no result in {location} for {}", listed(stages))]
    Unreported {
        /// The stages, as `apiId/stageName` or by resource ID.
        stages: Vec<String>,
        /// The account and Region of the stages.
        location: Location,
    },
    /// The configuration recorder is stopped, so Config's data about stages may be out of date.
    #[error(
        "DescribeConfigurationRecorderStatus in {location}: the configuration recorder is stopped, \
         so later changes are not evaluated: start the recorder"
    )]
    NotRecording {
        /// The account and Region of the recorder.
        location: Location,
    },
    /// API Gateway has stages that are missing from Config's index. They still exist, so nothing
    /// is reported about them.
    #[error(
        "in {location}, API Gateway has {} which AWS Config does not list: nothing is reported about {}; {}",
        listed(stages), if stages.len() == 1 { "it" } else { "them" },
        if *is_stopped { "the configuration recorder is stopped: start it" }
        else { "Config's index may be out of date, or the recorder may not record these stages" }
    )]
    NotShown {
        /// The stages, as `apiId/stageName`.
        stages: Vec<String>,
        /// Whether the configuration recorder is stopped.
        is_stopped: bool,
        /// The account and Region of the stages.
        location: Location,
    },
    /// A file that a command was given can't be read or written.
    #[error("{path}: {source}")]
    File {
        /// The path as given.
        path: String,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// More than one failure; the message lists them.
    #[error("{}", joined(.0))]
    Several(Vec<Failure>),
}

impl Failure {
    /// One failure that represents all of these, or `None` if there are none.
    #[must_use]
    pub fn from_all(mut failures: Vec<Self>) -> Option<Self> {
        match failures.len() {
            0 | 1 => failures.pop(),
            _ => Some(Self::Several(failures)),
        }
    }

    /// Every value that [`Failure::kind`] can return.
    pub const KINDS: &'static [&'static str] = Self::VARIANTS;

    /// AWS's error code, if an operation failed with one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Operation { code, .. } => code.as_deref(),
            _ => None,
        }
    }

    /// The error text from AWS or a parser, without the operation, resource, account and Region.
    #[must_use]
    pub fn cause(&self) -> String {
        match self {
            Self::Operation { source, .. } => source.to_string(),
            other => other.to_string(),
        }
    }

    /// This failure with advice appended to AWS's error text.
    #[must_use]
    pub(crate) fn with_fix(self, fix: &str) -> Self {
        match self {
            Self::Operation { operation, resource, location, code, source } => {
                let source = WithFix { fix: fix.to_owned(), source };
                Self::Operation { operation, resource, location, code, source: Box::new(source) }
            }
            other => other,
        }
    }

    /// The message for outputs: a single line of at most 4,096 characters, all of them printable.
    #[must_use]
    pub fn message(&self) -> String {
        const MAX_CHARACTERS: usize = 4096;
        brief(&self.to_string(), MAX_CHARACTERS)
    }

    /// Why the operation got no answer, if AWS didn't reject the operation itself.
    #[must_use]
    pub fn obstacle(&self) -> Option<&Obstacle> {
        match self {
            Self::Operation { source, .. } => source.downcast_ref::<Cause>()?.obstacle.as_ref(),
            _ => None,
        }
    }

    /// A stable name for the kind of failure, for logs, metrics and Lambda's `errorType`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.into()
    }

    pub(crate) fn malformed(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Malformed { field: field.into(), problem: problem.into() }
    }
}

/// AWS's error text, followed by advice.
#[derive(Debug, thiserror::Error)]
#[error("{source}; {fix}")]
struct WithFix {
    fix: String,
    source: Box<dyn Error + Send + Sync>,
}

/// The number of causes or resources that a message lists; the rest are only counted.
const MAX_LISTED: usize = 5;

fn listed(resources: &[String]) -> String {
    let first = resources.iter().take(MAX_LISTED).map(String::as_str);
    let mut text = first.collect::<Vec<_>>().join(", ");
    if let Some(more) = resources.len().checked_sub(MAX_LISTED).filter(|more| *more > 0) {
        let _ = write!(text, " and {more} more");
    }
    text
}

fn joined(failures: &[Failure]) -> String {
    let first = failures.iter().take(MAX_LISTED).map(Failure::to_string);
    let mut text = first.collect::<Vec<_>>().join("; ");
    if let Some(more) = failures.len().checked_sub(MAX_LISTED).filter(|more| *more > 0) {
        let _ = write!(text, "; and {more} more failures");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_failure_gives_the_resource_the_location_and_the_cause() {
        let failure = Failure::Operation {
            operation: "GetExport",
            resource: "a1/prod".into(),
            location: Location { account: "111122223333".into(), region: "eu-west-1".into() },
            code: Some("AccessDeniedException".into()),
            source: "AccessDeniedException: no apigateway:GET".into(),
        };
        assert_eq!(
            failure.to_string(),
            "GetExport of a1/prod in account 111122223333, Region eu-west-1: AccessDeniedException: no apigateway:GET"
        );
    }

    #[test]
    fn a_message_is_a_single_line_of_limited_length() {
        let long = format!("\u{2028}{}", "k".repeat(5_000_000));
        let message = Failure::malformed("event", long).message();
        assert_eq!((message.len(), message.get(..10)), (4099, Some("event: ?kk")));
        assert!(message.ends_with("k..."));
    }

    #[test]
    fn long_lists_are_truncated_and_counted() {
        let resources: Vec<String> = (1..=7).map(|n| format!("r{n}")).collect();
        assert_eq!(listed(&resources), "r1, r2, r3, r4, r5 and 2 more");
    }
}
