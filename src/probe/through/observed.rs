//! What API Gateway's execution log says about a call to a backend.

use std::fmt;

use crate::probe::through::Invoked;
use crate::resources::probe_result::{Outcome, ProbeAttempt};

/// The outcome of a call to a backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    /// The backend answered with a status that isn't a refusal.
    Answered(u16),
    /// The backend said that a certificate is required.
    RefusedForCertificate(Sign),
    /// The backend answered with 400, 401 or 403, or the TLS handshake failed, without a sign that
    /// the certificate was the cause.
    Rejected(Rejection),
    /// The backend answered with 5xx.
    ServerError(u16),
    /// API Gateway got no answer.
    NoAnswer,
}

/// The sign that a certificate was the cause of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// The TLS alert `certificate_required` (116 in RFC 8446).
    Alert,
    /// HTTP 400 or 495 to 496 with the text that nginx sends without a certificate.
    Text(u16),
}

/// A rejection that can have other causes than the certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// An HTTP status.
    Status(u16),
    /// A TLS alert, such as `handshake_failure`.
    Alert(&'static str),
}

impl Observed {
    /// Whether the backend served the request.
    #[must_use]
    pub const fn is_answer(&self) -> bool {
        matches!(self, Self::Answered(_))
    }

    /// The call as part of a result.
    #[must_use]
    pub fn attempt(&self) -> ProbeAttempt {
        let (outcome, status) = match self {
            Self::Answered(status) => (Outcome::Answered, Some(*status)),
            Self::RefusedForCertificate(Sign::Text(status)) => (Outcome::Refused, Some(*status)),
            Self::RefusedForCertificate(Sign::Alert) => (Outcome::Refused, None),
            Self::Rejected(Rejection::Status(status)) | Self::ServerError(status) => {
                (Outcome::Unclear, Some(*status))
            }
            Self::Rejected(Rejection::Alert(_)) => (Outcome::Unclear, None),
            Self::NoAnswer => (Outcome::Failed, None),
        };
        // API Gateway doesn't say whether the backend requested a certificate.
        let asked = matches!(self, Self::RefusedForCertificate(_));
        ProbeAttempt { outcome, asked, status, alert: None, detail: self.to_string() }
    }
}

/// Returns what the log says about the call.
///
/// The status of the method's response doesn't count if the log has the backend's: an integration
/// response can map a refusal to 200.
#[must_use]
pub fn observed(invoked: &Invoked) -> Observed {
    let Some((status, rest)) = received(&invoked.log) else {
        return not_received(&invoked.log);
    };
    // What the backend sent follows in the log, or is the body of the response.
    let says = |text: &str| rest.contains(text) || invoked.body.contains(text);
    match status {
        400 if says("No required SSL certificate was sent") => {
            Observed::RefusedForCertificate(Sign::Text(status))
        }
        495 | 496 => Observed::RefusedForCertificate(Sign::Text(status)),
        400 | 401 | 403 => Observed::Rejected(Rejection::Status(status)),
        500.. => Observed::ServerError(status),
        _ => Observed::Answered(status),
    }
}

/// The status that the backend answered with, and the log after it. Only the first such line
/// counts: the backend's own text comes later.
fn received(log: &str) -> Option<(u16, &str)> {
    let mut rest = log;
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        if let Some(status) = message(line).strip_prefix("Received response. Status: ") {
            let digits = status.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
            return digits.parse().ok().filter(|status| (100..600).contains(status)).map(|it| (it, after));
        }
        rest = after;
    }
    None
}

/// A line without its time: `Mon Nov 30 10:00:00 UTC 2026 : MESSAGE`.
fn message(line: &str) -> &str {
    line.split_once(" : ").map_or(line, |(_, message)| message).trim()
}

