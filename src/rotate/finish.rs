//! `finish` and `cancel`: delete a certificate that no stage has.

use jiff::{SignedDuration, Timestamp};

use crate::Failure;
use crate::resources::certificate_id::CertificateId;
use crate::resources::rotation_state::{ROTATED, Rotated};
use crate::rotate::operations::{Operations, Reads};
use crate::rotate::refusal::{Refusal, Stop};
use crate::rotate::rotation::{Rotation, rotations};
use crate::rotate::step::{ensure_alone, may_cancel, may_finish};

/// Deletes the old certificate and replaces the state by one tag with the start and the end of the
/// rotation.
///
/// All stages are read from API Gateway immediately before, and a read that fails ends the step.
///
/// # Errors
/// The reasons of [`may_finish`], `Conflict`, `InUse`, or the failure of a call.
pub async fn finish(
    operations: &impl Operations,
    reads: &impl Reads,
    new: &CertificateId,
    settle: SignedDuration,
    now: Timestamp,
) -> Result<(), Stop> {
    let Some(rotation) = current(reads, new).await? else { return Ok(()) };
    may_finish(&rotation, settle, now)?;
    if rotation.old.is_some() {
        delete(operations, &rotation.state.replaces).await?;
    }
    // The tag of an interrupted `finish` keeps its end.
    if rotation.state.rotated.is_none() {
        let rotated = Rotated { start: rotation.started.unwrap_or(now), end: now };
        operations.tag(new, &[(ROTATED.to_owned(), rotated.to_string())]).await?;
    }
    operations.untag(new, &rotation.state.keys()).await?;
    Ok(())
}

/// Deletes the new certificate, and with it the state.
///
/// # Errors
/// The reason of [`may_cancel`], `InUse`, or the failure of a call.
pub async fn cancel(
    operations: &impl Operations,
    reads: &impl Reads,
    new: &CertificateId,
) -> Result<(), Stop> {
    let inventory = reads.inventory().await?;
    let Some(rotation) = rotations(&inventory).0.into_iter().find(|rotation| rotation.new == *new) else {
        return Ok(());
    };
    may_cancel(&rotation)?;
    delete(operations, new).await
}

/// The rotation as it is now; `None` if it was finished or cancelled meanwhile.
async fn current(reads: &impl Reads, new: &CertificateId) -> Result<Option<Rotation>, Stop> {
    let (all, _) = rotations(&reads.inventory().await?);
    let Some(rotation) = all.iter().find(|rotation| rotation.new == *new) else { return Ok(None) };
    ensure_alone(rotation, &all)?;
    Ok(Some(rotation.clone()))
}

async fn delete(operations: &impl Operations, id: &CertificateId) -> Result<(), Stop> {
    let in_use = |failure: Failure| match failure.code() {
        Some("ConflictException") => Stop::Refused(Refusal::InUse(id.clone())),
        _ => Stop::Failed(failure),
    };
    operations.delete(id).await.map_err(in_use)
}
