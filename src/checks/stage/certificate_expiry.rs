//! # certificate-expiry
//!
//! ## What it asks
//! Is the stage's client certificate valid now, and for longer than the window?
//!
//! ## Why it matters
//! A certificate that API Gateway generates is valid for 365 days and is never renewed. The second it expires, every
//! backend that enforces it refuses every request of the stage, and the way out needs a change on both sides.
//!
//! ## When it fails
//! - `expired`: not-after has passed.
//! - `not-yet-valid`: not-before has not come.
//! - `expiring`: not-after is within the window. An instant exactly `expiryWindowDays` before not-after is inside.
//! - `no-date`: the certificate exists, and neither it nor API Gateway or ACM gives a date.
//!
//! The earlier of the two dates counts: the certificate's own and the `expirationDate` that API Gateway gives. Of several
//! certificates in one PEM, the earliest counts. If any part of the PEM can't be read, API Gateway's date counts alone, and
//! the reason says so. An expiry in the year 9999, which stands for none, is shown as 9999-12-30T22:00:00Z. An ACM
//! certificate that ACM renews by itself has a window of its own, `managedRenewalWindowDays`: ACM renews well before
//! the end, so one that is still there so late is one whose renewal is stuck.
//!
//! The reason says what is deployed behind the certificate (as for `certificate-attached`). Without an HTTP backend, nothing can
//! refuse a request because of it, and the severity is low.
//!
//! ## When it does not apply
//! - `no-certificate`: the stage has none. `certificate-attached` says whether it should.
//! - `dangling`: the certificate that the stage names does not exist. `certificate-attached` fails for it.
//!
//! ## What to do
//! 1. Generate the next certificate: `aws apigateway generate-client-certificate`.
//! 2. Make the backend trust both, the old and the new.
//! 3. Attach the new one (`update-stage`, path `/clientCertificateId`) and redeploy the API to the stage.
//! 4. Watch the backend accept the new one, then let it forget the old one and delete that.
//!
//! ## Parameters
//! `expiryWindowDays` (1 to 365, default 60), `managedRenewalWindowDays` (1 to 365, default 30).

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use strum::{IntoStaticStr, VariantNames};

use crate::checks::stage::Attached;
use crate::checks::verdict::{Urgency, Verdict};
use crate::resources::backends::Backends;
use crate::resources::certificate::{Certificate, DatesFrom};
use crate::resources::certificate_id::CertificateId;

/// What the rule's parameters say about this check.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// `expiryWindowDays`: days before not-after in which a certificate counts as expiring, 1 to 365.
    pub expiry_window_days: u16,
    /// `managedRenewalWindowDays`: the same for a certificate that ACM renews automatically, 1 to 365.
    pub managed_renewal_window_days: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self { expiry_window_days: 60, managed_renewal_window_days: 30 }
    }
}

/// The answer about one stage. Dates are instants in UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, IntoStaticStr, VariantNames)]
#[serde(tag = "reason", rename_all = "kebab-case", rename_all_fields = "camelCase")]
#[strum(serialize_all = "kebab-case")]
pub enum Answer {
    /// Passed: valid for longer than the window.
    Valid {
        /// Its id or ARN.
        certificate: CertificateId,
        /// The last instant it is valid at.
        not_after: Timestamp,
        /// The PEM could not be parsed; the date is API Gateway's.
        pem_unreadable: bool,
    },
    /// Failed: not-after has passed.
    Expired {
        /// Its id or ARN.
        certificate: CertificateId,
        /// The last instant it was valid at.
        not_after: Timestamp,
        /// The PEM could not be parsed; the date is API Gateway's.
        pem_unreadable: bool,
        /// The backends that it is presented to.
        #[serde(flatten)]
        backends: Backends,
    },
    /// Failed: not-before has not come.
    NotYetValid {
        /// Its id or ARN.
        certificate: CertificateId,
        /// The first instant it will be valid at.
        not_before: Timestamp,
        /// The backends that it is presented to.
        #[serde(flatten)]
        backends: Backends,
    },
    /// Failed: not-after is within the window.
    Expiring {
        /// Its id or ARN.
        certificate: CertificateId,
        /// The last instant it is valid at.
        not_after: Timestamp,
        /// The window, in days of 24 hours.
        window_days: u16,
        /// The PEM could not be parsed; the date is API Gateway's.
        pem_unreadable: bool,
        /// The backends that it is presented to.
        #[serde(flatten)]
        backends: Backends,
    },
    /// Failed: no date to be had.
    NoDate {
        /// Its id or ARN.
        certificate: CertificateId,
        /// The backends that it is presented to.
        #[serde(flatten)]
        backends: Backends,
    },
    /// Not applicable: no certificate attached.
    NoCertificate,
    /// Not applicable: the certificate does not exist.
    Dangling {
        /// The id or ARN that the stage names.
        certificate: CertificateId,
    },
}

