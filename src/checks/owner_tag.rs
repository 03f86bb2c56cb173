//! # owner-tag
//!
//! ## What it asks
//! Do the stage and its client certificate carry a tag that says who owns them?
//!
//! ## Why it matters
//! The certificate expires in a year. Whoever is warned then has to change the stage and the backend together; without an
//! owner the warning reaches nobody.
//!
//! ## When it fails
//! - `unowned`: the stage, or the certificate where it has one, has none of the tags in `ownerTagKeys`, or none whose whole
//!   value matches `ownerTagPattern` (by default: any value). A value that looks blank never counts, whichever characters it
//!   consists of. A key that differs only in case, or in spaces around it, does not count; the reason names it.
//!
//! Tags of stages and of ACM certificates are read from the Resource Groups Tagging API, those of generated certificates
//! from API Gateway: a tag on the API alone does not count, because API Gateway does not pass it on to the stage.
//!
//! ## When it does not apply
//! - `no-certificate`: `ownerTagOn=certificate` asks about the certificate alone, and the stage has none.
//! - `dangling`: it asks about the certificate alone, and that does not exist.
//!
//! ## What to do
//! 1. `aws apigateway tag-resource --resource-arn STAGE_ARN --tags owner=TEAM`
//! 2. `aws apigateway tag-resource --resource-arn arn:aws:apigateway:REGION::/clientcertificates/ID --tags owner=TEAM`, or
//!    `aws acm add-tags-to-certificate --certificate-arn ARN --tags Key=owner,Value=TEAM`.
//!
//! ## Parameters
//! `ownerTagKeys` (default `owner,Owner`; case-sensitive, any of them counts), `ownerTagPattern` (a regular expression that
//! the whole value must match), `ownerTagOn` (`stage`, `certificate` or both, the default).

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use regex_lite::{Regex, RegexBuilder};
use serde::Serialize;
use strum::{IntoStaticStr, VariantNames};

use crate::checks::verdict::{Urgency, Verdict};
use crate::quote::quoted;
use crate::resources::backends::Backends;
use crate::resources::blank::is_blank;
use crate::resources::certificate_id::CertificateId;
use crate::resources::tags::Tags;

/// What the rule's parameters say about this check.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `ownerTagKeys`: case-sensitive tag keys, any one of which is enough; at least one.
    pub keys: Vec<String>,
    /// `ownerTagPattern`: what the whole value must match; any value that isn't blank if absent.
    pub pattern: Option<WholeMatch>,
    /// `ownerTagOn`: the resources that must have the tag; at least one.
    pub on: BTreeSet<OwnerTagOn>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            keys: vec!["owner".into(), "Owner".into()],
            pattern: None,
            on: BTreeSet::from([OwnerTagOn::Stage, OwnerTagOn::Certificate]),
        }
    }
}

/// The tags that the check asks about.
#[derive(Clone, Copy, Debug)]
pub struct Tagged<'a> {
    /// The stage's own.
    pub stage: &'a Tags,
    /// Its certificate's.
    pub certificate: CertificateTags<'a>,
}

/// The tags of a stage's certificate, as far as it has one.
#[derive(Clone, Copy, Debug)]
pub enum CertificateTags<'a> {
    /// The stage has no certificate.
    NoCertificate,
    /// It names one that does not exist, and so has no owner to ask about.
    Dangling(&'a CertificateId),
    /// Those of one that exists.
    Tags(&'a Tags),
}

/// What carries, or lacks, an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OwnerTagOn {
    /// The stage.
    Stage,
    /// Its client certificate.
    Certificate,
}

impl fmt::Display for OwnerTagOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stage => "stage",
            Self::Certificate => "certificate",
        })
    }
}

/// One resource and what was found on it: keys alone, never a tag's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Owned {
    /// Stage or certificate.
    pub on: OwnerTagOn,
    /// The key that counts.
    pub key: String,
}

/// One resource that has no owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unowned {
    /// Stage or certificate.
    pub on: OwnerTagOn,
    /// Keys that it does have, but with a value that does not count.
    pub unmatched_keys: Vec<String>,
    /// Keys that it has and that do not count, for a difference in case or in white space around them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub near_misses: Vec<String>,
}

