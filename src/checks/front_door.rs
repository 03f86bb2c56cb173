//! The answers of the front-door checks, which share one form: what passed, or the problems, or why
//! the check does not apply.

use std::fmt;

use jiff::Timestamp;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};
use strum::{IntoStaticStr, VariantNames};

use crate::checks::verdict::{Severity, Urgency, Verdict};
use crate::quote::{brief, printable};
use crate::resources::backends::Backends;

/// The answer of a front-door check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Passed, with the evidence as a sentence.
    Passed(String),
    /// Failed, with at least one problem, most severe first.
    Failed(Vec<Problem>),
    /// Not applicable, with a stable code and a sentence.
    NotApplicable(&'static str, String),
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// The stable code.
    pub reason: Reason,
    /// What has the problem: an entry point, a CA, a listener or a policy statement.
    pub on: String,
    /// The date that matters, an instant in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Timestamp>,
    /// More about it: the words of AWS's own warning, a permission, a statement of a policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Why a front-door check failed. Of reasons with the same severity, the first one is named first.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, IntoStaticStr, VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Reason {
    /// `mutual-tls`: `requireMutualTls` names the API and no entry point requires a certificate.
    Missing,
    /// `mutual-tls`: execute-api is enabled in what is deployed.
    DefaultEndpoint,
    /// `mutual-tls`: a mapping of another domain without mutual TLS leads to the API.
    OtherDomain,
    /// `mutual-tls`: a routing rule of a domain without mutual TLS leads to the API.
    OtherRoute,
    /// `truststore`: a CA has expired.
    CaExpired,
    /// `truststore`: a CA expires within `truststoreWindowDays`.
    CaExpiring,
    /// `truststore`: the issuer of a CA is missing.
    IncompleteChain,
    /// `truststore`: a chain has more than four certificates.
    ChainTooLong,
    /// `truststore`: a CA has a weak key or signature.
    WeakAlgorithm,
    /// `truststore`: the content includes a CA of the public web.
    PublicCa,
    /// `truststore`: AWS's own warnings.
    Warnings,
    /// `truststore`: S3 has a newer version than the pinned one.
    NotNewest,
    /// `truststore`: no version is pinned.
    Unpinned,
    /// `truststore`: the content can't be read.
    Unreadable,
    /// `domain-certificate`: the domain's status is `PENDING_CERTIFICATE_REIMPORT`.
    PendingReimport,
    /// `domain-certificate`: the domain's status is `PENDING_OWNERSHIP_VERIFICATION`.
    PendingOwnershipVerification,
    /// `domain-certificate`: the domain's status is `FAILED`.
    DomainFailed,
    /// `domain-certificate`: a certificate has expired.
    Expired,
    /// `domain-certificate`: a certificate expires within the window.
    Expiring,
    /// `domain-certificate`: ACM's status is not ISSUED, or ACM has no such certificate.
    NotIssued,
    /// `tls-policy`: the policy is `TLS_1_0`.
    #[serde(rename = "tls-1-0")]
    #[strum(serialize = "tls-1-0")]
    Tls10,
    /// `private-front-door`: an Allow is not limited to the known endpoints.
    PolicyOpen,
    /// `private-front-door`: a security group of the endpoint admits more than the load balancer.
    EndpointOpen,
    /// `private-front-door`: a listener that forwards there does not verify.
    ListenerOpen,
    /// `private-front-door`: a listener accepts expired certificates.
    IgnoresExpiry,
    /// `private-front-door`: the trust store of a listener was taken away.
    TrustStoreRemoved,
    /// `private-front-door`: a revocation list is out of date.
    CrlExpired,
    /// `private-front-door`: no load balancer forwards to the endpoint.
    NoLoadBalancer,
    /// Any check: something can't be read or understood.
    Undetermined,
}

impl Reason {
    /// The severity of a failure for this reason.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::CaExpired | Self::TrustStoreRemoved | Self::DomainFailed => Severity::Critical,
            Self::Missing
            | Self::DefaultEndpoint
            | Self::OtherDomain
            | Self::OtherRoute
            | Self::PolicyOpen
            | Self::EndpointOpen
            | Self::ListenerOpen
            | Self::IgnoresExpiry
            | Self::PublicCa => Severity::High,
            Self::Unpinned | Self::Tls10 => Severity::Low,
            _ => Severity::Medium,
        }
    }

    /// The words of the sentence before and after what has the problem. The date follows, if there
    /// is one.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Missing => ("", ": no entry point requires a client certificate"),
            Self::DefaultEndpoint => ("", " is enabled"),
            Self::OtherDomain | Self::OtherRoute => ("", " requires no client certificate"),
            Self::CaExpired | Self::Expired => ("", " expired on"),
            Self::CaExpiring | Self::Expiring => ("", " expires on"),
            Self::IncompleteChain => ("the issuer is missing of ", ""),
            Self::ChainTooLong => ("chain of more than 4 certificates: ", ""),
            Self::WeakAlgorithm | Self::PublicCa => ("", ""),
            Self::Warnings => ("", ": AWS warns of this"),
            Self::NotNewest => ("", ": not the newest version is pinned"),
            Self::Unpinned => ("", ": no version is pinned"),
            Self::Unreadable => ("", " can't be read"),
            Self::NotIssued => ("", " is not issued"),
            Self::PendingReimport => ("", " has the status PENDING_CERTIFICATE_REIMPORT"),
            Self::PendingOwnershipVerification => ("", " has the status PENDING_OWNERSHIP_VERIFICATION"),
            Self::DomainFailed => ("", " has the status FAILED"),
            Self::Tls10 => ("", " accepts TLS 1.0"),
            Self::PolicyOpen => ("", " is not limited to the known endpoints"),
            Self::EndpointOpen => ("", " lets in more than the load balancer"),
            Self::ListenerOpen => ("", " does not verify client certificates"),
            Self::IgnoresExpiry => ("", " accepts expired client certificates"),
            Self::TrustStoreRemoved => ("the trust store was removed of ", ""),
            Self::CrlExpired => ("", " was to be replaced by"),
            Self::NoLoadBalancer => ("no load balancer forwards to ", ""),
            Self::Undetermined => ("", " can't be evaluated"),
        }
    }

    /// The urgency of a failure for this reason.
    #[must_use]
    pub const fn urgency(self) -> Urgency {
        match self.severity() {
            Severity::Critical => Urgency::Broken,
            Severity::High => Urgency::Exposed,
            Severity::Medium => Urgency::Expiring,
            Severity::Low => Urgency::Shared,
        }
    }
}

