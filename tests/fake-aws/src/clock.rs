//! The world's clock, and how certificates age.
//!
//! The program under test reads the wall clock and has no hook to change it. So the world moves
//! instead: [`Clock::advance`] adds to an *offset*, and every certificate date that AWS returns
//! (X.509 validity, `expirationDate`, `createdDate`, ACM's dates) is *served* earlier by that
//! offset. To the program, certificates age while its own clock stays put. A PEM whose dates change
//! is signed again and cached.
//!
//! All other dates (capture times, state IDs, result times, credential expiry) are close to the
//! real time and never decrease; consecutive items of one stage are at least a millisecond apart.
//! The history of a seeded fleet spans the previous 300 days.

use jiff::{SignedDuration, Timestamp};

/// The clock of a world.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset: SignedDuration,
    last: Timestamp,
    /// Set while history is being generated: the distance between two instants.
    past: Option<SignedDuration>,
}

impl Clock {
    /// The wall clock's time in whole milliseconds, as the program under test sees it.
    pub fn real(&self) -> Timestamp {
        Timestamp::from_millisecond(Timestamp::now().as_millisecond()).expect("now is in range")
    }

    /// The world's time: the wall clock's, or the last instant if that is later.
    pub fn now(&mut self) -> Timestamp {
        self.last = match self.past {
            Some(step) => self.last + step,
            None => self.real().max(self.last),
        };
        self.last
    }

    /// Spreads the next `instants` instants over the past 300 days, until [`Clock::end_past`].
    pub fn begin_past(&mut self, instants: usize) {
        let span = SignedDuration::from_hours(300 * 24);
        let millis = span.as_millis() / i128::try_from(instants.max(1)).unwrap_or(i128::MAX);
        self.past = Some(SignedDuration::from_millis(i64::try_from(millis).unwrap_or(1).max(1)));
        self.last = self.real() - span - SignedDuration::from_hours(24);
    }

    /// Returns to the present.
    pub fn end_past(&mut self) {
        self.past = None;
        self.last = self.real();
    }

    /// The instant that certificates are compared with: the wall clock's time plus the offset.
    pub fn certificates_now(&self) -> Timestamp {
        self.real() + self.offset
    }

    /// Ages certificates by `by`; a negative duration makes them younger.
    pub fn advance(&mut self, by: SignedDuration) {
        self.offset += by;
    }

    /// The total by which certificates have been aged.
    pub fn offset(&self) -> SignedDuration {
        self.offset
    }

    /// A certificate's date as it is served.
    pub fn served(&self, date: Timestamp) -> Timestamp {
        date - self.offset
    }
}
