//! What an event asks for: which stage is evaluated, which is not, and whose peers are looked at again.

use jiff::{SignedDuration, Timestamp};

use crate::Failure;
use crate::evaluation::scope::NotEvaluated;
use crate::event::{ConfigurationItem, ItemDiff, ensure_equal};
use crate::resources::account_region::AccountRegion;
use crate::resources::certificate_id::CertificateId;
use crate::resources::resource::Resource;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::{StageArn, StageType};

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
    /// The certificates whose peers count: the one it has and, if its other peers are re-evaluated, the one it had. Only ids of
    /// a known form, which can be queried.
    pub certificates: Vec<CertificateId>,
    /// Whether the peers' uniqueness may have changed with it, so that they are re-evaluated.
    pub reevaluates_peers: bool,
    /// Whether the certificate changed and the deployment didn't.
    pub certificate_only: bool,
    /// The item's capture time: the `OrderingTimestamp` of all results.
    pub at: Timestamp,
}

/// What a change event says beside the item.
#[derive(Clone, Copy, Debug, Default)]
pub struct Occasion<'a> {
    /// What changed, if the event has a diff.
    pub diff: Option<&'a ItemDiff>,
    /// When Config sent the event.
    pub created: Option<Timestamp>,
    /// The resource is no longer in the rule's scope.
    pub left_scope: bool,
}

/// Creating a rule replays the items of all stages, most of which are older than this. An event without a diff re-evaluates
/// peers only if its item is younger.
const RECENT: SignedDuration = SignedDuration::from_hours(24);

impl Change {
    /// The stage to evaluate, where the subject is one that exists and is in scope.
    #[must_use]
    pub fn evaluated_stage(&self) -> Option<&Stage> {
        self.stage.as_ref().filter(|_| self.not_evaluated.is_none())
    }

    /// Whether the stage is the one that changed.
    #[must_use]
    pub fn is_about(&self, stage: &Stage) -> bool {
        *stage.arn.as_str() == *self.subject.id
    }

    /// The change to a newer item of the same stage, which concerns the same peers too.
    #[must_use]
    pub fn outdated_by(&self, item: Stage) -> Self {
        let now = item.certificate.iter().filter(|id| id.is_recognised());
        let before = self.certificates.iter().filter(|id| item.certificate.as_ref() != Some(id));
        Self {
            subject: self.subject.clone(),
            not_evaluated: None,
            certificates: now.chain(before).cloned().collect(),
            reevaluates_peers: self.reevaluates_peers,
            certificate_only: false,
            at: item.captured.unwrap_or(self.at),
            stage: Some(item),
        }
    }

    /// The same of a stage that does not exist any more.
    #[must_use]
    pub fn vanished(&self) -> Self {
        Self {
            subject: self.subject.clone(),
            stage: None,
            not_evaluated: Some(NotEvaluated::Vanished),
            certificates: self.certificates.clone(),
            reevaluates_peers: self.reevaluates_peers,
            certificate_only: false,
            at: self.at,
        }
    }

    /// Reads what the changed item says.
    ///
    /// # Errors
    /// `Malformed` or `Disagreement`, naming the field, where a stage's item does not have a stage's form.
    pub fn of(
        item: &ConfigurationItem,
        occasion: Occasion<'_>,
        account_region: &AccountRegion,
    ) -> Result<Self, Failure> {
        let subject = Resource::new(item.resource_type.clone(), item.resource_id.as_str());
        let Some(stage_type) = StageType::from_resource_type(&item.resource_type) else {
            let not_evaluated = Some(NotEvaluated::OtherResourceType);
            return Ok(Self {
                subject,
                stage: None,
                not_evaluated,
                certificates: Vec::new(),
                reevaluates_peers: false,
                certificate_only: false,
                at: item.captured,
            });
        };
        let stage = stage(item, stage_type, account_region)?;
        let not_evaluated = if item.status.is_deleted() {
            Some(NotEvaluated::Deleted)
        } else if !item.status.is_recorded() {
            Some(NotEvaluated::NotRecorded)
        } else {
            occasion.left_scope.then_some(NotEvaluated::LeftScope)
        };
        let reevaluates_peers = occasion.concerns_peers(item.captured);
        let previous = occasion.diff.and_then(|diff| diff.previous_certificate.as_ref());
        let previous = previous.filter(|id| reevaluates_peers && stage.certificate.as_ref() != Some(id));
        let certificates = stage.certificate.iter().filter(|id| id.is_recognised()).chain(previous);
        let certificates = certificates.cloned().collect();
        let certificate_only =
            occasion.diff.is_some_and(|diff| diff.touches_certificate && !diff.touches_deployment);
        let told = !item.status.is_deleted() && !item.configuration.is_null();
        Ok(Self {
            subject,
            stage: told.then_some(stage),
            not_evaluated,
            certificates,
            reevaluates_peers,
            certificate_only,
            at: item.captured,
        })
    }
}

impl Occasion<'_> {
    fn concerns_peers(&self, captured: Timestamp) -> bool {
        match self.diff {
            Some(diff) => diff.touches_certificate,
            None => self.created.is_none_or(|created| created.duration_since(captured) < RECENT),
        }
    }
}

fn stage(
    item: &ConfigurationItem,
    stage_type: StageType,
    account_region: &AccountRegion,
) -> Result<Stage, Failure> {
    let arn = stage_arn(item, stage_type, account_region)?;
    if item.status.is_recorded() && item.configuration.is_null() {
        return Err(Failure::malformed(
            "configurationItem.configuration",
            "is missing from a stage that exists",
        ));
    }
    let stage = Stage::from_configuration(arn, &item.configuration)
        .map_err(|problem| Failure::malformed("configurationItem", problem))?;
    Ok(Stage { captured: Some(item.captured), ..stage })
}

/// The stage that an item is of, whose ARN is its resource id.
///
/// # Errors
/// `Malformed` or `Disagreement`, naming the field, where it is none of the rule's own account and Region.
pub fn stage_arn(
    item: &ConfigurationItem,
    stage_type: StageType,
    account_region: &AccountRegion,
) -> Result<StageArn, Failure> {
    const FIELD: &str = "configurationItem.resourceId";
    let arn = StageArn::parse(&item.resource_id).map_err(|problem| Failure::malformed(FIELD, problem))?;
    if arn.stage_type() != stage_type {
        return Err(Failure::malformed(
            FIELD,
            format!("\"{arn}\" is not of the type {}", item.resource_type),
        ));
    }
    ensure_equal(FIELD, arn.partition(), "configRuleArn", &account_region.partition)?;
    ensure_equal(FIELD, arn.region(), "configRuleArn", &account_region.region)?;
    Ok(arn)
}
