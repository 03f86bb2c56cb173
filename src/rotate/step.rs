//! Which step comes next, and whether a step may be done. Everything here is pure: the state, what
//! the stages have, and an instant in; an answer out.

use jiff::{SignedDuration, Timestamp};
use strum::{AsRefStr, IntoStaticStr};

use crate::resources::certificate_id::CertificateId;
use crate::resources::rotation_state::{SWITCHED, TESTED};
use crate::resources::stage_arn::StageArn;
use crate::rotate::refusal::Refusal;
use crate::rotate::rotation::{Attached, Rotation};

/// How long a test is valid, also across a rollback.
pub const TEST_VALID_FOR: SignedDuration = SignedDuration::from_hours(24);
/// How far the clocks of two machines may differ.
const MAX_CLOCK_DIFFERENCE: SignedDuration = SignedDuration::from_mins(5);

/// How far a rotation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AsRefStr, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Step {
    /// The new certificate exists, and there is no valid test.
    Started,
    /// Every stage passed a test within the last day.
    Tested,
    /// Some stages have the new certificate, or all of them but the switch was not completed.
    Switching,
    /// All stages have the new certificate.
    Switched,
    /// All stages have had the new certificate for the time to settle.
    Settled,
    /// The old certificate was deleted, and the state is still there.
    Finishing,
}

/// A command that continues a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AsRefStr, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Command {
    /// Generates the new certificate.
    Start,
    /// Calls the backends with both certificates.
    Test,
    /// Attaches the new certificate.
    Switch,
    /// Attaches the old certificate.
    Rollback,
    /// Deletes the old certificate.
    Finish,
    /// Deletes the new certificate.
    Cancel,
}

/// How far a rotation is at an instant.
#[must_use]
pub fn step(rotation: &Rotation, settle: SignedDuration, now: Timestamp) -> Step {
    if rotation.state.rotated.is_some() {
        return Step::Finishing;
    }
    let (has_old, has_new) = (rotation.with_old().next().is_some(), rotation.with_new().next().is_some());
    match (has_new, rotation.state.switched) {
        (true, Some(_)) if !has_old && rotation.old.is_none() => Step::Finishing,
        (true, Some(at)) if !has_old && is_settled(at, settle, now) => Step::Settled,
        (true, Some(_)) if !has_old => Step::Switched,
        (true, _) => Step::Switching,
        (false, _) if ensure_tested(rotation, now).is_ok() => Step::Tested,
        (false, _) => Step::Started,
    }
}

/// The command that comes next.
#[must_use]
pub fn next(rotation: &Rotation, settle: SignedDuration, now: Timestamp) -> Command {
    let is_changed = !rotation.changed().is_empty();
    match step(rotation, settle, now) {
        Step::Started | Step::Tested if is_changed || rotation.with_old().next().is_none() => Command::Cancel,
        Step::Started if rotation.web_sockets().is_empty() => Command::Test,
        Step::Switching if is_changed => Command::Rollback,
        Step::Started | Step::Tested | Step::Switching => Command::Switch,
        Step::Switched | Step::Settled | Step::Finishing => Command::Finish,
    }
}

/// What needs attention, as sentences.
#[must_use]
pub fn problems(rotation: &Rotation, now: Timestamp) -> Vec<String> {
    let mut problems = Vec::new();
    for stage in &rotation.stages {
        match &stage.attached {
            Attached::Gone => problems.push(format!("stage {} no longer exists", stage.label)),
            Attached::Other(Some(id)) => {
                problems.push(format!(
                    "stage {} has certificate {id}, which is not part of the rotation",
                    stage.label
                ));
            }
            Attached::Other(None) => problems.push(format!("stage {} has no certificate", stage.label)),
            Attached::Old(_) | Attached::New(_) => {}
        }
    }
    for label in &rotation.others_with_old {
        problems.push(format!(
            "stage {label} has the old certificate too, but is not part of the rotation: `finish` waits for it"
        ));
    }
    let is_finished = rotation.state.rotated.is_some() || rotation.state.switched.is_some();
    match rotation.old {
        None if !is_finished => problems.push("the old certificate no longer exists".into()),
        Some(old) if old.is_expired(now) => problems.push("the old certificate has expired".into()),
        _ => {}
    }
    if let Some(at) = rotation.new_not_after.filter(|at| *at < now) {
        problems.push(format!("the new certificate has expired at {at}"));
    }
    if rotation.state.tested.is_some_and(|tested| !tested.enforced) {
        problems.push("a backend accepted a request without a certificate when it was tested".into());
    }
    problems
}

/// The certificates of another rotation with the same stages, if there is one.
///
/// # Errors
/// `Conflict`, with the older certificate first.
pub fn ensure_alone(rotation: &Rotation, all: &[Rotation]) -> Result<(), Refusal> {
    let is_rival = |other: &&Rotation| {
        other.new != rotation.new && rotation.concerns(&other.state.replaces, &other.state.stages)
    };
    let Some(other) = all.iter().find(is_rival) else { return Ok(()) };
    let older = |one: &Rotation| all.iter().position(|it| it.new == one.new);
    let (first, second) = if older(rotation) < older(other) { (rotation, other) } else { (other, rotation) };
    Err(Refusal::Conflict(first.new.clone(), second.new.clone()))
}

