//! The stages as table rows, with their remediation steps.

use std::cmp::Reverse;
use std::collections::HashMap;

use stagecert::checks::Check;
use stagecert::checks::finding::Finding;
use stagecert::checks::severity::Severity;
use stagecert::checks::stage::certificate_attached;
use stagecert::checks::verdict::{Urgency, Verdict};
use stagecert::evaluation::compliance::ComplianceType;
use stagecert::evaluation::evaluated::EvaluatedStage;
use stagecert::parameters::Parameters;
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::stage_arn::StageType;
use stagecert::scan::backend_enforced::BackendEnforced;

use crate::filter::Filter;
use crate::probed::Probed;

use super::Reported;
use super::kinds::{Kind, Kinds};
use super::remedy::remedies;
use super::text::Text;

/// The row of a stage.
pub(super) struct Row {
    pub(super) label: Text,
    pub(super) api: Option<Text>,
    pub(super) account_region: Option<Text>,
    /// The kind of API, unless it is a REST API.
    pub(super) kind: Option<&'static str>,
    /// The severity, or the compliance type if no check failed.
    pub(super) status: &'static str,
    pub(super) class: &'static str,
    /// The failed checks, worst first.
    pub(super) failed: Vec<Failed>,
    /// What probes show about the backends, unless that failed.
    pub(super) backends: Option<Text>,
    /// The rotation of the certificate, if one is in progress.
    pub(super) rotation: Option<Text>,
    /// What would have failed without an exemption.
    pub(super) exempt: Vec<Failed>,
    pub(super) annotation: Text,
    pub(super) certificate: Option<Text>,
    pub(super) description: Option<Text>,
    pub(super) not_after: Option<Instant>,
    pub(super) owner: Option<Text>,
}

/// A failed check.
pub(super) struct Failed {
    pub(super) check: &'static str,
    pub(super) sentence: Text,
    /// The number of the kind of problem that says what to do.
    pub(super) kind: Option<usize>,
}

/// The content of a `time` element: its machine-readable value and the day it shows.
pub(super) struct Instant {
    pub(super) datetime: String,
    pub(super) day: String,
}

impl Instant {
    pub(super) fn of(instant: jiff::Timestamp) -> Self {
        let datetime = instant.to_string();
        let day = datetime.split('T').next().unwrap_or_default().to_owned();
        Self { datetime, day }
    }
}

/// The rows of all stages, ordered by severity, then by expiry date, and what to do about them.
pub(super) fn rows(
    reports: &[Reported],
    parameters: &Parameters,
    probed: Probed<'_>,
) -> (Vec<Row>, Vec<Kind>) {
    let filter = probed.filter;
    let all = reports.iter().flat_map(|report| report.scan.stages.iter().map(move |stage| (report, stage)));
    let mut all: Vec<_> = all.filter(|(report, stage)| probed.lists(&report.place(), stage)).collect();
    all.sort_by_key(|(report, stage)| {
        let expiry = (stage.not_after.is_none(), stage.not_after);
        let of_backends = probed.severity(&report.place(), stage);
        let has_failed = stage.compliance_type() == ComplianceType::NonCompliant || of_backends.is_some();
        (
            !has_failed,
            stage.compliance_type(),
            Reverse(report.severity(stage).max(of_backends)),
            urgency(stage),
            expiry,
            &report.account_region,
            &stage.stage.arn,
        )
    });
    let several = reports.len() > 1;
    let mut kinds = Kinds::default();
    let rows = all
        .into_iter()
        .enumerate()
        .map(|(number, (report, stage))| {
            let mut row = row(report, stage, several);
            let stage_of_kind = (number + 1, &row.label, row.account_region.as_ref());
            let failed = failed(report, stage, filter);
            let mut remedies = remedies(stage, report.backends_of(&stage.stage.arn), parameters);
            let is_shown = |check: &Check| failed.iter().any(|finding| finding.check() == *check);
            remedies.retain(|remedy| remedy.checks.is_empty() || remedy.checks.iter().any(is_shown));
            let of_checks = kinds.add(&remedies, stage_of_kind);
            row.failed = failed.into_iter().map(|finding| Failed::of(finding, &of_checks)).collect();
            row.add(probed.shown(&report.place(), stage), report.severity(stage));
            row
        })
        .collect();
    (rows, kinds.kinds)
}

/// The account ID and Region, such as `111122223333, eu-west-1`.
pub(super) fn account_region(account_region: &AccountRegion) -> String {
    format!("{}, {}", account_region.account, account_region.region)
}

