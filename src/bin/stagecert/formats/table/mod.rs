//! A table for people: one row per stage, API and domain, the most urgent first, then the summaries
//! and what to do next.

mod layout;
mod resource_cells;
mod rows;

use std::collections::HashMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use layout::{Cell, Cells, Layout, wrapped};
use rows::{Row, paint, rows};
use stagecert::checks::severity::Severity;
use stagecert::quote::printable;
use stagecert::scan::backend_enforced::Enforcing;
use stagecert::scan::rotations::RotationFigures;

use crate::exemptions;
use crate::scan_results::{ScanResults, ScannedAccountRegion, Summary};
use crate::summary::Severities;
use crate::terminal::{OutputStyle, Paint};
use crate::words::{duration, when};

/// One table for all accounts and Regions, fitted to `style`.
pub(super) fn page(results: &ScanResults, style: OutputStyle) -> String {
    let mut out = String::new();
    table(results, style, &mut out);
    for scanned in &results.scanned {
        let unused: Vec<String> = ScanResults::unused(scanned).iter().map(|it| it.id.to_string()).collect();
        if !unused.is_empty() {
            let text = format!("Unused certificates ({}): {}", unused.len(), unused.join(", "));
            line(&text, style, &mut out);
        }
        let summary = results.summary_of(scanned);
        line(&format!("{}, at {}: {summary}", scanned.account_region, scanned.at), style, &mut out);
    }
    let exemptions = exemptions::lines(&results.scanned);
    if !exemptions.is_empty() {
        line("Exemptions:", style, &mut out);
        for text in &exemptions {
            line(&format!("  {text}"), style, &mut out);
        }
    }
    let summary = results.summary();
    if results.scanned.len() != 1 || !results.failures.is_empty() {
        let count = results.scanned.len();
        line(&format!("{count} accounts and Regions: {summary}"), style, &mut out);
    }
    if let Some(left_out) = results.left_out(&summary) {
        line(&left_out, style, &mut out);
    }
    closing(results, &summary, style, &mut out);
    out
}

fn table(results: &ScanResults, style: OutputStyle, out: &mut String) {
    let rows = rows(results);
    if rows.is_empty() {
        return;
    }
    let several = results.scanned.len() > 1;
    let cells: Vec<Cells> = rows.iter().map(|row| row.cells(results, several)).collect();
    let layout = Layout::of(header(several, results.has_front_door()), cells, style);
    layout.header(out);
    match results.group_by {
        None => layout.rows(out),
        Some(group_by) => {
            for (heading, members) in groups(&rows, |row| row.group(group_by)) {
                let is_stage = |at: &usize| rows.get(*at).is_some_and(Row::is_stage);
                let noun = if members.iter().all(is_stage) { "stage" } else { "resource" };
                let plural = if members.len() == 1 { "" } else { "s" };
                let heading = format!("{heading} ({} {noun}{plural})", members.len());
                let _ = writeln!(out, "\n{}", Paint::Bold.on(&heading, style.colored));
                for at in members {
                    layout.row(at, out);
                }
            }
        }
    }
    out.push('\n');
}

/// The indexes of the rows by group. The group of the first row is first.
fn groups<'a>(rows: &[Row<'a>], group: impl Fn(&Row<'a>) -> String) -> Vec<(String, Vec<usize>)> {
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for (at, row) in rows.iter().enumerate() {
        let heading = group(row);
        let index = *known.entry(heading.clone()).or_insert(groups.len());
        match groups.get_mut(index) {
            Some((_, members)) => members.push(at),
            None => groups.push((heading, vec![at])),
        }
    }
    groups
}

fn header(several: bool, with_front_door: bool) -> Cells {
    let cell = |text: &str| Cell::new(text, Paint::Bold);
    Cells {
        severity: cell("SEVERITY"),
        stage: cell(if with_front_door { "RESOURCE" } else { "STAGE" }),
        api: cell("API"),
        account: several.then(|| cell("ACCOUNT AND REGION")),
        findings: vec![cell("WHAT FAILED")],
        expires: cell("EXPIRES"),
        owner: cell("OWNER"),
    }
}

