//! Which resources are evaluated, and why the others are not.

use crate::evaluation::facts::MissingFact;
use serde::Serialize;
use strum::{IntoStaticStr, VariantNames};

use crate::evaluation::facts::Reads;
use crate::parameters::Parameters;
use crate::resources::api::Protocol;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::{StageArn, StageType};

/// The reason why a resource is not evaluated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, IntoStaticStr, VariantNames)]
#[serde(tag = "reason", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum NotEvaluated {
    /// The resource is not a stage.
    OtherResourceType,
    /// The resource is a stage of an HTTP API, which can't have a client certificate.
    HttpApi,
    /// The stage matches none of the globs in `includeStages`.
    NotIncluded,
    /// The resource is deleted.
    Deleted,
    /// The resource is no longer in the rule's scope.
    LeftScope,
    /// Config no longer records the resource.
    NotRecorded,
    /// The stage no longer exists, according to a later read.
    Vanished,
}

impl std::fmt::Display for NotEvaluated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OtherResourceType => {
                f.write_str("not a stage: stagecert evaluates only API Gateway stages")
            }
            Self::HttpApi => f.write_str("stage of an HTTP API, which cannot present a client certificate"),
            Self::NotIncluded => f.write_str("not among includeStages"),
            Self::Deleted => f.write_str("deleted"),
            Self::LeftScope => f.write_str("no longer in the rule's scope"),
            Self::NotRecorded => f.write_str("no longer recorded by AWS Config"),
            Self::Vanished => f.write_str("no longer found"),
        }
    }
}

/// Whether the parameters include a stage. It depends on nothing that has to be read.
#[must_use]
pub fn is_included(stage: &StageArn, parameters: &Parameters) -> bool {
    let Some(globs) = &parameters.include_stages else { return true };
    let label = stage.label();
    globs.iter().any(|glob| glob.matches(&label))
}

/// Returns the reason why the stage is not evaluated, or `None` if it is: the parameters don't
/// include it, it belongs to an HTTP API, or it no longer exists.
pub(crate) fn not_evaluated(
    stage: &Stage,
    reads: &Reads,
    parameters: &Parameters,
) -> Result<Option<NotEvaluated>, MissingFact> {
    if !is_included(&stage.arn, parameters) {
        return Ok(Some(NotEvaluated::NotIncluded));
    }
    if stage.arn.stage_type() == StageType::ApiV2 {
        let protocol = reads.protocols.get(stage.arn.api_arn()).ok_or(MissingFact::Fact)?;
        return Ok((*protocol == Protocol::Http).then_some(NotEvaluated::HttpApi));
    }
    Ok(reads.stage(&stage.arn).is_some_and(|read| read.is_gone).then_some(NotEvaluated::Vanished))
}
