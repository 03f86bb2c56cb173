//! Rotations in progress: the state in the tags, compared with what the stages have now.

use jiff::{SignedDuration, Timestamp};

use crate::resources::certificate_id::CertificateId;
use crate::resources::rotation_state::{State, TagProblem};
use crate::resources::stage_arn::{StageArn, StageType};
use crate::rotate::inventory::{GeneratedCertificate, Inventory};

/// A rotation in progress.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// The new certificate, which has the state in its tags.
    pub new: CertificateId,
    /// When the new certificate was created.
    pub started: Option<Timestamp>,
    /// The last instant of validity of the new certificate, if known.
    pub new_not_after: Option<Timestamp>,
    /// The state.
    pub state: State,
    /// The old certificate; `None` if it no longer exists.
    pub old: Option<OldCertificate>,
    /// The stages of the rotation.
    pub stages: Vec<RotatedStage>,
    /// Stages outside the rotation that have the old certificate.
    pub others_with_old: Vec<String>,
    /// Stages outside the rotation that have the new certificate.
    pub others_with_new: Vec<String>,
}

/// The old certificate, which still exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OldCertificate {
    /// Its last instant of validity, if known.
    pub not_after: Option<Timestamp>,
}

impl OldCertificate {
    /// Whether the certificate has expired at an instant. An unknown date counts as not expired.
    #[must_use]
    pub fn is_expired(self, now: Timestamp) -> bool {
        self.not_after.is_some_and(|end| end < now)
    }
}

/// A stage of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotatedStage {
    /// The stage as `API/STAGE`.
    pub label: String,
    /// What it has now.
    pub attached: Attached,
}

/// The certificate of a stage, compared with those of the rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attached {
    /// The old certificate.
    Old(StageArn),
    /// The new certificate.
    New(StageArn),
    /// Another certificate or none.
    Other(Option<CertificateId>),
    /// The stage doesn't exist.
    Gone,
}

impl Rotation {
    /// The stages that have the old certificate.
    pub fn with_old(&self) -> impl Iterator<Item = &StageArn> {
        self.stages.iter().filter_map(|stage| match &stage.attached {
            Attached::Old(arn) => Some(arn),
            _ => None,
        })
    }

    /// The stages that have the new certificate.
    pub fn with_new(&self) -> impl Iterator<Item = &StageArn> {
        self.stages.iter().filter_map(|stage| match &stage.attached {
            Attached::New(arn) => Some(arn),
            _ => None,
        })
    }

    /// The stages that have the old or the new certificate.
    pub fn current(&self) -> impl Iterator<Item = &StageArn> {
        self.stages.iter().filter_map(|stage| match &stage.attached {
            Attached::Old(arn) | Attached::New(arn) => Some(arn),
            _ => None,
        })
    }

    /// The stages that have another certificate or none, with what they have.
    #[must_use]
    pub fn changed(&self) -> Vec<(String, Option<CertificateId>)> {
        let changed = self.stages.iter().filter_map(|stage| match &stage.attached {
            Attached::Other(id) => Some((stage.label.clone(), id.clone())),
            _ => None,
        });
        changed.collect()
    }

    /// The WebSocket stages, which can't be tested with `TestInvokeMethod`.
    #[must_use]
    pub fn web_sockets(&self) -> Vec<String> {
        let all = self.current().filter(|arn| arn.stage_type() == StageType::ApiV2);
        all.map(StageArn::label).collect()
    }

    /// Whether a stage or a certificate belongs to the rotation.
    #[must_use]
    pub fn concerns(&self, old: &CertificateId, stages: &[String]) -> bool {
        self.state.replaces == *old || self.state.stages.iter().any(|label| stages.contains(label))
    }

    /// How long the rotation has been in progress at an instant, never negative.
    #[must_use]
    pub fn age(&self, now: Timestamp) -> SignedDuration {
        let age = self.started.map(|started| now.duration_since(started));
        age.unwrap_or_default().max(SignedDuration::ZERO)
    }

    fn of(inventory: &Inventory, certificate: &GeneratedCertificate, state: State) -> Self {
        let old = inventory.certificate(&state.replaces);
        let attached = |label: &String| match inventory.stage(label) {
            None => Attached::Gone,
            Some(found) if found.certificate.as_ref() == Some(certificate.id()) => {
                Attached::New(found.arn.clone())
            }
            Some(found) if found.certificate.as_ref() == Some(&state.replaces) => {
                Attached::Old(found.arn.clone())
            }
            Some(found) => Attached::Other(found.certificate.clone()),
        };
        let stages = state.stages.iter();
        let stages =
            stages.map(|label| RotatedStage { label: label.clone(), attached: attached(label) }).collect();
        let others = |id: &CertificateId| {
            let labels = inventory.stages_with(id).map(|stage| stage.arn.label());
            labels.filter(|label| !state.stages.contains(label)).collect()
        };
        Self {
            new: certificate.id().clone(),
            started: certificate.created,
            new_not_after: certificate.certificate.not_after,
            old: old.map(|old| OldCertificate { not_after: old.certificate.not_after }),
            stages,
            others_with_old: others(&state.replaces),
            others_with_new: others(certificate.id()),
            state,
        }
    }
}

/// The rotations in progress, the oldest first, and the certificates whose tags have an unknown
/// form.
#[must_use]
pub fn rotations(inventory: &Inventory) -> (Vec<Rotation>, Vec<TagProblem>) {
    let (mut rotations, mut problems) = (Vec::new(), Vec::new());
    for certificate in &inventory.certificates {
        match State::read(certificate.id(), &certificate.certificate.tags) {
            Ok(Some(state)) => rotations.push(Rotation::of(inventory, certificate, state)),
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        }
    }
    rotations.sort_by_key(|rotation| precedence(rotation.started, &rotation.new));
    (rotations, problems)
}

/// The order of two rotations of the same stages: the older certificate first, then by id.
pub(crate) fn precedence(created: Option<Timestamp>, id: &CertificateId) -> (Timestamp, CertificateId) {
    (created.unwrap_or(Timestamp::MAX), id.clone())
}
