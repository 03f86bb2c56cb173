//! The text form of an exemption, in `excludeStages` and in the value of a tag.

use std::collections::BTreeSet;
use std::sync::Arc;

use glob::Pattern;
use jiff::civil::Date;

use crate::checks::Check;
use crate::checks::exemption::{Exemption, ExemptionSource};

/// The allowed entries of `excludeStages`, as shown in error messages.
pub(crate) const ENTRIES: &str = "globs over apiId/stageName, such as */prod*, separated by commas, each optionally \
     followed by checks=CODE+CODE, until=YYYY-MM-DD and reason=TEXT of 1 to 100 printable ASCII characters, in this \
     order";
/// The maximum length of a reason: an annotation has room for it with a glob and a date.
const MAX_REASON: usize = 100;

/// An exemption of the stages that a glob matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExemptStages {
    /// The glob, matched against `apiId/stageName`.
    pub glob: Pattern,
    /// The exemption.
    pub exemption: Arc<Exemption>,
}

impl ExemptStages {
    /// Reads an entry of `excludeStages`: `GLOB [checks=CODE+CODE] [until=YYYY-MM-DD]
    /// [reason=TEXT]`.
    ///
    /// The entry is unambiguous: names of APIs and stages can't contain white space, and reasons
    /// can't contain commas.
    pub(crate) fn parse(entry: &str) -> Option<Self> {
        let (pattern, rest) = entry.split_once(char::is_whitespace).unwrap_or((entry, ""));
        let glob = glob(pattern)?;
        let (checks, rest) = match first_word(rest).0.strip_prefix("checks=") {
            Some(codes) => (Some(checks(codes)?), first_word(rest).1),
            None => (None, rest),
        };
        let (until, reason) = end_and_reason(rest)?;
        let (source, stages) = (ExemptionSource::Parameter, glob.as_str().to_owned());
        let exemption = Exemption { source, stages, checks, until, reason, approved_by: None };
        Some(Self { glob, exemption: Arc::new(exemption) })
    }

    /// Whether both exempt a check of the same glob, so that it is unclear which one counts.
    pub(crate) fn repeats(&self, other: &Self) -> bool {
        let both = |check: &Check| self.exemption.covers(*check) && other.exemption.covers(*check);
        self.glob == other.glob && Check::STAGE.iter().any(both)
    }
}

/// The exemption in the value of the tag `key` of a stage: `[CODE+CODE] [until=YYYY-MM-DD]
/// [reason=TEXT]`, at least one of them. `None` if the value has another form.
#[must_use]
pub fn of_tag(key: &str, value: &str) -> Option<Exemption> {
    if value.trim().is_empty() {
        return None;
    }
    let (word, after) = first_word(value);
    let is_codes = !word.is_empty() && !word.contains('=');
    let (checks, rest) = if is_codes { (Some(checks(word)?), after) } else { (None, value) };
    let (until, reason) = end_and_reason(rest)?;
    let (source, stages) = (ExemptionSource::Tag, key.to_owned());
    Some(Exemption { source, stages, checks, until, reason, approved_by: None })
}

/// The first word of the text and what follows it.
fn first_word(text: &str) -> (&str, &str) {
    text.trim_start().split_once(char::is_whitespace).unwrap_or((text.trim_start(), ""))
}

fn checks(codes: &str) -> Option<BTreeSet<Check>> {
    let mut checks = BTreeSet::new();
    for code in codes.split('+') {
        if !checks.insert(Check::from_code(code)?) {
            return None;
        }
    }
    Some(checks)
}

fn end_and_reason(text: &str) -> Option<(Option<Date>, Option<String>)> {
    let (until, rest) = match first_word(text) {
        (word, rest) if word.starts_with("until=") => (Some(day(word.strip_prefix("until=")?)?), rest),
        _ => (None, text),
    };
    let reason = match rest.trim_start() {
        "" => None,
        rest => Some(reason(rest.strip_prefix("reason=")?.trim_start())?),
    };
    Some((until, reason))
}

/// The date in `text`, if it has the form `YYYY-MM-DD`. Other ISO 8601 formats are rejected.
pub(super) fn day(text: &str) -> Option<Date> {
    text.parse().ok().filter(|date: &Date| date.to_string() == text)
}

fn reason(text: &str) -> Option<String> {
    let printable = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    // An end or checks after the reason would silently become a part of it.
    let is_misplaced = |word: &str| word.starts_with("until=") || word.starts_with("checks=");
    let is_allowed = printable && (1..=MAX_REASON).contains(&text.len());
    (is_allowed && !text.split(' ').any(is_misplaced)).then(|| text.to_owned())
}

