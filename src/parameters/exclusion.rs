use glob::Pattern;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

/// The allowed entries of `excludeStages`, as shown in error messages.
pub(crate) const EXCLUSIONS: &str = "globs over apiId/stageName, such as */prod*, separated by commas, each optionally \
     followed by until=YYYY-MM-DD, reason=TEXT of 1 to 100 printable ASCII characters, or both in this order";
/// The maximum length of a reason: an annotation has room for it with a glob and a date.
const MAX_REASON: usize = 100;

/// An entry of `excludeStages`: `GLOB`, `GLOB until=DATE`, `GLOB reason=TEXT`, or
/// `GLOB until=DATE reason=TEXT`.
///
/// The entry is unambiguous: names of APIs and stages can't contain white space, and reasons can't
/// contain commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exclusion {
    /// The glob, matched against `apiId/stageName`.
    pub glob: Pattern,
    /// The last day (in UTC, inclusive) of the exclusion; if absent, the exclusion has no end.
    pub until: Option<Date>,
    /// The reason given for the exclusion: 1 to 100 printable ASCII characters.
    pub reason: Option<String>,
}

impl Exclusion {
    /// Whether the stage `label` (`apiId/stageName`) is excluded at the instant `now`. An exclusion
    /// ends at 24:00 UTC on its last day.
    #[must_use]
    pub fn excludes(&self, label: &str, now: Timestamp) -> bool {
        let today = Offset::UTC.to_datetime(now).date();
        self.until.is_none_or(|until| today <= until) && self.glob.matches(label)
    }

    pub(crate) fn parse(entry: &str) -> Option<Self> {
        let (pattern, rest) = entry.split_once(char::is_whitespace).unwrap_or((entry, ""));
        let glob = glob(pattern)?;
        let (until, rest) = match rest.trim_start().strip_prefix("until=") {
            Some(rest) => {
                let (date, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                (Some(day(date)?), rest)
            }
            None => (None, rest),
        };
        let reason = match rest.trim_start() {
            "" => None,
            rest => Some(reason(rest.strip_prefix("reason=")?.trim_start())?),
        };
        Some(Self { glob, until, reason })
    }
}

/// The date in `text`, if it has the form `YYYY-MM-DD`. Other ISO 8601 formats are rejected.
fn day(text: &str) -> Option<Date> {
    text.parse().ok().filter(|date: &Date| date.to_string() == text)
}

fn reason(text: &str) -> Option<String> {
    let printable = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    (printable && (1..=MAX_REASON).contains(&text.len())).then(|| text.to_owned())
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

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_exclusion_includes_its_whole_last_day_in_utc() {
        let exclusion = Exclusion::parse("a1/prod until=2026-12-31").unwrap();
        for (now, excluded) in [
            ("0001-01-01T00:00:00Z", true),
            ("2026-12-30T23:59:59Z", true),
            ("2026-12-31T00:00:00Z", true),
            ("2026-12-31T23:59:59.999999999Z", true),
            ("2027-01-01T00:00:00Z", false),
            ("2026-12-31T23:59:59-01:00", false),
            ("2027-01-01T00:30:00+01:00", true),
            ("9999-12-30T22:00:00Z", false),
        ] {
            assert_eq!(exclusion.excludes("a1/prod", at(now)), excluded, "{now}");
            assert!(!exclusion.excludes("a1/dev", at(now)), "{now}");
        }
    }

    #[test]
    fn leap_days_and_the_last_possible_day_are_valid() {
        for (until, last, first_after) in [
            ("2028-02-29", "2028-02-29T23:59:59Z", Some("2028-03-01T00:00:00Z")),
            ("9999-12-31", "9999-12-30T22:00:00Z", None),
            ("0000-01-01", "0000-01-01T23:59:59Z", Some("0000-01-02T00:00:00Z")),
        ] {
            let exclusion = Exclusion::parse(&format!("*/* until={until}")).unwrap();
            assert!(exclusion.excludes("a1/prod", at(last)), "{until}");
            assert!(first_after.is_none_or(|after| !exclusion.excludes("a1/prod", at(after))), "{until}");
        }
    }

    #[test]
    fn each_part_is_read_without_surrounding_spaces() {
        let longest = "r".repeat(100);
        for (entry, glob, until, reason) in [
            ("*/dev", "*/dev", None, None),
            ("*/dev until=2026-12-31", "*/dev", Some("2026-12-31"), None),
            ("*/dev reason=mock", "*/dev", None, Some("mock")),
            (
                "a1b2c3/[!x]? until=2026-12-31 reason=migration to mTLS",
                "a1b2c3/[!x]?",
                Some("2026-12-31"),
                Some("migration to mTLS"),
            ),
            (
                "*/dev \t until=2026-12-31   reason= x=y; until=2020-01-01",
                "*/dev",
                Some("2026-12-31"),
                Some("x=y; until=2020-01-01"),
            ),
            (&format!("*/dev reason={longest}"), "*/dev", None, Some(&longest)),
        ] {
            let read = Exclusion::parse(entry).unwrap();
            let until: Option<Date> = until.map(|text: &str| text.parse().unwrap());
            assert_eq!((read.glob.as_str(), read.until), (glob, until), "{entry}");
            assert_eq!(read.reason.as_deref(), reason, "{entry}");
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
            "*/dev */test",
            "dev until=2026-12-31",
        ] {
            assert_eq!(Exclusion::parse(entry), None, "{entry:?}");
        }
        assert_eq!(Exclusion::parse(&format!("*/dev reason={}", "r".repeat(101))), None);
    }
}
