//! The rows of the table: their order, their groups and their texts.

use std::cmp::Reverse;

use stagecert::checks::exemption::Exemption;
use stagecert::checks::finding::Finding;
use stagecert::checks::severity::Severity;
use stagecert::checks::stage::{certificate_attached as attached, certificate_expiry as expiry};
use stagecert::checks::verdict::Verdict;
use stagecert::evaluation::evaluated::EvaluatedStage;
use stagecert::evaluation::front_door::{EvaluatedResource, FrontDoorSubject};
use stagecert::evaluation::scope::NotEvaluated;
use stagecert::quote::printable;
use stagecert::resources::stage_arn::StageArn;

use super::layout::{Cell, Cells};
use super::resource_cells::{expires, findings};
use crate::filter::{GroupBy, Sort};
use crate::scan_results::{ScanResults, ScannedAccountRegion};
use crate::terminal::Paint;
use crate::words::{day, days_until, what_failed};

/// A row of the table.
pub(super) struct Row<'a> {
    pub(super) scanned: &'a ScannedAccountRegion,
    subject: Subject<'a>,
    state: State,
}

/// What a row is about. The findings are absent if it could not be evaluated.
#[derive(Clone, Copy)]
enum Subject<'a> {
    Stage(&'a StageArn, Option<&'a EvaluatedStage>),
    /// An API or a domain that was evaluated.
    Resource(&'a EvaluatedResource),
    /// An API or a domain that was not evaluated.
    Unread(&'a FrontDoorSubject),
}

/// What is known about a subject, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Failed(Reverse<Severity>),
    NotEvaluated,
    /// What would have failed is exempt.
    Exempt,
    /// The findings that are shown passed.
    Passed,
    PresentsCertificate,
    /// Nothing but its owner could be checked.
    NoHttpBackend,
    NotApplicable,
}

/// The rows of all subjects that the filter lists, and of all that could not be evaluated, sorted.
pub(super) fn rows<'a>(results: &'a ScanResults) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'a>> = Vec::new();
    for scanned in &results.scanned {
        let of_stage = |evaluated: &'a EvaluatedStage| Row {
            scanned,
            subject: Subject::Stage(&evaluated.stage.arn, Some(evaluated)),
            state: state(results, scanned, evaluated),
        };
        rows.extend(results.stages(scanned).map(of_stage));
        let of_resource = |resource: &'a EvaluatedResource| Row {
            scanned,
            subject: Subject::Resource(resource),
            state: resource_state(results, scanned, resource),
        };
        rows.extend(results.resources(scanned).map(of_resource));
        let unread = |subject| Row { scanned, subject, state: State::NotEvaluated };
        let stages = scanned.scan.not_evaluated.iter();
        rows.extend(stages.map(|arn| unread(Subject::Stage(arn, None))));
        let others = scanned.scan.front_door.iter().flat_map(|it| &it.not_evaluated);
        rows.extend(others.map(|subject| unread(Subject::Unread(subject))));
    }
    let by_urgency = |row: &Row<'a>| (row.state, row.date(), &row.scanned.account_region, row.arn());
    // The sort is stable, so other subjects than stages remain in their order.
    rows.sort_by(|one, other| by_urgency(one).cmp(&by_urgency(other)));
    // These sorts are stable, so equal rows remain sorted by urgency.
    match results.sort {
        Sort::Severity => {}
        Sort::Date => rows.sort_by_key(Row::date),
        Sort::Stage => rows.sort_by_cached_key(Row::label),
        Sort::Owner => {
            rows.sort_by_cached_key(|row| (row.owner().is_none(), row.owner().map(str::to_lowercase)));
        }
    }
    rows
}

fn state(results: &ScanResults, scanned: &ScannedAccountRegion, stage: &EvaluatedStage) -> State {
    if let Some(severity) = results.worst(scanned, stage) {
        return State::Failed(Reverse(severity));
    }
    let Ok(findings) = &stage.result else { return State::NotApplicable };
    if findings.iter().any(|finding| exempt_failure(finding).is_some()) {
        return State::Exempt;
    }
    let of_attached = findings.iter().find_map(|finding| match finding.unexempted() {
        Finding::CertificateAttached(answer) => Some(answer),
        _ => None,
    });
    match of_attached {
        Some(attached::Answer::NoHttpIntegration { .. }) => State::NoHttpBackend,
        Some(attached::Answer::Attached { .. }) => State::PresentsCertificate,
        _ if findings.iter().any(|finding| finding.verdict() == Verdict::Passed) => State::Passed,
        _ => State::NotApplicable,
    }
}

