//! Config's own word that a stage's compliance has changed, told once more with the stage's owner in it: Config's event knows
//! none, and a rule of EventBridge can only choose by what an event says.

use super::{Delivered, Detail, EventPublisher, Notice, NoticeType};
use crate::Failure;
use crate::account::Account;
use crate::checks::owner_tag;
use crate::deadline::Deadline;
use crate::event::eventbridge::ComplianceChange;
use crate::notify::deliver::Events;

/// Tells of one change. How many events EventBridge took: one.
///
/// # Errors
/// Where the tags could not be read, in which case nothing is told and the invocation may come again; or where the event was
/// not taken.
pub async fn tell<A: Account, E: Events>(
    change: &ComplianceChange,
    account: &A,
    events: &E,
    deadline: Deadline,
) -> Result<usize, Failure> {
    let ComplianceChange { account_region, rule_name, stage, compliance_type, annotation, .. } = change;
    let tags = account.tags(&[stage.as_str().to_owned()]).await?;
    let owner =
        tags.get(stage.as_str()).and_then(|tags| owner_tag::owner(tags, &change.parameters.owner_tag));
    let detail = Detail::of(account_region, rule_name, stage, *compliance_type, annotation);
    let detail = Detail { owner: owner.unwrap_or_default().to_owned(), ..detail };
    let notice = Notice { notice_type: NoticeType::ComplianceChange, time: change.time, detail };
    let Delivered { taken, failures } =
        EventPublisher { events, account_region, deadline }.deliver(&[notice]).await;
    Failure::from_all(failures).map_or(Ok(taken), Err)
}
