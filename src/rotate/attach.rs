//! `switch` and `rollback`: attach the new or the old certificate, stage by stage.

use jiff::Timestamp;

use crate::resources::certificate_id::CertificateId;
use crate::resources::rotation_state::SWITCHED;
use crate::resources::stage_arn::StageArn;
use crate::rotate::operations::{Operations, Reads};
use crate::rotate::refusal::{Refusal, Stop};
use crate::rotate::rotation::Rotation;

/// What happened to a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The certificate was attached, and the stage shows it.
    Attached,
    /// The stage had it already.
    Unneeded,
    /// The stage no longer exists.
    Gone,
}

/// Attaches the new certificate to these stages, then records when all of them had it.
///
/// # Errors
/// `Changed` or `NotShown` for a stage, or the failure of a call. The stages before it keep the new
/// certificate, and a repeated `switch` continues.
pub async fn switch(
    operations: &impl Operations,
    reads: &impl Reads,
    rotation: &Rotation,
    stages: &[StageArn],
    now: Timestamp,
    mut done: impl FnMut(&StageArn, Change),
) -> Result<(), Stop> {
    let recorded = rotation.state.switched.is_some();
    if recorded && !stages.is_empty() {
        // A rollback was interrupted: the time to settle starts again.
        operations.untag(&rotation.new, &[SWITCHED.to_owned()]).await?;
    }
    for stage in stages {
        done(stage, attach(operations, reads, stage, &rotation.state.replaces, &rotation.new).await?);
    }
    if !recorded || !stages.is_empty() {
        operations.tag(&rotation.new, &[(SWITCHED.to_owned(), now.to_string())]).await?;
    }
    Ok(())
}

/// Attaches the old certificate to these stages, then removes the record of the switch.
///
/// # Errors
/// `NotShown` for a stage, or the failure of a call. The other stages are rolled back even if one
/// fails.
pub async fn roll_back(
    operations: &impl Operations,
    reads: &impl Reads,
    rotation: &Rotation,
    stages: &[StageArn],
    mut done: impl FnMut(&StageArn, Change),
) -> Result<(), Stop> {
    let mut stopped = None;
    for stage in stages {
        match attach(operations, reads, stage, &rotation.new, &rotation.state.replaces).await {
            Ok(change) => done(stage, change),
            // A person took the stage out of the rotation: it is left alone.
            Err(Stop::Refused(Refusal::Changed(_))) => {}
            Err(stop) => stopped = stopped.or(Some(stop)),
        }
    }
    if let Some(stop) = stopped {
        return Err(stop);
    }
    if rotation.state.switched.is_some() {
        operations.untag(&rotation.new, &[SWITCHED.to_owned()]).await?;
    }
    Ok(())
}

/// Attaches a certificate to a stage that has `from`, and reads the stage before and after.
async fn attach(
    operations: &impl Operations,
    reads: &impl Reads,
    stage: &StageArn,
    from: &CertificateId,
    to: &CertificateId,
) -> Result<Change, Stop> {
    match reads.attached(stage).await? {
        None => return Ok(Change::Gone),
        Some(Some(current)) if current == *to => return Ok(Change::Unneeded),
        Some(Some(current)) if current == *from => {}
        Some(current) => return Err(Refusal::Changed(vec![(stage.label(), current)]).into()),
    }
    operations.attach(stage, to).await?;
    match reads.attached(stage).await? {
        Some(Some(current)) if current == *to => Ok(Change::Attached),
        None => Ok(Change::Gone),
        Some(_) => Err(Refusal::NotShown { stage: stage.label(), certificate: to.clone() }.into()),
    }
}
