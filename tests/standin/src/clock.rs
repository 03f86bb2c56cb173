//! The world's clock, and how certificates age.
//!
//! The program under test reads the wall clock and has no hook to move it. So the world moves instead: [`Clock::advance`]
//! adds to an *offset*, and every date that AWS would give a certificate (X.509 validity, `expirationDate`, `createdDate`,
//! ACM's dates) is *served* earlier by that offset. To the program the certificates grow older while its own clock
//! stands. A PEM whose dates move is signed anew and kept.
//!
//! What is no certificate's date (capture times, state ids, result times, credentials' expiry) is near the real now, and no
//! two instants are equal: [`Clock::tick`] grows by a millisecond at least.

use jiff::{SignedDuration, Timestamp, ToSpan};

/// The instants of a world.
#[derive(Clone, Debug)]
pub struct Clock {
    offset: SignedDuration,
    last: Timestamp,
}

impl Default for Clock {
    fn default() -> Self {
        Self { offset: SignedDuration::ZERO, last: real_now() }
    }
}

impl Clock {
    /// The wall clock's now, in whole milliseconds: what the program under test sees.
    pub fn real(&self) -> Timestamp {
        real_now()
    }

    /// An instant that was never given before: the wall clock's, or just after the last one.
    pub fn tick(&mut self) -> Timestamp {
        self.last = real_now().max(self.last + 1.millisecond());
        self.last
    }

    /// The instant by which certificates are judged: the wall clock's, moved by the offset.
    pub fn certificates_now(&self) -> Timestamp {
        real_now() + self.offset
    }

    /// Lets certificates grow older by `by`; a negative duration makes them younger.
    pub fn advance(&mut self, by: SignedDuration) {
        self.offset += by;
    }

    /// How far certificates have been moved.
    pub fn offset(&self) -> SignedDuration {
        self.offset
    }

    /// A certificate's own date as it is served.
    pub fn served(&self, date: Timestamp) -> Timestamp {
        date - self.offset
    }
}

fn real_now() -> Timestamp {
    Timestamp::from_millisecond(Timestamp::now().as_millisecond()).expect("now is in range")
}
