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
    /// The messages that were not sent, by their position.
    pub unsent: Vec<usize>,
    /// Those of them that EventBridge would refuse again: a permission or a field is wrong.
    pub refused: Vec<usize>,
}

impl<E: Events> EventPublisher<'_, E> {
    /// Puts all messages in order, ten per call. An event has less than 25 KB, so a call is below
    /// the limit of 256 KB.
    pub(crate) async fn deliver(&self, messages: &[Message]) -> DeliveryStats {
        let mut stats = DeliveryStats::default();
        let mut waiting: Vec<(usize, &Message)> = messages.iter().enumerate().collect();
        while !waiting.is_empty() {
            let rest = waiting.split_off(waiting.len().min(MAX_ENTRIES));
            let batch = std::mem::replace(&mut waiting, rest);
            if is_past(self.deadline.puts()) {
                let left = batch.iter().chain(&waiting);
                stats.unsent.extend(left.clone().map(|(position, _)| *position));
                let left = left.map(|(_, message)| message.detail.subject()).collect();
                let location = self.account_region.into();
                stats.failures.push(Failure::OutOfTime { operation: PUT, left, location });
                break;
            }
            let positions: Vec<usize> = batch.iter().chain(&waiting).map(|(position, _)| *position).collect();
            if let Err(failure) = self.put_batch(batch, &mut stats).await {
                // A missing permission or an unreachable endpoint would fail the next call too.
                if is_refusal(&failure) {
                    stats.refused.extend(&positions);
                }
                stats.unsent.extend(positions);
                stats.failures.push(failure);
                let left: Vec<String> =
                    waiting.iter().map(|(_, message)| describe(message, "not sent")).collect();
                if !left.is_empty() {
                    stats.failures.push(self.not_sent(left));
                }
                break;
            }
        }
        stats
    }

    async fn put_batch(
        &self,
        mut pending: Vec<(usize, &Message)>,
        stats: &mut DeliveryStats,
    ) -> Result<(), Failure> {
        let mut backoff = Backoff::new(self.deadline.puts());
        let mut rejected = Vec::new();
        loop {
            let messages: Vec<Message> = pending.iter().map(|(_, message)| (*message).clone()).collect();
            let codes = self.events.put_events(&messages).await?;
            let is_last = !backoff.allows_retry();
            let mut retried = Vec::new();
            for ((position, message), code) in pending.into_iter().zip(codes) {
                match code {
                    None => {
                        stats.sent += 1;
                        stats.accepted.push(message.clone());
                    }
                    Some(code) if is_last || !is_retryable(&code) => {
                        rejected.push(describe(message, &code));
                        stats.unsent.push(position);
                        if !is_retryable(&code) {
                            stats.refused.push(position);
                        }
                    }
                    Some(_) => retried.push((position, message)),
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

/// Returns whether EventBridge would refuse the same call again.
fn is_refusal(failure: &Failure) -> bool {
    matches!(failure.code(), Some("AccessDenied" | "AccessDeniedException" | "ValidationException"))
}

fn describe(message: &Message, why: &str) -> String {
    format!("the event about {} ({why})", message.detail.subject())
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
