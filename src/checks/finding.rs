//! A finding: a check's answer for one subject.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::checks::Check;
use crate::checks::exemption::Exemption;
use crate::checks::front_door;
use crate::checks::stage::certificate_attached;
use crate::checks::verdict::{Urgency, Verdict};
use crate::resources::backends::{Backends, Undetermined};

macro_rules! generate_finding {
    ($($question:literal $check:ident, $code:literal, $($module:ident)::+, $file:literal;)*) => {
        /// A check's answer for one subject, with a stable reason code and the data it is based on.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Finding {
            $(#[doc = concat!("The answer of `", $code, "`.")] $check($($module)::+::Answer),)*
            /// An answer for which an exemption is in force.
            Exempt(Box<Exempted>),
        }

        impl Finding {
            /// The check that gave the answer.
            #[must_use]
            pub fn check(&self) -> Check {
                match self {
                    $(Self::$check(_) => Check::$check,)*
                    Self::Exempt(exempted) => exempted.finding.check(),
                }
            }

            /// The verdict: passed, failed, or not applicable.
            #[must_use]
            pub fn verdict(&self) -> Verdict {
                match self {
                    $(Self::$check(answer) => answer.verdict(),)*
                    Self::Exempt(_) => Verdict::Exempt,
                }
            }

            /// The stable reason code, such as `expired`.
            #[must_use]
            pub fn reason(&self) -> &'static str {
                match self {
                    $(Self::$check(answer) => answer.into(),)*
                    Self::Exempt(_) => EXEMPT,
                }
            }

            /// The stage's backends, if the check looked at them.
            #[must_use]
            pub fn backends(&self) -> Option<&Backends> {
                match self {
                    $(Self::$check(answer) => answer.backends(),)*
                    Self::Exempt(exempted) => exempted.finding.backends(),
                }
            }

            /// The sentence without the backends; `None` if it is only about them.
            #[must_use]
            pub fn fact(&self) -> Option<String> {
                match self {
                    $(Self::$check(answer) => answer.fact(),)*
                    Self::Exempt(exempted) => Some(exempted.exemption.to_string()),
                }
            }

            /// Whether the stage references a certificate that does not exist.
            #[must_use]
            pub fn is_dangling(&self) -> bool {
                match self {
                    $(Self::$check(answer) => answer.is_dangling(),)*
                    Self::Exempt(exempted) => exempted.finding.is_dangling(),
                }
            }

            /// How urgent a failure is; `None` if the check has not failed.
            #[must_use]
            pub fn urgency(&self) -> Option<Urgency> {
                let urgency = match self {
                    $(Self::$check(answer) => answer.urgency(),)*
                    Self::Exempt(_) => return None,
                };
                (self.verdict() == Verdict::Failed).then_some(urgency)
            }
        }

        /// Formats the sentence for people. It contains facts and dates, never "in 12 days", so it
        /// only changes when the facts do.
        impl fmt::Display for Finding {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$check(answer) => answer.fmt(f),)*
                    Self::Exempt(exempted) => write!(f, "{}: {}", exempted.exemption, exempted.finding),
                }
            }
        }

        /// Serializes `check`, `verdict`, the answer's `reason` and fields, and the sentence as
        /// `text`; for an exempt check `check`, `verdict`, `reason`, the `exemption`, the `finding`
        /// without it, and `text`.
        impl Serialize for Finding {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$check(answer) => Data::of(self, answer).serialize(serializer),)*
                    Self::Exempt(exempted) => ExemptData::of(self, exempted).serialize(serializer),
                }
            }
        }
    };
}
for_each_check!(generate_finding);

/// A check's answer for which an exemption is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exempted {
    /// The answer, passed or failed, as it is without the exemption.
    pub finding: Finding,
    /// The exemption.
    pub exemption: Arc<Exemption>,
}

/// The reason code of a check for which an exemption is in force.
pub const EXEMPT: &str = "exempt";

impl Finding {
    /// The answer, as it is without an exemption.
    #[must_use]
    pub fn unexempted(&self) -> &Self {
        match self {
            Self::Exempt(exempted) => &exempted.finding,
            finding => finding,
        }
    }

    /// The exemption that is in force for the check, if there is one.
    #[must_use]
    pub fn exemption(&self) -> Option<&Exemption> {
        match self {
            Self::Exempt(exempted) => Some(&exempted.exemption),
            _ => None,
        }
    }

    /// The answer of a front-door check; `None` for a check of stages.
    #[must_use]
    pub fn front_door(&self) -> Option<&front_door::Answer> {
        match self {
            Self::MutualTls(answer)
            | Self::Truststore(answer)
            | Self::DomainCertificate(answer)
            | Self::TlsPolicy(answer)
            | Self::PrivateFrontDoor(answer) => Some(answer),
            _ => None,
        }
    }

    pub(crate) fn front_door_mut(&mut self) -> Option<&mut front_door::Answer> {
        match self {
            Self::MutualTls(answer)
            | Self::Truststore(answer)
            | Self::DomainCertificate(answer)
            | Self::TlsPolicy(answer)
            | Self::PrivateFrontDoor(answer) => Some(answer),
            _ => None,
        }
    }

    /// The code at the start of an annotation. It is the check's code, unless the check asks for a
    /// certificate that the stage may not support, because the protocol of its API is unknown.
    #[must_use]
    pub fn leading_code(&self) -> &'static str {
        if self.is_about_unrecorded_api() { "api-not-recorded" } else { self.check().code() }
    }

    /// Whether the API must be recorded before it is known if the stage needs a certificate.
    pub(crate) fn is_about_unrecorded_api(&self) -> bool {
        use certificate_attached::Answer;
        matches!(
            self,
            Self::CertificateAttached(Answer::Missing {
                backends: Backends::Undetermined { why: Undetermined::ApiNotRecorded, .. },
            })
        )
    }
}

#[derive(Serialize)]
struct Data<'a, A> {
    check: Check,
    verdict: Verdict,
    #[serde(flatten)]
    answer: &'a A,
    text: String,
}

impl<'a, A> Data<'a, A> {
    fn of(finding: &Finding, answer: &'a A) -> Self {
        Self { check: finding.check(), verdict: finding.verdict(), answer, text: finding.to_string() }
    }
}

#[derive(Serialize)]
struct ExemptData<'a> {
    check: Check,
    verdict: Verdict,
    reason: &'static str,
    exemption: &'a Exemption,
    finding: &'a Finding,
    text: String,
}

impl<'a> ExemptData<'a> {
    fn of(finding: &Finding, exempted: &'a Exempted) -> Self {
        Self {
            check: finding.check(),
            verdict: finding.verdict(),
            reason: finding.reason(),
            exemption: &exempted.exemption,
            finding: &exempted.finding,
            text: finding.to_string(),
        }
    }
}
