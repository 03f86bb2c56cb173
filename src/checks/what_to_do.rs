//! What to do about one failed check of one stage, in one sentence. It depends on the reason, on
//! the kind of certificate, and on what is deployed.

use crate::checks::Check;
use crate::checks::finding::Finding;
use crate::checks::stage::certificate_attached::Answer as Attached;
use crate::checks::stage::certificate_expiry::Answer as Expiry;
use crate::checks::stage::certificate_unique::Answer as Unique;
use crate::checks::what_to_do_front_door::{self, what_to_do as front_door};
use crate::resources::backends::Backends;
use crate::resources::certificate_id::{CertificateId, CertificateKind};

/// What is known about a stage besides the finding itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Circumstances<'a> {
    /// Whether ACM renews the certificate automatically; `None` if that is unknown.
    pub renews_automatically: Option<bool>,
    /// What is deployed on the stage, as far as any check knows it.
    pub deployed: Option<&'a Backends>,
}

impl Finding {
    /// What to do about this finding, in one sentence of at most 512 characters, for people who
    /// have access to neither the command line nor this repository.
    #[must_use]
    pub fn what_to_do(&self, circumstances: Circumstances<'_>) -> &'static str {
        let deployed = circumstances.deployed.or_else(|| self.backends());
        let has_no_http = matches!(deployed, Some(Backends::NoHttp { .. }));
        match self {
            _ if self.urgency().is_none() => NOTHING,
            _ if self.is_about_unrecorded_api() => RECORD_API,
            // A stage without an HTTP backend does not fail for a missing certificate.
            Self::CertificateAttached(Attached::Missing { .. }) => self.check().advice().what_to_do,
            Self::CertificateAttached(_) | Self::CertificateExpiry(_) if has_no_http => NO_HTTP,
            Self::CertificateAttached(Attached::Dangling { .. }) => DANGLING,
            Self::CertificateAttached(Attached::NotIssued { .. }) => NOT_ISSUED,
            Self::CertificateAttached(_) => NOT_ALLOWED,
            Self::CertificateExpiry(answer) => expiry(answer, circumstances.renews_automatically),
            Self::CertificateUnique(Unique::Shared { certificate, .. }) if is_acm(certificate) => SHARED_ACM,
            Self::CertificateUnique(_) | Self::OwnerTag(_) => self.check().advice().what_to_do,
            Self::MutualTls(answer)
            | Self::Truststore(answer)
            | Self::DomainCertificate(answer)
            | Self::TlsPolicy(answer)
            | Self::PrivateFrontDoor(answer) => {
                front_door(answer).unwrap_or(self.check().advice().what_to_do)
            }
            Self::Exempt(exempted) => exempted.finding.what_to_do(circumstances),
        }
    }
}

/// Whether this is one of the texts that [`Finding::what_to_do`] returns, and not a text from
/// elsewhere.
#[must_use]
pub(crate) fn is_known(text: &str) -> bool {
    const TEXTS: [&str; 14] = [
        NOTHING,
        RECORD_API,
        NO_HTTP,
        DANGLING,
        NOT_ISSUED,
        NOT_ALLOWED,
        EXPIRING,
        EXPIRED,
        RENEWAL_STUCK,
        EXPIRING_ACM,
        EXPIRED_ACM,
        NOT_YET_VALID,
        NO_DATE,
        SHARED_ACM,
    ];
    TEXTS.contains(&text)
        || what_to_do_front_door::is_known(text)
        || Check::ALL.iter().any(|check| check.advice().what_to_do == text)
}

fn expiry(answer: &Expiry, renews: Option<bool>) -> &'static str {
    match answer {
        Expiry::Expiring { certificate, .. } if is_acm(certificate) => match renews {
            Some(true) => RENEWAL_STUCK,
            _ => EXPIRING_ACM,
        },
        Expiry::Expired { certificate, .. } if is_acm(certificate) => EXPIRED_ACM,
        Expiry::Expired { .. } => EXPIRED,
        Expiry::NotYetValid { .. } => NOT_YET_VALID,
        Expiry::NoDate { .. } => NO_DATE,
        _ => EXPIRING,
    }
}

fn is_acm(certificate: &CertificateId) -> bool {
    certificate.kind() == CertificateKind::Acm
}

const NOTHING: &str = "Nothing: no check fails.";

pub(crate) const RECORD_API: &str =
    "Have AWS Config record AWS::ApiGatewayV2::Api: the stages of HTTP APIs need no client certificate.";

const NO_HTTP: &str = "Remove the client certificate from the stage, or replace it before the stage gets an \
                       HTTP backend: no HTTP backend is deployed on it, so nothing checks the certificate.";

const DANGLING: &str = "Attach a client certificate that exists: generate one, make the backend trust it, attach \
                        it to the stage, and redeploy the API; the one that the stage names was deleted.";

const NOT_ISSUED: &str = "Find out in AWS Certificate Manager why the certificate is not issued and fix that, or \
                          attach another one that the backend trusts and redeploy the API.";

const NOT_ALLOWED: &str = "Make the backend trust one of the client certificates that the rule parameter \
                           certificateIds allows, attach that certificate to the stage, and redeploy the API.";

const EXPIRING: &str = "Generate a new client certificate, make the backend trust both the old and the new one, \
                        attach the new one to the stage, redeploy the API, and delete the old one once the \
                        backend accepts the new one; the command stagecert rotate guides you through these steps.";

const EXPIRED: &str = "Generate a new client certificate, make the backend trust it, attach it to the stage, \
                       redeploy the API, check that requests succeed again, and then delete the expired one.";

const RENEWAL_STUCK: &str = "Find out in AWS Certificate Manager why the automatic renewal of the certificate is \
                             pending and fix that (for a public certificate, usually its DNS validation record \
                             or a CAA record), and make the backend trust the renewed certificate if it trusts \
                             only the current one.";

const EXPIRING_ACM: &str = "Find out in AWS Certificate Manager why the certificate is not renewed: if its renewal \
                            failed, fix the cause; if it was imported, import its successor under the same ARN; \
                            otherwise attach another one, after the backend trusts the successor as well.";

const EXPIRED_ACM: &str = "Renew the certificate in AWS Certificate Manager (fix what made its renewal fail, or import \
                           its successor under the same ARN if it was imported), or attach another one and redeploy \
                           the API, and make the backend trust the successor.";

const NOT_YET_VALID: &str = "Attach a client certificate that is valid now and that the backend trusts, and redeploy \
                             the API: the attached one is not valid yet.";

const NO_DATE: &str = "Replace the client certificate with one whose expiry date can be read: generate a new one, make \
                       the backend trust both, attach the new one to the stage, and redeploy the API.";

const SHARED_ACM: &str = "Request a separate certificate from AWS Certificate Manager for each stage, make each backend \
                          trust the certificate of its stage as well as the shared one, and then attach the new \
                          certificates and redeploy the APIs one stage at a time.";

#[cfg(test)]
#[path = "what_to_do_tests.rs"]
pub(crate) mod tests;
