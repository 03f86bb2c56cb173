//! The scan for people: a row a stage, then one line that counts.

use std::fmt::Write as _;

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, Width, presets};
use stagecert::evaluation::compliance::ComplianceType;
use stagecert::evaluation::evaluated::EvaluatedStage;
use stagecert::quote::printable;
use stagecert::resources::stage_arn::StageArn;

use crate::scan_results::{Scanned, ScannedAccountRegion};
use crate::terminal::Look;

/// Where ids and dates would be cut into pieces, they are left to other formats.
const ROOM_FOR_ALL: u16 = 115;
const WIDEST_NAME: usize = 32;
const HEADER: [&str; 6] = ["STAGE", "COMPLIANCE", "WHAT FAILED", "CERTIFICATE", "NOT AFTER", "OWNER"];
const HEADER_OF_NARROW: usize = 3;

/// A table a place. Coloured and cut to the terminal's width where it is one.
pub(super) fn page(scanned: &Scanned, look: Look) -> String {
    let mut out = String::new();
    for account_region in &scanned.places {
        rows(scanned, account_region, look, &mut out);
        let unused: Vec<String> =
            Scanned::unused(account_region).iter().map(|it| it.id.to_string()).collect();
        if !unused.is_empty() {
            let _ =
                writeln!(out, "Certificates that no stage has ({}): {}\n", unused.len(), unused.join(", "));
        }
        let summary = scanned.summary_of(account_region);
        let _ = writeln!(out, "{}, at {}: {summary}", account_region.account_region, account_region.at);
        if let Some(excluded) = scanned.excluded(&summary) {
            let _ = writeln!(out, "{excluded}");
        }
    }
    if scanned.places.len() != 1 || !scanned.failures.is_empty() {
        let _ = writeln!(out, "\n{} accounts and Regions: {}", scanned.places.len(), scanned.summary());
    }
    out
}

fn rows(scanned: &Scanned, account_region: &ScannedAccountRegion, look: Look, out: &mut String) {
    let mut rows: Vec<Vec<Cell>> = scanned.stages(account_region).map(|stage| row(scanned, stage)).collect();
    rows.extend(account_region.scan.not_evaluated.iter().map(not_evaluated));
    if rows.is_empty() {
        return;
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if look.coloured {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    match look.width {
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    let narrow = look.width.is_some_and(|width| width < ROOM_FOR_ALL);
    let columns = if narrow { HEADER_OF_NARROW } else { HEADER.len() };
    let header = HEADER.iter().take(columns);
    table.set_header(header.map(|name| Cell::new(name).add_attribute(Attribute::Bold)));
    table.add_rows(rows.into_iter().map(|row| row.into_iter().take(columns)));
    if look.width.is_some() {
        keep_whole(scanned, account_region, &mut table);
    }
    for line in table.lines() {
        let _ = writeln!(out, "{}", line.trim_end());
    }
    if narrow {
        let _ =
            writeln!(out, "\nCertificates, dates and owners: {ROOM_FOR_ALL} columns, or another --format.");
    }
    out.push('\n');
}

/// Names, codes, Config's words and dates are read whole; sentences and certificates may break.
fn keep_whole(scanned: &Scanned, account_region: &ScannedAccountRegion, table: &mut Table) {
    const PADDING: usize = 2;
    let names = scanned
        .stages(account_region)
        .map(|stage| &stage.stage.arn)
        .chain(&account_region.scan.not_evaluated);
    let longest = names.map(|arn| arn.label().chars().count()).max().unwrap_or_default();
    let name = longest.min(WIDEST_NAME);
    let compliance =
        if account_region.scan.not_evaluated.is_empty() { "NOT_APPLICABLE" } else { "INSUFFICIENT_DATA" };
    let (code, date) = ("certificate-attached:".len(), "2027-05-18T11:38:20Z".len());
    for (index, least) in [(0, name), (1, compliance.len()), (2, code), (4, date)] {
        let width = u16::try_from(least + PADDING).map(Width::Fixed);
        if let (Some(column), Ok(width)) = (table.column_mut(index), width) {
            column.set_constraint(ColumnConstraint::LowerBoundary(width));
        }
    }
}

fn row(scanned: &Scanned, evaluated: &EvaluatedStage) -> Vec<Cell> {
    let compliance_type = evaluated.compliance_type();
    let compliance = Cell::new(compliance_type.name()).fg(match compliance_type {
        ComplianceType::NonCompliant => Color::Red,
        ComplianceType::Compliant => Color::Green,
        ComplianceType::NotApplicable => Color::DarkGrey,
    });
    vec![
        Cell::new(printable(&evaluated.stage.arn.label())),
        compliance,
        Cell::new(what_failed(scanned, evaluated)),
        or_dash(evaluated.certificate().map(|id| printable(&id.to_string()))),
        or_dash(evaluated.not_after.map(|instant| instant.to_string())),
        or_dash(evaluated.owner.as_deref().map(printable)),
    ]
}

/// Config's word for a resource without a result, which no check of ours gives.
fn not_evaluated(stage: &StageArn) -> Vec<Cell> {
    let mut row = vec![
        Cell::new(printable(&stage.label())),
        Cell::new("INSUFFICIENT_DATA").fg(Color::Yellow),
        Cell::new("not judged"),
    ];
    row.extend((0..3).map(|_| or_dash(None)));
    row
}

/// A line a failed check; for a stage that the rule does not apply to, why not.
fn what_failed(scanned: &Scanned, evaluated: &EvaluatedStage) -> String {
    match evaluated.compliance_type() {
        ComplianceType::Compliant => "-".into(),
        ComplianceType::NotApplicable => printable(evaluated.annotation().as_str()),
        ComplianceType::NonCompliant => {
            let (failed, excluded) = scanned.failed(evaluated);
            let mut lines: Vec<String> =
                failed.iter().map(|finding| format!("{}: {}", finding.check(), finding.reason())).collect();
            if excluded > 0 {
                lines.push(format!("and {excluded} more"));
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

    fn scanned() -> Scanned {
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
            not_after: Some(Timestamp::UNIX_EPOCH),
            owner: Some("\u{1b}[2J team".into()),
        };
        let account_region = AccountRegion {
            partition: "aws".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
        };
        let scan = Scan { stages: vec![stage], not_evaluated: vec![arn("unknown")], ..Scan::default() };
        Scanned {
            places: vec![ScannedAccountRegion { account_region, at: Timestamp::UNIX_EPOCH, scan }],
            checks: [stagecert::checks::Check::CertificateUnique].into(),
            ..Scanned::default()
        }
    }

    #[test]
    fn a_table_fits_its_terminal_and_keeps_stage_and_compliance_whole() {
        for width in [72, 80, 100, 115, 120, 200] {
            let page = page(&scanned(), Look { width: Some(width), coloured: false });
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
    fn colour_is_for_terminals_and_nothing_of_the_account_is_an_escape() {
        for (coloured, escapes) in [(false, 0), (true, 16)] {
            let page = page(&scanned(), Look { width: None, coloured });
            assert_eq!(page.matches('\u{1b}').count(), escapes, "{page:?}");
            assert!(page.contains("?[2J team"), "{page}");
        }
    }
}
