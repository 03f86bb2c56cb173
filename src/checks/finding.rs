//! A check's answer about one subject.

use crate::checks::Check;
use crate::checks::owner_tag;
use crate::checks::stage::certificate_attached;
use crate::checks::stage::certificate_expiry;
use crate::checks::stage::certificate_unique;
use crate::checks::verdict::Urgency;
use crate::checks::verdict::Verdict;
use crate::resources::backends::Backends;
use serde::Serialize;
use std::fmt;
/// A check's answer about one stage: a value with a stable code and the data behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The answer of [`certificate_attached`].
    CertificateAttached(certificate_attached::Answer),
    /// The answer of [`certificate_expiry`].
    CertificateExpiry(certificate_expiry::Answer),
    /// The answer of [`certificate_unique`].
    CertificateUnique(certificate_unique::Answer),
    /// The answer of [`owner_tag`].
    OwnerTag(owner_tag::Answer),
}

impl Finding {
    /// The check that gave it.
    #[must_use]
    pub fn check(&self) -> Check {
        match self {
            Self::CertificateAttached(_) => Check::CertificateAttached,
            Self::CertificateExpiry(_) => Check::CertificateExpiry,
            Self::CertificateUnique(_) => Check::CertificateUnique,
            Self::OwnerTag(_) => Check::OwnerTag,
        }
    }

    /// Passed, failed or not applicable.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::CertificateAttached(answer) => answer.verdict(),
            Self::CertificateExpiry(answer) => answer.verdict(),
            Self::CertificateUnique(answer) => answer.verdict(),
            Self::OwnerTag(answer) => answer.verdict(),
        }
    }

    /// The stable code of the answer, such as `expired`.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::CertificateAttached(answer) => answer.into(),
            Self::CertificateExpiry(answer) => answer.into(),
            Self::CertificateUnique(answer) => answer.into(),
            Self::OwnerTag(answer) => answer.into(),
        }
    }

    /// What was found out about the stage's backends on the way, if it was asked.
    #[must_use]
    pub fn backends(&self) -> Option<&Backends> {
        match self {
            Self::CertificateAttached(answer) => answer.backends(),
            Self::CertificateExpiry(answer) => answer.backends(),
            Self::CertificateUnique(_) | Self::OwnerTag(_) => None,
        }
    }

    /// The sentence without the backends; `None` if it is about nothing else.
    #[must_use]
    pub fn fact(&self) -> Option<String> {
        match self {
            Self::CertificateAttached(answer) => answer.fact(),
            Self::CertificateExpiry(answer) => Some(answer.fact()),
            Self::CertificateUnique(_) | Self::OwnerTag(_) => Some(self.to_string()),
        }
    }

    /// Whether it says that the certificate that the stage names does not exist.
    #[must_use]
    pub fn is_dangling(&self) -> bool {
        matches!(
            self,
            Self::CertificateAttached(certificate_attached::Answer::Dangling { .. })
                | Self::CertificateExpiry(certificate_expiry::Answer::Dangling { .. })
                | Self::OwnerTag(owner_tag::Answer::Dangling { .. })
        )
    }

    /// The code that leads an annotation: the check's, unless the check would ask for a certificate that the stage may not be able
    /// to have, because nobody knows its API's protocol.
    #[must_use]
    pub fn leading_code(&self) -> &'static str {
        use crate::checks::stage::certificate_attached::{Answer, Backends, Undetermined};
        match self {
            Self::CertificateAttached(Answer::Missing {
                backends: Backends::Undetermined { why: Undetermined::ApiNotRecorded, .. },
            }) => "api-not-recorded",
            _ => self.check().code(),
        }
    }

    /// How urgent a failed one is; `None` for the others.
    #[must_use]
    pub fn urgency(&self) -> Option<Urgency> {
        let urgency = match self {
            Self::CertificateAttached(answer) => answer.urgency(),
            Self::CertificateExpiry(answer) => answer.urgency(),
            Self::CertificateUnique(_) => Urgency::Shared,
            Self::OwnerTag(_) => Urgency::Unowned,
        };
        (self.verdict() == Verdict::Failed).then_some(urgency)
    }
}

/// The sentence for people: facts and dates, never "in 12 days", so that it stays the same while the facts do.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CertificateAttached(answer) => answer.fmt(f),
            Self::CertificateExpiry(answer) => answer.fmt(f),
            Self::CertificateUnique(answer) => answer.fmt(f),
            Self::OwnerTag(answer) => answer.fmt(f),
        }
    }
}

/// As data: `check`, `verdict`, the answer's own `reason` and fields, and the sentence as `text`.
impl Serialize for Finding {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Data<'a, A> {
            check: Check,
            verdict: Verdict,
            #[serde(flatten)]
            answer: &'a A,
            text: String,
        }
        fn data<'a, A>(finding: &Finding, answer: &'a A) -> Data<'a, A> {
            Data { check: finding.check(), verdict: finding.verdict(), answer, text: finding.to_string() }
        }
        match self {
            Self::CertificateAttached(answer) => data(self, answer).serialize(serializer),
            Self::CertificateExpiry(answer) => data(self, answer).serialize(serializer),
            Self::CertificateUnique(answer) => data(self, answer).serialize(serializer),
            Self::OwnerTag(answer) => data(self, answer).serialize(serializer),
        }
    }
}
