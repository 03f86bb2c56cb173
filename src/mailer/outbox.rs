//! What is yet to be sent, and what was sent recently, in one table:
//!
//! | partition key | sort key | content | kept for |
//! | --- | --- | --- | --- |
//! | `urgent` or `digest` | recipient, hash of what the event is about, instant | the event | until it is sent, at most 14 days |
//! | `known`, recipient | the event's id | | 7 days |
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
/// How many earlier events about the same are removed at once. There is one at most, unless the
/// queue delivers a batch again.
const MAX_EARLIER: usize = 40;
/// How many events one email is about at most.
pub(crate) const MAX_PENDING: usize = 5000;
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
    pub(crate) stored: Stored,
    queue: Queue,
    sort: String,
}

pub(crate) struct Outbox<'a, S> {
    pub(crate) store: &'a S,
}

impl<S: Store> Outbox<'_, S> {
    /// Stores an event for a recipient, and removes an earlier one about the same. Returns `false`
    /// if it was stored within the last seven days.
    pub(crate) async fn add(
        &self,
        recipient: &str,
        notice: &Notice,
        received: Timestamp,
    ) -> Result<bool, Failure> {
        let subject = HEXLOWER.encode(&Sha256::digest(notice.subject().join("\n").as_bytes()));
        let queue = if notice.is_urgent() { Queue::Urgent } else { Queue::Digest };
        let stored = Stored { received, notice: notice.clone() };
        let text =
            serde_json::to_string(&stored).map_err(|error| Failure::malformed("event", error.to_string()))?;
        // The instant makes the key unique: an email that is being sent must not remove this event.
        let key = format!("{recipient} {subject} ");
        let mut writes = vec![
            Write::PutNew(Item {
                partition: format!("known {recipient}"),
                sort: notice.id.clone(),
                text: String::new(),
                expires: later(received, KNOWN),
            }),
            Write::Put(Item {
                partition: queue.partition().into(),
                sort: format!("{key}{received}"),
                text,
                expires: later(received, KEPT),
            }),
        ];
        for queue in [Queue::Urgent, Queue::Digest] {
            let earlier = self.store.items(queue.partition(), Some(&key), MAX_EARLIER).await?;
            let earlier = earlier.into_iter().filter(|item| item.sort.starts_with(&key));
            writes.extend(earlier.map(|item| Write::Delete { partition: item.partition, sort: item.sort }));
        }
        self.store.write(&writes, received).await
    }

    /// Returns up to [`MAX_PENDING`] events that are yet to be sent to the first recipient after
    /// `after`, which is empty or the last one; `None` if there is no other. What can't be read is
    /// left out: another version of the program has stored it.
    pub(crate) async fn pending(
        &self,
        queue: Queue,
        after: &str,
    ) -> Result<Option<(String, Vec<Pending>)>, Failure> {
        // Greater than every hash, so greater than every key of that recipient.
        let after = format!("{after} ~");
        let first = self.store.items(queue.partition(), Some(&after), 1).await?;
        let Some((recipient, _)) = first.first().and_then(|item| item.sort.split_once(' ')) else {
            return Ok(None);
        };
        let from = format!("{recipient} ");
        let items = self.store.items(queue.partition(), Some(&from), MAX_PENDING).await?;
        let pending = |item: Item| {
            let stored = serde_json::from_str(&item.text).ok()?;
            Some(Pending { stored, queue, sort: item.sort })
        };
        let own = items.into_iter().take_while(|item| item.sort.starts_with(&from));
        Ok(Some((recipient.to_owned(), own.filter_map(pending).collect())))
    }

    /// Returns the instants after `since` at which emails were sent at once to a recipient.
    pub(crate) async fn sent_since(
        &self,
        recipient: &str,
        since: Timestamp,
    ) -> Result<Vec<Timestamp>, Failure> {
        let items = self.store.items(&sent(recipient), Some(&since.to_string()), MAX_PENDING).await?;
        let instant = |item: Item| item.sort.split(' ').next()?.parse().ok();
        Ok(items.into_iter().filter_map(instant).collect())
    }

    /// Counts an email that is sent at once, before it is sent: an email that can't be removed
    /// afterwards is then not repeated every minute.
    pub(crate) async fn count(
        &self,
        recipient: &str,
        group: &[Pending],
        now: Timestamp,
    ) -> Result<(), Failure> {
        let Some(first) = group.first().filter(|one| one.queue == Queue::Urgent) else { return Ok(()) };
        let counted = Write::Put(Item {
            partition: sent(recipient),
            sort: format!("{now} {}", first.sort),
            text: String::new(),
            expires: later(now, HOUR),
        });
        self.store.write(&[counted], now).await.map(|_| ())
    }

    /// Removes what an email contained.
    pub(crate) async fn remove(&self, group: &[Pending], now: Timestamp) -> Result<(), Failure> {
        let removed = group
            .iter()
            .map(|one| Write::Delete { partition: one.queue.partition().into(), sort: one.sort.clone() });
        let writes: Vec<Write> = removed.collect();
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
