//! The stages as table rows, with their remediation steps.

use stagecert::checks::finding::Finding;
use stagecert::checks::verdict::{Urgency, Verdict};
use stagecert::evaluation::compliance::ComplianceType;
use stagecert::evaluation::evaluated::EvaluatedStage;
use stagecert::parameters::Parameters;
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::stage_arn::StageType;

use super::Reported;
use super::remedy::{Step, steps};
use super::text::Text;

/// The row of a stage.
pub(super) struct Row {
    /// The position in the default order, for sorting and for the anchor of the steps.
    pub(super) number: usize,
    pub(super) label: Text,
    pub(super) api: Option<Text>,
    pub(super) account_region: Option<Text>,
    pub(super) kind: &'static str,
    pub(super) compliance_type: &'static str,
    pub(super) class: &'static str,
    /// The failed checks, most urgent first.
    pub(super) failed: Vec<Failed>,
    pub(super) annotation: Text,
    pub(super) certificate: Option<Text>,
    pub(super) description: Option<Text>,
    pub(super) not_after: Option<Instant>,
    pub(super) owner: Option<Text>,
    pub(super) steps: Vec<Step>,
}

/// A failed check.
pub(super) struct Failed {
    pub(super) check: &'static str,
    pub(super) reason: &'static str,
    pub(super) sentence: Text,
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

/// The rows of all stages, ordered by urgency, then by expiry date.
pub(super) fn rows(reports: &[Reported], parameters: &Parameters) -> Vec<Row> {
    let all = reports.iter().flat_map(|report| report.scan.stages.iter().map(move |stage| (report, stage)));
    let mut all: Vec<_> = all.collect();
    all.sort_by_key(|(report, stage)| {
        let expiry = (stage.not_after.is_none(), stage.not_after);
        (stage.compliance_type(), urgency(stage), expiry, &report.account_region, &stage.stage.arn)
    });
    let several = reports.len() > 1;
    all.into_iter()
        .enumerate()
        .map(|(number, (report, stage))| row(number + 1, report, stage, several, parameters))
        .collect()
}

/// The account ID and Region, such as `111122223333, eu-west-1`.
pub(super) fn account_region(account_region: &AccountRegion) -> String {
    format!("{}, {}", account_region.account, account_region.region)
}

fn row(
    number: usize,
    report: &Reported,
    stage: &EvaluatedStage,
    several: bool,
    parameters: &Parameters,
) -> Row {
    let compliance_type = stage.compliance_type();
    Row {
        number,
        label: Text::of(stage.stage.arn.label()),
        api: report.names.of_api(&stage.stage.arn).map(Text::of),
        account_region: several.then(|| Text::of(account_region(&report.account_region))),
        kind: match stage.stage.arn.stage_type() {
            StageType::RestApi => "REST",
            StageType::ApiV2 if stage.result.is_ok() => "WebSocket",
            StageType::ApiV2 => "V2",
        },
        compliance_type: compliance_type.name(),
        class: match compliance_type {
            ComplianceType::NonCompliant => "bad",
            ComplianceType::Compliant => "good",
            ComplianceType::NotApplicable => "none",
        },
        failed: failed(stage),
        annotation: Text::of(stage.annotation()),
        certificate: stage.certificate().map(Text::of),
        description: stage.certificate().and_then(|id| report.names.of_certificate(id)).map(Text::of),
        not_after: stage.not_after.map(Instant::of),
        owner: stage.owner.as_deref().map(Text::of),
        steps: steps(stage, parameters),
    }
}

fn failed(stage: &EvaluatedStage) -> Vec<Failed> {
    let findings = stage.result.as_deref().unwrap_or_default();
    let mut failed: Vec<&Finding> =
        findings.iter().filter(|finding| finding.verdict() == Verdict::Failed).collect();
    failed.sort_by_key(|finding| finding.urgency());
    let row = |finding: &Finding| Failed {
        check: finding.check().code(),
        reason: finding.reason(),
        sentence: Text::of(finding),
    };
    failed.into_iter().map(row).collect()
}

fn urgency(stage: &EvaluatedStage) -> Option<Urgency> {
    stage.result.iter().flatten().filter_map(Finding::urgency).min()
}
