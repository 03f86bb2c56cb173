//! What a probe would contact. Nothing is sent and no name is resolved.

use std::fmt::Write as _;

use stagecert::quote::printable;
use stagecert::resources::origin::Scheme;
use stagecert::resources::probe_result::ProbedStage;

use super::plan::{NOT_SELECTED, Plan};
use super::stages;

pub(super) fn page(plan: &Plan) -> String {
    let mut out = String::new();
    let mut row = |what: &str, url: &str, stages: &[ProbedStage]| {
        let url = printable(url);
        let _ = match stages {
            [] => writeln!(out, "{what:<13}{url}"),
            stages => writeln!(out, "{what:<13}{url}  {}", printable(&self::stages(stages))),
        };
    };
    for target in &plan.targets {
        let what = match target.origin.scheme {
            Scheme::Http => "plaintext",
            Scheme::Https => "contacted",
        };
        row(what, &format!("{}{}", target.origin, target.path), &target.stages);
    }
    for other in plan.not_probed.iter().filter(|it| it.reason == NOT_SELECTED) {
        row("not selected", &other.url, &other.stages);
    }
    for other in plan.impossible() {
        row("not probed", &format!("{}: {}", other.url, other.reason), &other.stages);
    }
    let _ = writeln!(out, "\n{}", summary(plan));
    out
}

/// The number of backends, and that nothing was sent.
pub(super) fn summary(plan: &Plan) -> String {
    let contacted = plan.targets.iter().filter(|it| it.origin.scheme == Scheme::Https).count();
    let noun = if contacted == 1 { "backend" } else { "backends" };
    let others = plan.not_probed.len();
    let others = if others == 0 { String::new() } else { format!(", {others} would not") };
    format!("{contacted} {noun} would be contacted{others}; nothing was sent")
}
