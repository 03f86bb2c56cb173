//! Delivers events to EventBridge, with retries.

use crate::Failure;
use crate::deadline::{Backoff, Deadline, is_past};
use crate::notify::Message;
use crate::resources::account_region::AccountRegion;

const PUT: &str = "PutEvents";

/// Puts events on the event bus of the function's account and Region.
#[derive(Debug)]
pub(crate) struct EventPublisher<'a, E> {
    /// The destination of the events.
    pub(crate) events: &'a E,
    /// The account and Region of the stages, which failures name.
    pub(crate) account_region: &'a AccountRegion,
    /// The deadline, after which no event is put.
    pub(crate) deadline: Deadline,
}

/// The outcome of a delivery.
#[derive(Debug, Default)]
pub struct DeliveryStats {
    /// The number of events that EventBridge accepted.
    pub sent: usize,
    /// These events.
    pub accepted: Vec<Message>,
    /// The failures, which name every event that was not sent.
    pub failures: Vec<Failure>,
}

impl<E: Events> EventPublisher<'_, E> {
    /// Puts all messages in order, ten per call. An event has less than 25 KB, so a call is below
    /// the limit of 256 KB.
    pub(crate) async fn deliver(&self, messages: &[Message]) -> DeliveryStats {
        let mut stats = DeliveryStats::default();
        let mut batches = messages.chunks(MAX_ENTRIES);
        while let Some(batch) = batches.next() {
            if is_past(self.deadline.puts()) {
                let left = stages(batch.iter().chain(batches.flatten()));
                let location = self.account_region.into();
                stats.failures.push(Failure::OutOfTime { operation: PUT, left, location });
                break;
            }
            if let Err(failure) = self.put_batch(batch, &mut stats).await {
                stats.failures.push(failure);
                // A missing permission or an unreachable endpoint would fail the next call too.
                let left = batches.flatten().map(|message| describe(message, "not sent")).collect::<Vec<_>>();
                if !left.is_empty() {
                    stats.failures.push(self.not_sent(left));
                }
                break;
            }
        }
        stats
    }

    async fn put_batch(&self, batch: &[Message], stats: &mut DeliveryStats) -> Result<(), Failure> {
        let mut backoff = Backoff::new(self.deadline.puts());
        let mut pending = batch.to_vec();
        let mut rejected = Vec::new();
        loop {
            let codes = self.events.put_events(&pending).await?;
            let is_last = !backoff.allows_retry();
            let mut retried = Vec::new();
            for (message, code) in pending.into_iter().zip(codes) {
                match code {
                    None => {
                        stats.sent += 1;
                        stats.accepted.push(message);
                    }
                    Some(code) if is_last || !is_retryable(&code) => rejected.push(describe(&message, &code)),
                    Some(_) => retried.push(message),
                }
            }
            if retried.is_empty() {
                break;
            }
            pending = retried;
            backoff.wait().await;
        }
        if !rejected.is_empty() {
            stats.failures.push(self.not_sent(rejected));
        }
        Ok(())
    }

    fn not_sent(&self, what: Vec<String>) -> Failure {
        Failure::NotTaken { operation: PUT, what, location: self.account_region.into() }
    }
}

/// Returns whether an entry with this error code can be put again (botocore,
/// `PutEventsResultEntry`).
fn is_retryable(code: &str) -> bool {
    matches!(code, "InternalFailure" | "InternalException" | "ThrottlingException")
}

fn describe(message: &Message, why: &str) -> String {
    format!("the event about {} ({why})", message.detail.subject())
}

fn stages<'n>(messages: impl Iterator<Item = &'n Message>) -> Vec<String> {
    messages.map(|message| message.detail.subject()).collect()
}

/// The destination of the function's events: EventBridge's default bus in the account and Region in
/// which the function runs.
#[expect(async_fn_in_trait, reason = "the runtime is current-thread: no future crosses threads")]
pub trait Events {
    /// Puts at most [`MAX_ENTRIES`] events. Returns one item per event, in the same order: `None`,
    /// or the error code if EventBridge didn't accept the event.
    ///
    /// # Errors
    /// Returns `Failure::Operation` with EventBridge's error code, or `OutOfTime`.
    async fn put_events(&self, messages: &[Message]) -> Result<Vec<Option<String>>, Failure>;
}

/// The maximum number of entries in one `PutEvents` call (botocore).
pub const MAX_ENTRIES: usize = 10;

#[cfg(test)]
#[path = "deliver_tests.rs"]
mod tests;
