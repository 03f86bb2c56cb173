use std::error::Error;

/// Why a call got no answer, if AWS didn't reject the call itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Obstacle {
    /// No connection to AWS: a network, DNS, proxy or TLS error, or a timeout.
    NoConnection,
    /// No usable credentials: none were found, or the service that issues them rejected the
    /// request.
    NoCredentials {
        /// The service's error code, such as `ExpiredToken`.
        code: Option<String>,
    },
    /// None of the places that were searched has credentials.
    CredentialsNotFound {
        /// The places, in order.
        searched: Vec<String>,
    },
    /// `AssumeRole` was denied, and the profile that names the role requires MFA.
    MfaRequired {
        /// The profile with `mfa_serial`.
        profile: String,
    },
    /// The Config aggregator collects nothing from the account.
    NotInAggregator,
}

/// The error text from AWS or the SDK, on one line.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct Cause {
    text: String,
    /// What prevented an answer, if that is known.
    pub(crate) obstacle: Option<Obstacle>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Cause {
    /// A cause with the given text. `source` is the SDK's error, or `None` if that error may
    /// contain a secret.
    #[must_use]
    pub fn new(
        text: String,
        obstacle: Option<Obstacle>,
        source: Option<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self { text, obstacle, source }
    }
}
