//! The checks of a stage and its client certificate.

use crate::resources::certificate::Certificate;
use crate::resources::certificate_id::CertificateId;

pub mod certificate_attached;
pub mod certificate_expiry;
pub mod certificate_unique;

/// The certificate that a stage references, if any.
#[derive(Clone, Copy, Debug)]
pub enum Attached<'a> {
    /// The stage has no certificate.
    Nothing,
    /// The stage references a certificate that exists.
    Certificate(&'a Certificate),
    /// The stage references a certificate that exists neither in API Gateway nor in ACM.
    Dangling(&'a CertificateId),
}
