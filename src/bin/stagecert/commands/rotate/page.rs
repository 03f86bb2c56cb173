//! Rotations as JSON and as text.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use stagecert::Failure;
use stagecert::quote::printable;
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::rotation_state::TagProblem;
use stagecert::rotate::refusal::Refusal;
use stagecert::rotate::rotation::Rotation;
use stagecert::rotate::step::{Command, Step, next, problems, step};

use super::plan::stage::PlanRow;
use crate::args::TableFormat;
use crate::deployment::table;

/// The version of the document. Adding a field does not change it.
const VERSION: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    rotation_version: u32,
    rotations: Vec<Row>,
}

/// A rotation, as `docs/rotation.schema.json` describes it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    pub(super) stages: Vec<String>,
    pub(super) old_certificate: Option<CertificateId>,
    pub(super) new_certificate: Option<CertificateId>,
    pub(super) step: &'static str,
    pub(super) next: Option<&'static str>,
    pub(super) since: Option<Timestamp>,
    pub(super) problems: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) plan: Option<PlanRow>,
}

impl Row {
    /// A rotation in progress.
    pub(super) fn of(rotation: &Rotation, settle: SignedDuration, now: Timestamp) -> Self {
        Self {
            stages: rotation.state.stages.clone(),
            old_certificate: Some(rotation.state.replaces.clone()),
            new_certificate: Some(rotation.new.clone()),
            step: step(rotation, settle, now).into(),
            next: Some(next(rotation, settle, now).into()),
            since: rotation.started,
            problems: problems(rotation, now),
            plan: None,
        }
    }

    /// A rotation that ended with this command.
    pub(super) fn ended(rotation: &Rotation, step: &'static str) -> Self {
        Self {
            stages: rotation.state.stages.clone(),
            old_certificate: Some(rotation.state.replaces.clone()),
            new_certificate: Some(rotation.new.clone()),
            step,
            next: None,
            since: rotation.started,
            problems: Vec::new(),
            plan: None,
        }
    }

    /// A certificate whose tags are not understood.
    pub(super) fn unknown(problem: &TagProblem) -> Self {
        Self { new_certificate: Some(problem.certificate.clone()), ..Self::problem(problem.to_string()) }
    }

    fn problem(text: String) -> Self {
        Self {
            stages: Vec::new(),
            old_certificate: None,
            new_certificate: None,
            step: "unknown",
            next: None,
            since: None,
            problems: vec![text],
            plan: None,
        }
    }
}

/// Writes the rotations as JSON.
pub(super) fn json(rotations: Vec<Row>, out: &mut String) -> Result<(), Failure> {
    table::json(&Page { rotation_version: VERSION, rotations }, out)
}

/// Writes why a step was refused.
pub(super) fn refused(refusal: &Refusal, format: TableFormat, out: &mut String) -> Result<(), Failure> {
    if format == TableFormat::Json {
        // What was done before is text, which JSON can't follow.
        out.clear();
        return json(vec![Row::problem(refusal.to_string())], out);
    }
    let _ = writeln!(out, "refused: {}", printable(&refusal.to_string()));
    Ok(())
}

/// Writes a rotation in progress as text.
pub(super) fn text(rotation: &Rotation, settle: SignedDuration, now: Timestamp, out: &mut String) {
    let _ = writeln!(
        out,
        "{}: certificate {} replaces {}, in progress for {}",
        printable(&rotation.state.stages.join(", ")),
        rotation.new,
        rotation.state.replaces,
        duration(rotation.age(now)),
    );
    let _ = writeln!(out, "  step: {}", described(rotation, settle, now));
    for problem in problems(rotation, now) {
        let _ = writeln!(out, "  problem: {}", printable(&problem));
    }
    let _ = writeln!(out, "  next: {}", next_command(next(rotation, settle, now), rotation));
}

/// The command line that continues a rotation.
pub(super) fn next_command(command: Command, rotation: &Rotation) -> String {
    let name: &str = command.into();
    let target = rotation.new.as_str();
    let options = match command {
        Command::Test => " --path PATH",
        Command::Switch if !rotation.web_sockets().is_empty() => " --untested",
        _ => "",
    };
    format!("stagecert rotate {name} {target}{options}")
}

fn described(rotation: &Rotation, settle: SignedDuration, now: Timestamp) -> String {
    let total = rotation.current().count();
    match step(rotation, settle, now) {
        Step::Started => "started; the backends have to accept both certificates now".into(),
        Step::Tested => "tested; the backends accepted both certificates".into(),
        Step::Switching => {
            format!("switching; {} of {total} stages have the new certificate", rotation.with_new().count())
        }
        Step::Switched => "switched; the old certificate is kept until the stages have settled".into(),
        Step::Settled => "settled; the old certificate can be deleted".into(),
        Step::Finishing => "finishing; the old certificate is deleted".into(),
    }
}

/// A duration in the largest unit that it fills at least twice.
fn duration(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    let units = [("days", 86_400), ("hours", 3600), ("minutes", 60)];
    let unit = units.into_iter().find(|(_, length)| seconds >= 2 * length);
    unit.map_or_else(|| format!("{seconds} seconds"), |(name, length)| format!("{} {name}", seconds / length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_shown_in_one_unit() {
        for (seconds, text) in [
            (0, "0 seconds"),
            (119, "119 seconds"),
            (120, "2 minutes"),
            (7200, "2 hours"),
            (172_800, "2 days"),
        ] {
            assert_eq!(duration(SignedDuration::from_secs(seconds)), text);
        }
    }
}
