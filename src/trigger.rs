//! What an event asks for: which stage is evaluated, which is not, and whose peers are looked at again.

use jiff::Timestamp;

use crate::Failure;
use crate::certificate::CertificateId;
use crate::evaluations::{NotEvaluated, Resource};
use crate::event::{ConfigurationItem, agree};
use crate::failure::shown;
use crate::place::Place;
use crate::stage::{Stage, StageArn, StageType};

/// One stage's change, or the clock's.
#[derive(Debug)]
pub enum Trigger {
    /// One resource changed.
    Change(Box<Change>),
    /// It is time to evaluate all stages.
    Sweep {
        /// When Config triggered it: the `OrderingTimestamp` of all results.
        at: Timestamp,
    },
}

/// One resource's change.
#[derive(Debug)]
pub struct Change {
    /// What changed.
    pub subject: Resource,
    /// The stage as its item says it is now, where it is one that exists: this counts, whatever Config's index says yet.
    pub stage: Option<Stage>,
    /// Why the subject gets no evaluation but this reason.
    pub not_evaluated: Option<NotEvaluated>,
    /// The certificates whose stages' uniqueness may have changed with it: the one it has and the one it had.
    pub certificates: Vec<CertificateId>,
    /// The item's capture time: the `OrderingTimestamp` of all results.
    pub at: Timestamp,
}

impl Change {
    /// The stage to evaluate, where the subject is one that exists and is in scope.
    #[must_use]
    pub fn evaluated_stage(&self) -> Option<&Stage> {
        self.stage.as_ref().filter(|_| self.not_evaluated.is_none())
    }

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
        let subject = Resource::new(item.resource_type.clone(), item.resource_id.as_str());
        let Some(stage_type) = StageType::from_resource_type(&item.resource_type) else {
            let not_evaluated = Some(NotEvaluated::OtherResourceType);
            return Ok(Self {
                subject,
                stage: None,
                not_evaluated,
                certificates: Vec::new(),
                at: item.captured,
            });
        };
        let stage = stage(item, stage_type, place)?;
        let not_evaluated = if item.status.is_deleted() {
            Some(NotEvaluated::Deleted)
        } else if !item.status.is_recorded() {
            Some(NotEvaluated::NotRecorded)
        } else {
            left_scope.then_some(NotEvaluated::LeftScope)
        };
        let mut certificates: Vec<CertificateId> = stage.certificate.iter().cloned().collect();
        certificates
            .extend(previous.filter(|previous| stage.certificate.as_ref() != Some(previous)).cloned());
        let told = !item.status.is_deleted() && !item.configuration.is_null();
        Ok(Self { subject, stage: told.then_some(stage), not_evaluated, certificates, at: item.captured })
    }
}

fn stage(item: &ConfigurationItem, stage_type: StageType, place: &Place) -> Result<Stage, Failure> {
    const CERTIFICATE: &str = "configurationItem.configuration.clientCertificateId";
    let arn = stage_arn(item, stage_type, place)?;
    if item.status.is_recorded() && item.configuration.is_null() {
        return Err(Failure::malformed(
            "configurationItem.configuration",
            "is missing from a stage that exists",
        ));
    }
    let stage = Stage::from_configuration(arn, &item.configuration)
        .map_err(|problem| Failure::malformed("configurationItem", problem))?;
    match &stage.certificate {
        Some(id) if !id.is_recognised() => {
            let id = shown(id.as_str());
            let allowed = "the id of a client certificate or the ARN of an ACM certificate";
            Err(Failure::malformed(CERTIFICATE, format!("\"{id}\"; allowed: {allowed}")))
        }
        _ => Ok(stage),
    }
}

/// The stage that an item is of, whose ARN is its resource id.
///
/// # Errors
/// `Malformed` or `Disagreement`, naming the field, where it is none of the rule's own account and Region.
pub fn stage_arn(
    item: &ConfigurationItem,
    stage_type: StageType,
    place: &Place,
) -> Result<StageArn, Failure> {
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
