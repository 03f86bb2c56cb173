//! Which certificates and rotations a command is about.

use std::collections::BTreeSet;

use crate::resources::certificate_id::{CertificateId, CertificateKind};
use crate::resources::rotation_state::{REPLACES, STAGES, TagProblem};
use crate::rotate::inventory::Inventory;
use crate::rotate::refusal::Refusal;
use crate::rotate::rotation::Rotation;

/// What a person names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A stage, as `API/STAGE`.
    Stage(String),
    /// A generated certificate.
    Certificate(CertificateId),
}

impl Target {
    /// Reads `API/STAGE` or the id of a generated certificate.
    ///
    /// # Errors
    /// Returns what is allowed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let is_word = |text: &str, more: &[u8]| {
            !text.is_empty()
                && text.len() <= 128
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
        };
        match text.split_once('/') {
            Some((api, stage)) if is_word(api, b"") && is_word(stage, b"-_") => Ok(Self::Stage(text.into())),
            None if CertificateId::new(text.into()).kind() == CertificateKind::Generated => {
                Ok(Self::Certificate(CertificateId::new(text.into())))
            }
            _ => Err("expected API/STAGE, such as a1b2c3d4e5/prod, or the id of a client certificate".into()),
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stage(label) => write!(f, "stage {label}"),
            Self::Certificate(id) => write!(f, "certificate {id}"),
        }
    }
}

/// The generated certificates to rotate: those of the named stages, and the named ones.
///
/// # Errors
/// `NoStage`, `NotAttached`, `Acm`, `Dangling`, `NoCertificate` or `Unused`.
pub fn certificates(inventory: &Inventory, targets: &[Target]) -> Result<Vec<CertificateId>, Refusal> {
    let mut selected = BTreeSet::new();
    for target in targets {
        let id = match target {
            Target::Stage(label) => certificate_of(inventory, label)?,
            Target::Certificate(id) => id.clone(),
        };
        if inventory.certificate(&id).is_none() {
            return Err(Refusal::NoCertificate(id));
        }
        if inventory.stages_with(&id).next().is_none() {
            return Err(Refusal::Unused(id));
        }
        selected.insert(id);
    }
    Ok(selected.into_iter().collect())
}

/// The rotations in progress that concern the targets, each once.
///
/// # Errors
/// `NoRotation` for a target without one, and `Tag` if the tags of its rotation are not understood.
pub fn rotations<'r>(
    all: &'r [Rotation],
    problems: &[TagProblem],
    inventory: &Inventory,
    targets: &[Target],
) -> Result<Vec<&'r Rotation>, Refusal> {
    let mut selected: Vec<&Rotation> = Vec::new();
    for target in targets {
        ensure_understood(problems, inventory, target)?;
        let found = all.iter().filter(|rotation| is_of(rotation, target));
        let before = selected.len();
        for rotation in found {
            if selected.iter().any(|known| known.new == rotation.new) {
                continue;
            }
            selected.push(rotation);
        }
        let is_known = selected.iter().any(|rotation| is_of(rotation, target));
        if selected.len() == before && !is_known {
            return Err(Refusal::NoRotation(target.to_string()));
        }
    }
    Ok(selected)
}

/// Fails if a certificate whose tags are not understood may be that of a rotation of the target.
///
/// # Errors
/// `Tag`.
pub fn ensure_understood(
    problems: &[TagProblem],
    inventory: &Inventory,
    target: &Target,
) -> Result<(), Refusal> {
    let concerns = |problem: &&TagProblem| {
        let Some(certificate) = inventory.certificate(&problem.certificate) else { return false };
        let mentions = |text: &str| {
            certificate.certificate.tags.iter().any(|(key, value)| {
                (key == REPLACES || key.starts_with(STAGES)) && value.split(' ').any(|word| word == text)
            })
        };
        let stages = match target {
            Target::Stage(label) => vec![label.clone()],
            Target::Certificate(id) if *id == problem.certificate => return true,
            Target::Certificate(id) => inventory.stages_with(id).map(|stage| stage.arn.label()).collect(),
        };
        let old = match target {
            Target::Stage(label) => inventory.stage(label).and_then(|stage| stage.certificate.clone()),
            Target::Certificate(id) => Some(id.clone()),
        };
        stages.iter().any(|label| mentions(label))
            || old.is_some_and(|old| mentions(old.as_str()) || old == problem.certificate)
    };
    match problems.iter().find(concerns) {
        Some(problem) => Err(Refusal::Tag(problem.clone())),
        None => Ok(()),
    }
}

fn is_of(rotation: &Rotation, target: &Target) -> bool {
    match target {
        Target::Stage(label) => rotation.state.stages.contains(label),
        Target::Certificate(id) => rotation.new == *id || rotation.state.replaces == *id,
    }
}

fn certificate_of(inventory: &Inventory, label: &str) -> Result<CertificateId, Refusal> {
    let stage = inventory.stage(label).ok_or_else(|| Refusal::NoStage(label.to_owned()))?;
    let id = stage.certificate.clone().ok_or_else(|| Refusal::NotAttached(label.to_owned()))?;
    match id.kind() {
        CertificateKind::Acm => Err(Refusal::Acm(label.to_owned())),
        CertificateKind::Generated if inventory.certificate(&id).is_some() => Ok(id),
        _ => Err(Refusal::Dangling(label.to_owned(), id)),
    }
}