fn resource_state(
    results: &ScanResults,
    scanned: &ScannedAccountRegion,
    resource: &EvaluatedResource,
) -> State {
    match results.resource_severity(scanned, resource) {
        Some(severity) => State::Failed(Reverse(severity)),
        None if resource.findings.iter().any(|it| it.verdict() == Verdict::Passed) => State::Passed,
        None => State::NotApplicable,
    }
}

impl<'a> Row<'a> {
    /// Whether the row is about a stage.
    pub(super) fn is_stage(&self) -> bool {
        matches!(self.subject, Subject::Stage(..))
    }

    /// The ARN of a stage.
    fn arn(&self) -> Option<&'a StageArn> {
        match self.subject {
            Subject::Stage(arn, _) => Some(arn),
            Subject::Resource(_) | Subject::Unread(_) => None,
        }
    }

    fn label(&self) -> String {
        match self.subject {
            Subject::Stage(arn, _) => arn.label(),
            Subject::Resource(resource) => resource.subject.label(),
            Subject::Unread(subject) => subject.label(),
        }
    }

    /// The last instant of the certificate that expires first; rows without one are last.
    fn date(&self) -> (bool, Option<jiff::Timestamp>) {
        let not_after = match self.subject {
            Subject::Stage(_, evaluated) => evaluated.and_then(|evaluated| evaluated.not_after),
            Subject::Resource(resource) => resource.dates.first().map(|date| date.not_after),
            Subject::Unread(_) => None,
        };
        (not_after.is_none(), not_after)
    }

    /// The owner of a stage.
    fn owner(&self) -> Option<&'a str> {
        match self.subject {
            Subject::Stage(_, evaluated) => evaluated?.owner.as_deref(),
            Subject::Resource(_) | Subject::Unread(_) => None,
        }
    }

    /// The name of the API, if it is known.
    fn api_name(&self) -> Option<&'a str> {
        match self.subject {
            Subject::Stage(arn, _) => self.scanned.api_name(arn),
            Subject::Resource(resource) => resource.name.as_deref(),
            Subject::Unread(_) => None,
        }
    }

    fn account(&self) -> String {
        let account_region = &self.scanned.account_region;
        format!("{} {}", account_region.account, account_region.region)
    }

    /// The heading of the row's group.
    pub(super) fn group(&self, group_by: GroupBy) -> String {
        match group_by {
            GroupBy::Owner if !self.is_stage() => "front door".into(),
            GroupBy::Owner => self.owner().map_or_else(|| "no owner".into(), printable),
            GroupBy::Api => {
                let name = self.api_name().map(|name| format!(" {}", printable(name)));
                let id = self.arn().map_or_else(|| printable(&self.label()), |arn| arn.api_id().to_owned());
                format!("{id}{}", name.unwrap_or_default())
            }
            GroupBy::Account => self.account(),
        }
    }

    /// The cells of the row, with its account and Region if there are `several`.
    pub(super) fn cells(&self, results: &ScanResults, several: bool) -> Cells {
        let (severity, of_severity) = self.severity();
        let api = self.api_name().map_or_else(|| "-".into(), printable);
        Cells {
            severity: Cell::new(severity, of_severity),
            stage: Cell::new(printable(&self.label()), Paint::Plain),
            api: Cell::new(api, Paint::Plain),
            account: several.then(|| Cell::new(self.account(), Paint::Dim)),
            findings: self.findings(results),
            expires: self.expires(),
            owner: self.owner().map_or_else(
                || Cell::new("-", Paint::Dim),
                |owner| Cell::new(printable(owner), Paint::Plain),
            ),
        }
    }

    fn severity(&self) -> (&'static str, Paint) {
        match self.state {
            State::Failed(Reverse(severity)) => (severity.name(), paint(severity)),
            State::NotEvaluated => ("UNKNOWN", Paint::Yellow),
            State::Passed | State::PresentsCertificate => ("passed", Paint::Green),
            State::Exempt => ("exempt", Paint::Dim),
            State::NoHttpBackend | State::NotApplicable => ("-", Paint::Dim),
        }
    }

    /// What failed, one text per finding, or why nothing did.
    fn findings(&self, results: &ScanResults) -> Vec<Cell> {
        let dim = |text: &str| vec![Cell::new(printable(text), Paint::Dim)];
        let (arn, evaluated) = match self.subject {
            Subject::Stage(arn, Some(evaluated)) => (arn, evaluated),
            Subject::Resource(resource) => return findings(results, self.scanned, resource),
            Subject::Stage(_, None) | Subject::Unread(_) => {
                return vec![Cell::new("not evaluated", Paint::Yellow)];
            }
        };
        let mut cells = match self.state {
            State::Failed(_) | State::NotEvaluated => {
                let (failed, left_out) = results.failed(self.scanned, evaluated);
                let cell = |finding: &Finding| {
                    Cell::new(printable(&what_failed(finding, self.scanned.at)), Paint::Plain)
                };
                let mut cells: Vec<Cell> = failed.into_iter().map(cell).collect();
                if left_out > 0 {
                    cells.push(Cell::new(format!("and {left_out} more"), Paint::Dim));
                }
                cells
            }
            State::Exempt => self.exempt(evaluated),
            State::Passed => dim("nothing failed"),
            State::PresentsCertificate => dim("presents a certificate"),
            State::NoHttpBackend => dim("no HTTP backend"),
            State::NotApplicable => dim(&not_applicable(evaluated)),
        };
        if let Some(found) = results.backend_enforced(self.scanned, evaluated) {
            let paint = if found.severity.is_some() { Paint::Plain } else { Paint::Dim };
            cells.push(Cell::new(printable(&format!("backend: {}", found.text)), paint));
        }
        if let Some(rotation) = self.scanned.scan.rotations.of_stage(arn) {
            cells.push(Cell::new(printable(&rotation.to_string()), Paint::Dim));
        }
        cells
    }

    /// What would have failed, and until when it is exempt.
    fn exempt(&self, evaluated: &EvaluatedStage) -> Vec<Cell> {
        let findings = evaluated.result.iter().flatten().filter_map(exempt_failure);
        let cell = |(exemption, finding): (&Exemption, &Finding)| {
            let until = exemption.until.map(|until| format!(" until {until}")).unwrap_or_default();
            let text = format!("exempt{until}: {}", what_failed(finding, self.scanned.at));
            Cell::new(printable(&text), Paint::Dim)
        };
        findings.map(cell).collect()
    }

    /// The date of the certificate and the days that are left, colored if the date is within the
    /// window.
    fn expires(&self) -> Cell {
        let evaluated = match self.subject {
            Subject::Stage(_, Some(evaluated)) => evaluated,
            Subject::Resource(resource) => return expires(self.scanned, resource),
            Subject::Stage(_, None) | Subject::Unread(_) => return Cell::new("-", Paint::Dim),
        };
        let Some(not_after) = evaluated.not_after else { return Cell::new("-", Paint::Dim) };
        let days = format!("{}d", days_until(not_after, self.scanned.at));
        let findings = evaluated.result.iter().flatten().map(Finding::unexempted);
        let of_expiry = findings.into_iter().find_map(|finding| match finding {
            Finding::CertificateExpiry(answer) => {
                Some((answer, evaluated.severity(finding, self.scanned.at)))
            }
            _ => None,
        });
        let paint = match of_expiry {
            Some((expiry::Answer::Expiring { .. }, Some(Severity::Medium | Severity::Low))) => Paint::Yellow,
            Some((
                expiry::Answer::Expired { .. }
                | expiry::Answer::NotYetValid { .. }
                | expiry::Answer::Expiring { .. },
                _,
            )) => Paint::Red,
            _ => Paint::Plain,
        };
        Cell::new(format!("{} {days:>5}", day(not_after)), paint)
    }
}

/// The exemption of a finding that fails without it, and that finding.
fn exempt_failure(finding: &Finding) -> Option<(&Exemption, &Finding)> {
    let exemption = finding.exemption()?;
    let unexempted = finding.unexempted();
    (unexempted.verdict() == Verdict::Failed).then_some((exemption, unexempted))
}

/// The color of a severity.
pub(super) fn paint(severity: Severity) -> Paint {
    match severity {
        Severity::Critical => Paint::BoldRed,
        Severity::High => Paint::Red,
        Severity::Medium => Paint::Yellow,
        Severity::Low => Paint::Plain,
    }
}

fn not_applicable(evaluated: &EvaluatedStage) -> String {
    match &evaluated.result {
        Err(NotEvaluated::HttpApi) => "HTTP API: can't present a certificate".into(),
        Err(reason) => reason.to_string(),
        Ok(_) => "no check applies".into(),
    }
}
