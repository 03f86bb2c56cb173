//! # domain-certificate
//!
//! ## What it asks
//! Are the certificates of the domain issued, and valid for long enough?
//!
//! ## Why it matters
//! When the server certificate expires, all callers reject the domain. A domain with mutual TLS
//! whose server certificate is imported or comes from a private CA also has an ownership
//! verification certificate. When that expires and ACM can't renew it, API Gateway refuses all
//! updates of the domain, and the truststore can't be changed any more.
//!
//! ## When it fails
//! - `expired`: the server certificate or the ownership verification certificate has expired.
//! - `expiring`: one of them expires within `expiryWindowDays`. Exactly that many days before
//!   not-after already counts as within the window.
//! - `not-issued`: the status of one of them in ACM is not ISSUED, or ACM does not have it.
//! - `pending-reimport`: the domain has the status `PENDING_CERTIFICATE_REIMPORT`: the reimported
//!   certificate doesn't fit the domain or the ownership verification certificate.
//! - `pending-ownership-verification`: the domain has the status `PENDING_OWNERSHIP_VERIFICATION`:
//!   the ownership verification certificate has expired and was not renewed.
//! - `domain-failed`: the domain has the status FAILED.
//! - `undetermined`: a certificate has no expiry date, the domain has no certificate, or its status
//!   is unknown.
//!
//! ## When it does not apply
//! - `private`: the domain is private and has no such certificate.
//!
//! ## What to do
//! 1. For a certificate that ACM issued, see the status of its renewal in ACM: usually its DNS
//!    validation record is missing.
//! 2. Import the successor of an imported certificate under the same ARN, with the same issuer and
//!    the same names.
//! 3. For a pending domain, fix the ownership verification certificate, or set another one (`aws
//!    apigateway update-domain-name`, path `/ownershipVerificationCertificateArn`).
//!
//! ## Parameters
//! - `expiryWindowDays`: how many days before not-after a certificate counts as expiring, 1 to 365
//!   (default 60).

pub use crate::checks::front_door::Answer;

use jiff::{SignedDuration, Timestamp};

use crate::checks::front_door::{Problem, Reason};
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
pub fn check(domain: &DomainName, certificates: Certificates<'_>, window_days: u16, at: Timestamp) -> Answer {
    let name = domain.key().to_string();
    let mut problems: Vec<Problem> = of_status(domain, &name).into_iter().collect();
    let both = [
        ("server certificate", certificates.server),
        ("ownership verification certificate", certificates.ownership),
    ];
    let mut dates = Vec::new();
    for (role, certificate) in both {
        let on = format!("{name}: {role}");
        match certificate {
            None => {}
            Some(None) => problems.push(Problem::new(Reason::NotIssued, &on).with_detail("not in ACM")),
            Some(Some(certificate)) => {
                problems.extend(of_certificate(certificate, &on, window_days, at));
                dates.extend(certificate.not_after.map(|end| format!("{role} valid until {end}")));
            }
        }
    }
    let has_none = certificates.server.is_none() && certificates.ownership.is_none();
    if has_none && domain.is_private() && problems.is_empty() {
        return Answer::NotApplicable("private", format!("{name}: private, without a certificate"));
    }
    if certificates.server.is_none() && !domain.is_private() {
        problems.push(Problem::new(Reason::Undetermined, &name).with_detail("it has no server certificate"));
    }
    Answer::of(problems, || format!("{name}: {}", dates.join(", ")))
}

fn of_status(domain: &DomainName, name: &str) -> Option<Problem> {
    let reason = match domain.domain_name_status.as_deref() {
        None | Some("AVAILABLE" | "UPDATING" | "PENDING") => return None,
        Some("PENDING_CERTIFICATE_REIMPORT") => Reason::PendingReimport,
        Some("PENDING_OWNERSHIP_VERIFICATION") => Reason::PendingOwnershipVerification,
        Some("FAILED") => Reason::DomainFailed,
        Some(status) => {
            let detail = format!("unknown status {status}");
            return Some(Problem::new(Reason::Undetermined, name).with_detail(&detail));
        }
    };
    Some(Problem::new(reason, name))
}

fn of_certificate(certificate: &Certificate, on: &str, window_days: u16, at: Timestamp) -> Option<Problem> {
    let window = SignedDuration::from_hours(24 * i64::from(window_days));
    let (expiring, expired) = if certificate.renews_automatically {
        ("ACM has not renewed it yet", "ACM has not renewed it")
    } else {
        ("ACM doesn't renew it", "ACM doesn't renew it")
    };
    let status = certificate.acm_status.as_deref().unwrap_or("unknown");
    let problem = |reason: Reason| Problem::new(reason, on);
    match certificate.not_after {
        Some(end) if at > end => Some(problem(Reason::Expired).with_date(end).with_detail(expired)),
        _ if status != "ISSUED" => Some(problem(Reason::NotIssued).with_detail(&format!("status {status}"))),
        None => Some(problem(Reason::Undetermined).with_detail("no expiry date")),
        Some(end) if end.duration_since(at) <= window => {
            Some(problem(Reason::Expiring).with_date(end).with_detail(expiring))
        }
        Some(_) => None,
    }
}
