//! The four checks. Each is a file with one pure `check` function: values and an instant in, an answer out.
//!
//! A check does no I/O, reads no clock, names no SDK type and cannot fail. The doc comment at the head of each file is the
//! text that `stagecert explain` and `docs/checks.md` show.

pub mod owner_tag;
pub mod severity;
pub mod stage;

use std::fmt;

use serde::Serialize;

use crate::resources::backends::Backends;
use crate::resources::certificate::Certificate;
use crate::resources::certificate_id::CertificateId;
use stage::{certificate_attached, certificate_expiry, certificate_unique};

/// One of the four questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// Does the stage present a certificate that exists?
    CertificateAttached,
    /// Is that certificate valid, and for long enough?
    CertificateExpiry,
    /// Does no other stage present it?
    CertificateUnique,
    /// Do the stage and the certificate have an owner?
    OwnerTag,
}

impl Check {
    /// All checks, in the order in which they are documented.
    pub const ALL: [Self; 4] =
        [Self::CertificateAttached, Self::CertificateExpiry, Self::CertificateUnique, Self::OwnerTag];

    /// The stable code, as parameters, annotations and the command line spell it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::CertificateAttached => "certificate-attached",
            Self::CertificateExpiry => "certificate-expiry",
            Self::CertificateUnique => "certificate-unique",
            Self::OwnerTag => "owner-tag",
        }
    }

    /// The check with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|check| check.code() == code)
    }

    /// What it asks, in one line: the first of its documentation.
    #[must_use]
    pub fn question(self) -> String {
        let documentation = self.documentation();
        let question = documentation.lines().skip_while(|line| *line != "## What it asks").nth(1);
        question.unwrap_or_default().to_owned()
    }

    /// The check's documentation in Markdown, a heading of level one first: the doc comment of its file.
    #[must_use]
    pub fn documentation(self) -> String {
        let source = match self {
            Self::CertificateAttached => include_str!("stage/certificate_attached.rs"),
            Self::CertificateExpiry => include_str!("stage/certificate_expiry.rs"),
            Self::CertificateUnique => include_str!("stage/certificate_unique.rs"),
            Self::OwnerTag => include_str!("owner_tag.rs"),
        };
        let mut text = String::new();
        for line in source.lines().map_while(|line| line.strip_prefix("//!")) {
            text.push_str(line.strip_prefix(' ').unwrap_or(line));
            text.push('\n');
        }
        text
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The documentation of all checks in one Markdown page, which is `docs/checks.md`.
#[must_use]
pub fn documentation() -> String {
    let mut page = String::from(
        "# Checks\n\nMade from the doc comments in `src/checks/` by `make docs`; a test fails when it differs.\n",
    );
    for check in Check::ALL {
        page.push('\n');
        for line in check.documentation().lines() {
            // One level down: the page has a title of its own.
            page.push_str(if line.starts_with('#') { "#" } else { "" });
            page.push_str(line);
            page.push('\n');
        }
    }
    page
}

/// The certificate that a stage names, as far as there is one.
#[derive(Clone, Copy, Debug)]
pub enum Attached<'a> {
    /// The stage names none.
    Nothing,
    /// The stage names one that exists.
    Certificate(&'a Certificate),
    /// The stage names one that neither API Gateway nor ACM knows.
    Dangling(&'a CertificateId),
}

/// What a check says of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The stage is as it should be.
    Passed,
    /// It isn't, and somebody has to act.
    Failed,
    /// The question does not arise.
    NotApplicable,
}

/// How soon a failed check hurts: what leads an annotation. The first is the most urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Backends that enforce the certificate refuse every request now.
    Broken,
    /// The backend can be reached past the gateway.
    Exposed,
    /// It will break on a known date.
    Expiring,
    /// Backends can't tell stages apart.
    Shared,
    /// A warning would reach nobody.
    Unowned,
}

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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_stable_and_read_back() {
        let codes: Vec<&str> = Check::ALL.map(Check::code).to_vec();
        assert_eq!(codes, ["certificate-attached", "certificate-expiry", "certificate-unique", "owner-tag"]);
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
        for check in Check::ALL {
            assert_eq!(Check::from_code(check.code()), Some(check));
            assert_eq!(serde_json::to_value(check).unwrap(), check.code());
        }
    }

    #[test]
    fn every_check_documents_itself_under_the_same_headings() {
        for check in Check::ALL {
            let text = check.documentation();
            let headings: Vec<&str> = text.lines().filter(|line| line.starts_with('#')).collect();
            assert_eq!(
                headings,
                [
                    format!("# {check}").as_str(),
                    "## What it asks",
                    "## Why it matters",
                    "## When it fails",
                    "## When it does not apply",
                    "## What to do",
                    "## Parameters",
                ]
            );
            assert!(check.question().ends_with('?'), "{check}");
        }
    }
}
