//! The clock: read once per command.

use jiff::Timestamp;

/// The clock of the command line, in whole seconds: nothing that it is compared with is finer.
#[expect(clippy::disallowed_methods, reason = "the binary is where the clock is read")]
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}
