use std::fmt::Write as _;

use anstream::{AutoStream, ColorChoice};
use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table, presets};
use jiff::Timestamp;
use stagecert::checks::Verdict;
use stagecert::evaluations::{ComplianceType, EvaluatedStage};
use stagecert::place::Place;
use stagecert::scan::Scan;

use crate::scan::Summary;

/// The scan for people: a row a stage, then one line that counts. Coloured on a terminal only.
pub(crate) fn print(place: &Place, now: Timestamp, scan: &Scan, summary: &Summary, out: &mut String) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    if AutoStream::choice(&std::io::stdout()) == ColorChoice::Never {
        table.force_no_tty();
    } else {
        table.enforce_styling();
    }
    let header = ["STAGE", "COMPLIANCE", "WHAT FAILED", "CERTIFICATE", "NOT AFTER", "OWNER"];
    table.set_header(header.map(|name| Cell::new(name).add_attribute(Attribute::Bold)));
    for evaluated in &scan.stages {
        table.add_row(row(evaluated));
    }
    for line in table.lines() {
        let _ = writeln!(out, "{}", line.trim_end());
    }
    let _ = writeln!(
        out,
        "\n{place}, at {now}: {} stages, {} NON_COMPLIANT, {} COMPLIANT, {} NOT_APPLICABLE",
        summary.stages, summary.non_compliant, summary.compliant, summary.not_applicable
    );
}

fn row(evaluated: &EvaluatedStage) -> Vec<Cell> {
    let compliance_type = evaluated.compliance_type();
    let compliance = Cell::new(compliance_type.name()).fg(match compliance_type {
        ComplianceType::NonCompliant => Color::Red,
        ComplianceType::Compliant => Color::Green,
        ComplianceType::NotApplicable => Color::DarkGrey,
    });
    vec![
        Cell::new(printable(&evaluated.stage.arn.label())),
        compliance,
        Cell::new(what_failed(evaluated)),
        or_dash(evaluated.certificate().map(|id| printable(&id.to_string()))),
        or_dash(evaluated.not_after.map(|instant| instant.to_string())),
        or_dash(evaluated.owner.as_deref().map(printable)),
    ]
}

/// A line a failed check; for a stage that the rule does not apply to, why not.
fn what_failed(evaluated: &EvaluatedStage) -> String {
    match evaluated.compliance_type() {
        ComplianceType::Compliant => "-".into(),
        ComplianceType::NotApplicable => printable(evaluated.annotation().as_str()),
        ComplianceType::NonCompliant => {
            let findings = evaluated.result.as_deref().unwrap_or_default();
            let mut failed: Vec<_> =
                findings.iter().filter(|finding| finding.verdict() == Verdict::Failed).collect();
            failed.sort_by_key(|finding| finding.urgency());
            let lines: Vec<String> =
                failed.iter().map(|finding| format!("{}: {}", finding.check(), finding.reason())).collect();
            lines.join("\n")
        }
    }
}

fn or_dash(text: Option<String>) -> Cell {
    Cell::new(text.unwrap_or_else(|| "-".into()))
}

/// Tag values and names come from the account: no control character of theirs reaches a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}
