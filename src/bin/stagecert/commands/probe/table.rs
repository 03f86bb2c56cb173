//! A table for people: one row per backend, then a summary line.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use stagecert::quote::printable;
use stagecert::resources::probe_result::{NotProbed, Probe, ProbeVerdict};
use stagecert::scan::probes::ProbeFile;
use textwrap::{Options, WordSplitter, wrap};

use super::plan::NOT_SELECTED;
use super::{Summary, list, stages};
use crate::terminal::{OutputStyle, Paint};

/// The width of an output without columns.
const DEFAULT_WIDTH: usize = 100;
const MIN_WIDTH: usize = 40;
/// The width of the longest verdict, and the gap after it.
const INDENT: usize = "inconclusive".len() + 2;

pub(super) fn page(file: &ProbeFile, style: OutputStyle) -> String {
    let mut out = String::new();
    for probe in &file.probes {
        row(probe, style, &mut out);
    }
    not_probed(&file.not_probed, style, &mut out);
    let _ = writeln!(out, "{}", Summary::of(&file.probes));
    out
}

/// The verdict and the URL, then what was observed, problems and stages, each on separate lines.
fn row(probe: &Probe, style: OutputStyle, out: &mut String) {
    let verdict = paint(probe.verdict).on(probe.verdict.name(), style.colored);
    let padding = " ".repeat(INDENT - probe.verdict.name().len());
    let _ = writeln!(out, "{verdict}{padding}{}", printable(&probe.url));
    paragraph(&probe.text, style, out);
    for problem in probe.problems.iter().filter(|it| !probe.text.contains(it.as_str())) {
        paragraph(&format!("problem: {problem}"), style, out);
    }
    if !probe.stages.is_empty() {
        paragraph(&format!("stages: {}", stages(&probe.stages)), style, out);
    }
    out.push('\n');
}

/// The backends that can't be probed, with the reason, and the number of those that could be.
fn not_probed(others: &[NotProbed], style: OutputStyle, out: &mut String) {
    let (not_selected, impossible): (Vec<_>, Vec<_>) =
        others.iter().partition(|it| it.reason == NOT_SELECTED);
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for other in &impossible {
        reasons.entry(&other.reason).or_default().push(&other.url);
    }
    for (reason, urls) in reasons {
        let _ = writeln!(out, "{:<INDENT$}{}", "not probed", printable(reason));
        paragraph(&list(&urls), style, out);
        out.push('\n');
    }
    if !not_selected.is_empty() {
        let _ = writeln!(out, "{} other backends are not selected by --host\n", not_selected.len());
    }
}

fn paragraph(text: &str, style: OutputStyle, out: &mut String) {
    let width = style.width.map_or(DEFAULT_WIDTH, usize::from).max(MIN_WIDTH) - INDENT;
    let options = Options::new(width).word_splitter(WordSplitter::NoHyphenation);
    for line in wrap(&printable(text), options) {
        let _ = writeln!(out, "{}{line}", " ".repeat(INDENT));
    }
}

fn paint(verdict: ProbeVerdict) -> Paint {
    match verdict {
        ProbeVerdict::Open | ProbeVerdict::Forgeable | ProbeVerdict::Plaintext => Paint::BoldRed,
        ProbeVerdict::Unreachable | ProbeVerdict::Inconclusive => Paint::Yellow,
        ProbeVerdict::Enforced => Paint::Green,
    }
}
