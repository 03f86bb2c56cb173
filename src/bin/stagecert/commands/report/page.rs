//! The page: what its template needs, and a policy that lets a browser load nothing but what is in it.

use askama::Template;
use data_encoding::BASE64;
use sha2::{Digest, Sha256};
use stagecert::Failure;
use stagecert::parameters::Parameters;
use stagecert::scan::figures::{Figures, Observation, presented};

use super::Reported;
use super::chart::{Chart, WIDTH, chart};
use super::figures::{Card, cards};
use super::rows::{Row, rows};
use super::text::{Text, counted};
use super::unjudged::{Unjudged, unjudged};
use super::unused::{Unused, unused};

const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    /// Names the style and the script by their hashes; nothing else may be loaded or run.
    policy: String,
    style: &'static str,
    script: &'static str,
    version: &'static str,
    places: Vec<Shown>,
    earlier: Vec<Shown>,
    parameters: Vec<(Text, Text)>,
    figures: Figures,
    checks: Vec<&'static str>,
    cards: Vec<Card>,
    chart: Option<Chart>,
    width: usize,
    rows: Vec<Row>,
    unused: Vec<Unused>,
    unjudged: &'a Unjudged,
}

/// An account and Region, and when it was looked at.
struct Shown {
    account: Text,
    region: Text,
    at: Text,
    /// What this one could not judge.
    not_evaluated: Option<String>,
}

impl Shown {
    fn of(report: &Reported) -> Self {
        let account_region = &report.account_region;
        let (stages, failures) = (report.scan.not_evaluated.len(), report.scan.failures.len());
        Self {
            account: Text::of(&account_region.account),
            region: Text::of(&account_region.region),
            at: Text::of(report.at),
            not_evaluated: (failures > 0)
                .then(|| format!("at least {} could not be judged then", counted(stages, "stage"))),
        }
    }
}

impl Page<'_> {
    fn headline(&self) -> String {
        let of = if self.figures.stages == 1 { "stage has" } else { "stages have" };
        format!("{} of {} {of} something to be done", self.figures.non_compliant, self.figures.stages)
    }

    fn has_unjudged(&self) -> bool {
        !self.unjudged.stages.is_empty() || !self.unjudged.failures.is_empty()
    }

    fn without_result(&self) -> String {
        match self.unjudged.stages.len() {
            0 => "something failed that may have kept stages out of sight.".into(),
            count => format!("at least {} without a result, in no figure.", counted(count, "stage")),
        }
    }
}

/// The whole page. `given` are the rule parameters as they were given.
pub(super) fn render(
    reports: &[Reported],
    outside: &[Failure],
    earlier: &[Reported],
    parameters: &Parameters,
    given: &[(String, String)],
) -> Result<String, askama::Error> {
    let observations: Vec<Observation<'_>> = reports.iter().map(Reported::observation).collect();
    Page {
        policy: policy(),
        style: STYLE,
        script: SCRIPT,
        version: env!("CARGO_PKG_VERSION"),
        places: reports.iter().map(Shown::of).collect(),
        earlier: earlier.iter().map(Shown::of).collect(),
        parameters: given.iter().map(|(key, value)| (Text::of(key), Text::of(value))).collect(),
        figures: Figures::of(&observations, parameters),
        checks: parameters.checks.iter().map(|check| check.code()).collect(),
        cards: cards(reports, earlier, parameters),
        chart: chart(&presented(&observations), reports),
        width: WIDTH,
        rows: rows(reports, parameters),
        unused: unused(reports),
        unjudged: &unjudged(reports, outside),
    }
    .render()
}

fn policy() -> String {
    let hash = |text: &str| BASE64.encode(&Sha256::digest(text));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}