impl Answer {
    /// The answer for these problems, in any order; `evidence` is the sentence if there are none.
    #[must_use]
    pub fn of(mut problems: Vec<Problem>, evidence: impl FnOnce() -> String) -> Self {
        if problems.is_empty() {
            return Self::Passed(evidence());
        }
        // By reason, so that the code of the answer doesn't depend on the order of what was read.
        // The sort is stable: problems with the same reason stay in their order.
        problems.sort_by_key(|problem| (std::cmp::Reverse(problem.reason.severity()), problem.reason));
        Self::Failed(problems)
    }

    /// Both answers as one, about several resources: failed if one of them is, otherwise passed if
    /// one of them is.
    #[must_use]
    pub fn joined(self, other: Self) -> Self {
        match (self, other) {
            (Self::Failed(mut problems), Self::Failed(others)) => {
                problems.extend(others);
                Self::of(problems, String::new)
            }
            (failed @ Self::Failed(_), _) | (_, failed @ Self::Failed(_)) => failed,
            (Self::Passed(one), Self::Passed(other)) if one != other => {
                Self::Passed(format!("{one}; {other}"))
            }
            (passed @ Self::Passed(_), _) | (_, passed @ Self::Passed(_)) => passed,
            (not_applicable, _) => not_applicable,
        }
    }

    /// The verdict.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Passed(_) => Verdict::Passed,
            Self::Failed(_) => Verdict::Failed,
            Self::NotApplicable(..) => Verdict::NotApplicable,
        }
    }

    /// The problems; empty unless the check failed.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Failed(problems) => problems,
            _ => &[],
        }
    }

    /// The most severe problem.
    fn worst(&self) -> Option<Reason> {
        self.problems().first().map(|problem| problem.reason)
    }

    pub(crate) fn urgency(&self) -> Urgency {
        self.worst().map_or(Urgency::Unowned, Reason::urgency)
    }

    pub(crate) fn severity(&self) -> Option<Severity> {
        self.worst().map(Reason::severity)
    }

    /// A front-door check doesn't look at backends.
    #[expect(clippy::unused_self, reason = "every answer has this method")]
    pub(crate) fn backends(&self) -> Option<&Backends> {
        None
    }

    #[expect(clippy::unnecessary_wraps, reason = "every answer has this method")]
    pub(crate) fn fact(&self) -> Option<String> {
        Some(self.to_string())
    }

    #[expect(clippy::unused_self, reason = "every answer has this method")]
    pub(crate) fn is_dangling(&self) -> bool {
        false
    }
}

/// The stable code: `passed`, or that of the most severe problem, or why the check does not apply.
impl From<&Answer> for &'static str {
    fn from(answer: &Answer) -> Self {
        match answer {
            Answer::Passed(_) => "passed",
            Answer::Failed(_) => answer.worst().unwrap_or(Reason::Undetermined).into(),
            Answer::NotApplicable(code, _) => code,
        }
    }
}

/// Formats one sentence per problem, separated by semicolons.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed(text) | Self::NotApplicable(_, text) => f.write_str(text),
            Self::Failed(problems) => {
                for (at, problem) in problems.iter().enumerate() {
                    f.write_str(if at == 0 { "" } else { "; " })?;
                    problem.fmt(f)?;
                }
                Ok(())
            }
        }
    }
}

/// Serializes the reason, and the problems of a failed check.
impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Answer", 2)?;
        fields.serialize_field("reason", <&'static str>::from(self))?;
        if let Self::Failed(problems) = self {
            fields.serialize_field("problems", problems)?;
        }
        fields.end()
    }
}

/// Formats one sentence that starts with the code, such as
/// `default-endpoint: execute-api is enabled (deployed on prod)`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason: &'static str = self.reason.into();
        let (before, after) = self.reason.words();
        write!(f, "{reason}: {before}{}{after}", self.on)?;
        if let Some(date) = self.date {
            write!(f, " {date}")?;
        }
        match &self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}

impl Problem {
    pub(crate) fn new(reason: Reason, on: &str) -> Self {
        Self { reason, on: printable(on), date: None, detail: None }
    }

    pub(crate) fn with_date(self, date: Timestamp) -> Self {
        Self { date: Some(date), ..self }
    }

    pub(crate) fn with_detail(self, detail: &str) -> Self {
        Self { detail: Some(brief(detail, MAX_DETAIL)), ..self }
    }
}

/// The number of characters of a detail that are kept.
const MAX_DETAIL: usize = 200;

/// A list of problems in which none is twice.
#[derive(Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    pub(crate) fn push(&mut self, problem: Problem) {
        if !self.0.contains(&problem) {
            self.0.push(problem);
        }
    }

    pub(crate) fn into_vec(self) -> Vec<Problem> {
        self.0
    }
}

impl Extend<Problem> for Problems {
    fn extend<I: IntoIterator<Item = Problem>>(&mut self, problems: I) {
        problems.into_iter().for_each(|problem| self.push(problem));
    }
}
