//! Markdown for tickets and pull requests: one table of changes per account and Region.

use std::fmt::Write as _;

use stagecert::Failure;
use stagecert::resources::stage_arn::StageArn;
use stagecert::scan::difference::Difference;

use super::table::{replaced, severity};
use super::{Summary, heading};
use crate::formats::code;

pub(super) fn page(results: &[Difference<'_>], failures: &[&Failure]) -> String {
    let mut out = String::from("# Changes of API Gateway stages\n");
    let _ = writeln!(out, "\n{}.", Summary::of(results));
    for difference in results {
        let _ = writeln!(out, "\n## {}\n", heading(difference));
        if difference.is_empty() {
            out.push_str("No change.\n");
            continue;
        }
        out.push_str("| change | severity | stage | what |\n| --- | --- | --- | --- |\n");
        for it in &difference.changes {
            let (stage, text) = (code(&it.stage.stage.arn.label()), code(&it.text));
            let (kind, severity) = (it.kind.name(), severity(it));
            let _ = writeln!(out, "| {kind} | {severity} | {stage} | **{}**: {text} |", it.check);
        }
        for it in &difference.rotated {
            let stages: Vec<String> = it.stages.iter().map(|arn| code(&arn.label())).collect();
            let _ = writeln!(out, "| rotated | - | {} | {} |", stages.join("<br>"), code(&replaced(it)));
        }
        stages("added", &difference.added, &mut out);
        stages("removed", &difference.removed, &mut out);
    }
    if !failures.is_empty() {
        out.push_str("\n**Incomplete.** Not everything could be evaluated:\n\n");
        for failure in failures {
            let _ = writeln!(out, "- {}", code(&failure.message()));
        }
    }
    out
}

fn stages(word: &str, stages: &[&StageArn], out: &mut String) {
    for arn in stages {
        let _ = writeln!(out, "| {word} | - | {} | stage |", code(&arn.label()));
    }
}
