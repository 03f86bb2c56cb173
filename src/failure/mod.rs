//! Failures: what an invocation could not do, with operation, resource, account and Region.

mod obstacle;

use std::error::Error;
use std::fmt::Write as _;

use strum::{IntoStaticStr, VariantNames};

use crate::quote::{brief, is_printable};
use crate::resources::account_region::AccountRegion;
pub use obstacle::{Cause, Obstacle};

/// Why an invocation or a command did not do all it was asked for.
///
/// A failure is not a finding: what is wrong with a *stage* is a [`Finding`](crate::checks::finding::Finding), a value. A failure
/// is about the event, the parameters, AWS or the time. Whatever was established before it is put first.
#[derive(Debug, thiserror::Error, IntoStaticStr, VariantNames)]
pub enum Failure {
    /// The event, a configuration item or a snapshot does not have the form it must have.
    #[error("{field}: {problem}")]
    Malformed {
        /// Path of the field, as the document spells it.
        field: String,
        /// What is wrong, and what is allowed.
        problem: String,
    },
    /// A rule parameter is unknown, repeated or has a value that is not allowed.
    #[error("rule parameter {key}: \"{value}\" is not allowed; allowed: {allowed}")]
    Parameter {
        /// The parameter's key, or `ruleParameters` where the whole is meant.
        key: String,
        /// The value as given.
        value: String,
        /// What may stand there instead.
        allowed: String,
    },
    /// Something that AWS Config can ask for and stagecert does not do.
    #[error("not supported: {0}")]
    NotSupported(String),
    /// The event, the function and the snapshot do not agree about the account or the Region.
    #[error("{field} says {found}, but {expected_by} says {expected}: nothing is read or reported")]
    Disagreement {
        /// The field that disagrees.
        field: String,
        /// What it says.
        found: String,
        /// Where the other value comes from.
        expected_by: String,
        /// What that one says.
        expected: String,
    },
    /// AWS refused an operation or failed to answer it, after all retries.
    #[error("{operation} of {resource} in account {}, Region {}: {}", account_region.account, account_region.region, source)]
    Operation {
        /// The AWS operation's name, such as `GetClientCertificates`.
        operation: &'static str,
        /// What it was asked about: an ARN, an id, or words such as `all stages`.
        resource: String,
        /// The account and Region it was sent to.
        account_region: AccountRegion,
        /// AWS's error code, such as `AccessDeniedException`, where there was one.
        code: Option<String>,
        /// What the SDK or the parser said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// Config took `PutEvaluations`, but listed these in `FailedEvaluations` each time.
    #[error(
        "PutEvaluations in account {}, Region {}: Config did not take the evaluation of {}",
        account_region.account, account_region.region, listed(resources)
    )]
    FailedEvaluations {
        /// The resource ids that Config named.
        resources: Vec<String>,
        /// The account and Region they belong to.
        account_region: AccountRegion,
    },
    /// Security Hub or EventBridge took the call, but not these, each time.
    #[error("{operation} in account {}, Region {}: not taken: {}", account_region.account, account_region.region, listed(what))]
    NotTaken {
        /// The operation.
        operation: &'static str,
        /// What was not taken, each with the error code that was given for it.
        what: Vec<String>,
        /// The account and Region that it was sent to.
        account_region: AccountRegion,
    },
    /// The function's deadline came too near.
    #[error("{operation} in account {}, Region {}: out of time with {} left undone", account_region.account, account_region.region, listed(left))]
    OutOfTime {
        /// The operation that had no time left.
        operation: &'static str,
        /// What was not done, by resource.
        left: Vec<String>,
        /// The account and Region concerned.
        account_region: AccountRegion,
    },
    /// These stages have no result from this invocation; the failures beside it say why.
    #[error("no result in account {}, Region {} for {}", account_region.account, account_region.region, listed(stages))]
    Unreported {
        /// The stages, as `apiId/stageName` or by resource id.
        stages: Vec<String>,
        /// The account and Region they belong to.
        account_region: AccountRegion,
    },
    /// The configuration recorder is stopped, so that what Config shows of stages may be long out of date.
    #[error(
        "DescribeConfigurationRecorderStatus in account {}, Region {}: the configuration recorder is stopped, \
         so changes since then are not evaluated: start it",
        account_region.account, account_region.region
    )]
    NotRecording {
        /// The account and Region of the recorder.
        account_region: AccountRegion,
    },
    /// API Gateway has stages that Config's index no longer shows. They are not gone, so nothing is reported about them.
    #[error(
        "in account {}, Region {}, API Gateway has {} which AWS Config does not show: nothing is reported about {}; {}",
        account_region.account, account_region.region, listed(stages), if stages.len() == 1 { "it" } else { "them" },
        if *is_stopped { "the configuration recorder is stopped: start it" }
        else { "Config's index may be behind, or the recorder may leave stages out" }
    )]
    NotShown {
        /// The stages, as `apiId/stageName`.
        stages: Vec<String>,
        /// Whether the configuration recorder is stopped.
        is_stopped: bool,
        /// The account and Region they belong to.
        account_region: AccountRegion,
    },
    /// A file that a command was given can't be read or written.
    #[error("{path}: {source}")]
    File {
        /// The path as given.
        path: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// More than one thing went wrong; each is told.
    #[error("{}", together(.0))]
    Several(Vec<Failure>),
}