/// The glob in `entry`. A pattern without a slash or with white space is rejected, because it could
/// never match a stage.
pub(crate) fn glob(entry: &str) -> Option<Pattern> {
    let (api, stage) = entry.split_once('/')?;
    // Validate each half separately: a slash inside brackets does not separate API and stage.
    let halves = Pattern::new(api).is_ok() && Pattern::new(stage).is_ok() && !stage.contains('/');
    let possible = !api.is_empty() && !stage.is_empty() && !entry.contains(char::is_whitespace);
    Pattern::new(entry).ok().filter(|_| halves && possible)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is exempt, the checks, the end and the reason.
    type Parts = (String, Option<String>, Option<String>, Option<String>);

    /// The parts of an entry of `excludeStages`, or of a tag's value after `tag `.
    fn parts(entry: &str) -> Option<Parts> {
        let exemption = match entry.strip_prefix("tag ") {
            Some(value) => of_tag("exempt", value)?,
            None => (*ExemptStages::parse(entry)?.exemption).clone(),
        };
        let codes = |checks: BTreeSet<Check>| checks.iter().map(|it| it.code()).collect::<Vec<_>>().join("+");
        let until = exemption.until.map(|date| date.to_string());
        Some((exemption.stages, exemption.checks.map(codes), until, exemption.reason))
    }

    #[test]
    fn each_part_is_read_without_surrounding_spaces() {
        let longest = "r".repeat(100);
        let all = "owner-tag+certificate-expiry";
        for (entry, stages, checks, until, reason) in [
            ("*/dev", "*/dev", None, None, None),
            ("*/dev until=2026-12-31", "*/dev", None, Some("2026-12-31"), None),
            ("*/dev reason=mock", "*/dev", None, None, Some("mock")),
            ("*/dev checks=owner-tag", "*/dev", Some("owner-tag"), None, None),
            (
                &format!("a1b2c3/[!x]? checks={all} until=2026-12-31 reason=migration to mTLS"),
                "a1b2c3/[!x]?",
                Some("certificate-expiry+owner-tag"),
                Some("2026-12-31"),
                Some("migration to mTLS"),
            ),
            (
                "*/dev \t until=2026-12-31   reason= x=y; valid until 2020-01-01",
                "*/dev",
                None,
                Some("2026-12-31"),
                Some("x=y; valid until 2020-01-01"),
            ),
            (&format!("*/dev reason={longest}"), "*/dev", None, None, Some(&longest)),
            ("tag owner-tag", "exempt", Some("owner-tag"), None, None),
            ("tag until=2026-12-31", "exempt", None, Some("2026-12-31"), None),
            (
                "tag owner-tag+certificate-unique until=2026-12-31 reason=a = b",
                "exempt",
                Some("certificate-unique+owner-tag"),
                Some("2026-12-31"),
                Some("a = b"),
            ),
        ] {
            let text = |part: Option<&str>| part.map(str::to_owned);
            let expected = (stages.to_owned(), text(checks), text(until), text(reason));
            assert_eq!(parts(entry), Some(expected), "{entry}");
        }
    }

    #[test]
    fn anything_else_is_rejected() {
        for entry in [
            "until=2026-12-31",
            "*/dev until=",
            "*/dev until",
            "*/dev until=2026-02-29",
            "*/dev until=2026-13-01",
            "*/dev until=2026-12-32",
            "*/dev until=2026-12-3",
            "*/dev until=20261231",
            "*/dev until=26-12-31",
            "*/dev until=+002026-12-31",
            "*/dev until=2026-12-31T00:00:00Z",
            "*/dev until=31.12.2026",
            "*/dev until=tomorrow",
            "*/dev until= 2026-12-31",
            "*/dev Until=2026-12-31",
            "*/dev until=2026-12-31 until=2027-12-31",
            "*/dev reason=x\u{7f}",
            "*/dev reason=f\u{fc}r",
            "*/dev reason=a\nb",
            "*/dev reason=",
            "*/dev until=2026-12-31 reason=",
            "*/dev until=2026-12-31 mock",
            "*/dev mock",
            "*/dev reason=mock until=2026-12-31",
            "*/dev reason=mock checks=owner-tag",
            "tag reason=mock until=2026-12-31",
            "tag ",
            "tag  ",
            "*/dev */test",
            "dev until=2026-12-31",
            "*/dev checks=",
            "*/dev checks=all",
            "*/dev checks=owner-tag+",
            "*/dev checks=owner-tag+owner-tag",
            "*/dev checks=owner-tag,certificate-expiry",
            "*/dev checks=Owner-Tag",
            "*/dev until=2026-12-31 checks=owner-tag",
            "*/dev owner-tag",
            "tag all",
            "tag yes",
            "tag owner-tag certificate-expiry",
            "tag owner-tag until=never",
            "tag until=2026-12-31 owner-tag",
            "tag checks=owner-tag",
            "tag reason=",
        ] {
            assert_eq!(parts(entry), None, "{entry:?}");
        }
        assert_eq!(parts(&format!("*/dev reason={}", "r".repeat(101))), None);
    }

    #[test]
    fn two_entries_for_one_glob_exempt_different_checks() {
        let entry = |text: &str| ExemptStages::parse(text).unwrap();
        for (one, other, repeats) in [
            ("*/dev", "*/dev until=2026-12-31", true),
            ("*/dev checks=owner-tag", "*/dev", true),
            ("*/dev checks=owner-tag", "*/dev checks=certificate-expiry", false),
            ("*/dev", "a1/dev", false),
        ] {
            assert_eq!(entry(one).repeats(&entry(other)), repeats, "{one}, {other}");
        }
    }
}