impl Answer {
    /// Passed, failed or not applicable.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Valid { .. } => Verdict::Passed,
            Self::NoCertificate | Self::Dangling { .. } => Verdict::NotApplicable,
            _ => Verdict::Failed,
        }
    }

    /// The backends that a certificate which fails is presented to.
    #[must_use]
    pub fn backends(&self) -> Option<&Backends> {
        match self {
            Self::Expired { backends, .. }
            | Self::NotYetValid { backends, .. }
            | Self::Expiring { backends, .. }
            | Self::NoDate { backends, .. } => Some(backends),
            Self::Valid { .. } | Self::NoCertificate | Self::Dangling { .. } => None,
        }
    }

    /// The sentence without the backends; always there.
    #[must_use]
    pub fn fact(&self) -> Option<String> {
        Some(self.sentence())
    }

    fn sentence(&self) -> String {
        let source =
            |unreadable: bool| if unreadable { " by API Gateway's date (PEM unreadable)" } else { "" };
        match self {
            Self::Valid { certificate, not_after, pem_unreadable } => {
                format!("client certificate {certificate} valid until {not_after}{}", source(*pem_unreadable))
            }
            Self::Expired { certificate, not_after, pem_unreadable, .. } => {
                format!("client certificate {certificate} expired {not_after}{}", source(*pem_unreadable))
            }
            Self::NotYetValid { certificate, not_before, .. } => {
                format!("client certificate {certificate} not valid before {not_before}")
            }
            Self::Expiring { certificate, not_after, window_days, pem_unreadable, .. } => format!(
                "client certificate {certificate} expires {not_after}{}, within {window_days} days",
                source(*pem_unreadable)
            ),
            Self::NoDate { certificate, .. } => {
                format!("client certificate {certificate}: no expiry date available")
            }
            Self::NoCertificate => "no certificate attached".into(),
            Self::Dangling { certificate } => format!("client certificate {certificate} does not exist"),
        }
    }

    /// Whether the stage has a certificate that exists.
    #[must_use]
    pub fn is_about_a_certificate(&self) -> bool {
        self.verdict() != Verdict::NotApplicable
    }

    /// Whether the certificate that the stage names does not exist.
    #[must_use]
    pub(crate) fn is_dangling(&self) -> bool {
        matches!(self, Self::Dangling { .. })
    }

    pub(crate) fn urgency(&self) -> Urgency {
        match self {
            Self::Expiring { .. } => Urgency::Expiring,
            _ => Urgency::Broken,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())?;
        match self.backends() {
            None | Some(Backends::NotAsked) => Ok(()),
            Some(backends) => write!(f, ", {backends}"),
        }
    }
}

/// Whether what is deployed has to be known: it decides how severe a failure is, and is part of its reason.
#[must_use]
pub fn depends_on_backends(attached: Attached<'_>, now: Timestamp, settings: Settings) -> bool {
    check(attached, &Backends::NotAsked, now, settings).verdict() == Verdict::Failed
}

/// Answers for one stage at the instant `now`. `backends` counts only where [`depends_on_backends`] says so.
#[must_use]
pub fn check(attached: Attached<'_>, backends: &Backends, now: Timestamp, settings: Settings) -> Answer {
    match attached {
        Attached::Nothing => Answer::NoCertificate,
        Attached::Dangling(id) => Answer::Dangling { certificate: id.clone() },
        Attached::Certificate(certificate) => evaluate(certificate, backends, now, settings),
    }
}

fn evaluate(certificate: &Certificate, backends: &Backends, now: Timestamp, settings: Settings) -> Answer {
    let (id, backends) = (certificate.id.clone(), || backends.clone());
    let Some(not_after) = certificate.not_after else {
        return Answer::NoDate { certificate: id, backends: backends() };
    };
    let pem_unreadable = certificate.dates_from == DatesFrom::UnreadablePem;
    let window_days = if certificate.renews_automatically {
        settings.managed_renewal_window_days
    } else {
        settings.expiry_window_days
    };
    if now > not_after {
        return Answer::Expired { certificate: id, not_after, pem_unreadable, backends: backends() };
    }
    if let Some(not_before) = certificate.not_before.filter(|not_before| now < *not_before) {
        return Answer::NotYetValid { certificate: id, not_before, backends: backends() };
    }
    if not_after.duration_since(now) <= SignedDuration::from_hours(24 * i64::from(window_days)) {
        let backends = backends();
        return Answer::Expiring { certificate: id, not_after, window_days, pem_unreadable, backends };
    }
    Answer::Valid { certificate: id, not_after, pem_unreadable }
}
