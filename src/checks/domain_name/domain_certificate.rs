//! # domain-certificate
//!
//! ## What it asks
//! Are the certificates of the domain issued, and valid for long enough?
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

use crate::resources::certificate::Certificate;
use crate::resources::domain_name::DomainName;

/// The certificates of a domain: `None` for one that ACM does not have.
#[derive(Clone, Copy, Debug)]
pub struct Certificates<'a> {
    /// The server certificate, if the domain has one.
    pub server: Option<Option<&'a Certificate>>,
    /// The ownership verification certificate, if the domain has one.
    pub ownership: Option<Option<&'a Certificate>>,
}

/// Checks a domain at an instant; the window is in days of 24 hours.
#[must_use]
pub fn check(
    _domain: &DomainName,
    _certificates: Certificates<'_>,
    _window_days: u16,
    _at: Timestamp,
) -> Answer {
    Answer::NotApplicable("stub", String::new())
}
