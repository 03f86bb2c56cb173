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

use std::fmt::{self, Write as _};

use serde::Serialize;
use strum::{IntoStaticStr, VariantNames};

use crate::checks::verdict::Verdict;
use crate::failure::shown;
use crate::parameters::Parameters;
use crate::resources::blank::is_blank;
use crate::resources::certificate_id::CertificateId;
use crate::resources::tags::Tags;

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
            self.near_misses.iter().take(MAX_LISTED).map(|key| format!("\"{}\"", shown(key))).collect();
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
            Self::Dangling { certificate } => write!(f, "{certificate} does not exist"),
        }
    }
}

/// The value of the first owner tag that counts, or `None` where there is none.
#[must_use]
pub fn owner<'a>(tags: &'a Tags, parameters: &Parameters) -> Option<&'a str> {
    owner_key(tags, parameters).and_then(|key| tags.value(key))
}

/// Answers for one stage.
#[must_use]
pub fn check(tagged: Tagged<'_>, parameters: &Parameters) -> Answer {
    let certificate = match tagged.certificate {
        CertificateTags::Tags(tags) => Some(tags),
        CertificateTags::NoCertificate | CertificateTags::Dangling(_) => None,
    };
    let asked = [(OwnerTagOn::Stage, Some(tagged.stage)), (OwnerTagOn::Certificate, certificate)];
    let (mut owned, mut unowned) = (Vec::new(), Vec::new());
    for (on, tags) in asked {
        let Some(tags) = tags.filter(|_| parameters.owner_tag_on.contains(&on)) else { continue };
        match owner_key(tags, parameters) {
            Some(key) => owned.push(Owned { on, key: key.to_owned() }),
            None => unowned.push(Unowned {
                on,
                unmatched_keys: present_keys(tags, parameters),
                near_misses: tags.near_misses(&parameters.owner_tag_keys).map(Into::into).collect(),
            }),
        }
    }
    match (owned.is_empty(), unowned.is_empty()) {
        (_, false) => Answer::Unowned { unowned, keys: parameters.owner_tag_keys.clone() },
        (false, true) => Answer::Owned { owned },
        (true, true) => match tagged.certificate {
            CertificateTags::Dangling(id) => Answer::Dangling { certificate: id.clone() },
            CertificateTags::NoCertificate | CertificateTags::Tags(_) => Answer::NoCertificate,
        },
    }
}

fn owner_key<'p>(tags: &Tags, parameters: &'p Parameters) -> Option<&'p str> {
    // Whatever the pattern allows: nobody can be reached by a value that nobody can see.
    let counts = |value: &str| {
        !is_blank(value)
            && parameters.owner_tag_pattern.as_ref().is_none_or(|pattern| pattern.is_match(value))
    };
    parameters.owner_tag_keys.iter().map(String::as_str).find(|key| tags.value(key).is_some_and(counts))
}

