//! The checks of a stage and its client certificate.

pub mod certificate_attached;
pub mod certificate_expiry;
pub mod certificate_unique;
