//! A table for people: one row per backend, then a summary line.

use std::fmt::Write as _;

use stagecert::quote::printable;
use stagecert::resources::probe_result::{Probe, ProbeVerdict};
use textwrap::{Options, WordSplitter, wrap};

use super::Summary;
use crate::terminal::{OutputStyle, Paint};

/// The width of an output without columns.
const DEFAULT_WIDTH: usize = 100;
const MIN_WIDTH: usize = 40;
/// The width of the longest verdict, and the gap after it.
const INDENT: usize = "inconclusive".len() + 2;
/// The number of stages that are listed for a backend.
const MAX_STAGES: usize = 5;

pub(super) fn page(probes: &[Probe], style: OutputStyle) -> String {
    let mut out = String::new();
    for probe in probes {
        row(probe, style, &mut out);
    }
    let _ = writeln!(out, "{}", Summary::of(probes));
    out
}

/// The verdict and the URL, then what was observed, problems and stages, each on separate lines.
fn row(probe: &Probe, style: OutputStyle, out: &mut String) {
    let verdict = paint(probe.verdict).on(probe.verdict.name(), style.colored);
    let padding = " ".repeat(INDENT - probe.verdict.name().len());
    let _ = writeln!(out, "{verdict}{padding}{}", printable(&probe.url));
    let mut paragraph = |text: &str| {
        let width = style.width.map_or(DEFAULT_WIDTH, usize::from).max(MIN_WIDTH) - INDENT;
        let options = Options::new(width).word_splitter(WordSplitter::NoHyphenation);
        for line in wrap(&printable(text), options) {
            let _ = writeln!(out, "{}{line}", " ".repeat(INDENT));
        }
    };
    paragraph(&probe.text);
    for problem in probe.problems.iter().filter(|it| !probe.text.contains(it.as_str())) {
        paragraph(&format!("problem: {problem}"));
    }
    if !probe.stages.is_empty() {
        paragraph(&format!("stages: {}", stages(probe)));
    }
    out.push('\n');
}

fn stages(probe: &Probe) -> String {
    let first = probe.stages.iter().take(MAX_STAGES).map(|it| it.stage.as_str());
    let mut text = first.collect::<Vec<_>>().join(", ");
    if let Some(more) = probe.stages.len().checked_sub(MAX_STAGES).filter(|more| *more > 0) {
        let _ = write!(text, " and {more} more");
    }
    text
}

fn paint(verdict: ProbeVerdict) -> Paint {
    match verdict {
        ProbeVerdict::Open | ProbeVerdict::Forgeable | ProbeVerdict::Plaintext => Paint::BoldRed,
        ProbeVerdict::Unreachable | ProbeVerdict::Inconclusive => Paint::Yellow,
        ProbeVerdict::Enforced => Paint::Green,
    }
}