fn row(report: &Reported, stage: &EvaluatedStage, several: bool) -> Row {
    let compliance_type = stage.compliance_type();
    Row {
        label: Text::of(stage.stage.arn.label()),
        api: report.api_name(&stage.stage.arn).map(Text::of),
        account_region: several.then(|| Text::of(account_region(&report.account_region))),
        kind: match stage.stage.arn.stage_type() {
            StageType::RestApi => None,
            StageType::ApiV2 if stage.result.is_ok() => Some("WebSocket"),
            StageType::ApiV2 => Some("V2"),
        },
        status: report.severity(stage).map_or(passed(stage, compliance_type), Severity::name),
        class: match compliance_type {
            ComplianceType::NonCompliant => "bad",
            _ if is_exempt(stage) => "none",
            ComplianceType::Compliant if has_no_http_backend(stage) => "none",
            ComplianceType::Compliant => "good",
            ComplianceType::NotApplicable => "none",
        },
        failed: Vec::new(),
        backends: None,
        rotation: report.scan.rotations.of_stage(&stage.stage.arn).map(Text::of),
        exempt: exempt(stage),
        annotation: Text::of(stage.annotation()),
        certificate: stage.certificate().map(Text::of),
        description: stage.certificate().and_then(|id| report.names.of_certificate(id)).map(Text::of),
        not_after: stage.not_after.map(Instant::of),
        owner: stage.owner.as_deref().map(Text::of),
    }
}

impl Row {
    /// Adds what probes show about the stage's backends. `severity` is that of the other checks.
    fn add(&mut self, found: Option<BackendEnforced<'_>>, severity: Option<Severity>) {
        let Some(found) = found else { return };
        let sentence = Text::of(&found.text);
        if found.severity.is_none() {
            self.backends = Some(sentence);
            return;
        }
        self.failed.push(Failed { check: found.check, sentence, kind: None });
        self.status = found.severity.max(severity).map_or(self.status, Severity::name);
        self.class = "bad";
    }
}

/// The failed findings that the filter shows, worst first.
fn failed<'a>(report: &Reported, stage: &'a EvaluatedStage, filter: &Filter) -> Vec<&'a Finding> {
    let findings = stage.result.as_deref().unwrap_or_default().iter();
    let mut failed: Vec<&Finding> = findings
        .filter(|finding| finding.verdict() == Verdict::Failed)
        .filter(|finding| filter.shows_finding(stage, finding, report.at))
        .collect();
    failed.sort_by_key(|finding| (Reverse(stage.severity(finding, report.at)), finding.urgency()));
    failed
}

impl Failed {
    fn of(finding: &Finding, of_checks: &HashMap<Check, usize>) -> Self {
        Self {
            check: finding.check().code(),
            sentence: Text::of(sentence(finding)),
            kind: of_checks.get(&finding.check()).copied(),
        }
    }
}

/// The answer without the backends, and the exemption if there is one.
fn sentence(finding: &Finding) -> String {
    let answer = finding.unexempted();
    let answer = answer.fact().unwrap_or_else(|| answer.to_string());
    match finding.exemption() {
        Some(exemption) => format!("{answer}, {exemption}"),
        None => answer,
    }
}

/// The label of a stage without failed checks. A stage of which only the owner could be checked
/// doesn't present a certificate, and has another label than those that do.
fn passed(stage: &EvaluatedStage, compliance_type: ComplianceType) -> &'static str {
    match compliance_type {
        _ if is_exempt(stage) => "exempt",
        _ if has_no_http_backend(stage) => "no HTTP backend",
        other => other.name(),
    }
}

/// The failed findings that an exemption suppresses.
fn exempted(stage: &EvaluatedStage) -> impl Iterator<Item = &Finding> {
    let findings = stage.result.iter().flatten();
    findings
        .filter(|finding| finding.exemption().is_some() && finding.unexempted().verdict() == Verdict::Failed)
}

fn is_exempt(stage: &EvaluatedStage) -> bool {
    exempted(stage).next().is_some()
}

fn exempt(stage: &EvaluatedStage) -> Vec<Failed> {
    exempted(stage).map(|finding| Failed::of(finding, &HashMap::new())).collect()
}

fn has_no_http_backend(stage: &EvaluatedStage) -> bool {
    let is_no_http = |finding: &Finding| {
        matches!(
            finding,
            Finding::CertificateAttached(certificate_attached::Answer::NoHttpIntegration { .. })
        )
    };
    stage.result.iter().flatten().map(Finding::unexempted).any(is_no_http)
}

fn urgency(stage: &EvaluatedStage) -> Option<Urgency> {
    stage.result.iter().flatten().filter_map(Finding::urgency).min()
}
