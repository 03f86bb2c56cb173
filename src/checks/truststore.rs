//! # truststore
//!
//! ## What it asks
//! Is the truststore complete, valid for long enough, and limited to your own CAs?
//!
//! ## Why it matters
//! TO BE WRITTEN.
//!
//! ## When it fails
//! TO BE WRITTEN.
//!
//! ## When it does not apply
//! TO BE WRITTEN.
//!
//! ## What to do
//! TO BE WRITTEN.
//!
//! ## Parameters
//! TO BE WRITTEN.

pub use crate::checks::front_door::Answer;

use jiff::Timestamp;

use crate::resources::private_network::Unreadable;
use crate::resources::trust_store::TrustStoreContent;

/// The rule parameters of this check.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// `truststoreWindowDays`: how many days before not-after a CA counts as expiring (1 to 365).
    pub window_days: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self { window_days: 90 }
    }
}

/// A truststore, as far as it was read.
#[derive(Clone, Copy, Debug)]
pub struct Truststore<'a> {
    /// What it is called: an object in S3, or the name of a load balancer's trust store.
    pub name: &'a str,
    /// Its content, or why that can't be read.
    pub content: Result<&'a TrustStoreContent, &'a Unreadable>,
    /// Its version; `None` for the trust store of a load balancer, which has none.
    pub version: Option<Version<'a>>,
    /// AWS's own warnings.
    pub warnings: &'a [String],
}

/// The version of a truststore in S3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version<'a> {
    /// The version that the domain pins.
    pub pinned: Option<&'a str>,
    /// The newest version; the inner `None` if the bucket has no versions.
    pub newest: Result<Option<&'a str>, &'a Unreadable>,
}

/// Checks truststores at an instant: that of a domain, or those of the listeners in front of a
/// private API.
#[must_use]
pub fn check(_truststores: &[Truststore<'_>], _settings: Settings, _at: Timestamp) -> Answer {
    Answer::NotApplicable("stub", String::new())
}
