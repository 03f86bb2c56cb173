//! The failures in a result that Config holds, parsed from its annotation.

use jiff::Timestamp;

use crate::checks::Check;
use crate::checks::finding::Finding;
use crate::checks::owner_tag;
use crate::checks::severity::{Severity, severity};
use crate::checks::stage::{certificate_attached, certificate_expiry, certificate_unique};
use crate::resources::backends::{Backends, Undetermined};
use crate::resources::certificate_id::CertificateId;

/// The checks that failed according to an earlier result of a stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct EarlierFailures {
    /// The failures, in the order of the annotation.
    pub(crate) failures: Vec<EarlierFailure>,
    /// Whether the annotation says that there are no HTTP backends or that they can't be
    /// determined, which lowers severities.
    pub(crate) knows_backends: bool,
    /// The annotation.
    pub(crate) annotation: String,
}

/// A check that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EarlierFailure {
    /// The check.
    pub(crate) check: Check,
    /// The severity; `None` if the annotation was cut before the reason.
    pub(crate) severity: Option<Severity>,
}

impl EarlierFailures {
    /// Parses the annotation of a `NON_COMPLIANT` result. Codes that no check has are left out.
    ///
    /// The severity of an expiry is the one that it has at the instant `at`, so that comparing it
    /// with a new severity ignores what only the passing of time has changed.
    pub(crate) fn parse(annotation: &str, at: Timestamp) -> Self {
        let (codes, facts) = annotation.split_once(": ").unwrap_or((annotation, ""));
        // The reason of an exemption is free text, which must not pose as a fact.
        let is_fact = |sentence: &&str| !sentence.contains("exempt by ");
        let sentences: Vec<&str> = facts.split("; ").filter(is_fact).collect();
        let backends = backends(&sentences);
        let failure = |check: Check| {
            let finding = finding(check, &sentences, &backends, at);
            EarlierFailure { check, severity: finding.and_then(|it| severity(&it, Some(&backends), at)) }
        };
        Self {
            failures: codes.split(", ").filter_map(check).map(failure).collect(),
            knows_backends: !matches!(backends, Backends::NotAsked),
            annotation: annotation.to_owned(),
        }
    }

    /// Returns the failure of a check, or `None` if it had not failed.
    pub(crate) fn of(&self, check: Check) -> Option<&EarlierFailure> {
        self.failures.iter().find(|failure| failure.check == check)
    }
}

/// Returns the check that a leading code of an annotation stands for.
fn check(code: &str) -> Option<Check> {
    match code {
        "api-not-recorded" => Some(Check::CertificateAttached),
        _ => Check::from_code(code),
    }
}

/// Returns what the annotation says about the backends, as far as a severity depends on it.
fn backends(sentences: &[&str]) -> Backends {
    let says = |phrase: &str| sentences.iter().any(|sentence| sentence.contains(phrase));
    if says("no HTTP integration") {
        Backends::no_http(None)
    } else if says("counted as ") {
        Backends::undetermined(Undetermined::NotExportable)
    } else {
        Backends::NotAsked
    }
}

/// Returns a finding of the check that has the reason in one of the sentences, or `None` if the
/// reason was cut off.
fn finding(check: Check, sentences: &[&str], backends: &Backends, at: Timestamp) -> Option<Finding> {
    let mut sentences = sentences.iter().copied();
    Some(match check {
        Check::CertificateAttached => {
            Finding::CertificateAttached(sentences.find_map(|it| attached(it, backends))?)
        }
        Check::CertificateExpiry => {
            Finding::CertificateExpiry(sentences.find_map(|it| expiry(it, backends, at))?)
        }
        Check::CertificateUnique => Finding::CertificateUnique(certificate_unique::Answer::Shared {
            certificate: CertificateId::new(String::new()),
            peers: Vec::new(),
            peer_count: 0,
        }),
        Check::OwnerTag => {
            Finding::OwnerTag(owner_tag::Answer::Unowned { unowned: Vec::new(), keys: Vec::new() })
        }
        // They are never about stages.
        Check::MutualTls
        | Check::Truststore
        | Check::DomainCertificate
        | Check::TlsPolicy
        | Check::PrivateFrontDoor => return None,
    })
}

fn attached(sentence: &str, backends: &Backends) -> Option<certificate_attached::Answer> {
    use certificate_attached::Answer;
    let backends = backends.clone();
    if sentence.split(',').next() == Some("no certificate") || sentence.starts_with("API not recorded") {
        return Some(Answer::Missing { backends });
    }
    let (certificate, predicate) = certificate(sentence)?;
    if predicate.starts_with("does not exist") {
        Some(Answer::Dangling { certificate, backends })
    } else if predicate.starts_with("is not in certificateIds") {
        Some(Answer::NotAllowed { certificate, backends })
    } else {
        let (status, _) = predicate.strip_prefix("is ")?.split_once(" in ACM, not ISSUED")?;
        Some(Answer::NotIssued { certificate, status: status.to_owned(), backends })
    }
}

fn expiry(sentence: &str, backends: &Backends, at: Timestamp) -> Option<certificate_expiry::Answer> {
    use certificate_expiry::Answer;
    let backends = backends.clone();
    let (certificate, predicate) = certificate(sentence)?;
    if predicate.starts_with("no expiry date") {
        return Some(Answer::NoDate { certificate, backends });
    }
    if let Some(date) = predicate.strip_prefix("not valid before ") {
        return Some(Answer::NotYetValid { certificate, not_before: instant(date)?, backends });
    }
    let date = predicate.strip_prefix("expired ").or_else(|| predicate.strip_prefix("expires "))?;
    let (not_after, pem_unreadable) = (instant(date)?, false);
    Some(if at > not_after {
        Answer::Expired { certificate, not_after, pem_unreadable, backends }
    } else {
        Answer::Expiring { certificate, not_after, window_days: 0, pem_unreadable, backends }
    })
}

/// Splits a sentence about a certificate into the certificate and the predicate. Only the first
/// sentence of an annotation has the noun.
fn certificate(sentence: &str) -> Option<(CertificateId, &str)> {
    let sentence = sentence.strip_prefix("client certificate ").unwrap_or(sentence);
    let (id, predicate) = sentence.split_once(' ')?;
    Some((CertificateId::new(id.trim_end_matches(':').to_owned()), predicate))
}

/// Returns the instant at the start of the text.
fn instant(text: &str) -> Option<Timestamp> {
    text.split([' ', ',', ';']).next()?.parse().ok()
}

#[cfg(test)]
#[path = "earlier_failures_tests.rs"]
mod tests;
