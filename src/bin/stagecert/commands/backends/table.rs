//! A table for people: the backends of each stage, or the stages of each host, then the gaps and a
//! summary line.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use stagecert::quote::printable;
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::stage_arn::StageArn;
use stagecert::scan::backends::{Flag, ListedBackend, hosts};
use textwrap::core::display_width;
use textwrap::{Options, WordSplitter, wrap};

use super::words::{attention, callers, certificate, name, operations, own_attention, url};
use super::{Page, Place};
use crate::args::BackendsBy;
use crate::terminal::{OutputStyle, Paint};

/// The maximum width of a column, from which longer texts move the next column to the right.
const MAX_COLUMN: usize = 46;

pub(super) fn page(page: &Page<'_>, by: BackendsBy, style: OutputStyle) -> String {
    let mut out = String::new();
    match by {
        BackendsBy::Stage => by_stage(page, style, &mut out),
        BackendsBy::Host => by_host(page, style, &mut out),
    }
    if !page.backends.is_empty() {
        out.push('\n');
    }
    let mut gaps: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (place, gap) in &page.gaps {
        gaps.entry(gap.to_string()).or_default().push(label(page, place));
    }
    for (gap, stages) in gaps {
        let text = format!("Backends may be missing, because {gap}: {}", stages.join(", "));
        lines(&text, 0, Paint::Plain, style, &mut out);
    }
    if !page.not_read.is_empty() {
        let stages: Vec<String> = page.not_read.iter().map(|place| label(page, place)).collect();
        lines(&format!("Not read: {}", stages.join(", ")), 0, Paint::Plain, style, &mut out);
    }
    if let [scanned] = page.scanned {
        let text = format!("{}, at {}", scanned.account_region, scanned.at);
        lines(&text, 0, Paint::Plain, style, &mut out);
    }
    lines(&page.summary().to_string(), 0, Paint::Plain, style, &mut out);
    out
}

fn by_stage(page: &Page<'_>, style: OutputStyle, out: &mut String) {
    let urls: Vec<String> = page.backends.iter().map(url).collect();
    let width = column(&urls);
    let mut previous: Option<(&AccountRegion, &StageArn)> = None;
    for (backend, url) in page.backends.iter().zip(&urls) {
        let stage = (backend.account_region, backend.stage);
        if previous.replace(stage) != Some(stage) {
            let api = page.api_name(backend.account_region, backend.stage).map(printable);
            let certificate = certificate(backend.certificate);
            let stage = of_stage(page, backend.account_region, backend.stage);
            heading(&stage, api.into_iter().chain([certificate]), style, out);
        }
        row(url, width, &operations(backend), out);
        lines(&attention(backend), 4, paint(backend), style, out);
    }
}

fn by_host(page: &Page<'_>, style: OutputStyle, out: &mut String) {
    let stages: Vec<String> =
        page.backends.iter().map(|it| of_stage(page, it.account_region, it.stage)).collect();
    let width = column(&stages);
    for host in hosts(&page.backends) {
        heading(&name(host.server), [callers(&host)], style, out);
        for backend in &host.backends {
            let stage = of_stage(page, backend.account_region, backend.stage);
            row(&stage, width, &certificate(backend.certificate), out);
            lines(&own_attention(backend), 4, paint(backend), style, out);
        }
    }
}

/// Adds a heading: a name, and what else is known, on the same line if it fits.
fn heading(title: &str, rest: impl IntoIterator<Item = String>, style: OutputStyle, out: &mut String) {
    let rest: Vec<String> = rest.into_iter().collect();
    let rest = rest.join(", ");
    let fits =
        style.width.is_none_or(|width| display_width(title) + 2 + display_width(&rest) <= width.into());
    let separator = if fits { "  " } else { "\n  " };
    let _ = writeln!(out, "{}{separator}{rest}", Paint::Bold.on(title, style.colored));
}

/// Adds an indented row of two columns.
fn row(first: &str, width: usize, second: &str, out: &mut String) {
    let padding = " ".repeat(width.saturating_sub(display_width(first)));
    let _ = writeln!(out, "{}", format!("  {first}{padding}  {second}").trim_end());
}

/// Adds a text in indented lines that fit, or nothing for an empty text.
fn lines(text: &str, indent: usize, paint: Paint, style: OutputStyle, out: &mut String) {
    if text.is_empty() {
        return;
    }
    let width = style.width.map_or(usize::MAX, |width| usize::from(width).saturating_sub(indent).max(1));
    for text in wrap(text, Options::new(width).word_splitter(WordSplitter::NoHyphenation)) {
        let _ = writeln!(out, "{}{}", " ".repeat(indent), paint.on(&text, style.colored));
    }
}

/// The width of a column with these texts.
fn column(texts: &[String]) -> usize {
    texts
        .iter()
        .map(|text| display_width(text))
        .filter(|width| *width <= MAX_COLUMN)
        .max()
        .unwrap_or_default()
}

fn paint(backend: &ListedBackend<'_>) -> Paint {
    let is_private = |flag: &Flag| *flag == Flag::Private;
    if backend.flags.iter().all(is_private) { Paint::Dim } else { Paint::Yellow }
}

/// The name of a stage, with its account and Region if there are several.
fn of_stage(page: &Page<'_>, account_region: &AccountRegion, stage: &StageArn) -> String {
    let label = printable(&stage.label());
    match page.scanned {
        [_] => label,
        _ => format!("{label} in {} {}", account_region.account, account_region.region),
    }
}

fn label(page: &Page<'_>, place: &Place<'_>) -> String {
    of_stage(page, &place.scanned.account_region, place.stage)
}
