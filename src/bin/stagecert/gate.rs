//! The exit status of a scan: which failures count, and whether the parameters select any stage.

use glob::Pattern;
use jiff::Timestamp;
use stagecert::Failure;
use stagecert::checks::Check;
use stagecert::checks::api::mutual_tls::is_named;
use stagecert::checks::severity::{Severity, severity};
use stagecert::checks::verdict::Verdict;
use stagecert::evaluation::evaluated::EvaluatedStage;
use stagecert::evaluation::front_door::EvaluatedResource;
use stagecert::parameters::Parameters;
use stagecert::quote::brief;
use stagecert::resources::stage_arn::StageArn;
use stagecert::scan::{Scan, backend_enforced};

use crate::chosen::ChosenChecks;
use crate::filter::Filter;

/// The maximum number of characters of `includeStages` in an error.
const MAX_GLOBS: usize = 200;

/// A failed finding that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailOn {
    /// Any failure of this check.
    Check(Check),
    /// A backend that doesn't enforce the certificate, according to a probe.
    BackendEnforced,
    /// Any failure with this severity or a worse one.
    Severity(Severity),
}

impl FailOn {
    /// The check's code or the severity, in upper or lower case.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text == backend_enforced::CODE {
            return Ok(Self::BackendEnforced);
        }
        let check = Check::from_code(text).map(Self::Check);
        check.or_else(|| Severity::from_name(text).map(Self::Severity)).ok_or_else(|| {
            let severities = Severity::ALL.map(|severity| severity.name().to_lowercase());
            format!(
                "the checks are {}, {}; the severities are {}",
                Check::ALL.map(Check::code).join(", "),
                backend_enforced::CODE,
                severities.join(", ")
            )
        })
    }
}

/// The failed findings that count: all if empty, otherwise those that match any entry. Checks that
/// `--only` hides never count.
#[derive(Debug)]
pub(crate) struct Gate<'a> {
    pub(crate) fail_on: &'a [FailOn],
    pub(crate) filter: &'a Filter,
}

impl Gate<'_> {
    /// Whether any finding of a stage that was evaluated at the instant `at` counts.
    pub(crate) fn fails(&self, stage: &EvaluatedStage, at: Timestamp) -> bool {
        let findings = stage.result.iter().flatten();
        findings
            .filter(|finding| finding.verdict() == Verdict::Failed)
            .filter(|finding| self.filter.shows_check(finding.check()))
            .any(|finding| self.matches(finding.check(), stage.severity(finding, at)))
    }

    /// Whether any finding of an API or a domain counts.
    pub(crate) fn fails_resource(&self, resource: &EvaluatedResource, at: Timestamp) -> bool {
        let findings = resource.findings.iter();
        findings
            .filter(|finding| finding.verdict() == Verdict::Failed)
            .filter(|finding| self.filter.shows_check(finding.check()))
            .any(|finding| self.matches(finding.check(), severity(finding, None, at)))
    }

    /// Whether backends that don't enforce the certificate, with this severity, count.
    pub(crate) fn counts_backends(&self, severity: Severity) -> bool {
        let matches = |it: &FailOn| match *it {
            FailOn::Check(_) => false,
            FailOn::BackendEnforced => true,
            FailOn::Severity(least) => severity >= least,
        };
        self.filter.only.is_none() && (self.fail_on.is_empty() || self.fail_on.iter().any(matches))
    }

    /// Whether a failure of a check with this severity counts.
    fn matches(&self, failed: Check, severity: Option<Severity>) -> bool {
        let matches = |it: &FailOn| match *it {
            FailOn::Check(check) => failed == check,
            FailOn::BackendEnforced => false,
            FailOn::Severity(least) => severity.is_some_and(|severity| severity >= least),
        };
        self.fail_on.is_empty() || self.fail_on.iter().any(matches)
    }
}

/// The globs of `includeStages` that match no stage.
#[derive(Debug, Default)]
pub(crate) struct Unmatched {
    globs: Vec<String>,
    /// Whether no glob matches any stage.
    is_all: bool,
    stages: usize,
    example: Option<String>,
}

