use std::error::Error;

/// What kept a call from being answered, if AWS didn't refuse the call itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Obstacle {
    /// No connection: the network, a name, a proxy, TLS or a timeout.
    NoConnection,
    /// No credentials, or none that could be loaded, with the code of the service that refused them.
    NoCredentials {
        /// The service's error code, such as `ExpiredToken`.
        code: Option<String>,
    },
    /// A role was refused, and the profile that names it requires MFA.
    MfaRequired {
        /// The profile with `mfa_serial`.
        profile: String,
    },
}

/// What AWS or the SDK said, in one line.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct Cause {
    text: String,
    /// What was in the way.
    pub(crate) obstacle: Option<Obstacle>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Cause {
    /// The line, with what was in the way and the SDK's own error if it holds no secret.
    #[must_use]
    pub fn new(
        text: String,
        obstacle: Option<Obstacle>,
        source: Option<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self { text, obstacle, source }
    }
}
