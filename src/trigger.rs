//! What an event asks for: which stage is evaluated, which is not, and whose peers are looked at again.

use jiff::Timestamp;

use crate::Failure;
use crate::certificate::CertificateId;
use crate::evaluations::{NotEvaluated, Resource};
use crate::event::{ConfigurationItem, agree};
use crate::place::Place;
use crate::stage::{Stage, StageArn, StageType};

/// One stage's change, or the clock's.
#[derive(Debug)]
pub enum Trigger {
    /// One resource changed.
    Change(Change),
    /// It is time to evaluate all stages.
    Sweep {
        /// When Config triggered it: the `OrderingTimestamp` of all results.
        at: Timestamp,
    },
}

/// One resource's change.
#[derive(Debug)]
pub struct Change {
    /// What changed and whether it is still there to be evaluated.
    pub subject: Subject,
    /// The certificates whose stages' uniqueness may have changed with it: the one it has and the one it had.
    pub certificates: Vec<CertificateId>,
    /// The item's capture time: the `OrderingTimestamp` of all results.
    pub at: Timestamp,
}

/// What changed.
#[derive(Debug)]
pub enum Subject {
    /// A stage that exists and is in scope.
    Stage(Stage),
    /// Something that gets no evaluation of its own: not a stage, or one that is gone or out of scope.
    Other {
        /// The resource.
        resource: Resource,
        /// Why it is not evaluated.
        reason: NotEvaluated,
        /// The stage, where it is one that no longer presents its certificate.
        gone: Option<StageArn>,
    },
}

impl Subject {
    /// Whether this stage is what changed.
    #[must_use]
    pub fn is(&self, arn: &StageArn) -> bool {
        match self {
            Self::Stage(stage) => stage.arn == *arn,
            Self::Other { resource, .. } => resource.id == arn.as_str(),
        }
    }
}

impl Change {
    /// Reads what the changed item says.
    ///
    /// # Errors
    /// `Malformed` or `Disagreement`, naming the field, where a stage's item does not have a stage's form.
    pub fn of(
        item: &ConfigurationItem,
        previous: Option<&CertificateId>,
        left_scope: bool,
        place: &Place,
    ) -> Result<Self, Failure> {
        let resource = Resource { resource_type: item.resource_type.clone(), id: item.resource_id.clone() };
        let Some(stage_type) = StageType::from_resource_type(&item.resource_type) else {
            let subject = Subject::Other { resource, reason: NotEvaluated::OtherResourceType, gone: None };
            return Ok(Self { subject, certificates: Vec::new(), at: item.captured });
        };
        let arn = stage_arn(item, stage_type, place)?;
        let recorded = item.status.is_recorded();
        if recorded && item.configuration.is_null() {
            return Err(Failure::malformed(
                "configurationItem.configuration",
                "is missing from a stage that exists",
            ));
        }
        let stage = Stage::from_configuration(arn, &item.configuration)
            .map_err(|problem| Failure::malformed("configurationItem", problem))?;
        let mut certificates: Vec<CertificateId> = Vec::new();
        for id in stage.certificate.iter().chain(previous) {
            if !id.is_recognised() {
                return Err(Failure::malformed(
                    "configurationItem.configuration.clientCertificateId",
                    format!(
                        "\"{}\"; allowed: the id of a client certificate or the ARN of an ACM certificate",
                        id.as_str().escape_debug()
                    ),
                ));
            }
            if !certificates.contains(id) {
                certificates.push(id.clone());
            }
        }
        let subject = if recorded && !left_scope {
            Subject::Stage(stage)
        } else if item.status.is_deleted() {
            Subject::Other { resource, reason: NotEvaluated::Deleted, gone: Some(stage.arn) }
        } else if recorded {
            Subject::Other { resource, reason: NotEvaluated::LeftScope, gone: None }
        } else {
            Subject::Other { resource, reason: NotEvaluated::NotRecorded, gone: None }
        };
        Ok(Self { subject, certificates, at: item.captured })
    }
}

fn stage_arn(item: &ConfigurationItem, stage_type: StageType, place: &Place) -> Result<StageArn, Failure> {
    const FIELD: &str = "configurationItem.resourceId";
    let arn = StageArn::parse(&item.resource_id).map_err(|problem| Failure::malformed(FIELD, problem))?;
    if arn.stage_type() != stage_type {
        return Err(Failure::malformed(
            FIELD,
            format!("\"{arn}\" is not of the type {}", item.resource_type),
        ));
    }
    agree(FIELD, arn.partition(), "configRuleArn", &place.partition)?;
    agree(FIELD, arn.region(), "configRuleArn", &place.region)?;
    Ok(arn)
}
