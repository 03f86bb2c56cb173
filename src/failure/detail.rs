use std::fmt;

/// The account and Region in which something failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The account ID.
    pub account: String,
    /// The Region's code, such as `eu-west-1`.
    pub region: String,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "account {}, Region {}", self.account, self.region)
    }
}

/// The source of the value that a field was compared with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpectedBy {
    /// Another field or document, by name.
    #[error("{0}")]
    Document(String),
    /// The credentials that the evaluator runs with, such as `the evaluator's own Region`.
    #[error("{0}")]
    Evaluator(&'static str),
}

impl From<&str> for ExpectedBy {
    fn from(name: &str) -> Self {
        Self::Document(name.into())
    }
}

/// A request that stagecert does not support.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// A live account, in a program built without the Cargo feature for it.
    #[error("live accounts: this program was built without the feature `{feature}`")]
    LiveAccounts {
        /// The Cargo feature that is missing.
        feature: &'static str,
    },
    /// Any other request, as the message describes it.
    #[error("{0}")]
    Other(String),
}

impl From<&str> for Unsupported {
    fn from(text: &str) -> Self {
        Self::Other(text.into())
    }
}

impl From<String> for Unsupported {
    fn from(text: String) -> Self {
        Self::Other(text)
    }
}
