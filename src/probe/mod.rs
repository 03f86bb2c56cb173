//! Whether backends enforce the certificate.

pub mod through;
