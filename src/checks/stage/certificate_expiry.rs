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
use crate::checks::verdict::Urgency;
use crate::checks::verdict::Verdict;
use crate::parameters::Parameters;
use crate::resources::backends::Backends;
use crate::resources::certificate::{Certificate, DatesFrom};
use crate::resources::certificate_id::CertificateId;

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

    /// The sentence without the backends.
    #[must_use]
    pub fn fact(&self) -> String {
        let source =
            |unreadable: bool| if unreadable { " by API Gateway's date (PEM unreadable)" } else { "" };
        match self {
            Self::Valid { certificate, not_after, pem_unreadable } => {
                format!("{certificate} valid until {not_after}{}", source(*pem_unreadable))
            }
            Self::Expired { certificate, not_after, pem_unreadable, .. } => {
                format!("{certificate} expired {not_after}{}", source(*pem_unreadable))
            }
            Self::NotYetValid { certificate, not_before, .. } => {
                format!("{certificate} not valid before {not_before}")
            }
            Self::Expiring { certificate, not_after, window_days, pem_unreadable, .. } => format!(
                "{certificate} expires {not_after}{}, within {window_days} days",
                source(*pem_unreadable)
            ),
            Self::NoDate { certificate, .. } => format!("{certificate} has no expiry date to be had"),
            Self::NoCertificate => "no certificate attached".into(),
            Self::Dangling { certificate } => format!("{certificate} does not exist"),
        }
    }

    /// Whether the stage has a certificate that exists.
    #[must_use]
    pub fn is_about_a_certificate(&self) -> bool {
        self.verdict() != Verdict::NotApplicable
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
        f.write_str(&self.fact())?;
        match self.backends() {
            None | Some(Backends::NotAsked) => Ok(()),
            Some(backends) => write!(f, ", {backends}"),
        }
    }
}

/// Whether what is deployed has to be known: it decides how severe a failure is, and is part of its reason.
#[must_use]
pub fn depends_on_backends(attached: Attached<'_>, now: Timestamp, parameters: &Parameters) -> bool {
    check(attached, &Backends::NotAsked, now, parameters).verdict() == Verdict::Failed
}

/// Answers for one stage at the instant `now`. `backends` counts only where [`depends_on_backends`] says so.
#[must_use]
pub fn check(attached: Attached<'_>, backends: &Backends, now: Timestamp, parameters: &Parameters) -> Answer {
    match attached {
        Attached::Nothing => Answer::NoCertificate,
        Attached::Dangling(id) => Answer::Dangling { certificate: id.clone() },
        Attached::Certificate(certificate) => judge(certificate, backends, now, parameters),
    }
}

