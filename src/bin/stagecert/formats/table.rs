//! A table for people: one row per stage, then a summary line.

use std::fmt::Write as _;

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, Width, presets};
use stagecert::evaluation::compliance::ComplianceType;
use stagecert::evaluation::evaluated::EvaluatedStage;
use stagecert::quote::printable;
use stagecert::resources::stage_arn::StageArn;

use crate::scan_results::{ScanResults, ScannedAccountRegion};
use crate::terminal::OutputStyle;

/// The terminal width, in columns, below which certificates, dates and owners are not shown: they
/// would be split across lines.
const MIN_WIDTH_FOR_ALL: u16 = 115;
const MAX_NAME_WIDTH: usize = 32;
const HEADER: [&str; 6] = ["STAGE", "COMPLIANCE", "WHAT FAILED", "CERTIFICATE", "NOT AFTER", "OWNER"];
const NARROW_COLUMNS: usize = 3;

/// One table per account and Region, fitted to `style`.
pub(super) fn page(results: &ScanResults, style: OutputStyle) -> String {
    let mut out = String::new();
    for scanned in &results.scanned {
        rows(results, scanned, style, &mut out);
        let unused: Vec<String> = ScanResults::unused(scanned).iter().map(|it| it.id.to_string()).collect();
        if !unused.is_empty() {
            let _ = writeln!(out, "Unused certificates ({}): {}\n", unused.len(), unused.join(", "));
        }
        let summary = results.summary_of(scanned);
        let _ = writeln!(out, "{}, at {}: {summary}", scanned.account_region, scanned.at);
        if let Some(left_out) = results.left_out(&summary) {
            let _ = writeln!(out, "{left_out}");
        }
    }
    if results.scanned.len() != 1 || !results.failures.is_empty() {
        let _ = writeln!(out, "\n{} accounts and Regions: {}", results.scanned.len(), results.summary());
    }
    out
}

