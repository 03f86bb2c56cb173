//! What is yet to be sent, and what was sent recently, in one table:
//!
//! | partition key | sort key | content | kept for |
//! | --- | --- | --- | --- |
//! | `urgent` or `digest` | recipient, hash of the event's id | the event | until it is sent, at most 14 days |
//! | `known`, recipient | hash of the event's id | | 7 days |
//! | `sent`, recipient | instant | | an hour |

use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::Failure;
use crate::mailer::notice::Notice;
use crate::mailer::store::{Item, MAX_WRITES, Store, Write};

/// How long an event is known: the same one is dropped until then.
const KNOWN: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long an event that can't be sent is kept, which is SQS's maximum as well.
const KEPT: SignedDuration = SignedDuration::from_hours(14 * 24);
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// When an event is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Queue {
    /// At once.
    Urgent,
    /// Once a day, with all others.
    Digest,
}

impl Queue {
    fn partition(self) -> &'static str {
        match self {
            Self::Urgent => "urgent",
            Self::Digest => "digest",
        }
    }
}

/// An event as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stored {
    /// When the mailer received it.
    pub(crate) received: Timestamp,
    #[serde(flatten)]
    pub(crate) notice: Notice,
}

/// An event that is yet to be sent to a recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pending {
    pub(crate) recipient: String,
    pub(crate) stored: Stored,
    queue: Queue,
    sort: String,
}

pub(crate) struct Outbox<'a, S> {
    pub(crate) store: &'a S,
}

impl<S: Store> Outbox<'_, S> {
    /// Stores an event for a recipient. Returns `false` if it was stored within the last seven days.
    pub(crate) async fn add(
        &self,
        recipient: &str,
        notice: &Notice,
        received: Timestamp,
    ) -> Result<bool, Failure> {
        let id = HEXLOWER.encode(&Sha256::digest(notice.id.as_bytes()));
        let queue = if notice.is_urgent() { Queue::Urgent } else { Queue::Digest };
        let stored = Stored { received, notice: notice.clone() };
        let text =
            serde_json::to_string(&stored).map_err(|error| Failure::malformed("event", error.to_string()))?;
        let writes = [
            Write::PutNew(Item {
                partition: format!("known {recipient}"),
                sort: id.clone(),
                text: String::new(),
                expires: later(received, KNOWN),
            }),
            Write::Put(Item {
                partition: queue.partition().into(),
                sort: format!("{recipient} {id}"),
                text,
                expires: later(received, KEPT),
            }),
        ];
        self.store.write(&writes, received).await
    }

    /// Returns everything that is yet to be sent. What can't be read is left out: another version of
    /// the program has stored it.
    pub(crate) async fn pending(&self, queue: Queue) -> Result<Vec<Pending>, Failure> {
        let items = self.store.items(queue.partition(), None).await?;
        let pending = |item: Item| {
            let (recipient, _) = item.sort.split_once(' ')?;
            let stored = serde_json::from_str(&item.text).ok()?;
            Some(Pending { recipient: recipient.to_owned(), stored, queue, sort: item.sort })
        };
        Ok(items.into_iter().filter_map(pending).collect())
    }

    /// Returns the instants after `since` at which emails were sent at once to a recipient.
    pub(crate) async fn sent_since(
        &self,
        recipient: &str,
        since: Timestamp,
    ) -> Result<Vec<Timestamp>, Failure> {
        let items = self.store.items(&sent(recipient), Some(&since.to_string())).await?;
        let instant = |item: Item| item.sort.split(' ').next()?.parse().ok();
        Ok(items.into_iter().filter_map(instant).collect())
    }

    /// Removes what one email contained, and counts the email.
    pub(crate) async fn mark_sent(
        &self,
        recipient: &str,
        group: &[Pending],
        now: Timestamp,
    ) -> Result<(), Failure> {
        let removed = group
            .iter()
            .map(|one| Write::Delete { partition: one.queue.partition().into(), sort: one.sort.clone() });
        let counted = group.first().filter(|one| one.queue == Queue::Urgent).map(|one| {
            let id = one.sort.rsplit(' ').next().unwrap_or_default();
            Write::Put(Item {
                partition: sent(recipient),
                sort: format!("{now} {id}"),
                text: String::new(),
                expires: later(now, HOUR),
            })
        });
        let writes: Vec<Write> = counted.into_iter().chain(removed).collect();
        for writes in writes.chunks(MAX_WRITES) {
            self.store.write(writes, now).await?;
        }
        Ok(())
    }
}

fn sent(recipient: &str) -> String {
    format!("sent {recipient}")
}

fn later(instant: Timestamp, by: SignedDuration) -> Timestamp {
    instant.saturating_add(by).unwrap_or(Timestamp::MAX)
}
