//! What one request showed. Pure: no I/O, no clock, no TLS library.
//!
//! A response without a certificate is plain. A refusal is not: it counts only if the server
//! requested a certificate in that connection, received the reply, and ended the exchange in a way
//! that has no other common reason. Everything else stays unclear.

use crate::probe::refusal::{certificate_alert, excerpt, is_known_page, names_certificate};
use crate::quote::quoted;
use crate::resources::probe_result::{Outcome, ProbeAttempt, TlsVersion};

/// The alert that says that the server doesn't offer the version.
const PROTOCOL_VERSION: u8 = 70;
/// The alert that says that no offered cipher suite is strong enough for the server.
const INSUFFICIENT_SECURITY: u8 = 71;
/// The alert that a server may send for any failed handshake.
const HANDSHAKE_FAILURE: u8 = 40;
/// The alert for a signature that does not verify. A server that finds its trusted authority's name
/// in an impostor's certificate, but not its signature, sends it.
const DECRYPT_ERROR: u8 = 51;

/// What one request showed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one fact, and most combinations occur")]
pub(crate) struct Observation {
    /// The only TLS version that was offered.
    pub(crate) version: TlsVersion,
    /// Whether the server requested a certificate.
    pub(crate) asked: bool,
    /// Whether the reply to that request, a certificate or none, was sent.
    pub(crate) replied: bool,
    /// Whether a certificate was in the reply.
    pub(crate) presented: bool,
    /// Whether the server had accepted the reply: it sent a session ticket, as TLS 1.3 allows only
    /// then if it requested a certificate.
    pub(crate) accepted: bool,
    /// Whether the handshake was completed on this side. In TLS 1.3, the server evaluates the
    /// certificate later.
    pub(crate) is_established: bool,
    /// Whether the request was sent.
    pub(crate) is_sent: bool,
    /// How the exchange ended.
    pub(crate) end: End,
}

/// How an exchange ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With an HTTP response.
    Response(Response),
    /// With a TLS alert, before any response.
    Alert(u8),
    /// The connection was reset, or closed without an alert, before any response.
    Cut,
    /// The connection was closed in order, before any response.
    Closed,
    /// There is no common TLS version or cipher suite.
    Incompatible(String),
    /// The time limit passed, before a response.
    TimedOut,
    /// What was received is not TLS or HTTP, or half a response.
    Broken(String),
    /// There was no TCP connection.
    NotConnected(String),
    /// The server's certificate does not verify, so no request was sent.
    Untrusted(String),
}

/// An HTTP response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// The `Server` header.
    pub(crate) server: Option<String>,
    /// The body, or its start.
    pub(crate) body: String,
    /// Whether the body was received to its end or to the limit.
    pub(crate) is_complete: bool,
}

impl Response {
    /// Whether the response refuses a request because of the certificate. Half a body shows
    /// nothing.
    fn is_refusal(&self) -> bool {
        match self.status {
            // nginx's own codes for a certificate that is invalid or missing.
            495 | 496 => true,
            400 => self.is_complete && names_certificate(&self.body),
            // A page about access often names the certificate among other ways to get it.
            403 => self.is_complete && is_known_page(&self.body),
            _ => false,
        }
    }

    /// Whether the response may have other reasons than the request's path: an authorizer, a
    /// firewall or a fault.
    pub(crate) fn is_unclear(&self) -> bool {
        matches!(self.status, 400 | 401 | 403 | 495 | 496 | 500..)
    }
}

impl Observation {
    /// What the request shows.
    pub(crate) fn outcome(&self) -> Outcome {
        let counts = self.asked && self.replied;
        match &self.end {
            End::Response(response) if response.is_refusal() => {
                if counts {
                    Outcome::Refused
                } else {
                    Outcome::Unclear
                }
            }
            End::Response(response) if response.is_unclear() => Outcome::Unclear,
            End::Response(_) => Outcome::Answered,
            End::Alert(alert) if self.is_not_offered(*alert) => Outcome::NotOffered,
            End::Alert(alert) if counts && self.alert_refuses(*alert) => Outcome::Refused,
            End::Cut if counts && self.is_at_certificate() => Outcome::Refused,
            End::Alert(_) | End::Cut | End::Closed if counts => Outcome::Unclear,
            End::Alert(_) | End::Cut | End::Closed | End::TimedOut | End::Broken(_) => Outcome::Failed,
            End::Incompatible(_) => Outcome::NotOffered,
            End::NotConnected(_) => Outcome::Unreachable,
            End::Untrusted(_) => Outcome::Untrusted,
        }
    }

