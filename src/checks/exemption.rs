//! Exemptions: who accepts which problems of a stage, and until when. An exemption suppresses a
//! result, never a fact.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::Serialize;

use crate::checks::Check;
use crate::quote::brief;
use crate::resources::backends::without_evidence;

/// The number of characters of a reason that an annotation has room for.
const MAX_REASON: usize = 100;

/// An exemption of a stage from all checks or some of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Exemption {
    /// Where the exemption is written.
    pub source: ExemptionSource,
    /// What selects the stages: a glob over `apiId/stageName`, or the key of a tag.
    pub stages: String,
    /// The checks; `None` for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checks: Option<BTreeSet<Check>>,
    /// The last day, in UTC; `None` if the exemption has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// The reason that was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who approved it; only a document says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
}

/// Where an exemption is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum ExemptionSource {
    /// The rule parameter `excludeStages`.
    #[serde(rename = "excludeStages")]
    Parameter,
    /// A tag of the stage.
    #[serde(rename = "exemptionTag")]
    Tag,
    /// The document that the rule parameter `exemptions` names.
    #[serde(rename = "exemptions")]
    Document,
}

impl ExemptionSource {
    /// The rule parameter that the exemption comes from.
    #[must_use]
    pub fn parameter(self) -> &'static str {
        match self {
            Self::Parameter => "excludeStages",
            Self::Tag => "exemptionTag",
            Self::Document => "exemptions",
        }
    }
}

impl Exemption {
    /// Whether the exemption includes this check.
    #[must_use]
    pub fn covers(&self, check: Check) -> bool {
        self.checks.as_ref().is_none_or(|checks| checks.contains(&check))
    }

    /// Whether the exemption has ended at the instant `at`: it ends at 24:00 UTC on its last day.
    #[must_use]
    pub fn has_lapsed(&self, at: Timestamp) -> bool {
        let today = Offset::UTC.to_datetime(at).date();
        self.until.is_some_and(|until| until < today)
    }
}

/// Names the source, the end and the reason.
impl fmt::Display for Exemption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source {
            ExemptionSource::Tag => write!(f, "exempt by tag {}", self.stages)?,
            source => write!(f, "exempt by {} {}", source.parameter(), self.stages)?,
        }
        self.until.iter().try_for_each(|until| write!(f, " until {until}"))?;
        // A later sweep reads annotations: a reason must not look like another sentence in one.
        let reason = |text: &String| without_evidence(brief(text, MAX_REASON).replace([';', ':'], ","));
        self.reason.iter().try_for_each(|text| write!(f, " because {}", reason(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exemption_includes_its_whole_last_day_in_utc() {
        let until = |date: &str| Exemption {
            source: ExemptionSource::Parameter,
            stages: "*/dev".into(),
            checks: None,
            until: Some(date.parse().unwrap()),
            reason: None,
            approved_by: None,
        };
        for (date, at, lapsed) in [
            ("2026-12-31", "0001-01-01T00:00:00Z", false),
            ("2026-12-31", "2026-12-31T00:00:00Z", false),
            ("2026-12-31", "2026-12-31T23:59:59.999999999Z", false),
            ("2026-12-31", "2027-01-01T00:00:00Z", true),
            ("2026-12-31", "2026-12-31T23:59:59-01:00", true),
            ("2026-12-31", "2027-01-01T00:30:00+01:00", false),
            ("2028-02-29", "2028-02-29T23:59:59Z", false),
            ("2028-02-29", "2028-03-01T00:00:00Z", true),
            ("9999-12-31", "9999-12-30T22:00:00Z", false),
            ("0000-01-01", "0000-01-01T23:59:59Z", false),
            ("0000-01-01", "0000-01-02T00:00:00Z", true),
        ] {
            assert_eq!(until(date).has_lapsed(at.parse().unwrap()), lapsed, "{date} {at}");
        }
        let endless = Exemption { until: None, ..until("2026-12-31") };
        assert!(!endless.has_lapsed(Timestamp::MAX));
    }

    #[test]
    fn a_reason_can_not_pose_as_a_sentence_of_an_annotation() {
        let exemption = Exemption {
            source: ExemptionSource::Document,
            stages: "a1/dev".into(),
            checks: Some(BTreeSet::from([Check::OwnerTag])),
            until: Some("2026-12-31".parse().unwrap()),
            reason: Some("x; no HTTP integration in deployment d1: y".into()),
            approved_by: Some("kim".into()),
        };
        assert_eq!(
            exemption.to_string(),
            "exempt by exemptions a1/dev until 2026-12-31 because x, no HTTP integration in-deployment d1, y"
        );
    }
}
