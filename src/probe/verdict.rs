//! The verdict on a backend, from what the requests showed. Pure: no I/O, no clock, no TLS library.
//!
//! A false `enforced` is the one unforgivable result: it needs a refusal in each TLS version that
//! the server offers, and nothing unclear.

use std::fmt::Write as _;

use crate::probe::observation::{End, Observation};
use crate::resources::probe_result::{Outcome, ProbeVerdict};

/// The observations of one backend.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence<'a> {
    /// The path and query that were requested.
    pub(crate) path: &'a str,
    /// Without a certificate, in the order in which the requests were sent.
    pub(crate) without: &'a [Observation],
    /// With a self-signed certificate; `None` if that was not requested. A version that isn't
    /// offered is left out.
    pub(crate) impostor: Option<&'a [Observation]>,
}

impl Evidence<'_> {
    /// The verdict.
    pub(crate) fn verdict(&self) -> ProbeVerdict {
        let impostors = self.impostor.unwrap_or_default();
        // Without a request, the impostor's certificate wasn't sent either.
        let is_open = |it: &Observation| it.outcome() == Outcome::Answered && !it.presented;
        if self.without.iter().chain(impostors).any(is_open) {
            return ProbeVerdict::Open;
        }
        if impostors.iter().any(|impostor| self.is_forged(impostor)) {
            return ProbeVerdict::Forgeable;
        }
        if self.is_each(Outcome::Unreachable) {
            return ProbeVerdict::Unreachable;
        }
        if self.is_enforced() { ProbeVerdict::Enforced } else { ProbeVerdict::Inconclusive }
    }

    /// What was sent, what was observed, and what that leaves open.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("GET {} without a certificate {}", self.path, clauses(self.without));
        if let Some(impostors) = self.impostor.filter(|it| !it.is_empty()) {
            let _ = write!(
                text,
                ". With a self-signed certificate that has API Gateway's subject {}",
                clauses(impostors)
            );
        }
        for note in self.notes() {
            let _ = write!(text, ". {note}");
        }
        text
    }

    /// Whether the server accepted a self-signed certificate that made the difference: the same
    /// request without a certificate was refused. A 403 without a certificate is enough for that,
    /// although it is unclear alone; a fault (5xx) or a failed connection is not.
    fn is_forged(&self, impostor: &Observation) -> bool {
        let makes_a_difference = |without: &Observation| {
            let is_refusal = match without.outcome() {
                Outcome::Refused => true,
                Outcome::Unclear => without.asked && (without.status().is_none() || without.is_denied()),
                _ => false,
            };
            without.version == impostor.version && is_refusal
        };
        impostor.outcome() == Outcome::Answered
            && impostor.presented
            && self.without.iter().any(makes_a_difference)
    }

    /// Whether each version that the server offers refused each request. A response such as 403 to
    /// the impostor is not enough: the certificate got through the TLS handshake, and whether the
    /// application refuses it for the certificate or for another reason can't be seen.
    fn is_enforced(&self) -> bool {
        let refused = |it: &Observation| it.outcome() == Outcome::Refused;
        let offered = || self.without.iter().filter(|it| it.outcome() != Outcome::NotOffered);
        let impostor_refused = |it: &Observation| match self.impostor {
            Some(impostors) => {
                impostors.iter().any(|other| other.version == it.version && refused(other) && other.presented)
            }
            None => true,
        };
        offered().next().is_some() && offered().all(|it| refused(it) && impostor_refused(it))
    }

    fn is_each(&self, outcome: Outcome) -> bool {
        !self.without.is_empty() && self.without.iter().all(|it| it.outcome() == outcome)
    }

    /// What a reader should know about the verdict.
    fn notes(&self) -> Vec<&'static str> {
        let impostors = self.impostor.unwrap_or_default();
        let all = || self.without.iter().chain(impostors);
        let mut notes = Vec::new();
        match self.verdict() {
            ProbeVerdict::Open => notes.push("Other paths may differ"),
            ProbeVerdict::Enforced if self.impostor.is_none() => {
                notes.push("Whether it accepts a self-signed certificate was not tested (--impostor)");
            }
            ProbeVerdict::Inconclusive => {
                let refuses =
                    |it: &Observation| it.is_established && !it.asked && it.outcome() != Outcome::Untrusted;
                if self.without.iter().any(refuses) {
                    notes.push(
                        "A server that requests a certificate only for some paths, by renegotiation or \
                         post-handshake authentication, looks like this: the probe supports neither",
                    );
                }
                if self.without.iter().any(Observation::has_no_common_suite) {
                    notes.push(
                        "Over TLS 1.2, the server may offer only cipher suites that are too old for the probe, and \
                         serve other clients",
                    );
                }
                let is_http = |it: &Observation| matches!(it.end, End::Response(_)) && it.asked;
                if all().any(|it| it.outcome() == Outcome::Unclear && is_http(it)) {
                    notes.push(
                        "Nothing shows that the certificate is the reason: an authorizer, a firewall or a fault \
                         can be too. Probe a path that API Gateway calls successfully, with --url",
                    );
                }
                let unpresented = |it: &Observation| it.asked && !it.presented;
                if impostors.iter().any(unpresented) {
                    notes.push("The server accepts no signature algorithm of the self-signed certificate");
                }
            }
            _ => {}
        }
        notes
    }
}

/// The observations as clauses; versions with the same observation share one.
fn clauses(observations: &[Observation]) -> String {
    let mut clauses: Vec<(String, String)> = Vec::new();
    for observation in observations {
        let description = observation.describe();
        match clauses.iter_mut().find(|(_, known)| *known == description) {
            Some((versions, _)) => {
                let _ = write!(versions, " and {}", observation.version);
            }
            None => clauses.push((observation.version.to_string(), description)),
        }
    }
    let clauses: Vec<String> =
        clauses.into_iter().map(|(versions, what)| format!("over {versions}: {what}")).collect();
    clauses.join("; ")
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