/// Whether the backends may be tested.
///
/// # Errors
/// `NoStageLeft`, `Changed` or `WebSocket`.
pub fn may_test(rotation: &Rotation) -> Result<(), Refusal> {
    ensure_unchanged(rotation)?;
    ensure_any_stage(rotation)?;
    let web_sockets = rotation.web_sockets();
    if web_sockets.is_empty() { Ok(()) } else { Err(Refusal::WebSocket(web_sockets)) }
}

/// The stages to attach the new certificate to. None are left if they have it already.
///
/// # Errors
/// `Changed`, `NoStageLeft`, `NewExpired`, and without `untested`, the reasons of
/// [`ensure_tested`].
pub fn may_switch(rotation: &Rotation, untested: bool, now: Timestamp) -> Result<Vec<StageArn>, Refusal> {
    ensure_unchanged(rotation)?;
    ensure_any_stage(rotation)?;
    let stages: Vec<StageArn> = rotation.with_old().cloned().collect();
    if stages.is_empty() {
        return Ok(stages);
    }
    if let Some(at) = rotation.new_not_after.filter(|at| *at < now) {
        return Err(Refusal::NewExpired(rotation.new.clone(), at));
    }
    if !untested {
        ensure_tested(rotation, now)?;
    }
    Ok(stages)
}

/// The stages to attach the old certificate to. A stage with neither certificate of the rotation is
/// left alone.
///
/// # Errors
/// `OldGone` or `OldExpired`, if a stage would have to be rolled back.
pub fn may_roll_back(rotation: &Rotation, now: Timestamp) -> Result<Vec<StageArn>, Refusal> {
    let stages: Vec<StageArn> = rotation.with_new().cloned().collect();
    if stages.is_empty() {
        return Ok(stages);
    }
    let id = &rotation.state.replaces;
    match rotation.old {
        None => Err(Refusal::OldGone(id.clone())),
        Some(old) => match old.not_after.filter(|end| *end < now) {
            Some(end) => Err(Refusal::OldExpired(id.clone(), end)),
            None => Ok(stages),
        },
    }
}

/// Whether the old certificate may be deleted, and the state replaced.
///
/// # Errors
/// `StillUsed`, `NotSwitched`, `NotSettled` or `InTheFuture`.
pub fn may_finish(rotation: &Rotation, settle: SignedDuration, now: Timestamp) -> Result<(), Refusal> {
    let with_old = rotation.with_old().map(StageArn::label);
    let labels: Vec<String> = with_old.chain(rotation.others_with_old.iter().cloned()).collect();
    let with_new = rotation.with_new().next().is_some();
    if !with_new && rotation.state.rotated.is_none() {
        return Err(Refusal::NotSwitched);
    }
    if !labels.is_empty() {
        return Err(Refusal::StillUsed { certificate: rotation.state.replaces.clone(), labels });
    }
    // Once the old certificate is deleted, only tags are left to change.
    if rotation.state.rotated.is_some() || rotation.old.is_none() {
        return Ok(());
    }
    let switched = rotation.state.switched.ok_or(Refusal::NotSwitched)?;
    ensure_not_in_future(&rotation.new, SWITCHED, switched, now)?;
    if is_settled(switched, settle, now) {
        return Ok(());
    }
    Err(Refusal::NotSettled(switched.saturating_add(settle).unwrap_or(Timestamp::MAX)))
}

/// Whether the new certificate may be deleted.
///
/// # Errors
/// `StillUsed` if a stage has it.
pub fn may_cancel(rotation: &Rotation) -> Result<(), Refusal> {
    let with_new = rotation.with_new().map(StageArn::label);
    let labels: Vec<String> = with_new.chain(rotation.others_with_new.iter().cloned()).collect();
    if labels.is_empty() {
        return Ok(());
    }
    Err(Refusal::StillUsed { certificate: rotation.new.clone(), labels })
}

/// Whether every stage passed a test within the last day.
///
/// # Errors
/// `NotTested`, `TestTooOld` or `InTheFuture`.
pub fn ensure_tested(rotation: &Rotation, now: Timestamp) -> Result<(), Refusal> {
    let tested = rotation.state.tested.ok_or_else(|| Refusal::NotTested(rotation.new.clone()))?;
    ensure_not_in_future(&rotation.new, TESTED, tested.at, now)?;
    if now.duration_since(tested.at) > TEST_VALID_FOR { Err(Refusal::TestTooOld(tested.at)) } else { Ok(()) }
}

fn ensure_unchanged(rotation: &Rotation) -> Result<(), Refusal> {
    let changed = rotation.changed();
    if changed.is_empty() { Ok(()) } else { Err(Refusal::Changed(changed)) }
}

fn ensure_any_stage(rotation: &Rotation) -> Result<(), Refusal> {
    if rotation.current().next().is_some() { Ok(()) } else { Err(Refusal::NoStageLeft(rotation.new.clone())) }
}

/// An instant in the future would make a test valid for longer than a day.
fn ensure_not_in_future(
    certificate: &CertificateId,
    tag: &'static str,
    at: Timestamp,
    now: Timestamp,
) -> Result<(), Refusal> {
    if at.duration_since(now) > MAX_CLOCK_DIFFERENCE {
        return Err(Refusal::InTheFuture { certificate: certificate.clone(), tag, at });
    }
    Ok(())
}

fn is_settled(switched: Timestamp, settle: SignedDuration, now: Timestamp) -> bool {
    now.duration_since(switched) >= settle
}

#[cfg(test)]
#[path = "step_tests.rs"]
mod tests;
