//! The time that an invocation has.

use std::time::Duration;

use tokio::time::Instant;

/// When an invocation has to be over, and how long before that reading and putting stop.
///
/// What was read is worth nothing until it is put, and a function that is cut off says nothing: so reading leaves time to
/// put, and putting leaves time to answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deadline(Option<Limits>);

#[derive(Clone, Copy, Debug)]
struct Limits {
    reads: Instant,
    puts: Instant,
}

/// Left for putting: this, or a quarter of a short invocation.
const FOR_PUTS: Duration = Duration::from_secs(10);
/// Left for the answer: this, or a twentieth of a short invocation.
const FOR_ANSWER: Duration = Duration::from_secs(1);

impl Deadline {
    /// No deadline: a command line may take its time.
    #[must_use]
    pub fn none() -> Self {
        Self(None)
    }

    /// The invocation is cut off `remaining` from now.
    #[must_use]
    pub fn after(remaining: Duration) -> Self {
        let end = Instant::now() + remaining;
        let before = |reserve: Duration| end.checked_sub(reserve).unwrap_or(end);
        Self(Some(Limits {
            reads: before(FOR_PUTS.min(remaining / 4)),
            puts: before(FOR_ANSWER.min(remaining / 20)),
        }))
    }

    /// When reading stops.
    #[must_use]
    pub fn reads(&self) -> Option<Instant> {
        self.0.map(|limits| limits.reads)
    }

    /// When putting stops.
    #[must_use]
    pub fn puts(&self) -> Option<Instant> {
        self.0.map(|limits| limits.puts)
    }
}

/// Whether an instant that may not be set has come.
#[must_use]
pub fn has_come(instant: Option<Instant>) -> bool {
    instant.is_some_and(|instant| Instant::now() >= instant)
}

/// Runs `work` until `limit`; `None` where it wasn't done by then.
pub async fn until<T>(limit: Option<Instant>, work: impl Future<Output = T>) -> Option<T> {
    match limit {
        Some(limit) => tokio::time::timeout_at(limit, work).await.ok(),
        None => Some(work.await),
    }
}