impl Unmatched {
    /// The globs that match no stage of any of these scans; none if a scan has a failure, because a
    /// stage may be missing.
    pub(crate) fn of<'a>(
        scans: impl Iterator<Item = &'a Scan> + Clone,
        failures: &[Failure],
        parameters: &Parameters,
        checks: &ChosenChecks,
    ) -> Self {
        let globs = parameters.include_stages.as_ref().filter(|_| !checks.is_only_front_door());
        let Some(globs) = globs else { return Self::default() };
        if !failures.is_empty() || scans.clone().any(|scan| !scan.failures.is_empty()) {
            return Self::default();
        }
        let labels: Vec<String> = scans.flat_map(stages).map(StageArn::label).collect();
        let is_unmatched = |glob: &&Pattern| !labels.iter().any(|label| glob.matches(label));
        let unmatched: Vec<String> =
            globs.iter().filter(is_unmatched).map(|glob| glob.as_str().to_owned()).collect();
        Self {
            is_all: unmatched.len() == globs.len(),
            stages: labels.len(),
            example: unmatched.first().and_then(|glob| most_similar(glob, &labels)),
            globs: unmatched,
        }
    }

    /// The failure of a scan that evaluated no stage because `includeStages` matches none.
    pub(crate) fn failure(&self) -> Option<Failure> {
        let found = match (&self.example, self.stages) {
            (None, _) => "no stages were found".into(),
            (Some(example), 1) => format!("the only stage is {example}"),
            (Some(example), count) => {
                format!("globs match API/STAGE, and {count} stages were found, such as {example}")
            }
        };
        self.is_all.then(|| Failure::Malformed {
            field: "rule parameter includeStages".into(),
            problem: format!("no stage matches \"{}\"; {found}", brief(&self.globs.join(","), MAX_GLOBS)),
        })
    }

    /// A note about globs that match nothing, if others match something.
    pub(crate) fn note(&self) -> Option<String> {
        let is_part = !self.is_all && !self.globs.is_empty();
        is_part
            .then(|| format!("includeStages: no stage matches {}", brief(&self.globs.join(","), MAX_GLOBS)))
    }
}

/// The globs of `requireMutualTls` that name no API and no domain.
#[derive(Debug, Default)]
pub(crate) struct UnmatchedRequired {
    globs: Vec<String>,
    /// Whether no glob names any.
    is_all: bool,
}

impl UnmatchedRequired {
    /// The globs that name nothing in any of these scans; none if the front door was not evaluated
    /// or a scan has a failure, because an API or a domain may be missing.
    pub(crate) fn of<'a>(
        scans: impl Iterator<Item = &'a Scan> + Clone,
        failures: &[Failure],
        parameters: &Parameters,
        checks: &ChosenChecks,
    ) -> Self {
        let globs = &parameters.mutual_tls.required;
        let is_incomplete = |scan: &Scan| !scan.failures.is_empty() || scan.front_door.is_none();
        if checks.front_door.is_empty() || !failures.is_empty() || scans.clone().any(is_incomplete) {
            return Self::default();
        }
        let names: Vec<&String> =
            scans.filter_map(|scan| scan.front_door.as_ref()).flat_map(|it| &it.names).collect();
        let is_unmatched = |glob: &&Pattern| !names.iter().any(|name| is_named(glob, name));
        let unmatched: Vec<String> =
            globs.iter().filter(is_unmatched).map(|glob| glob.as_str().to_owned()).collect();
        Self { is_all: !globs.is_empty() && unmatched.len() == globs.len(), globs: unmatched }
    }

    /// The failure of a scan in which `requireMutualTls` names nothing: what must require
    /// certificates was not evaluated.
    pub(crate) fn failure(&self) -> Option<Failure> {
        self.is_all.then(|| Failure::Malformed {
            field: "rule parameter requireMutualTls".into(),
            problem: format!("no API and no domain matches \"{}\"", self.text()),
        })
    }

    /// A note about globs that name nothing, if others do.
    pub(crate) fn note(&self) -> Option<String> {
        let is_part = !self.is_all && !self.globs.is_empty();
        is_part.then(|| format!("requireMutualTls: no API and no domain matches {}", self.text()))
    }

    fn text(&self) -> String {
        brief(&self.globs.join(","), MAX_GLOBS)
    }
}

/// The stage whose name is most similar to a glob; the first of several.
fn most_similar(glob: &str, labels: &[String]) -> Option<String> {
    let rated = labels.iter().map(|label| (strsim::jaro_winkler(glob, label), label));
    let best = rated.reduce(|best, other| if other.0 > best.0 { other } else { best });
    best.map(|(_, label)| label.clone())
}

fn stages(scan: &Scan) -> impl Iterator<Item = &StageArn> {
    scan.stages.iter().map(|stage| &stage.stage.arn).chain(&scan.not_evaluated)
}
