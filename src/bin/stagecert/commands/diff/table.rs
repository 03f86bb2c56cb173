//! A table for people: one row per change, then a summary line.

use std::fmt::Write as _;

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, Width, presets};
use stagecert::Failure;
use stagecert::checks::severity::Severity;
use stagecert::quote::printable;
use stagecert::resources::stage_arn::StageArn;
use stagecert::scan::difference::{Change, ChangeKind, Difference, Presented, Rotation};

use super::{Summary, heading};
use crate::terminal::OutputStyle;

pub(super) fn page(results: &[Difference<'_>], failures: &[&Failure], style: OutputStyle) -> String {
    let mut out = String::new();
    for difference in results {
        let _ = writeln!(out, "{}\n", heading(difference));
        rows(difference, style, &mut out);
    }
    let _ = writeln!(out, "{}", Summary::of(results));
    if !failures.is_empty() {
        let _ = writeln!(out, "INCOMPLETE (errors: {})", failures.len());
    }
    out
}

fn rows(difference: &Difference<'_>, style: OutputStyle, out: &mut String) {
    if difference.is_empty() {
        out.push_str("No change.\n\n");
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
    table.set_header(
        ["CHANGE", "SEVERITY", "STAGE", "WHAT"].map(|name| Cell::new(name).add_attribute(Attribute::Bold)),
    );
    table.add_rows(difference.changes.iter().map(change));
    table.add_rows(difference.rotated.iter().map(rotation));
    table.add_rows(difference.added.iter().map(|arn| stage("added", arn)));
    table.add_rows(difference.removed.iter().map(|arn| stage("removed", arn)));
    if style.width.is_some() {
        keep_whole(&mut table);
    }
    for line in table.lines() {
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out.push('\n');
}

/// Only the sentences wrap, unless stage names are very long.
fn keep_whole(table: &mut Table) {
    const PADDING: u16 = 2;
    const MAX_NAME_WIDTH: u16 = 32;
    let widths = table.column_max_content_widths();
    for (index, width) in widths.into_iter().enumerate().take(3) {
        let width = Width::Fixed(width.min(MAX_NAME_WIDTH) + PADDING);
        if let Some(column) = table.column_mut(index) {
            column.set_constraint(ColumnConstraint::LowerBoundary(width));
        }
    }
}

fn change(change: &Change<'_>) -> Vec<Cell> {
    let color = match change.kind {
        ChangeKind::New | ChangeKind::Worse => Color::DarkRed,
        ChangeKind::Fixed | ChangeKind::Better => Color::DarkGreen,
        ChangeKind::Ended => Color::Reset,
    };
    vec![
        Cell::new(change.kind.name()).fg(color),
        Cell::new(severity(change)),
        Cell::new(printable(&change.stage.stage.arn.label())),
        Cell::new(printable(&format!("{}: {}", change.check, change.fact))),
    ]
}

/// The severity that counts, such as `HIGH` or `HIGH, was LOW`.
pub(super) fn severity(change: &Change<'_>) -> String {
    match (change.before, change.after) {
        (Some(before), Some(after)) => format!("{}, was {}", after.name(), before.name()),
        (one, other) => other.or(one).map(Severity::name).unwrap_or_default().into(),
    }
}

fn rotation(rotation: &Rotation<'_>) -> Vec<Cell> {
    let stages: Vec<String> = rotation.stages.iter().map(|arn| printable(&arn.label())).collect();
    vec![
        Cell::new("rotated").fg(Color::DarkGreen),
        Cell::new(""),
        Cell::new(stages.join("\n")),
        Cell::new(printable(&replaced(rotation))),
    ]
}

/// The certificates before and after, such as `abc123 (not after …) is now def456 (not after …)`.
pub(in crate::commands) fn replaced(rotation: &Rotation<'_>) -> String {
    let Rotation { before, after, .. } = rotation;
    if before.id == after.id {
        let end = |it: &Presented<'_>| it.not_after.map(|it| it.to_string()).unwrap_or_default();
        return format!(
            "certificate {} was renewed: not after {}, was {}",
            before.id,
            end(after),
            end(before)
        );
    }
    let dated = |it: &Presented<'_>| match it.not_after {
        Some(not_after) => format!("{} (not after {not_after})", it.id),
        None => format!("{} (date unknown)", it.id),
    };
    format!("certificate {} was replaced by {}", dated(before), dated(after))
}

fn stage(word: &'static str, arn: &StageArn) -> Vec<Cell> {
    vec![Cell::new(word), Cell::new(""), Cell::new(printable(&arn.label())), Cell::new("stage")]
}