fn judge(certificate: &Certificate, backends: &Backends, now: Timestamp, parameters: &Parameters) -> Answer {
    let (id, backends) = (certificate.id.clone(), || backends.clone());
    let Some(not_after) = certificate.not_after else {
        return Answer::NoDate { certificate: id, backends: backends() };
    };
    let pem_unreadable = certificate.dates_from == DatesFrom::UnreadablePem;
    let window_days = if certificate.renews_by_itself {
        parameters.managed_renewal_window_days
    } else {
        parameters.expiry_window_days
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::certificate::AcmDetail;
    use crate::resources::tags::Tags;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn reason(certificate: &Certificate, now: &str, json: &str) -> String {
        let parameters = Parameters::parse(Some(json)).unwrap();
        let answer = check(Attached::Certificate(certificate), &Backends::NotAsked, at(now), &parameters);
        serde_json::to_value(answer).unwrap()["reason"].as_str().unwrap().to_owned()
    }

    fn told(not_after: &str) -> Certificate {
        Certificate::generated(
            CertificateId::new("abc123".into()),
            None,
            Some(at(not_after)),
            Tags::default(),
        )
    }

    #[test]
    fn the_edge_of_the_window_is_inside_to_the_second() {
        let certificate = told("2027-03-02T12:00:00Z");
        for (now, expected) in [
            ("2027-01-01T11:59:59Z", "valid"),
            ("2027-01-01T12:00:00Z", "expiring"),
            ("2027-01-01T12:00:01Z", "expiring"),
            ("2027-03-02T11:59:59Z", "expiring"),
            ("2027-03-02T12:00:00Z", "expiring"),
            ("2027-03-02T12:00:01Z", "expired"),
        ] {
            assert_eq!(reason(&certificate, now, "{}"), expected, "{now}");
        }
    }

    #[test]
    fn a_leap_day_is_a_day_of_the_window() {
        let certificate = told("2028-03-01T23:59:59Z");
        let one_day = r#"{"expiryWindowDays":"1"}"#;
        assert_eq!(reason(&certificate, "2028-02-29T23:59:58Z", one_day), "valid");
        assert_eq!(reason(&certificate, "2028-02-29T23:59:59Z", one_day), "expiring");
        let two_days = r#"{"expiryWindowDays":"2"}"#;
        assert_eq!(reason(&certificate, "2028-02-28T23:59:58Z", two_days), "valid");
        assert_eq!(reason(&certificate, "2028-02-28T23:59:59Z", two_days), "expiring");
    }

    #[test]
    fn not_before_counts_to_the_second() {
        let pem = include_str!("../../../tests/certificates/leap-day.pem");
        let certificate =
            Certificate::generated(CertificateId::new("abc123".into()), Some(pem), None, Tags::default());
        assert_eq!(certificate.not_before, Some(at("2027-03-01T23:59:59Z")));
        assert_eq!(reason(&certificate, "2027-03-01T23:59:58Z", "{}"), "not-yet-valid");
        assert_eq!(reason(&certificate, "2027-03-01T23:59:59Z", "{}"), "valid");
    }

    #[test]
    fn one_that_renews_by_itself_has_its_own_window() {
        let detail = |eligibility: &str| AcmDetail {
            status: Some("ISSUED".into()),
            renewal_eligibility: Some(eligibility.into()),
            not_after: Some(at("2027-03-02T12:00:00Z")),
            ..AcmDetail::default()
        };
        let id = CertificateId::new("arn:aws:acm:eu-west-1:111122223333:certificate/1-2".into());
        let (managed, by_hand) =
            (Certificate::acm(id.clone(), detail("ELIGIBLE")), Certificate::acm(id, detail("INELIGIBLE")));
        for (now, managed_says, by_hand_says) in [
            ("2027-01-01T12:00:00Z", "valid", "expiring"),
            ("2027-01-31T11:59:59Z", "valid", "expiring"),
            ("2027-01-31T12:00:00Z", "expiring", "expiring"),
        ] {
            assert_eq!(reason(&managed, now, "{}"), managed_says, "{now}");
            assert_eq!(reason(&by_hand, now, "{}"), by_hand_says, "{now}");
        }
    }

    #[test]
    fn no_date_fails_and_without_a_certificate_that_exists_the_check_does_not_apply() {
        let undated =
            Certificate::generated(CertificateId::new("abc123".into()), None, None, Tags::default());
        assert_eq!(reason(&undated, "2027-01-01T00:00:00Z", "{}"), "no-date");
        let defaults = Parameters::default();
        let ghost = CertificateId::new("ghost1".into());
        let now = at("2027-01-01T00:00:00Z");
        let dangling = check(Attached::Dangling(&ghost), &Backends::NotAsked, now, &defaults);
        assert_eq!(
            (dangling.verdict(), dangling.to_string().as_str()),
            (Verdict::NotApplicable, "ghost1 does not exist")
        );
        assert_eq!(check(Attached::Nothing, &Backends::NotAsked, now, &defaults), Answer::NoCertificate);
    }

    #[test]
    fn extreme_instants_do_not_overflow() {
        let certificate = told("9999-12-30T22:00:00Z");
        assert_eq!(reason(&certificate, "-009999-01-02T02:00:00Z", "{}"), "valid");
    }

    #[test]
    fn the_sentence_says_when_the_pem_was_unreadable() {
        let answer = check(
            Attached::Certificate(&told("2027-03-02T12:00:00Z")),
            &Backends::NotAsked,
            at("2027-03-01T00:00:00Z"),
            &Parameters::default(),
        );
        assert_eq!(
            answer.to_string(),
            "abc123 expires 2027-03-02T12:00:00Z by API Gateway's date (PEM unreadable), within 60 days"
        );
    }

    #[test]
    fn the_sentence_of_a_failure_says_what_is_deployed_and_a_valid_one_costs_no_export() {
        let deployment = || crate::resources::stage::DeploymentId::new("d1".into());
        let (expired, parameters) = (told("2026-03-02T12:00:00Z"), Parameters::default());
        let attached = Attached::Certificate(&expired);
        let now = at("2027-03-01T00:00:00Z");
        assert!(depends_on_backends(attached, now, &parameters));
        assert!(!depends_on_backends(attached, at("2025-01-01T00:00:00Z"), &parameters));
        assert!(!depends_on_backends(Attached::Nothing, now, &parameters));
        for (backends, says) in [
            (Backends::no_http(deployment()), "no HTTP integration in deployment d1"),
            (Backends::http(deployment()), "HTTP backends in deployment d1"),
        ] {
            let answer = check(attached, &backends, now, &parameters).to_string();
            assert!(answer.starts_with("abc123 expired 2026-03-02T12:00:00Z by"), "{answer}");
            assert!(answer.ends_with(&format!(", {says}")), "{answer}");
        }
    }
}
