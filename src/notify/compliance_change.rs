//! Re-emits Config's compliance-change event with the stage's owner added, because EventBridge
//! rules can filter only by what an event contains.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{DeliveryStats, Detail, EventPublisher, Message, MessageType};
use crate::Failure;
use crate::account::Account;
use crate::account::listing::Freshness;
use crate::checks::owner_tag;
use crate::deadline::Deadline;
use crate::event::eventbridge::ComplianceChange;
use crate::notify::deliver::Events;
use crate::resources::certificate_id::{CertificateId, CertificateKind};
use crate::resources::tags::Tags;

/// Publishes one change and returns the number of events that EventBridge accepted, which is 1.
///
/// # Errors
/// Returns a failure if the owner can't be read, in which case no event is sent and the invocation
/// can be retried, or if EventBridge doesn't accept the event.
pub(crate) async fn publish<A: Account, E: Events>(
    change: &ComplianceChange,
    account: &A,
    events: &E,
    deadline: Deadline,
) -> Result<usize, Failure> {
    let ComplianceChange { account_region, rule_name, stage, compliance_type, annotation, .. } = change;
    let owner = owner(change, account).await?;
    let detail = Detail::new(account_region, rule_name, stage, *compliance_type, annotation);
    let detail = Detail { owner: owner.unwrap_or_default(), ..detail };
    let message =
        Message { message_type: MessageType::ComplianceChange, time: change.time, detail: detail.into() };
    let DeliveryStats { sent, failures, .. } =
        EventPublisher { events, account_region, deadline }.deliver(&[message]).await;
    Failure::from_all(failures).map_or(Ok(sent), Err)
}

/// Returns the owner of the stage. Its certificate is read only if the stage has no owner tag.
async fn owner<A: Account>(change: &ComplianceChange, account: &A) -> Result<Option<String>, Failure> {
    let (stage, settings) = (&change.stage, &change.parameters.owner_tag);
    let of_stage = tags_of(stage.as_str(), account).await?;
    if let Some(owner) = owner_tag::owner(of_stage.as_ref(), None, settings) {
        return Ok(Some(owner.to_owned()));
    }
    let latest = account.latest(&[stage]).await?.into_iter().next();
    let Some(id) = latest.and_then(|stage| stage.certificate) else { return Ok(None) };
    let of_certificate = certificate_tags(id, change.time, account).await?;
    Ok(owner_tag::owner(None, of_certificate.as_ref(), settings).map(Into::into))
}

/// Returns the tags of a certificate. Those of a generated certificate come with it; one that does
/// not exist has none.
async fn certificate_tags<A: Account>(
    id: CertificateId,
    since: Timestamp,
    account: &A,
) -> Result<Option<Tags>, Failure> {
    if !id.is_local_to(account.account_region()) {
        return Ok(None);
    }
    match id.kind() {
        CertificateKind::Generated => {
            let wanted = BTreeSet::from([id.clone()]);
            let mut known = account.client_certificates(&wanted, Freshness::After(since)).await?;
            Ok(known.remove(&id).map(|certificate| certificate.tags))
        }
        CertificateKind::Acm => tags_of(id.as_str(), account).await,
        CertificateKind::Unrecognized => Ok(None),
    }
}

async fn tags_of<A: Account>(arn: &str, account: &A) -> Result<Option<Tags>, Failure> {
    Ok(account.tags(&[arn.to_owned()]).await?.remove(arn))
}