/// The counts by severity, the next expiry and the next command.
fn closing(results: &ScanResults, summary: &Summary, style: OutputStyle, out: &mut String) {
    let failed = failed(summary.severities);
    let of_front_door = summary.front_door.map(|it| self::failed(it.severities)).unwrap_or_default();
    let mut parts = Vec::new();
    for (counts, of) in [(&failed, ""), (&of_front_door, "front door: ")] {
        if !counts.is_empty() {
            let count = |&(severity, count): &(Severity, usize)| format!("{count} {}", severity.name());
            parts.push(format!("{of}{}", counts.iter().map(count).collect::<Vec<_>>().join(", ")));
        }
    }
    if let Some((not_after, stage, at)) = next_expiry(results) {
        parts.push(format!("next expiry: {stage} {}", when(not_after, at)));
    }
    if !parts.is_empty() {
        let worst = failed.iter().chain(&of_front_door).map(|(severity, _)| *severity).max();
        let color = worst.map_or(Paint::Plain, paint);
        for text in wrapped(&printable(&parts.join("; ")), width(style)) {
            let _ = writeln!(out, "{}", color.on(&text, style.colored));
        }
    }
    if let Some(Enforcing { enforced, backends, old }) = results.enforcing() {
        let old = if old > 0 { format!(", {old} probed more than 30 days ago") } else { String::new() };
        line(&format!("backends that enforce the certificate: {enforced} of {backends}{old}"), style, out);
    }
    if let Some(figures) = results.rotations() {
        line(&rotations(figures), style, out);
    }
    if let Some(command) = &results.next_command {
        // Not wrapped, so that it can be copied.
        let _ = writeln!(out, "Next: {command}");
    }
}

/// The severities that something has, worst first.
fn failed(severities: Severities) -> Vec<(Severity, usize)> {
    let counts = [
        (Severity::Critical, severities.critical),
        (Severity::High, severities.high),
        (Severity::Medium, severities.medium),
        (Severity::Low, severities.low),
    ];
    counts.into_iter().filter(|(_, count)| *count > 0).collect()
}

/// The rotations in a line.
fn rotations(figures: RotationFigures) -> String {
    let RotationFigures { in_progress, certificates_in_overlap, finished, mean_seconds_to_rotate } = figures;
    let mean = mean_seconds_to_rotate.map(|seconds| format!(", on average in {}", duration(seconds)));
    format!(
        "rotations: {in_progress} in progress, {certificates_in_overlap} certificates in overlap, {finished} finished{}",
        mean.unwrap_or_default()
    )
}

/// The earliest end of a certificate or CA that is valid, with one of the stages, APIs and domains
/// that have it, shown or not.
fn next_expiry(results: &ScanResults) -> Option<(Timestamp, String, Timestamp)> {
    let of_scan = |scanned: &ScannedAccountRegion| {
        let at = scanned.at;
        let stages = scanned.scan.stages.iter();
        let ends = stages.filter_map(|stage| Some((stage.not_after?, stage.stage.arn.label())));
        let of_front_door = scanned.front_door().iter().flat_map(|resource| {
            resource.dates.iter().map(|date| (date.not_after, resource.subject.label()))
        });
        let ends = ends.chain(of_front_door);
        ends.filter(|(not_after, _)| *not_after >= at).min().map(|(not_after, stage)| (not_after, stage, at))
    };
    results.scanned.iter().filter_map(of_scan).min()
}

fn line(text: &str, style: OutputStyle, out: &mut String) {
    for text in wrapped(&printable(text), width(style)) {
        let _ = writeln!(out, "{text}");
    }
}

fn width(style: OutputStyle) -> usize {
    style.width.map_or(usize::MAX, usize::from)
}
