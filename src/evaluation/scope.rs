//! What is evaluated at all, and why the rest is not.

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

/// Why a resource is not evaluated at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, IntoStaticStr, VariantNames)]
#[serde(tag = "reason", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum NotEvaluated {
    /// The resource is neither of the two stage types.
    OtherResourceType,
    /// A stage of an HTTP API, which can't have a client certificate.
    HttpApi,
    /// The stage matches `excludeStages`.
    Excluded {
        /// The glob that it matches.
        glob: String,
        /// The last day, in UTC, on which it is excluded; for good where absent.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Date>,
        /// The reason that the parameter gives.
        #[serde(skip_serializing_if = "Option::is_none")]
        justification: Option<String>,
    },
    /// The stage matches nothing in `includeStages`.
    NotIncluded,
    /// The resource is deleted.
    Deleted,
    /// The rule's scope no longer holds it.
    LeftScope,
    /// Config no longer records it.
    NotRecorded,
    /// A sweep no longer finds it.
    Vanished,
}

impl std::fmt::Display for NotEvaluated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OtherResourceType => {
                f.write_str("not a stage: stagecert evaluates API Gateway stages alone")
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

/// Why the parameters leave a stage out at the instant `now`, if they do: nothing has to be read to know it.
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

/// Whether the stage is not evaluated: left out, or of an HTTP API, whose stages have no client certificate.
pub(crate) fn not_evaluated(
    stage: &Stage,
    reads: &Reads,
    parameters: &Parameters,
    now: Timestamp,
) -> Result<Option<NotEvaluated>, MissingFact> {
    if let Some(reason) = excluded(&stage.arn, parameters, now) {
        return Ok(Some(reason));
    }
    if stage.arn.stage_type() == StageType::V2 {
        let protocol = reads.protocols.get(stage.arn.api_arn()).ok_or(MissingFact::Fact)?;
        return Ok((*protocol == Protocol::Http).then_some(NotEvaluated::HttpApi));
    }
    Ok(reads.gone.contains(&stage.arn).then_some(NotEvaluated::Vanished))
}