/// How many near misses the sentence names.
const MAX_LISTED: usize = 3;

impl Unowned {
    /// The sentence about it, where `keys` are those that would count.
    fn describe(&self, keys: &[String]) -> String {
        let mut text = match self.unmatched_keys.as_slice() {
            [] => format!("{} has no tag {}", self.on, keys.join(" or ")),
            found => format!("{} tag {} has no value that counts", self.on, found.join(", ")),
        };
        let near: Vec<String> =
            self.near_misses.iter().take(MAX_LISTED).map(|key| format!("\"{}\"", quoted(key))).collect();
        match near.as_slice() {
            [] => {}
            [one] => _ = write!(text, " (similar key {one} does not count)"),
            several => _ = write!(text, " (similar keys {} do not count)", several.join(", ")),
        }
        text
    }
}

/// The answer about one stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, IntoStaticStr, VariantNames)]
#[serde(tag = "reason", rename_all = "kebab-case", rename_all_fields = "camelCase")]
#[strum(serialize_all = "kebab-case")]
pub enum Answer {
    /// Passed: whatever was asked about has an owner.
    Owned {
        /// Each of them, with the key.
        owned: Vec<Owned>,
    },
    /// Failed: at least one has none.
    Unowned {
        /// Each of them.
        unowned: Vec<Unowned>,
        /// The keys that would count.
        keys: Vec<String>,
    },
    /// Not applicable: only the certificate was asked about, and there is none.
    NoCertificate,
    /// Not applicable: only the certificate was asked about, and it does not exist.
    Dangling {
        /// The id or ARN that the stage names.
        certificate: CertificateId,
    },
}

#[expect(
    clippy::unnecessary_wraps,
    clippy::unused_self,
    reason = "every check's answer has the same methods, which `Finding` calls"
)]
impl Answer {
    /// Passed, failed or not applicable.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Owned { .. } => Verdict::Passed,
            Self::Unowned { .. } => Verdict::Failed,
            Self::NoCertificate | Self::Dangling { .. } => Verdict::NotApplicable,
        }
    }

    /// Nothing: the check doesn't look at backends.
    pub(crate) fn backends(&self) -> Option<&Backends> {
        None
    }

    /// The whole sentence: it says nothing about backends.
    pub(crate) fn fact(&self) -> Option<String> {
        Some(self.to_string())
    }

    /// Whether the certificate that the stage names does not exist.
    pub(crate) fn is_dangling(&self) -> bool {
        matches!(self, Self::Dangling { .. })
    }

    pub(crate) fn urgency(&self) -> Urgency {
        Urgency::Unowned
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owned { owned } => {
                let parts: Vec<String> =
                    owned.iter().map(|owned| format!("{} tag {}", owned.on, owned.key)).collect();
                f.write_str(&parts.join(", "))
            }
            Self::Unowned { unowned, keys } => {
                let parts: Vec<String> = unowned.iter().map(|unowned| unowned.describe(keys)).collect();
                f.write_str(&parts.join(", "))
            }
            Self::NoCertificate => f.write_str("no certificate attached"),
            Self::Dangling { certificate } => write!(f, "client certificate {certificate} does not exist"),
        }
    }
}

/// The value of the first owner tag that counts, or `None` where there is none.
#[must_use]
pub fn owner<'a>(tags: &'a Tags, settings: &Settings) -> Option<&'a str> {
    owner_key(tags, settings).and_then(|key| tags.value(key))
}