fn present_keys(tags: &Tags, parameters: &Parameters) -> Vec<String> {
    parameters.owner_tag_keys.iter().filter(|key| tags.value(key).is_some()).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn answer(stage: &[(&str, &str)], certificate: Option<&[(&str, &str)]>, json: &str) -> Answer {
        let (stage, certificate) = (tags(stage), certificate.map(tags));
        let certificate = certificate.as_ref().map_or(CertificateTags::NoCertificate, CertificateTags::Tags);
        let tagged = Tagged { stage: &stage, certificate };
        check(tagged, &Parameters::parse(Some(json)).unwrap())
    }

    #[test]
    fn keys_values_and_patterns_both_ways() {
        let pattern = r#"{"ownerTagPattern":"team-a|team-[b-d]+"}"#;
        for (pairs, json, expected) in [
            (&[("owner", "x")][..], "{}", Verdict::Passed),
            (&[("Owner", "x")], "{}", Verdict::Passed),
            (&[("owner", " "), ("Owner", "x")], "{}", Verdict::Passed),
            (&[("OWNER", "x")], "{}", Verdict::Failed),
            (&[("owner", "")], "{}", Verdict::Failed),
            (&[("owner", " \t")], "{}", Verdict::Failed),
            (&[("owner", "\u{3164}")], "{}", Verdict::Failed),
            (&[("owner", "\u{200b} \u{115f}\u{feff}")], "{}", Verdict::Failed),
            (&[("owner", "\u{3164}")], r#"{"ownerTagPattern":".+"}"#, Verdict::Failed),
            (&[("owner", "\u{200b}x")], "{}", Verdict::Passed),
            (&[], "{}", Verdict::Failed),
            (&[("team", "x")], r#"{"ownerTagKeys":"team"}"#, Verdict::Passed),
            (&[("owner", "x")], r#"{"ownerTagKeys":"team"}"#, Verdict::Failed),
            (&[("owner", "team-a")], pattern, Verdict::Passed),
            (&[("owner", "team-bcd")], pattern, Verdict::Passed),
            (&[("owner", "team-ax")], pattern, Verdict::Failed),
            (&[("owner", "my team-b")], pattern, Verdict::Failed),
            (&[("owner", "team-a\n")], pattern, Verdict::Failed),
        ] {
            assert_eq!(answer(pairs, None, json).verdict(), expected, "{pairs:?} {json}");
        }
    }

    #[test]
    fn stage_and_certificate_each_count_where_asked() {
        let (owned, bare) = (&[("owner", "x")][..], &[][..]);
        let (both, on_stage, on_certificate) =
            ("{}", r#"{"ownerTagOn":"stage"}"#, r#"{"ownerTagOn":"certificate"}"#);
        for (stage, certificate, json, expected) in [
            (owned, Some(owned), both, Verdict::Passed),
            (owned, Some(bare), both, Verdict::Failed),
            (bare, Some(owned), both, Verdict::Failed),
            (owned, None, both, Verdict::Passed),
            (owned, Some(bare), on_stage, Verdict::Passed),
            (bare, Some(owned), on_certificate, Verdict::Passed),
            (owned, Some(bare), on_certificate, Verdict::Failed),
            (owned, None, on_certificate, Verdict::NotApplicable),
        ] {
            assert_eq!(
                answer(stage, certificate, json).verdict(),
                expected,
                "{stage:?} {certificate:?} {json}"
            );
        }
    }

    #[test]
    fn a_certificate_that_does_not_exist_has_no_owner_to_ask_about() {
        let ghost = CertificateId::new("ghost1".into());
        for (pairs, json, expected) in [
            (&[("owner", "x")][..], "{}", Verdict::Passed),
            (&[], "{}", Verdict::Failed),
            (&[("owner", "x")], r#"{"ownerTagOn":"certificate"}"#, Verdict::NotApplicable),
        ] {
            let stage = tags(pairs);
            let tagged = Tagged { stage: &stage, certificate: CertificateTags::Dangling(&ghost) };
            let answer = check(tagged, &Parameters::parse(Some(json)).unwrap());
            assert_eq!(answer.verdict(), expected, "{pairs:?} {json}");
            assert!(!answer.to_string().contains("certificate"), "{answer}");
        }
    }

    #[test]
    fn near_misses_are_named_by_key_and_never_by_value() {
        let sentence = |stage: &[(&str, &str)]| {
            let answer = answer(stage, None, "{}");
            assert_eq!(answer.verdict(), Verdict::Failed);
            assert!(!serde_json::to_string(&answer).unwrap().contains("secret"));
            answer.to_string()
        };
        assert_eq!(
            sentence(&[("OWNER", "secret"), ("team", "secret")]),
            "stage has no tag owner or Owner (similar key \"OWNER\" does not count)"
        );
        assert_eq!(
            sentence(&[("owner ", "secret"), ("\u{200b}Owner", "secret")]),
            "stage has no tag owner or Owner (similar keys \"owner \", \"\\u{200b}Owner\" do not count)"
        );
        assert_eq!(
            sentence(&[("owner", " "), ("oWner", "secret")]),
            "stage tag owner has no value that counts (similar key \"oWner\" does not count)"
        );
        assert_eq!(sentence(&[("owners", "secret")]), "stage has no tag owner or Owner");
    }

    #[test]
    fn sentences_name_keys_and_never_values() {
        let missing = answer(&[("owner", " ")], Some(&[]), "{}").to_string();
        assert_eq!(
            missing,
            "stage tag owner has no value that counts, certificate has no tag owner or Owner"
        );
        let owned = answer(&[("owner", "secret")], Some(&[("Owner", "secret")]), "{}");
        assert_eq!(owned.to_string(), "stage tag owner, certificate tag Owner");
        assert!(!serde_json::to_string(&owned).unwrap().contains("secret"));
    }
}
