//! Determines what an event triggers: a sweep, or the evaluation of one resource and of its peers.

use jiff::{SignedDuration, Timestamp};

use crate::Failure;
use crate::checks::subjects::SubjectTypeRow;
use crate::evaluation::scope::NotEvaluated;
use crate::event::{ConfigurationItem, ItemDiff, ensure_equal};
use crate::resources::account_region::AccountRegion;
use crate::resources::certificate_id::CertificateId;
use crate::resources::resource::Resource;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;
use crate::resources::subject::Subject;

/// What starts an evaluation: a change or the schedule.
#[derive(Debug)]
pub(crate) enum Trigger {
    /// A resource changed.
    Change(Box<Change>),
    /// The schedule triggered the evaluation of all stages.
    Sweep {
        /// When Config triggered the sweep: the `OrderingTimestamp` of all results.
        at: Timestamp,
    },
}

/// The change of a resource.
#[derive(Debug)]
pub struct Change {
    /// The changed resource.
    pub subject: Resource,
    /// The stage as its configuration item describes it, if the subject is an existing stage. It
    /// takes precedence over Config's index, which lags.
    pub stage: Option<Stage>,
    /// The reason why the subject is not evaluated, if it isn't.
    pub not_evaluated: Option<NotEvaluated>,
    /// The certificates whose peers matter: the stage's current one and, if peers are re-evaluated,
    /// its previous one. Only ids of a recognized form, which are safe in a query.
    pub certificates: Vec<CertificateId>,
    /// Whether the peers are re-evaluated, because their uniqueness may have changed too.
    pub reevaluates_peers: bool,
    /// Whether the certificate changed and the deployment didn't.
    pub certificate_only: bool,
    /// The item's capture time: the `OrderingTimestamp` of all results.
    pub at: Timestamp,
}

/// The facts of a change event other than the item.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ChangeContext<'a> {
    /// The changed properties, if the event has a diff.
    pub(crate) diff: Option<&'a ItemDiff>,
    /// When Config sent the event.
    pub(crate) created: Option<Timestamp>,
    /// Whether the resource is no longer in the rule's scope.
    pub(crate) left_scope: bool,
}

/// The maximum age of an item whose event has no diff and still re-evaluates peers. When a rule is
/// created, Config replays the items of all stages, and most of these are older.
const RECENT: SignedDuration = SignedDuration::from_hours(24);

impl Change {
    /// Returns the stage to evaluate, if the subject is an existing stage in the rule's scope.
    #[must_use]
    pub(crate) fn evaluated_stage(&self) -> Option<&Stage> {
        self.stage.as_ref().filter(|_| self.not_evaluated.is_none())
    }

    /// Returns whether `stage` is the changed stage.
    #[must_use]
    pub(crate) fn is_about(&self, stage: &Stage) -> bool {
        *stage.arn.as_str() == *self.subject.id
    }

    /// Returns the change to a newer item of the same stage, which affects the same peers too.
    #[must_use]
    pub(crate) fn superseded_by(&self, item: Stage) -> Self {
        let now = item.certificate.iter().filter(|id| id.is_recognized());
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

    /// Returns the same change for a stage that no longer exists.
    #[must_use]
    pub(crate) fn vanished(&self) -> Self {
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

    /// Returns the change that an item describes.
    ///
    /// # Errors
    /// Returns `Malformed` or `Disagreement`, which name the field, if the item of a stage isn't
    /// valid.
    pub(crate) fn from_item(
        item: &ConfigurationItem,
        context: ChangeContext<'_>,
        account_region: &AccountRegion,
    ) -> Result<Self, Failure> {
        let subject = Resource::new(item.resource_type.clone(), item.resource_id.as_str());
        let Some(row) = SubjectTypeRow::of_resource_type(&item.resource_type) else {
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
        let stage = stage(item, row, account_region)?;
        let not_evaluated = if item.status.is_deleted() {
            Some(NotEvaluated::Deleted)
        } else if !item.status.is_recorded() {
            Some(NotEvaluated::NotRecorded)
        } else {
            context.left_scope.then_some(NotEvaluated::LeftScope)
        };
        let reevaluates_peers = context.affects_peers(item.captured);
        let previous = context.diff.and_then(|diff| diff.previous_certificate.as_ref());
        let previous = previous.filter(|id| reevaluates_peers && stage.certificate.as_ref() != Some(id));
        let certificates = stage.certificate.iter().filter(|id| id.is_recognized()).chain(previous);
        let certificates = certificates.cloned().collect();
        let certificate_only =
            context.diff.is_some_and(|diff| diff.touches_certificate && !diff.touches_deployment);
        let exists = !item.status.is_deleted() && !item.configuration.is_null();
        Ok(Self {
            subject,
            stage: exists.then_some(stage),
            not_evaluated,
            certificates,
            reevaluates_peers,
            certificate_only,
            at: item.captured,
        })
    }
}

impl ChangeContext<'_> {
    fn affects_peers(&self, captured: Timestamp) -> bool {
        match self.diff {
            Some(diff) => diff.touches_certificate,
            None => self.created.is_none_or(|created| created.duration_since(captured) < RECENT),
        }
    }
}

fn stage(
    item: &ConfigurationItem,
    row: &SubjectTypeRow,
    account_region: &AccountRegion,
) -> Result<Stage, Failure> {
    let arn = stage_arn(item, row, account_region)?;
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

/// Returns the ARN of the stage that an item describes, which is the item's resource id.
///
/// # Errors
/// Returns `Malformed` or `Disagreement`, which name the field, if the resource id isn't the ARN of
/// a stage of this type in the rule's partition and Region.
pub fn stage_arn(
    item: &ConfigurationItem,
    row: &SubjectTypeRow,
    account_region: &AccountRegion,
) -> Result<StageArn, Failure> {
    const FIELD: &str = "configurationItem.resourceId";
    let subject = (row.parse)(&item.resource_id).map_err(|problem| Failure::malformed(FIELD, problem))?;
    let is_of_type = subject.subject_type() == row.subject_type;
    let Subject::Stage(arn) = subject;
    if !is_of_type {
        return Err(Failure::malformed(
            FIELD,
            format!("\"{arn}\" is not of the type {}", item.resource_type),
        ));
    }
    ensure_equal(FIELD, arn.partition(), "configRuleArn", &account_region.partition)?;
    ensure_equal(FIELD, arn.region(), "configRuleArn", &account_region.region)?;
    Ok(arn)
}
