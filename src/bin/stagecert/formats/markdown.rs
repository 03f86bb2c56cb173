//! For tickets and pull requests: what fails and why, a table a place.

use std::fmt::Write as _;

use stagecert::Failure;
use stagecert::evaluation::compliance::ComplianceType;
use stagecert::evaluation::evaluated::EvaluatedStage;

use super::escape::code;
use crate::scan_results::{Scanned, ScannedAccountRegion};

pub(super) fn page(scanned: &Scanned) -> String {
    let mut out = String::from("# API Gateway stages\n");
    for account_region in &scanned.places {
        section(scanned, account_region, &mut out);
    }
    if scanned.places.len() != 1 || !scanned.failures.is_empty() {
        let _ = writeln!(
            out,
            "\n## Together\n\n{} accounts and Regions: {}.",
            scanned.places.len(),
            scanned.summary()
        );
    }
    errors(&scanned.failures, &mut out);
    out
}

fn section(scanned: &Scanned, account_region: &ScannedAccountRegion, out: &mut String) {
    let summary = scanned.summary_of(account_region);
    let _ = writeln!(
        out,
        "\n## Account {}, Region {}\n\nAt {}: {summary}.",
        account_region.account_region.account, account_region.account_region.region, account_region.at
    );
    if let Some(excluded) = scanned.excluded(&summary) {
        let _ = writeln!(out, "\n`{excluded}`");
    }
    let mut rows: Vec<String> = scanned.stages(account_region).map(|stage| row(scanned, stage)).collect();
    rows.extend(account_region.scan.not_evaluated.iter().map(|stage| {
        format!("| {} | INSUFFICIENT_DATA | **not judged** | - | - | - |", code(&stage.label()))
    }));
    if !rows.is_empty() {
        out.push_str(
            "\n| stage | compliance | what failed | certificate | not after | owner |\n| --- | --- | --- | --- | --- | --- |\n",
        );
        for row in rows {
            let _ = writeln!(out, "{row}");
        }
    }
    unused(account_region, out);
    errors(&account_region.scan.failures, out);
}

fn unused(account_region: &ScannedAccountRegion, out: &mut String) {
    let unused = Scanned::unused(account_region);
    if unused.is_empty() {
        return;
    }
    out.push_str("\nCertificates that no stage has:\n\n");
    for certificate in unused {
        let end = certificate.not_after.map(|end| format!(", not after {end}")).unwrap_or_default();
        let _ = writeln!(out, "- {}{end}", code(&certificate.id.to_string()));
    }
}

fn row(scanned: &Scanned, evaluated: &EvaluatedStage) -> String {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".into());
    format!(
        "| {} | {} | {} | {} | {} | {} |",
        code(&evaluated.stage.arn.label()),
        evaluated.compliance_type().name(),
        what_failed(scanned, evaluated),
        or_dash(evaluated.certificate().map(|id| code(&id.to_string()))),
        or_dash(evaluated.not_after.map(|instant| instant.to_string())),
        or_dash(evaluated.owner.as_deref().map(code)),
    )
}

/// A line a failed check with its sentence; for a stage that the rule does not apply to, why not.
fn what_failed(scanned: &Scanned, evaluated: &EvaluatedStage) -> String {
    match evaluated.compliance_type() {
        ComplianceType::Compliant => "-".into(),
        ComplianceType::NotApplicable => code(evaluated.annotation().as_str()),
        ComplianceType::NonCompliant => {
            let (failed, excluded) = scanned.failed(evaluated);
            let mut lines: Vec<String> = failed
                .iter()
                .map(|finding| format!("**{}**: {}", finding.check(), code(&finding.to_string())))
                .collect();
            if excluded > 0 {
                lines.push(format!("and {excluded} more"));
            }
            lines.join("<br>")
        }
    }
}

fn errors(failures: &[Failure], out: &mut String) {
    if failures.is_empty() {
        return;
    }
    out.push_str("\n**Incomplete.** Not everything could be judged:\n\n");
    for failure in failures {
        let _ = writeln!(out, "- {}", code(&failure.message()));
    }
}
