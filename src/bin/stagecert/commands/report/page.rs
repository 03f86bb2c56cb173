//! The report page: the data for its template, and a Content Security Policy that keeps browsers
//! from loading anything else.

use askama::Template;
use data_encoding::BASE64;
use sha2::{Digest, Sha256};
use stagecert::Failure;
use stagecert::parameters::Parameters;
use stagecert::scan::backend_enforced::CODE;
use stagecert::scan::exemptions::ExemptionUse;
use stagecert::scan::figures::{Figures, Observation, presented};

use crate::chosen::ChosenChecks;
use crate::exemptions::merged;
use crate::probed::Probed;

use super::Reported;
use super::backends::{Section, section};
use super::changes::{Changes, changes};
use super::chart::{Chart, WIDTH, chart};
use super::figures::{Card, cards};
use super::front_door;
use super::kinds::Kind;
use super::not_evaluated::{NotEvaluated, not_evaluated};
use super::rows::{Row, rows};
use super::text::{Text, counted};
use super::unused::{Unused, unused};

const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// The number of exemptions that the page lists; the rest are only counted.
const MAX_EXEMPTIONS: usize = 200;

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    /// The Content Security Policy: it allows only the style and the script, by hash.
    policy: String,
    style: &'static str,
    script: &'static str,
    version: &'static str,
    accounts: Vec<Header>,
    earlier: Vec<Header>,
    parameters: Vec<(Text, Text)>,
    figures: Figures,
    /// The checks of stages.
    checks: Vec<&'static str>,
    front_door_checks: Vec<&'static str>,
    cards: Vec<Card>,
    chart: Option<Chart>,
    width: usize,
    changes: Vec<Changes>,
    /// The options that select the stages of the table; `None` if they show all.
    filter: Option<Text>,
    rows: Vec<Row>,
    kinds: Vec<Kind>,
    exemptions: Vec<ExemptionLine>,
    more_exemptions: usize,
    unused: Vec<Unused>,
    backends: Option<Section>,
    /// `None` if the front door was not evaluated.
    front_door: Option<front_door::Section>,
    not_evaluated: &'a NotEvaluated,
}

/// An account and Region, and the time of its scan.
struct Header {
    account: Text,
    region: Text,
    at: Text,
    /// How many stages could not be evaluated, if any.
    not_evaluated: Option<String>,
}

impl Header {
    fn of(report: &Reported) -> Self {
        let account_region = &report.account_region;
        let (stages, failures) = (report.scan.not_evaluated.len(), report.scan.failures.len());
        Self {
            account: Text::of(&account_region.account),
            region: Text::of(&account_region.region),
            at: Text::of(report.at),
            not_evaluated: (failures > 0)
                .then(|| format!("at least {} could not be evaluated at the time", counted(stages, "stage"))),
        }
    }
}

impl Page<'_> {
    fn headline(&self) -> String {
        let failed = self.figures.non_compliant;
        let verb = if failed == 1 { "needs" } else { "need" };
        format!("{failed} of {} {verb} attention", counted(self.figures.stages, "stage"))
    }

    fn is_unchanged(&self) -> bool {
        self.changes.iter().all(|it| it.count == 0)
    }

    fn is_incomplete(&self) -> bool {
        let NotEvaluated { stages, resources, failures, .. } = self.not_evaluated;
        !stages.is_empty() || !resources.is_empty() || !failures.is_empty()
    }

    fn without_result(&self) -> String {
        match self.not_evaluated.stages.len() {
            0 if !self.not_evaluated.resources.is_empty() => {
                let count = self.not_evaluated.resources.len();
                format!("APIs and domains without a result, which are not counted: {count}.")
            }
            0 => "an error may have hidden stages.".into(),
            1 => "at least 1 stage has no result and is not counted in any figure.".into(),
            count => format!("at least {count} stages have no result and are not counted in any figure."),
        }
    }
}

/// What was evaluated.
#[derive(Clone, Copy)]
pub(super) struct Rule<'a> {
    pub(super) parameters: &'a Parameters,
    /// The rule parameters as the user gave them.
    pub(super) given: &'a [(String, String)],
    /// The checks that were run.
    pub(super) checks: &'a ChosenChecks,
}

/// The HTML of the page.
pub(super) fn render(
    reports: &[Reported],
    outside: &[Failure],
    earlier: &[Reported],
    rule: Rule<'_>,
    probed: Probed<'_>,
) -> Result<String, askama::Error> {
    let Rule { parameters, given, checks } = rule;
    let filter = probed.filter;
    let observations: Vec<Observation<'_>> = reports.iter().map(Reported::observation).collect();
    let all_exemptions = merged(reports.iter().map(|report| &report.scan));
    let (rows, kinds) = rows(reports, parameters, probed);
    Page {
        policy: policy(),
        style: STYLE,
        script: SCRIPT,
        version: env!("CARGO_PKG_VERSION"),
        accounts: reports.iter().map(Header::of).collect(),
        earlier: earlier.iter().map(Header::of).collect(),
        parameters: given.iter().map(|(key, value)| (Text::of(key), Text::of(value))).collect(),
        figures: Figures::of(&observations, parameters),
        front_door_checks: checks.front_door.iter().map(|check| check.code()).collect(),
        checks: checks.stage.iter().map(|check| check.code()).chain(probed.probes.map(|_| CODE)).collect(),
        cards: cards(reports, earlier, parameters, probed),
        chart: chart(&presented(&observations), reports),
        width: WIDTH,
        changes: changes(reports, earlier, filter),
        filter: filter.options().map(Text::of),
        rows,
        kinds,
        more_exemptions: all_exemptions.len().saturating_sub(MAX_EXEMPTIONS),
        exemptions: exemptions(&all_exemptions),
        unused: unused(reports),
        backends: section(reports),
        front_door: front_door::section(reports, filter),
        not_evaluated: &not_evaluated(reports, outside),
    }
    .render()
}

/// An exemption, and what needs attention about it.
struct ExemptionLine {
    text: Text,
    warning: Option<Text>,
}

/// The exemptions, those with a warning first.
fn exemptions(all: &[ExemptionUse]) -> Vec<ExemptionLine> {
    let mut all: Vec<(Option<String>, String)> =
        all.iter().map(|it| (it.warning(), it.to_string())).collect();
    all.sort_by_key(|(warning, _)| warning.is_none());
    let line = |(warning, text): (Option<String>, String)| ExemptionLine {
        text: Text::of(text),
        warning: warning.map(Text::of),
    };
    all.into_iter().take(MAX_EXEMPTIONS).map(line).collect()
}

fn policy() -> String {
    let hash = |text: &str| BASE64.encode(&Sha256::digest(text));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}
