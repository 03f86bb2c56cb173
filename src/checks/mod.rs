//! The four checks. Each is a file with one pure `check` function: values and an instant in, an answer out.
//!
//! A check does no I/O, reads no clock, names no SDK type and cannot fail. The doc comment at the head of each file is the
//! text that `stagecert explain` and `docs/checks.md` show.

pub mod finding;
pub mod owner_tag;
pub mod severity;
pub mod stage;
pub mod verdict;

use std::fmt;

use serde::Serialize;

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
