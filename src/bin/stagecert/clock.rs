//! The clock, which each command reads once.

use jiff::Timestamp;

/// The current time, truncated to seconds: the dates it is compared with are no finer.
#[expect(clippy::disallowed_methods, reason = "only the binary reads the clock")]
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}
