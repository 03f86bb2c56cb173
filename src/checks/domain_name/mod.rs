//! The checks of custom domain names.

pub mod domain_certificate;
pub mod tls_policy;
