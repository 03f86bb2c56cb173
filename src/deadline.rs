//! The time limits of an invocation.

use std::time::Duration;

use tokio::time::Instant;

/// The instants at which an invocation stops reading and stops putting results.
///
/// Data that was read is useless until its results are put, and a function that times out returns
/// nothing. Therefore reading stops early enough to put results, and putting stops early enough to
/// return a response.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deadline(Option<Limits>);

#[derive(Clone, Copy, Debug)]
struct Limits {
    reads: Instant,
    puts: Instant,
}

/// The time reserved for putting results, unless a quarter of the remaining time is shorter.
const FOR_PUTS: Duration = Duration::from_secs(10);
/// The time reserved for the response, unless a twentieth of the remaining time is shorter.
const FOR_RESPONSE: Duration = Duration::from_secs(1);

impl Deadline {
    /// No deadline, for the command line.
    #[must_use]
    pub fn none() -> Self {
        Self(None)
    }

    /// The deadline of an invocation that times out after `remaining`.
    #[must_use]
    pub fn after(remaining: Duration) -> Self {
        let end = Instant::now() + remaining;
        let before = |reserve: Duration| end.checked_sub(reserve).unwrap_or(end);
        Self(Some(Limits {
            reads: before(FOR_PUTS.min(remaining / 4)),
            puts: before(FOR_RESPONSE.min(remaining / 20)),
        }))
    }

    /// The instant at which reading stops; `None` for no limit.
    #[must_use]
    pub fn reads(&self) -> Option<Instant> {
        self.0.map(|limits| limits.reads)
    }

    /// The instant at which putting results stops; `None` for no limit.
    #[must_use]
    pub fn puts(&self) -> Option<Instant> {
        self.0.map(|limits| limits.puts)
    }
}

/// Whether `instant` is past; `false` if there is no such instant.
#[must_use]
pub fn is_past(instant: Option<Instant>) -> bool {
    instant.is_some_and(|instant| Instant::now() >= instant)
}

/// Runs `work` until `limit`. Returns `None` if `work` isn't done by then.
pub async fn until<T>(limit: Option<Instant>, work: impl Future<Output = T>) -> Option<T> {
    match limit {
        Some(limit) => tokio::time::timeout_at(limit, work).await.ok(),
        None => Some(work.await),
    }
}