fn not_received(log: &str) -> Observed {
    const ALERTS: [&str; 5] =
        ["handshake_failure", "bad_certificate", "certificate_unknown", "unknown_ca", "certificate_expired"];
    let error = log
        .lines()
        .map(message)
        .find_map(|message| message.strip_prefix("Execution failed due to configuration error: "));
    let Some(alert) = error.filter(|error| error.contains("fatal alert")) else { return Observed::NoAnswer };
    if alert.contains("certificate_required") {
        return Observed::RefusedForCertificate(Sign::Alert);
    }
    let known = ALERTS.into_iter().find(|known| alert.contains(known));
    known.map_or(Observed::NoAnswer, |known| Observed::Rejected(Rejection::Alert(known)))
}

impl fmt::Display for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(status) => write!(f, "answered {status}"),
            Self::RefusedForCertificate(Sign::Alert) => {
                f.write_str("refused with the TLS alert certificate_required")
            }
            Self::RefusedForCertificate(Sign::Text(status)) => {
                write!(f, "refused with {status} because no certificate was sent")
            }
            Self::Rejected(Rejection::Status(status)) => write!(f, "rejected with {status}"),
            Self::Rejected(Rejection::Alert(alert)) => write!(f, "rejected with the TLS alert {alert}"),
            Self::ServerError(status) => write!(f, "failed with {status}"),
            Self::NoAnswer => f.write_str("gave API Gateway no answer"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(log: &str) -> Observed {
        observed(&Invoked { body: String::new(), log: log.into() })
    }

    #[test]
    fn the_status_is_the_one_that_the_backend_answered_with() {
        for (status, expected) in [
            (200, Observed::Answered(200)),
            (302, Observed::Answered(302)),
            (404, Observed::Answered(404)),
            (400, Observed::Rejected(Rejection::Status(400))),
            (401, Observed::Rejected(Rejection::Status(401))),
            (403, Observed::Rejected(Rejection::Status(403))),
            (496, Observed::RefusedForCertificate(Sign::Text(496))),
            (500, Observed::ServerError(500)),
            (503, Observed::ServerError(503)),
        ] {
            let log = format!(
                "Execution log for request 1\nMon Nov 30 10:00:00 UTC 2026 : Sending request to https://h/x\n\
                 Mon Nov 30 10:00:00 UTC 2026 : Received response. Status: {status}, Integration latency: 9 ms\n\
                 Mon Nov 30 10:00:00 UTC 2026 : Method completed with status: 200\n"
            );
            assert_eq!(of(&log), expected, "{status}");
        }
    }

    #[test]
    fn text_from_the_backend_is_no_status() {
        let received = "T : Received response. Status: 403, Integration latency: 9 ms\n";
        for text in [
            "T : Received response. Status: 200, Integration latency: 1 ms",
            "Received response. Status: 200",
        ] {
            assert_eq!(of(&format!("{received}{text}\n")), Observed::Rejected(Rejection::Status(403)));
        }
        for log in [
            "",
            "T : Received response. Status: ",
            "T : Received response. Status: 99999, x",
            "T : Received response. Status: 42, x",
            "T : Sending request to https://h/?Received response. Status: 200",
        ] {
            assert_eq!(of(log), Observed::NoAnswer, "{log}");
        }
    }

    #[test]
    fn only_a_sign_of_a_missing_certificate_is_a_refusal_for_it() {
        let nginx = "T : Received response. Status: 400, Integration latency: 9 ms\n\
                     T : Endpoint response body before transformations: <title>400 No required SSL certificate was sent</title>";
        assert_eq!(of(nginx), Observed::RefusedForCertificate(Sign::Text(400)));
        assert_eq!(of(&nginx.replace("400", "200")), Observed::Answered(200));
        let error = |alert: &str| of(&format!("T : Execution failed due to configuration error: {alert}\n"));
        let required = error("Received fatal alert: certificate_required");
        assert_eq!(required, Observed::RefusedForCertificate(Sign::Alert));
        let failed = error("Received fatal alert: handshake_failure");
        assert_eq!(failed, Observed::Rejected(Rejection::Alert("handshake_failure")));
        for other in [
            "PKIX path building failed: certificate_required",
            "Host name 'a' does not match the certificate subject provided by the peer (CN=b)",
            "Received fatal alert: protocol_version",
            "Invalid endpoint address",
        ] {
            assert_eq!(error(other), Observed::NoAnswer, "{other}");
        }
    }
}
