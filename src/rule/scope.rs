use futures_util::{StreamExt, stream};

use crate::Failure;
use crate::account::listing::{Listing, RuleScope};
use crate::account::{Account, BATCH};
use crate::reads::CONCURRENCY;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;
use crate::resources::tags::Tags;
use crate::rule::Invocation;

/// The stages of a listing that the rule's own scope leaves out. Config sends no events of them, so a sweep that evaluated
/// them would contradict the events of those that leave the scope.
#[derive(Debug, Default)]
pub(crate) struct Scoped {
    /// They are not in the scope.
    pub(crate) out: Vec<Stage>,
    /// Whether they are can't be told, because their tags could not be read.
    pub(crate) unknown: Vec<Stage>,
    pub(crate) failures: Vec<Failure>,
}

impl<A: Account, R> Invocation<'_, A, R> {
    /// Compares all stages with the scope; their tags are read only if the scope names a tag.
    pub(crate) async fn scoped(&self, scope: &RuleScope, listing: &Listing) -> Scoped {
        let mut scoped = Scoped::default();
        let (named, out): (Vec<&Stage>, Vec<&Stage>) =
            listing.stages.iter().partition(|stage| scope.names(&stage.arn));
        scoped.out.extend(out.into_iter().cloned());
        let Some(key) = scope.tag_key.as_deref() else { return scoped };
        let reads = stream::iter(named.chunks(BATCH)).map(|chunk| async move {
            let arns: Vec<String> = chunk.iter().map(|stage| stage.arn.as_str().to_owned()).collect();
            (chunk, self.reader.account.tags(&arns).await)
        });
        for (chunk, read) in reads.buffered(CONCURRENCY).collect::<Vec<_>>().await {
            match read {
                Ok(tags) => {
                    let is_out = |stage: &&&Stage| !scope.has_tag(key, tags.get(stage.arn.as_str()));
                    scoped.out.extend(chunk.iter().filter(is_out).map(|stage| (*stage).clone()));
                }
                Err(failure) => {
                    scoped.failures.push(failure);
                    scoped.unknown.extend(chunk.iter().map(|stage| (*stage).clone()));
                }
            }
        }
        scoped
    }
}

impl RuleScope {
    /// Whether the scope's resource types and resource id allow the stage.
    fn names(&self, stage: &StageArn) -> bool {
        let is_type = |known: &String| known == stage.stage_type().resource_type();
        (self.resource_types.is_empty() || self.resource_types.iter().any(is_type))
            && self.resource_id.as_deref().is_none_or(|id| id == stage.as_str())
    }

    fn has_tag(&self, key: &str, tags: Option<&Tags>) -> bool {
        let value = tags.and_then(|tags| tags.value(key));
        value.is_some_and(|value| self.tag_value.as_deref().is_none_or(|wanted| wanted == value))
    }
}
