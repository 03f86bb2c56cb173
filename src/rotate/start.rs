//! `start`: generates the new certificate, once.

use std::time::Duration;

use tokio::time::sleep;

use crate::resources::certificate_id::CertificateId;
use crate::resources::rotation_state::{State, fits_in_tag};
use crate::rotate::inventory::{GeneratedCertificate, Inventory};
use crate::rotate::operations::{Operations, Reads};
use crate::rotate::refusal::{Refusal, Stop};
use crate::rotate::rotation::{Rotation, precedence, rotations};
use crate::rotate::step::ensure_alone;

/// How often the certificates are listed until another rotation of the same stages has given way.
const MAX_LISTINGS: usize = 10;
/// The time between two of these listings.
const PAUSE: Duration = Duration::from_millis(300);
/// The error code of API Gateway for a quota that is used up.
const QUOTA: &str = "LimitExceededException";

/// What `start` does for a certificate.
#[derive(Debug)]
pub enum Start {
    /// A rotation is in progress: only its PEM is written again.
    Continue(Box<Rotation>),
    /// A certificate is generated.
    Generate(Generation),
}

/// A certificate to generate.
#[derive(Clone, Debug)]
pub struct Generation {
    /// The certificate that it replaces.
    pub old: CertificateId,
    /// All stages that have the old certificate, as `API/STAGE`.
    pub stages: Vec<String>,
    /// The description.
    pub description: String,
    /// The old certificate's tags and the state.
    pub tags: Vec<(String, String)>,
}

/// What `start` does for the certificate `old`.
///
/// # Errors
/// `NoCertificate`, `Conflict`, `Label` or `TooManyTags`.
pub fn start(inventory: &Inventory, all: &[Rotation], old: &CertificateId) -> Result<Start, Refusal> {
    let stages: Vec<String> = inventory.stages_with(old).map(|stage| stage.arn.label()).collect();
    let in_progress = |rotation: &&Rotation| rotation.new == *old || rotation.concerns(old, &stages);
    if let Some(rotation) = all.iter().find(in_progress) {
        ensure_alone(rotation, all)?;
        return Ok(Start::Continue(Box::new(rotation.clone())));
    }
    let replaced = inventory.certificate(old).ok_or_else(|| Refusal::NoCertificate(old.clone()))?;
    if let Some(label) = stages.iter().find(|label| !fits_in_tag(label)) {
        return Err(Refusal::Label(label.clone()));
    }
    let state = State::started(old.clone(), stages);
    let tags = state.tags_with(&replaced.certificate.tags);
    let tags = tags.map_err(|needed| Refusal::TooManyTags { certificate: old.clone(), needed })?;
    let description = replaced.description.clone().unwrap_or_else(|| format!("replaces {old}"));
    Ok(Start::Generate(Generation { old: old.clone(), stages: state.stages, description, tags }))
}

/// Generates the certificate, and makes sure that no other rotation of the same stages was started
/// at the same time.
///
/// Of two that were, each lists the certificates after generating its own, so at least one sees the
/// other. The one with the later certificate deletes it. The other goes on only once it no longer
/// sees the later one: two never both go on. If the later one doesn't give way in time, for example
/// because its process has ended, both remain, and every step refuses until one is cancelled. Of
/// two from the same second, whose order is unknown, both are deleted then.
///
/// # Errors
/// `NoSlot`, `Rival`, `Conflict`, or the failure of a call. If the response to
/// `GenerateClientCertificate` is lost, the certificate may exist: the next `start` finds it by its
/// tags.
pub async fn generate(
    operations: &impl Operations,
    reads: &impl Reads,
    inventory: &Inventory,
    generation: &Generation,
) -> Result<GeneratedCertificate, Stop> {
    let made = match operations.generate(&generation.description, &generation.tags).await {
        Ok(made) => made,
        Err(failure) if failure.code() == Some(QUOTA) => {
            return Err(Refusal::NoSlot { unused: inventory.unused() }.into());
        }
        Err(failure) => {
            let advice = "a certificate may have been generated: run `stagecert rotate start` again, which looks for it";
            return Err(failure.with_fix(advice).into());
        }
    };
    let mut rival = None;
    let mut is_younger = false;
    for listing in 0..MAX_LISTINGS {
        if listing > 0 {
            sleep(PAUSE).await;
        }
        let certificates = reads.certificates().await?;
        // A list without the certificate is older than it, so it may lack others too.
        let Some(own) = certificates.iter().find(|known| known.id() == made.id()).cloned() else { continue };
        match first_rival(certificates, &own, generation) {
            None => return Ok(own),
            Some(other) => {
                if precedence(other.started, &other.new) < precedence(own.created, own.id()) {
                    return give_way(operations, reads, &made, other.new).await;
                }
                is_younger = other.started > own.created;
                rival = Some(other.new);
            }
        }
    }
    let own = made.id().clone();
    match rival {
        // The process with the younger certificate sees this one, and deletes its own.
        Some(other) if is_younger => Err(Refusal::Conflict(own, other).into()),
        // It may have gone on before this one was generated, within the same second.
        Some(other) => give_way(operations, reads, &made, other).await,
        None => Err(Refusal::NoCertificate(own).into()),
    }
}

/// The rotation of the same stages with the oldest certificate other than `own`.
fn first_rival(
    certificates: Vec<GeneratedCertificate>,
    own: &GeneratedCertificate,
    generation: &Generation,
) -> Option<Rotation> {
    let (all, _) = rotations(&Inventory { certificates, stages: Vec::new() });
    let is_rival =
        |other: &Rotation| other.new != *own.id() && other.concerns(&generation.old, &generation.stages);
    all.into_iter().find(is_rival)
}

/// Deletes the certificate that this command generated, unless a stage has it.
async fn give_way(
    operations: &impl Operations,
    reads: &impl Reads,
    made: &GeneratedCertificate,
    other: CertificateId,
) -> Result<GeneratedCertificate, Stop> {
    let own = made.id().clone();
    let stages = reads.stages().await?;
    if stages.iter().any(|stage| stage.certificate.as_ref() == Some(&own)) {
        return Err(Refusal::Conflict(other, own).into());
    }
    operations.delete(&own).await?;
    Err(Refusal::Rival { own, other }.into())
}
