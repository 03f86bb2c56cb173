//! An API, what failed, what to do, and its entry points.

use stagecert::checks::finding::Finding;
use stagecert::checks::severity::Severity;
use stagecert::evaluation::compliance::ComplianceType;
use stagecert::evaluation::front_door::EvaluatedResource;

use super::diagram::Diagram;
use super::steps::{FixStep, steps};
use crate::commands::report::shell::AwsCommand;
use crate::commands::report::text::Text;
use crate::commands::report::{Reported, rows};
use crate::filter::Filter;
use crate::front_door::failed;
use crate::front_door_words::problems;

/// The number of problems of a check that the page shows; the rest are only counted.
const MAX_PROBLEMS: usize = 20;

/// An API.
pub(in crate::commands::report) struct Card {
    pub(in crate::commands::report) number: usize,
    pub(in crate::commands::report) label: Text,
    pub(in crate::commands::report) name: Option<Text>,
    pub(in crate::commands::report) account_region: Option<Text>,
    pub(in crate::commands::report) result: Outcome,
    pub(in crate::commands::report) steps: Vec<StepText>,
    /// `None` if there is no way to the API.
    pub(in crate::commands::report) diagram: Option<Diagram>,
}

/// The result of an API or a domain.
pub(in crate::commands::report) struct Outcome {
    /// The severity, or the compliance type if no check failed.
    pub(in crate::commands::report) status: &'static str,
    pub(in crate::commands::report) class: &'static str,
    /// The failed checks, worst first.
    pub(in crate::commands::report) failed: Vec<Failed>,
    /// Why nothing failed; `None` if something did.
    pub(in crate::commands::report) why: Option<Text>,
}

/// A failed check and its problems.
pub(in crate::commands::report) struct Failed {
    pub(in crate::commands::report) check: &'static str,
    pub(in crate::commands::report) problems: Vec<Text>,
    pub(in crate::commands::report) more: usize,
}

/// A step with its commands.
pub(in crate::commands::report) struct StepText {
    pub(in crate::commands::report) text: Text,
    pub(in crate::commands::report) commands: Vec<String>,
}

impl Card {
    /// The card of an API, with its account and Region if there are `several`.
    pub(super) fn of(
        report: &Reported,
        resource: &EvaluatedResource,
        filter: &Filter,
        several: bool,
        number: usize,
    ) -> Self {
        Self {
            number,
            label: Text::of(resource.subject.label()),
            name: resource.name.as_deref().map(Text::of),
            account_region: several.then(|| Text::of(rows::account_region(&report.account_region))),
            result: Outcome::of(report, resource, filter),
            steps: shown_steps(report, resource, filter),
            diagram: Diagram::of(resource),
        }
    }
}

impl Outcome {
    pub(super) fn of(report: &Reported, resource: &EvaluatedResource, filter: &Filter) -> Self {
        let compliance_type = resource.compliance_type();
        let (failed, _) = failed(filter, resource, report.at);
        let failed: Vec<Failed> =
            failed.into_iter().map(|(finding, _)| Failed::of(report, resource, finding)).collect();
        Self {
            status: resource.severity(report.at).map_or(compliance_type.name(), Severity::name),
            class: match compliance_type {
                ComplianceType::NonCompliant => "bad",
                ComplianceType::Compliant => "good",
                ComplianceType::NotApplicable => "none",
            },
            why: failed.is_empty().then(|| Text::of(resource.annotation())),
            failed,
        }
    }
}

impl Failed {
    fn of(report: &Reported, resource: &EvaluatedResource, finding: &Finding) -> Self {
        let texts = problems(resource, finding, report.at);
        Self {
            check: finding.check().code(),
            more: texts.len().saturating_sub(MAX_PROBLEMS),
            problems: texts.into_iter().take(MAX_PROBLEMS).map(Text::of).collect(),
        }
    }
}

/// What to do about the failures that the filter shows.
pub(super) fn shown_steps(report: &Reported, resource: &EvaluatedResource, filter: &Filter) -> Vec<StepText> {
    let (failed, _) = failed(filter, resource, report.at);
    let findings: Vec<&Finding> = failed.into_iter().map(|(finding, _)| finding).collect();
    let text = |step: FixStep| StepText {
        text: Text::of(step.text),
        commands: step.commands.iter().map(AwsCommand::text).collect(),
    };
    steps(resource, &findings, &report.account_region).into_iter().map(text).collect()
}
