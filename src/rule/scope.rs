use futures_util::{StreamExt, stream};

use crate::Failure;
use crate::account::listing::{Listing, RuleScope};
use crate::account::{Account, BATCH};
use crate::reads::CONCURRENCY;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;
use crate::resources::tags::Tags;
use crate::rule::Invocation;

/// The listed stages that the rule's scope excludes. Config sends no events for them, so evaluating
/// them in a sweep would contradict the `NOT_APPLICABLE` result of stages that left the scope.
#[derive(Debug, Default)]
pub(crate) struct ScopeCheck {
    /// The stages outside the scope.
    pub(crate) outside: Vec<Stage>,
    /// The stages whose tags could not be read, so that their scope is unknown.
    pub(crate) unknown: Vec<Stage>,
    pub(crate) failures: Vec<Failure>,
}

impl<A: Account, R> Invocation<'_, A, R> {
    /// Compares all listed stages with the scope. Tags are read only if the scope has a tag key.
    pub(crate) async fn check_scope(&self, scope: &RuleScope, listing: &Listing) -> ScopeCheck {
        let mut check = ScopeCheck::default();
        let (included, outside): (Vec<&Stage>, Vec<&Stage>) =
            listing.stages.iter().partition(|stage| scope.includes(&stage.arn));
        check.outside.extend(outside.into_iter().cloned());
        let Some(key) = scope.tag_key.as_deref() else { return check };
        let reads = stream::iter(included.chunks(BATCH)).map(|chunk| async move {
            let arns: Vec<String> = chunk.iter().map(|stage| stage.arn.as_str().to_owned()).collect();
            (chunk, self.reader.account.tags(&arns).await)
        });
        for (chunk, read) in reads.buffered(CONCURRENCY).collect::<Vec<_>>().await {
            match read {
                Ok(tags) => {
                    let is_outside = |stage: &&&Stage| !scope.matches_tag(key, tags.get(stage.arn.as_str()));
                    check.outside.extend(chunk.iter().filter(is_outside).map(|stage| (*stage).clone()));
                }
                Err(failure) => {
                    check.failures.push(failure);
                    check.unknown.extend(chunk.iter().map(|stage| (*stage).clone()));
                }
            }
        }
        check
    }
}

impl RuleScope {
    /// Whether the scope's resource types and resource id include the stage.
    fn includes(&self, stage: &StageArn) -> bool {
        let is_type = |resource_type: &String| resource_type == stage.stage_type().resource_type();
        (self.resource_types.is_empty() || self.resource_types.iter().any(is_type))
            && self.resource_id.as_deref().is_none_or(|id| id == stage.as_str())
    }

    fn matches_tag(&self, key: &str, tags: Option<&Tags>) -> bool {
        let value = tags.and_then(|tags| tags.value(key));
        value.is_some_and(|value| self.tag_value.as_deref().is_none_or(|expected| expected == value))
    }
}