impl Failure {
    /// The one failure that stands for all of these, or `None` for none.
    #[must_use]
    pub fn from_all(mut failures: Vec<Self>) -> Option<Self> {
        match failures.len() {
            0 | 1 => failures.pop(),
            _ => Some(Self::Several(failures)),
        }
    }

    /// All that [`Failure::kind`] can be.
    pub const KINDS: &'static [&'static str] = Self::VARIANTS;

    /// AWS's error code, where an operation failed with one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Operation { code, .. } => code.as_deref(),
            _ => None,
        }
    }

    /// What AWS or a parser said, without what was asked and where.
    #[must_use]
    pub fn cause(&self) -> String {
        match self {
            Self::Operation { source, .. } => source.to_string(),
            other => other.to_string(),
        }
    }

    /// The same, with what to do about it behind what AWS said.
    #[must_use]
    pub(crate) fn with_fix(self, fix: &str) -> Self {
        match self {
            Self::Operation { operation, resource, account_region, code, source } => {
                let source = WithFix { fix: fix.to_owned(), source };
                Self::Operation { operation, resource, account_region, code, source: Box::new(source) }
            }
            other => other,
        }
    }

    /// The message as outputs show it: on one line, without characters that are not seen, and of a length that a log takes.
    #[must_use]
    pub fn message(&self) -> String {
        const MAX_CHARACTERS: usize = 4096;
        brief(&self.to_string(), MAX_CHARACTERS)
    }

    /// What kept an operation from being answered, if AWS didn't refuse the operation itself.
    #[must_use]
    pub fn obstacle(&self) -> Option<&Obstacle> {
        match self {
            Self::Operation { source, .. } => source.downcast_ref::<Cause>()?.obstacle.as_ref(),
            _ => None,
        }
    }

    /// A stable name of the kind, for logs, metrics and Lambda's `errorType`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.into()
    }

    pub(crate) fn malformed(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Malformed { field: field.into(), problem: problem.into() }
    }
}

/// What AWS said, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{source}; {fix}")]
struct WithFix {
    fix: String,
    source: Box<dyn Error + Send + Sync>,
}

/// A value for a message: escaped, so that it stays on its line, and cut, so that the line stays one that a log takes.
pub(crate) fn shown(value: &str) -> String {
    const LONGEST: usize = 200;
    let cut = value.chars().nth(LONGEST).is_some();
    let mut shown = String::new();
    for c in value.chars().take(LONGEST) {
        if is_printable(c) { shown.extend(c.escape_debug()) } else { shown.extend(c.escape_default()) }
    }
    if cut { format!("{shown}...") } else { shown }
}

/// How many causes or resources a message names before it only counts.
const MAX_LISTED: usize = 5;

fn listed(resources: &[String]) -> String {
    let mut text = resources.iter().take(MAX_LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
    if let Some(more) = resources.len().checked_sub(MAX_LISTED).filter(|more| *more > 0) {
        let _ = write!(text, " and {more} more");
    }
    text
}

fn together(failures: &[Failure]) -> String {
    let mut text = failures.iter().take(MAX_LISTED).map(Failure::to_string).collect::<Vec<_>>().join("; ");
    if let Some(more) = failures.len().checked_sub(MAX_LISTED).filter(|more| *more > 0) {
        let _ = write!(text, "; and {more} more failures");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_names_what_where_and_why() {
        let failure = Failure::Operation {
            operation: "GetExport",
            resource: "a1/prod".into(),
            account_region: AccountRegion {
                partition: "aws".into(),
                account: "111122223333".into(),
                region: "eu-west-1".into(),
            },
            code: Some("AccessDeniedException".into()),
            source: "AccessDeniedException: no apigateway:GET".into(),
        };
        assert_eq!(
            failure.to_string(),
            "GetExport of a1/prod in account 111122223333, Region eu-west-1: AccessDeniedException: no apigateway:GET"
        );
    }

    #[test]
    fn a_message_stays_one_line_that_a_log_takes() {
        let message = Failure::malformed("event", format!("\u{2028}{}", "k".repeat(5_000_000))).message();
        assert_eq!((message.len(), message.get(..10)), (4099, Some("event: ?kk")));
        assert!(message.ends_with("k..."));
    }

    #[test]
    fn a_value_is_escaped_where_it_is_not_seen() {
        assert_eq!(shown("a\n\"\u{202e}\u{3164}é"), "a\\n\\\"\\u{202e}\\u{3164}é");
    }

    #[test]
    fn long_lists_are_counted() {
        let resources: Vec<String> = (1..=7).map(|n| format!("r{n}")).collect();
        assert_eq!(listed(&resources), "r1, r2, r3, r4, r5 and 2 more");
    }
}
