//! Which stages and findings an output shows, and in which order. A filter never changes a result
//! or a summary.

use std::collections::BTreeSet;

use clap::ValueEnum;
use glob::{MatchOptions, Pattern};
use jiff::Timestamp;
use stagecert::checks::Check;
use stagecert::checks::finding::Finding;
use stagecert::checks::severity::Severity;
use stagecert::checks::verdict::Verdict;
use stagecert::evaluation::evaluated::EvaluatedStage;

/// The order of the stages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sort {
    /// The worst severity first, then the earliest date
    #[default]
    Severity,
    /// The certificate that expires first
    Date,
    /// By API and stage name
    Stage,
    /// By owner; stages without an owner are last
    Owner,
}

/// What the stages are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GroupBy {
    /// One group per owner
    Owner,
    /// One group per API
    Api,
    /// One group per account and Region
    Account,
}

/// The stages and findings that are shown. The default shows all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// The checks that are shown; `None` for all.
    pub(crate) only: Option<BTreeSet<Check>>,
    /// Whether only stages with a failed finding are shown.
    pub(crate) failed: bool,
    /// The minimum severity of the failed findings that are shown; `None` for all.
    pub(crate) severity: Option<Severity>,
    /// The owners whose stages are shown; empty for all.
    pub(crate) owners: Vec<OwnerPattern>,
}

/// A glob over owners, or the absence of an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OwnerPattern {
    /// The stage has no owner.
    Unowned,
    /// The stage's owner matches, in upper or lower case.
    Glob(Pattern),
}

impl OwnerPattern {
    /// The pattern with this text. The empty text stands for no owner.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::Unowned);
        }
        let pattern = Pattern::new(text);
        pattern
            .map(Self::Glob)
            .map_err(|error| format!("expected a name or a glob, such as 'team-*': {}", error.msg))
    }

    fn matches(&self, owner: Option<&str>) -> bool {
        const ANY_CASE: MatchOptions = MatchOptions {
            case_sensitive: false,
            require_literal_separator: false,
            require_literal_leading_dot: false,
        };
        match (self, owner) {
            (Self::Unowned, owner) => owner.is_none(),
            (Self::Glob(pattern), Some(owner)) => pattern.matches_with(owner, ANY_CASE),
            (Self::Glob(_), None) => false,
        }
    }

    /// The text of the pattern.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Unowned => "",
            Self::Glob(pattern) => pattern.as_str(),
        }
    }
}

impl Filter {
    /// Whether the findings of a check are shown.
    pub(crate) fn shows_check(&self, check: Check) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&check))
    }

    /// Whether one of the findings of a stage that was evaluated at the instant `at` is shown.
    pub(crate) fn shows_finding(&self, stage: &EvaluatedStage, finding: &Finding, at: Timestamp) -> bool {
        self.shows(finding.check(), stage.severity(finding, at))
    }

    /// Whether a finding of a check is shown that has this severity.
    pub(crate) fn shows(&self, check: Check, severity: Option<Severity>) -> bool {
        let is_minor = |least: Severity| severity.is_some_and(|severity| severity < least);
        self.shows_check(check) && !self.severity.is_some_and(is_minor)
    }

    /// Whether formats with one entry per stage list a stage: it matches the filter and, with
    /// `only`, it fails one of the checks that are shown.
    pub(crate) fn lists(&self, stage: &EvaluatedStage, at: Timestamp) -> bool {
        self.keeps(stage, at) && (self.only.is_none() || self.has_failed(stage, at))
    }

    /// Whether formats with one entry per check show the findings of a stage: it matches the
    /// filter, regardless of `only`.
    pub(crate) fn keeps(&self, stage: &EvaluatedStage, at: Timestamp) -> bool {
        let must_fail = self.failed || self.severity.is_some();
        self.is_owned(stage) && (!must_fail || self.has_failed(stage, at))
    }

    /// Whether one of the owners that are shown owns a stage.
    pub(crate) fn is_owned(&self, stage: &EvaluatedStage) -> bool {
        self.owners.is_empty() || self.owners.iter().any(|pattern| pattern.matches(stage.owner.as_deref()))
    }

    /// Whether one of the findings that are shown failed.
    fn has_failed(&self, stage: &EvaluatedStage, at: Timestamp) -> bool {
        let findings = stage.result.iter().flatten();
        findings
            .filter(|finding| finding.verdict() == Verdict::Failed)
            .any(|finding| self.shows_finding(stage, finding, at))
    }

    /// The options that cause this filter; `None` if it shows all.
    pub(crate) fn options(&self) -> Option<String> {
        let mut options = Vec::new();
        if let Some(only) = &self.only {
            let codes: Vec<&str> = only.iter().map(|check| check.code()).collect();
            options.push(format!("--only {}", codes.join(",")));
        }
        if self.failed {
            options.push("--failed".into());
        }
        if let Some(severity) = self.severity {
            options.push(format!("--severity {}", severity.name().to_lowercase()));
        }
        options.extend(self.owners.iter().map(|owner| match owner.text() {
            "" => "--owner ''".into(),
            text => format!("--owner {text}"),
        }));
        (!options.is_empty()).then(|| options.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_matched_by_name_or_glob_in_any_case_and_missing_ones_by_an_empty_text() {
        for (pattern, owner, expected) in [
            ("team-a", Some("team-a"), true),
            ("Team-A", Some("team-a"), true),
            ("team-*", Some("team-b"), true),
            ("*", Some("org/team"), true),
            ("*", None, false),
            ("team", Some("team-a"), false),
            ("", None, true),
            ("", Some("team-a"), false),
        ] {
            let pattern = OwnerPattern::parse(pattern).unwrap();
            assert_eq!(pattern.matches(owner), expected, "{pattern:?} {owner:?}");
        }
        assert!(OwnerPattern::parse("[").is_err());
    }

    #[test]
    fn the_options_are_shown_as_they_are_given() {
        assert_eq!(Filter::default().options(), None);
        let filter = Filter {
            only: Some([Check::OwnerTag, Check::CertificateExpiry].into()),
            failed: true,
            severity: Some(Severity::High),
            owners: vec![OwnerPattern::Unowned, OwnerPattern::parse("team-*").unwrap()],
        };
        let options =
            "--only certificate-expiry,owner-tag --failed --severity high --owner '' --owner team-*";
        assert_eq!(filter.options().as_deref(), Some(options));
    }
}
