//! The checks of stages and of the front door. Each has its own file with a pure `check` function
//! that takes values and an instant and returns an answer.
//!
//! A check does no I/O, reads no clock, uses no SDK types, and can't return an error. The doc
//! comment at the top of each file is the text in `stagecert explain` and `docs/checks.md`.

/// The list of checks, from which all code that is repeated for each check is generated. Each row
/// contains a question, the variant, the stable code, the module with `Settings`, `Answer`, and
/// `check`, and the file, whose doc comment is the user documentation.
macro_rules! for_each_check {
    ($generate:ident) => {
        $generate! {
            "Does the stage present a client certificate that exists?"
                CertificateAttached, "certificate-attached",
                crate::checks::stage::certificate_attached, "stage/certificate_attached.rs";
            "Is the certificate valid, and for long enough?"
                CertificateExpiry, "certificate-expiry",
                crate::checks::stage::certificate_expiry, "stage/certificate_expiry.rs";
            "Is the certificate presented by one stage only?"
                CertificateUnique, "certificate-unique",
                crate::checks::stage::certificate_unique, "stage/certificate_unique.rs";
            "Do the stage and the certificate have an owner?"
                OwnerTag, "owner-tag",
                crate::checks::owner_tag, "owner_tag.rs";
            "Does every way to the API require a client certificate?"
                MutualTls, "mutual-tls",
                crate::checks::api::mutual_tls, "api/mutual_tls.rs";
            "Is the truststore complete, valid for long enough, and limited to your own CAs?"
                Truststore, "truststore",
                crate::checks::truststore, "truststore.rs";
            "Are the certificates of the domain issued, and valid for long enough?"
                DomainCertificate, "domain-certificate",
                crate::checks::domain_name::domain_certificate, "domain_name/domain_certificate.rs";
            "Does the domain refuse TLS 1.0?"
                TlsPolicy, "tls-policy",
                crate::checks::domain_name::tls_policy, "domain_name/tls_policy.rs";
            "Can callers reach a private API only through a load balancer that verifies?"
                PrivateFrontDoor, "private-front-door",
                crate::checks::api::private_front_door, "api/private_front_door.rs";
        }
    };
}

pub mod advice;
pub mod api;
pub mod domain_name;
pub mod exemption;
pub mod finding;
pub mod front_door;
pub mod owner_tag;
pub mod severity;
pub mod stage;
pub mod subjects;
pub mod truststore;
pub mod verdict;
pub mod what_to_do;
mod what_to_do_front_door;

use std::fmt;

use serde::Serialize;

macro_rules! generate_check {
    ($($question:literal $check:ident, $code:literal, $module:path, $file:literal;)*) => {
        /// One of the checks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Check {
            $(#[doc = $question] $check,)*
        }

        impl Check {
            /// All checks, in the order of the documentation.
            pub const ALL: [Self; [$($code),*].len()] = [$(Self::$check),*];

            /// The stable code, as used in parameters, annotations, and on the command line.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$check => $code,)*
                }
            }

            /// The file with the check's documentation and code.
            fn source(self) -> &'static str {
                match self {
                    $(Self::$check => include_str!($file),)*
                }
            }
        }
    };
}
for_each_check!(generate_check);

impl Check {
    /// The checks of stages, which are the default.
    pub const STAGE: [Self; 4] =
        [Self::CertificateAttached, Self::CertificateExpiry, Self::CertificateUnique, Self::OwnerTag];

    /// The checks of the front door: of APIs and custom domain names.
    pub const FRONT_DOOR: [Self; 5] =
        [Self::MutualTls, Self::Truststore, Self::DomainCertificate, Self::TlsPolicy, Self::PrivateFrontDoor];

    /// Whether this is a check of the front door.
    #[must_use]
    pub fn is_of_front_door(self) -> bool {
        Self::FRONT_DOOR.contains(&self)
    }

    /// The check with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|check| check.code() == code)
    }

    /// The question that the check asks: the line after "What it asks" in its documentation.
    #[must_use]
    pub fn question(self) -> String {
        let documentation = self.documentation();
        let question = documentation.lines().skip_while(|line| *line != "## What it asks").nth(1);
        question.unwrap_or_default().to_owned()
    }

    /// The check's documentation in Markdown, starting with a level-one heading: the doc comment of
    /// its file with the [`advice`] inserted.
    #[must_use]
    pub fn documentation(self) -> String {
        let advice = self.advice();
        let mut text = String::new();
        for line in self.source().lines().map_while(|line| line.strip_prefix("//!")) {
            let line = line.strip_prefix(' ').unwrap_or(line);
            if line == "## Parameters" {
                text.extend(["## Severity\n", &wrapped(&format!("{}.", advice.severity)), "\n"]);
            }
            text.extend([line, "\n"]);
            match line {
                "## What to do" => text.extend([&wrapped(advice.what_to_do), "\n"]),
                _ if line.starts_with("# ") => {
                    text.extend(["\n", &wrapped(&format!("{}.", advice.title))]);
                }
                _ => {}
            }
        }
        text
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The text wrapped to lines of at most 100 characters, with a line break at the end.
fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    let mut length = 0;
    for word in text.split(' ') {
        let separator = match length {
            0 => "",
            _ if length + 1 + word.len() > 100 => {
                length = 0;
                "\n"
            }
            _ => " ",
        };
        length += word.len() + usize::from(separator == " ");
        lines.push_str(separator);
        lines.push_str(word);
    }
    lines.push('\n');
    lines
}

/// The documentation of all checks as one Markdown page, `docs/checks.md`.
#[must_use]
pub fn documentation() -> String {
    let mut page = String::from(
        "# Checks\n\nGenerated from the doc comments in `src/checks/` by `make docs`. A test fails if it is outdated.\n",
    );
    for check in Check::ALL {
        page.push('\n');
        for line in check.documentation().lines() {
            // One heading level down: the page has its own title.
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
        assert_eq!(
            codes,
            [
                "certificate-attached",
                "certificate-expiry",
                "certificate-unique",
                "owner-tag",
                "mutual-tls",
                "truststore",
                "domain-certificate",
                "tls-policy",
                "private-front-door",
            ]
        );
        assert_eq!([Check::STAGE.as_slice(), Check::FRONT_DOOR.as_slice()].concat(), Check::ALL);
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
                    "## Severity",
                    "## Parameters",
                ]
            );
            assert!(check.question().ends_with('?'), "{check}");
        }
    }
}
