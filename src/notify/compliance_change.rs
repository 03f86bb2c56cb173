//! Re-emits Config's compliance-change event with the stage's owner added, because EventBridge
//! rules can filter only by what an event contains.

use super::{DeliveryStats, Detail, EventPublisher, Message, MessageType};
use crate::Failure;
use crate::account::Account;
use crate::checks::owner_tag;
use crate::deadline::Deadline;
use crate::event::eventbridge::ComplianceChange;
use crate::notify::deliver::Events;

/// Publishes one change and returns the number of events that EventBridge accepted, which is 1.
///
/// # Errors
/// Returns a failure if the stage's tags can't be read, in which case no event is sent and the
/// invocation can be retried, or if EventBridge doesn't accept the event.
pub(crate) async fn publish<A: Account, E: Events>(
    change: &ComplianceChange,
    account: &A,
    events: &E,
    deadline: Deadline,
) -> Result<usize, Failure> {
    let ComplianceChange { account_region, rule_name, stage, compliance_type, annotation, .. } = change;
    let tags = account.tags(&[stage.as_str().to_owned()]).await?;
    let owner =
        tags.get(stage.as_str()).and_then(|tags| owner_tag::owner(tags, &change.parameters.owner_tag));
    let detail = Detail::new(account_region, rule_name, stage, *compliance_type, annotation);
    let detail = Detail { owner: owner.unwrap_or_default().to_owned(), ..detail };
    let message =
        Message { message_type: MessageType::ComplianceChange, time: change.time, detail: detail.into() };
    let DeliveryStats { sent, failures, .. } =
        EventPublisher { events, account_region, deadline }.deliver(&[message]).await;
    Failure::from_all(failures).map_or(Ok(sent), Err)
}
