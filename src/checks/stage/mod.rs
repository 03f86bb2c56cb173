//! The checks of a stage and its client certificate.

use crate::resources::certificate::Certificate;
use crate::resources::certificate_id::CertificateId;

pub mod certificate_attached;
pub mod certificate_expiry;
pub mod certificate_unique;

/// The certificate that a stage names, as far as there is one.
#[derive(Clone, Copy, Debug)]
pub enum Attached<'a> {
    /// The stage names none.
    Nothing,
    /// The stage names one that exists.
    Certificate(&'a Certificate),
    /// The stage names one that neither API Gateway nor ACM knows.
    Dangling(&'a CertificateId),
}