    /// Whether an alert says that the server doesn't offer the version. In TLS 1.2, the server may
    /// have only cipher suites that are too old for the probe, and serve other clients without a
    /// certificate: then only the alert about the version counts.
    fn is_not_offered(&self, alert: u8) -> bool {
        let is_of_suites =
            self.version == TlsVersion::Tls13 && matches!(alert, HANDSHAKE_FAILURE | INSUFFICIENT_SECURITY);
        !self.asked && !self.is_established && (alert == PROTOCOL_VERSION || is_of_suites)
    }

    /// Whether the server ended a TLS 1.2 handshake for want of a common cipher suite, as it seems.
    pub(crate) fn has_no_common_suite(&self) -> bool {
        let is_of_suites = matches!(self.end, End::Alert(HANDSHAKE_FAILURE | INSUFFICIENT_SECURITY));
        is_of_suites && self.version == TlsVersion::Tls12 && !self.asked && !self.is_established
    }

    fn alert_refuses(&self, alert: u8) -> bool {
        match alert {
            HANDSHAKE_FAILURE => self.is_at_certificate(),
            DECRYPT_ERROR => self.is_at_certificate() && self.presented,
            alert => certificate_alert(alert).is_some(),
        }
    }

    /// Whether the certificate is what the server was evaluating when the exchange ended. In TLS
    /// 1.2, it does so within the handshake; in TLS 1.3, right after it and before a request, which
    /// the probe sends only after a pause.
    fn is_at_certificate(&self) -> bool {
        match self.version {
            TlsVersion::Tls12 => !self.is_established,
            TlsVersion::Tls13 => self.is_established && !self.accepted && !self.is_sent,
        }
    }

    /// Whether the HTTP status is a refusal of the client, for whatever reason.
    pub(crate) fn is_denied(&self) -> bool {
        matches!(&self.end, End::Response(response) if matches!(response.status, 400 | 401 | 403))
    }

    /// The status of the response, if there was one.
    pub(crate) fn status(&self) -> Option<u16> {
        match &self.end {
            End::Response(response) => Some(response.status),
            _ => None,
        }
    }

    /// What was observed, as a clause.
    pub(crate) fn describe(&self) -> String {
        let asked = match (self.asked, self.is_established) {
            (true, _) => "the server asked for a certificate and ",
            (false, true) => "the server did not ask for a certificate and ",
            (false, false) => "the server ",
        };
        match &self.end {
            End::Response(response) if response.is_unclear() => {
                let verb = if response.is_refusal() { "refused with" } else { "answered" };
                let excerpt = excerpt(&response.body).map(|text| format!(" \"{text}\"")).unwrap_or_default();
                format!("{asked}{verb} HTTP {}{excerpt}", response.status)
            }
            End::Response(response) => format!("{asked}answered HTTP {}", response.status),
            End::Alert(alert) if self.outcome() == Outcome::NotOffered => {
                format!("not offered, or no common cipher suite ({})", alert_name(*alert))
            }
            End::Incompatible(problem) => format!("not offered ({})", quoted(problem)),
            End::Alert(alert) => {
                let verb =
                    if self.outcome() == Outcome::Refused { "refused" } else { "ended the connection" };
                format!("{asked}{verb} with {}", alert_name(*alert))
            }
            End::Cut if self.outcome() == Outcome::Refused => {
                format!("{asked}refused by cutting the connection")
            }
            End::Cut => format!("{asked}cut the connection without a response"),
            End::Closed => format!("{asked}closed the connection without a response"),
            End::TimedOut if self.is_established => format!("{asked}sent no complete response in time"),
            End::TimedOut => "no TLS handshake in time".into(),
            End::Broken(problem) => format!("{asked}sent something invalid ({})", quoted(problem)),
            End::NotConnected(problem) => format!("no connection ({})", quoted(problem)),
            End::Untrusted(_) => {
                "no request was sent, because the server's certificate does not verify".into()
            }
        }
    }

    /// The request as the results show it.
    pub(crate) fn attempt(&self) -> ProbeAttempt {
        ProbeAttempt {
            outcome: self.outcome(),
            asked: self.asked,
            status: self.status(),
            alert: match self.end {
                End::Alert(alert) => Some(alert),
                _ => None,
            },
            detail: self.describe(),
        }
    }
}

/// The alert's number, and its name if it is about a certificate or the version.
fn alert_name(alert: u8) -> String {
    let name = match alert {
        40 => Some("handshake_failure"),
        51 => Some("decrypt_error"),
        70 => Some("protocol_version"),
        71 => Some("insufficient_security"),
        80 => Some("internal_error"),
        112 => Some("unrecognized_name"),
        120 => Some("no_application_protocol"),
        other => certificate_alert(other),
    };
    name.map_or_else(|| format!("alert {alert}"), |name| format!("alert {alert} ({name})"))
}

#[cfg(test)]
#[path = "observation_tests.rs"]
mod tests;
