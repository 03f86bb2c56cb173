//! The world's clock, and how certificates age.
//!
//! The program under test reads the wall clock and has no hook to move it. So the world moves instead: [`Clock::advance`]
//! adds to an *offset*, and every date that AWS would give a certificate (X.509 validity, `expirationDate`, `createdDate`,
//! ACM's dates) is *served* earlier by that offset. To the program the certificates grow older while its own clock
//! stands. A PEM whose dates move is signed anew and kept.
//!
//! What is no certificate's date (capture times, state ids, result times, credentials' expiry) is near the real now and
//! never before what came earlier; the items of one stage are a millisecond apart at least. A seeded fleet's past lies
//! within the 300 days before.

use jiff::{SignedDuration, Timestamp};

/// The instants of a world.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset: SignedDuration,
    last: Timestamp,
    /// Where the past is being made: how far each instant is from the one before.
    past: Option<SignedDuration>,
}

impl Clock {
    /// The wall clock's now, in whole milliseconds: what the program under test sees.
    pub fn real(&self) -> Timestamp {
        Timestamp::from_millisecond(Timestamp::now().as_millisecond()).expect("now is in range")
    }

    /// The world's now: the wall clock's, or the last instant where that was later.
    pub fn now(&mut self) -> Timestamp {
        self.last = match self.past {
            Some(step) => self.last + step,
            None => self.real().max(self.last),
        };
        self.last
    }

    /// From here on `instants` instants are spread over the past 300 days, until [`Clock::end_past`].
    pub fn begin_past(&mut self, instants: usize) {
        let span = SignedDuration::from_hours(300 * 24);
        let millis = span.as_millis() / i128::try_from(instants.max(1)).unwrap_or(i128::MAX);
        self.past = Some(SignedDuration::from_millis(i64::try_from(millis).unwrap_or(1).max(1)));
        self.last = self.real() - span - SignedDuration::from_hours(24);
    }

    /// From here on it is now again.
    pub fn end_past(&mut self) {
        self.past = None;
        self.last = self.real();
    }

    /// The instant by which certificates are judged: the wall clock's, moved by the offset.
    pub fn certificates_now(&self) -> Timestamp {
        self.real() + self.offset
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
