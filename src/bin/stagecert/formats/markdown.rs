//! Markdown for tickets and pull requests: one table per account and Region, with what failed and
//! why.

use std::fmt::Write as _;

use stagecert::Failure;
use stagecert::checks::finding::Finding;
use stagecert::checks::severity::Severity;
use stagecert::checks::verdict::Verdict;
use stagecert::evaluation::compliance::ComplianceType;
use stagecert::evaluation::evaluated::EvaluatedStage;
use stagecert::evaluation::front_door::EvaluatedResource;

use super::escape::code;
use crate::exemptions;
use crate::scan_results::{ScanResults, ScannedAccountRegion};

pub(super) fn page(results: &ScanResults) -> String {
    let mut out = String::from("# API Gateway stages\n");
    for scanned in &results.scanned {
        section(results, scanned, &mut out);
    }
    if results.scanned.len() != 1 || !results.failures.is_empty() {
        let _ = writeln!(
            out,
            "\n## Total\n\n{} accounts and Regions: {}.",
            results.scanned.len(),
            results.summary()
        );
    }
    let exemptions = exemptions::lines(&results.scanned);
    if !exemptions.is_empty() {
        out.push_str("\n## Exemptions\n\n");
        for text in &exemptions {
            let _ = writeln!(out, "- {}", code(text));
        }
    }
    errors(&results.failures, &mut out);
    out
}

fn section(results: &ScanResults, scanned: &ScannedAccountRegion, out: &mut String) {
    let summary = results.summary_of(scanned);
    let _ = writeln!(
        out,
        "\n## Account {}, Region {}\n\nAt {}: {summary}.",
        scanned.account_region.account, scanned.account_region.region, scanned.at
    );
    if let Some(left_out) = results.left_out(&summary) {
        let _ = writeln!(out, "\n`{left_out}`");
    }
    let mut rows: Vec<String> = results.stages(scanned).map(|stage| row(results, scanned, stage)).collect();
    rows.extend(scanned.scan.not_evaluated.iter().map(|stage| {
        let api = or_dash(scanned.api_name(stage).map(code));
        format!(
            "| {} | {api} | - | INSUFFICIENT_DATA | **not evaluated** | - | - | - |",
            code(&stage.label())
        )
    }));
    if !rows.is_empty() {
        out.push_str(
            "\n| stage | API | severity | compliance | what failed | certificate | not after | owner |\n\
             | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        );
        for row in rows {
            let _ = writeln!(out, "{row}");
        }
    }
    front_door(results, scanned, out);
    unused(scanned, out);
    errors(&scanned.scan.failures, out);
}

/// The table of APIs and domains; nothing if there are none to list.
fn front_door(results: &ScanResults, scanned: &ScannedAccountRegion, out: &mut String) {
    let mut rows: Vec<String> =
        results.resources(scanned).map(|resource| resource_row(results, scanned, resource)).collect();
    rows.extend(
        scanned
            .front_door_not_evaluated()
            .map(|label| format!("| {} | - | - | INSUFFICIENT_DATA | **not evaluated** | - |", code(&label))),
    );
    if rows.is_empty() {
        return;
    }
    out.push_str(
        "\n| API or domain | API name | severity | compliance | what failed | not after |\n\
         | --- | --- | --- | --- | --- | --- |\n",
    );
    for row in rows {
        let _ = writeln!(out, "{row}");
    }
}

fn resource_row(
    results: &ScanResults,
    scanned: &ScannedAccountRegion,
    resource: &EvaluatedResource,
) -> String {
    let what_failed = match resource.compliance_type() {
        ComplianceType::Compliant => "-".into(),
        ComplianceType::NotApplicable => code(resource.annotation().as_str()),
        ComplianceType::NonCompliant => {
            let (failed, left_out) = results.resource_failed(scanned, resource);
            let failed = failed.into_iter().map(|(finding, _)| finding);
            failed_lines(failed, left_out)
        }
    };
    format!(
        "| {} | {} | {} | {} | {what_failed} | {} |",
        code(&resource.subject.label()),
        or_dash(resource.name.as_deref().map(code)),
        results.resource_severity(scanned, resource).map_or("-", Severity::name),
        resource.compliance_type().name(),
        or_dash(resource.dates.first().map(|date| date.not_after.to_string())),
    )
}

/// One line per failed check.
fn failed_lines<'a>(failed: impl IntoIterator<Item = &'a Finding>, left_out: usize) -> String {
    let line = |finding: &Finding| format!("**{}**: {}", finding.check(), code(&finding.to_string()));
    let mut lines: Vec<String> = failed.into_iter().map(line).collect();
    if left_out > 0 {
        lines.push(format!("and {left_out} more"));
    }
    lines.join("<br>")
}

fn unused(scanned: &ScannedAccountRegion, out: &mut String) {
    let unused = ScanResults::unused(scanned);
    if unused.is_empty() {
        return;
    }
    out.push_str("\nUnused certificates:\n\n");
    for certificate in unused {
        let end = certificate.not_after.map(|end| format!(", not after {end}")).unwrap_or_default();
        let _ = writeln!(out, "- {}{end}", code(&certificate.id.to_string()));
    }
}

fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".into())
}

fn row(results: &ScanResults, scanned: &ScannedAccountRegion, evaluated: &EvaluatedStage) -> String {
    format!(
        "| {} | {} | {} | {} | {} | {} | {} | {} |",
        code(&evaluated.stage.arn.label()),
        or_dash(scanned.api_name(&evaluated.stage.arn).map(code)),
        results.severity(scanned, evaluated).map_or("-", Severity::name),
        evaluated.compliance_type().name(),
        what_failed(results, scanned, evaluated),
        or_dash(evaluated.certificate().map(|id| code(&id.to_string()))),
        or_dash(evaluated.not_after.map(|instant| instant.to_string())),
        or_dash(evaluated.owner.as_deref().map(code)),
    )
}

/// Whether a check is exempt that fails otherwise.
fn is_exempt(evaluated: &EvaluatedStage) -> bool {
    let findings = evaluated.result.iter().flatten().filter(|it| it.exemption().is_some());
    findings.into_iter().any(|it| it.unexempted().verdict() == Verdict::Failed)
}

/// One line per failed check, or why the rule does not apply to the stage.
fn what_failed(results: &ScanResults, scanned: &ScannedAccountRegion, evaluated: &EvaluatedStage) -> String {
    match evaluated.compliance_type() {
        ComplianceType::Compliant if is_exempt(evaluated) => code(evaluated.annotation().as_str()),
        ComplianceType::Compliant => "-".into(),
        ComplianceType::NotApplicable => code(evaluated.annotation().as_str()),
        ComplianceType::NonCompliant => {
            let (failed, left_out) = results.failed(scanned, evaluated);
            failed_lines(failed, left_out)
        }
    }
}

fn errors(failures: &[Failure], out: &mut String) {
    if failures.is_empty() {
        return;
    }
    out.push_str("\n**Incomplete.** Not everything could be evaluated:\n\n");
    for failure in failures {
        let _ = writeln!(out, "- {}", code(&failure.message()));
    }
}
