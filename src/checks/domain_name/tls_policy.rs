//! # tls-policy
//!
//! ## What it asks
//! Does the domain refuse TLS 1.0?
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

use crate::resources::domain_name::DomainName;

/// Checks a domain.
#[must_use]
pub fn check(_domain: &DomainName) -> Answer {
    Answer::NotApplicable("stub", String::new())
}