fn rows(results: &ScanResults, scanned: &ScannedAccountRegion, style: OutputStyle, out: &mut String) {
    let mut rows: Vec<Vec<Cell>> = results.stages(scanned).map(|stage| row(results, stage)).collect();
    rows.extend(scanned.scan.not_evaluated.iter().map(not_evaluated));
    if rows.is_empty() {
        return;
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if style.colored {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    match style.width {
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    let narrow = style.width.is_some_and(|width| width < MIN_WIDTH_FOR_ALL);
    let columns = if narrow { NARROW_COLUMNS } else { HEADER.len() };
    let header = HEADER.iter().take(columns);
    table.set_header(header.map(|name| Cell::new(name).add_attribute(Attribute::Bold)));
    table.add_rows(rows.into_iter().map(|row| row.into_iter().take(columns)));
    if style.width.is_some() {
        keep_whole(results, scanned, &mut table);
    }
    for line in table.lines() {
        let _ = writeln!(out, "{}", line.trim_end());
    }
    if narrow {
        let _ = writeln!(
            out,
            "\nCertificates, dates and owners need {MIN_WIDTH_FOR_ALL} columns; other formats always show them."
        );
    }
    out.push('\n');
}

/// Sets minimum column widths, so that only certificates and sentences wrap.
fn keep_whole(results: &ScanResults, scanned: &ScannedAccountRegion, table: &mut Table) {
    const PADDING: usize = 2;
    let names = results.stages(scanned).map(|stage| &stage.stage.arn).chain(&scanned.scan.not_evaluated);
    let longest = names.map(|arn| arn.label().chars().count()).max().unwrap_or_default();
    let name = longest.min(MAX_NAME_WIDTH);
    let compliance =
        if scanned.scan.not_evaluated.is_empty() { "NOT_APPLICABLE" } else { "INSUFFICIENT_DATA" };
    let (code, date) = ("certificate-attached:".len(), "2027-05-18T11:38:20Z".len());
    for (index, min) in [(0, name), (1, compliance.len()), (2, code), (4, date)] {
        let width = u16::try_from(min + PADDING).map(Width::Fixed);
        if let (Some(column), Ok(width)) = (table.column_mut(index), width) {
            column.set_constraint(ColumnConstraint::LowerBoundary(width));
        }
    }
}

fn row(results: &ScanResults, evaluated: &EvaluatedStage) -> Vec<Cell> {
    let compliance_type = evaluated.compliance_type();
    let compliance = Cell::new(compliance_type.name()).fg(match compliance_type {
        ComplianceType::NonCompliant => Color::Red,
        ComplianceType::Compliant => Color::Green,
        ComplianceType::NotApplicable => Color::DarkGrey,
    });
    vec![
        Cell::new(printable(&evaluated.stage.arn.label())),
        compliance,
        Cell::new(what_failed(results, evaluated)),
        or_dash(evaluated.certificate().map(|id| printable(&id.to_string()))),
        or_dash(evaluated.not_after.map(|instant| instant.to_string())),
        or_dash(evaluated.owner.as_deref().map(printable)),
    ]
}

/// The row of a stage without a result. Its compliance type is Config's for a resource without one;
/// no check returns it.
fn not_evaluated(stage: &StageArn) -> Vec<Cell> {
    let mut row = vec![
        Cell::new(printable(&stage.label())),
        Cell::new("INSUFFICIENT_DATA").fg(Color::Yellow),
        Cell::new("not evaluated"),
    ];
    row.extend((0..3).map(|_| or_dash(None)));
    row
}

/// One line per failed check, or why the rule does not apply to the stage.
fn what_failed(results: &ScanResults, evaluated: &EvaluatedStage) -> String {
    match evaluated.compliance_type() {
        ComplianceType::Compliant => "-".into(),
        ComplianceType::NotApplicable => printable(evaluated.annotation().as_str()),
        ComplianceType::NonCompliant => {
            let (failed, left_out) = results.failed(evaluated);
            let mut lines: Vec<String> =
                failed.iter().map(|finding| format!("{}: {}", finding.check(), finding.reason())).collect();
            if left_out > 0 {
                lines.push(format!("and {left_out} more"));
            }
            lines.join("\n")
        }
    }
}

fn or_dash(text: Option<String>) -> Cell {
    Cell::new(text.unwrap_or_else(|| "-".into()))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use stagecert::checks::finding::Finding;
    use stagecert::checks::stage::certificate_unique;
    use stagecert::resources::account_region::AccountRegion;
    use stagecert::resources::certificate_id::CertificateId;
    use stagecert::resources::stage::Stage;
    use stagecert::scan::Scan;

    use super::*;

    fn results() -> ScanResults {
        let arn = |name: &str| StageArn::of_rest_api("aws", "eu-west-1", "k3v9q0m2xa", name).unwrap();
        let acm = "arn:aws:acm:eu-west-1:111122223333:certificate/5b0e7c1a-93d4-4f6e-8a21-c7f09d3be645";
        let certificate = CertificateId::new(acm.into());
        let shared = certificate_unique::Answer::Shared {
            certificate: certificate.clone(),
            peers: vec!["a1/dev".into()],
            peer_count: 1,
        };
        let stage = EvaluatedStage {
            stage: Stage {
                arn: arn("production"),
                certificate: Some(certificate),
                deployment: None,
                canary: None,
                created: None,
                captured: None,
            },
            result: Ok(vec![Finding::CertificateUnique(shared)]),
            not_before: None,
            not_after: Some(Timestamp::UNIX_EPOCH),
            renews_automatically: None,
            owner: Some("\u{1b}[2J team".into()),
            tag_exemption: None,
        };
        let account_region = AccountRegion {
            partition: "aws".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
        };
        let scan = Scan { stages: vec![stage], not_evaluated: vec![arn("unknown")], ..Scan::default() };
        ScanResults {
            scanned: vec![ScannedAccountRegion { account_region, at: Timestamp::UNIX_EPOCH, scan }],
            checks: [stagecert::checks::Check::CertificateUnique].into(),
            ..ScanResults::default()
        }
    }

    #[test]
    fn a_table_fits_the_terminal_without_breaking_stages_or_compliance_types() {
        for width in [72, 80, 100, 115, 120, 200] {
            let page = page(&results(), OutputStyle { width: Some(width), colored: false });
            let (table, _) = page.split_once("\n\n").unwrap();
            for line in table.lines() {
                assert!(line.chars().count() <= usize::from(width), "{width}: {line}");
            }
            for whole in
                ["k3v9q0m2xa/production", "NON_COMPLIANT", "INSUFFICIENT_DATA", "certificate-unique:"]
            {
                assert!(table.contains(whole), "{width} {whole}\n{page}");
            }
            assert_eq!(table.contains("OWNER"), width >= 115);
        }
    }

    #[test]
    fn only_a_terminal_gets_colors_and_no_escape_comes_from_the_account() {
        for (colored, escapes) in [(false, 0), (true, 16)] {
            let page = page(&results(), OutputStyle { width: None, colored });
            assert_eq!(page.matches('\u{1b}').count(), escapes, "{page:?}");
            assert!(page.contains("?[2J team"), "{page}");
        }
    }
}
