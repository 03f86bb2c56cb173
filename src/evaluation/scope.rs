//! Which resources are evaluated, and why the others are not.

use crate::evaluation::facts::MissingFact;
use glob::Pattern;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use strum::{IntoStaticStr, VariantNames};

use crate::evaluation::facts::Reads;
use crate::parameters::{Exclusion, Parameters};
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
    /// The stage matches `excludeStages`.
    Excluded {
        /// The glob that the stage matches.
        glob: String,
        /// The last day of the exclusion, in UTC; `None` if it has no end.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Date>,
        /// The reason that the parameter states.
        #[serde(skip_serializing_if = "Option::is_none")]
        justification: Option<String>,
    },
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
            Self::Excluded { glob, until, justification } => {
                write!(f, "excluded by excludeStages: {glob}")?;
                until.iter().try_for_each(|until| write!(f, " until {until}"))?;
                justification.iter().try_for_each(|text| write!(f, " because {text}"))
            }
            Self::NotIncluded => f.write_str("not among includeStages"),
            Self::Deleted => f.write_str("deleted"),
            Self::LeftScope => f.write_str("no longer in the rule's scope"),
            Self::NotRecorded => f.write_str("no longer recorded by AWS Config"),
            Self::Vanished => f.write_str("no longer found"),
        }
    }
}

/// Returns the reason why the parameters exclude a stage at the instant `now`, or `None` if they
/// don't. It depends on nothing that has to be read.
#[must_use]
pub fn excluded(stage: &StageArn, parameters: &Parameters, now: Timestamp) -> Option<NotEvaluated> {
    let label = stage.label();
    if let Some(exclusion) = parameters.exclude_stages.iter().find(|it| it.excludes(&label, now)) {
        let Exclusion { glob, until, reason } = exclusion.clone();
        return Some(NotEvaluated::Excluded { glob: glob.as_str().to_owned(), until, justification: reason });
    }
    let included = |globs: &Vec<Pattern>| globs.iter().any(|glob| glob.matches(&label));
    let not_included = parameters.include_stages.as_ref().is_some_and(|globs| !included(globs));
    not_included.then_some(NotEvaluated::NotIncluded)
}

/// Returns the reason why the stage is not evaluated, or `None` if it is: the parameters exclude
/// it, it belongs to an HTTP API, or it no longer exists.
pub(crate) fn not_evaluated(
    stage: &Stage,
    reads: &Reads,
    parameters: &Parameters,
    now: Timestamp,
) -> Result<Option<NotEvaluated>, MissingFact> {
    if let Some(reason) = excluded(&stage.arn, parameters, now) {
        return Ok(Some(reason));
    }
    if stage.arn.stage_type() == StageType::ApiV2 {
        let protocol = reads.protocols.get(stage.arn.api_arn()).ok_or(MissingFact::Fact)?;
        return Ok((*protocol == Protocol::Http).then_some(NotEvaluated::HttpApi));
    }
    Ok(reads.stage(&stage.arn).is_some_and(|read| read.is_gone).then_some(NotEvaluated::Vanished))
}
