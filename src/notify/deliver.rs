use std::time::Duration;

use tokio::time::Instant;

use crate::Failure;
use crate::deadline::{Deadline, is_past};
use crate::notify::Notice;
use crate::resources::account_region::AccountRegion;

/// How often what EventBridge did not take is put, and the first of the doubling pauses in between.
const ATTEMPTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(200);

const PUT: &str = "PutEvents";

/// Puts events on the function's own bus.
#[derive(Debug)]
pub struct EventPublisher<'a, E> {
    /// Where they go.
    pub events: &'a E,
    /// The account and Region that they are about, for failures.
    pub account_region: &'a AccountRegion,
    /// When putting stops.
    pub deadline: Deadline,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Delivered {
    /// How many events EventBridge took.
    pub taken: usize,
    /// What went wrong with the others, each of which is named.
    pub failures: Vec<Failure>,
}

impl<E: Events> EventPublisher<'_, E> {
    /// Puts all of these in their order, ten a call: far below 256 KB, with details of a kilobyte or two.
    pub async fn deliver(&self, notices: &[Notice]) -> Delivered {
        let mut delivered = Delivered::default();
        let mut waiting = notices.chunks(NOTICES);
        while let Some(batch) = waiting.next() {
            if is_past(self.deadline.puts()) {
                let left = stages(batch.iter().chain(waiting.flatten()));
                let location = self.account_region.into();
                delivered.failures.push(Failure::OutOfTime { operation: PUT, left, location });
                break;
            }
            if let Err(failure) = self.batch(batch, &mut delivered).await {
                delivered.failures.push(failure);
                // Without a permission or an answer the next call would fare no better.
                let left = waiting.flatten().map(|notice| named(notice, "not sent")).collect::<Vec<_>>();
                if !left.is_empty() {
                    delivered.failures.push(self.not_taken(left));
                }
                break;
            }
        }
        delivered
    }

    async fn batch(&self, batch: &[Notice], delivered: &mut Delivered) -> Result<(), Failure> {
        let (mut open, mut pause) = (batch.to_vec(), FIRST_PAUSE);
        let mut what = Vec::new();
        for attempt in 1..=ATTEMPTS {
            let answer = self.events.put_events(&open).await?;
            let in_time = self.deadline.puts().is_none_or(|limit| Instant::now() + pause < limit);
            let last = attempt == ATTEMPTS || !in_time;
            let mut again = Vec::new();
            for (notice, code) in open.into_iter().zip(answer) {
                match code {
                    None => delivered.taken += 1,
                    Some(code) if last || !is_retryable(&code) => what.push(named(&notice, &code)),
                    Some(_) => again.push(notice),
                }
            }
            if again.is_empty() {
                break;
            }
            open = again;
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        if !what.is_empty() {
            delivered.failures.push(self.not_taken(what));
        }
        Ok(())
    }

    fn not_taken(&self, what: Vec<String>) -> Failure {
        Failure::NotTaken { operation: PUT, what, location: self.account_region.into() }
    }
}

/// Of an entry's error codes (botocore, `PutEventsResultEntry`).
fn is_retryable(code: &str) -> bool {
    matches!(code, "InternalFailure" | "InternalException" | "ThrottlingException")
}

fn named(notice: &Notice, why: &str) -> String {
    format!("the event about {} ({why})", notice.detail.stage)
}

fn stages<'n>(notices: impl Iterator<Item = &'n Notice>) -> Vec<String> {
    notices.map(|notice| notice.detail.stage.clone()).collect()
}

/// Where the function's own events go: EventBridge's default bus, in the account and Region that it runs in.
#[expect(async_fn_in_trait, reason = "the runtime is current-thread: no future crosses threads")]
pub trait Events {
    /// Hands over at most [`NOTICES`] and returns, for each in its place, the error code where EventBridge did not take it.
    ///
    /// # Errors
    /// `Failure::Operation` with EventBridge's error code, or `OutOfTime`.
    async fn put_events(&self, notices: &[Notice]) -> Result<Vec<Option<String>>, Failure>;
}

/// How many events one call of `PutEvents` takes (botocore).
pub const NOTICES: usize = 10;

#[cfg(test)]
#[path = "deliver_tests.rs"]
mod tests;
