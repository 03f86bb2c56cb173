//! `plan`: what a rotation of a certificate affects.

use jiff::{SignedDuration, Timestamp};

use crate::quote::printable;
use crate::resources::certificate_id::{CertificateId, CertificateKind};
use crate::resources::stage::Stage;
use crate::resources::stage_arn::{StageArn, StageType};
use crate::rotate::inventory::{Inventory, LiveStage};
use crate::rotate::refusal::Refusal;
use crate::rotate::rotation::Rotation;
use crate::rotate::start::start;

/// The quota "Client certificates per account per Region", unless it was raised.
pub const DEFAULT_QUOTA: usize = 60;
/// CloudFormation's tag with the name of a stack.
const STACK_TAG: &str = "aws:cloudformation:stack-name";

/// What a rotation of one certificate affects.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The certificate to rotate.
    pub certificate: CertificateId,
    /// Its last instant of validity, if known.
    pub not_after: Option<Timestamp>,
    /// All stages that have it: they are rotated together.
    pub stages: Vec<PlannedStage>,
    /// The rotation in progress, if any.
    pub rotation: Option<Rotation>,
    /// Why `start` would be refused, if it would be.
    pub obstacle: Option<Refusal>,
}

/// A stage of a plan.
#[derive(Clone, Debug)]
pub struct PlannedStage {
    /// The stage's ARN.
    pub arn: StageArn,
    /// The name of its API.
    pub api_name: Option<String>,
    /// The CloudFormation stack that manages it; `None` if its tags name none.
    pub stack: Option<String>,
}

impl PlannedStage {
    /// Whether it is a stage of a WebSocket API.
    #[must_use]
    pub fn is_web_socket(&self) -> bool {
        self.arn.stage_type() == StageType::ApiV2
    }
}

/// The generated certificates that expire within a window and that a stage has, the earliest first.
/// One without a date counts as expiring.
#[must_use]
pub fn expiring(inventory: &Inventory, window: SignedDuration, now: Timestamp) -> Vec<CertificateId> {
    let used = inventory.certificates.iter().filter(|it| inventory.stages_with(it.id()).next().is_some());
    let end = |not_after: Option<Timestamp>| not_after.unwrap_or(Timestamp::MIN);
    let mut expiring: Vec<_> = used
        .map(|it| (end(it.certificate.not_after), it.id().clone()))
        .filter(|(end, _)| end.duration_since(now) <= window)
        .collect();
    expiring.sort();
    expiring.into_iter().map(|(_, id)| id).collect()
}

/// The plan for one certificate.
#[must_use]
pub fn plan(inventory: &Inventory, rotations: &[Rotation], certificate: &CertificateId) -> Plan {
    let stages: Vec<PlannedStage> = inventory.stages_with(certificate).map(planned).collect();
    let labels: Vec<String> = stages.iter().map(|stage| stage.arn.label()).collect();
    let is_own = |it: &&Rotation| it.new == *certificate || it.concerns(certificate, &labels);
    Plan {
        certificate: certificate.clone(),
        not_after: inventory.certificate(certificate).and_then(|known| known.certificate.not_after),
        stages,
        rotation: rotations.iter().find(is_own).cloned(),
        obstacle: start(inventory, rotations, certificate).err(),
    }
}

/// The stages with these certificates, as a listing of their backends needs them.
#[must_use]
pub fn stages(inventory: &Inventory, certificates: &[CertificateId]) -> Vec<Stage> {
    let selected = certificates.iter().flat_map(|id| inventory.stages_with(id));
    let stage = |stage: &LiveStage| Stage {
        arn: stage.arn.clone(),
        certificate: stage.certificate.clone(),
        deployment: None,
        canary: None,
        created: None,
        captured: None,
    };
    selected.map(stage).collect()
}

/// The stage's certificate, if that is an ACM certificate.
#[must_use]
pub fn acm<'i>(inventory: &'i Inventory, label: &str) -> Option<&'i CertificateId> {
    inventory.stage(label)?.certificate.as_ref().filter(|id| id.kind() == CertificateKind::Acm)
}

fn planned(stage: &LiveStage) -> PlannedStage {
    let stack = stage.tags.value(STACK_TAG).or_else(|| stage.api_tags.value(STACK_TAG));
    PlannedStage { arn: stage.arn.clone(), api_name: stage.api_name.clone(), stack: stack.map(printable) }
}