/// Answers for one stage.
#[must_use]
pub fn check(tagged: Tagged<'_>, settings: &Settings) -> Answer {
    let certificate = match tagged.certificate {
        CertificateTags::Tags(tags) => Some(tags),
        CertificateTags::NoCertificate | CertificateTags::Dangling(_) => None,
    };
    let asked = [(OwnerTagOn::Stage, Some(tagged.stage)), (OwnerTagOn::Certificate, certificate)];
    let (mut owned, mut unowned) = (Vec::new(), Vec::new());
    for (on, tags) in asked {
        let Some(tags) = tags.filter(|_| settings.on.contains(&on)) else { continue };
        match owner_key(tags, settings) {
            Some(key) => owned.push(Owned { on, key: key.to_owned() }),
            None => unowned.push(Unowned {
                on,
                unmatched_keys: present_keys(tags, settings),
                near_misses: tags.near_misses(&settings.keys).map(Into::into).collect(),
            }),
        }
    }
    match (owned.is_empty(), unowned.is_empty()) {
        (_, false) => Answer::Unowned { unowned, keys: settings.keys.clone() },
        (false, true) => Answer::Owned { owned },
        (true, true) => match tagged.certificate {
            CertificateTags::Dangling(id) => Answer::Dangling { certificate: id.clone() },
            CertificateTags::NoCertificate | CertificateTags::Tags(_) => Answer::NoCertificate,
        },
    }
}

fn owner_key<'p>(tags: &Tags, settings: &'p Settings) -> Option<&'p str> {
    // Whatever the pattern allows: nobody can be reached by a value that nobody can see.
    let counts = |value: &str| {
        !is_blank(value) && settings.pattern.as_ref().is_none_or(|pattern| pattern.is_match(value))
    };
    settings.keys.iter().map(String::as_str).find(|key| tags.value(key).is_some_and(counts))
}

fn present_keys(tags: &Tags, settings: &Settings) -> Vec<String> {
    settings.keys.iter().filter(|key| tags.value(key).is_some()).cloned().collect()
}

/// A regular expression that matches a whole value or does not match.
#[derive(Clone, Debug)]
pub struct WholeMatch(Regex);

impl WholeMatch {
    /// # Errors
    /// A sentence that says what is wrong with the pattern.
    pub(crate) fn new(pattern: &str) -> Result<Self, String> {
        if pattern.is_empty() {
            return Err("it must not be empty".into());
        }
        // Alone first: "a)|(b" would be valid only inside our own parentheses.
        compiled(pattern, pattern)?;
        compiled(&format!(r"\A(?:{pattern})\z"), pattern).map(Self)
    }

    /// Whether the whole of `value` matches.
    #[must_use]
    pub fn is_match(&self, value: &str) -> bool {
        self.0.is_match(value)
    }
}

/// How large a pattern may be once it is compiled, in bytes. Every step of a match looks at each state that is alive, so the
/// size bounds the time: of 17 shapes built to be slow, the slowest takes 2 ms for a value of 256 characters where it fills
/// 8 kB, and 4 ms where it fills 16 kB (opt-level z). `(((a{99}){99}){9})` would fill 28 MB.
const SIZE_LIMIT: usize = 8 * 1024;

/// The same for a pattern without repetition, such as a list of teams: few of its states are ever alive at once, and the
/// slowest of 9 shapes takes 1.3 ms where it fills 32 kB.
const SIZE_LIMIT_WITHOUT_REPETITION: usize = 32 * 1024;

/// `whole`, which is `pattern` or holds it, as far as it stays within the limits.
fn compiled(whole: &str, pattern: &str) -> Result<Regex, String> {
    let limit = if repeats(pattern) { SIZE_LIMIT } else { SIZE_LIMIT_WITHOUT_REPETITION };
    RegexBuilder::new(whole).size_limit(limit).build().map_err(|error| match error.to_string() {
        // The only word that the library has for it.
        text if text.contains("size limit") => format!(
            "it compiles to more than {} kB, and matching it would take too long; the limit is {} kB with \
             repetition and {} kB without, and x+ is smaller than x{{1,64}}",
            limit / 1024,
            SIZE_LIMIT / 1024,
            SIZE_LIMIT_WITHOUT_REPETITION / 1024,
        ),
        text => text,
    })
}

/// Whether a pattern may repeat anything. An escaped parenthesis makes `(?` ambiguous, and then it may.
fn repeats(pattern: &str) -> bool {
    pattern.contains(r"\(") || pattern.replace("(?:", "(").contains(['*', '+', '?', '{'])
}
