//! Tables of the commands on a deployment.

use std::fmt::Write as _;

use comfy_table::{Cell, ContentArrangement, Table, presets};
use serde::Serialize;
use stagecert::Failure;

use crate::terminal::OutputStyle;

/// The number of rows that a table has; the rest are only counted.
const MAX_ROWS: usize = 1000;

/// Writes a table followed by an empty line, or nothing without rows.
pub(crate) fn write<const N: usize>(
    header: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
    out: &mut String,
) {
    let style = OutputStyle::of_stdout();
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    if !style.colored {
        table.force_no_tty();
    }
    match style.width {
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    table.add_rows(rows.by_ref().take(MAX_ROWS).map(|row| row.map(Cell::new)));
    for line in table.lines() {
        let _ = writeln!(out, "{}", line.trim_end());
    }
    let more = rows.count();
    if more > 0 {
        let _ = writeln!(out, "and {more} more: --format json lists all");
    }
    out.push('\n');
}

/// Writes a JSON document.
pub(crate) fn json(document: &impl Serialize, out: &mut String) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(document)
        .map_err(|error| Failure::Malformed { field: "output".into(), problem: error.to_string() })?;
    out.push_str(&text);
    out.push('\n');
    Ok(())
}
