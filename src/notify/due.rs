//! When a reminder is due, and how much time is left.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Below this, the time left is given in hours.
const TWO_DAYS: SignedDuration = SignedDuration::from_hours(48);

/// The earliest window that a run makes up for starts this long before the run.
pub const LIMIT: SignedDuration = SignedDuration::from_hours(48);

/// What a run covers: its own interval, and the intervals of the runs before it that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The scheduled instant of the first run whose reminders are sent.
    pub from: Timestamp,
    /// The scheduled instant of this run.
    pub time: Timestamp,
    /// The schedule's interval.
    pub interval: SignedDuration,
}

impl Window {
    /// The interval of one run.
    #[must_use]
    pub fn own(time: Timestamp, interval: SignedDuration) -> Self {
        Self { from: time, time, interval }
    }

    /// Everything since `complete`, the scheduled instant of the last complete run, but no more
    /// than [`LIMIT`]; `None` if a complete run has already covered it.
    #[must_use]
    pub fn after(complete: Timestamp, time: Timestamp, interval: SignedDuration) -> Option<Self> {
        let next = complete.saturating_add(interval).unwrap_or(Timestamp::MAX);
        let earliest = time.saturating_sub(LIMIT).unwrap_or(Timestamp::MIN);
        (complete < time).then(|| Self { from: next.max(earliest), time, interval })
    }

    /// Returns which reminder about a certificate is due: the smallest of `days`, the number of
    /// days before not-after; 0 says that the certificate has ended.
    ///
    /// A reminder looks ahead, so that it never arrives later than it says: it is due if not-after
    /// minus `days` is in `[from, time + interval)`. That a certificate has ended can only be said
    /// afterwards, so 0 is due if not-after is in `(from - interval, time]`.
    #[must_use]
    pub fn due(&self, not_after: Timestamp, days: &BTreeSet<u16>) -> Option<u16> {
        let until_from = not_after.duration_since(self.from);
        let until_time = not_after.duration_since(self.time);
        days.iter().copied().find(|days| {
            if *days == 0 {
                return -self.interval < until_from && until_time <= SignedDuration::ZERO;
            }
            let before = DAY * i32::from(*days);
            until_from >= before && until_time - before < self.interval
        })
    }
}

/// Returns the instant that a reminder is about: `now`, or else the instant at which exactly `days`
/// are left. Up to an hour before it, a certificate can still be outside its window, and its
/// severity can be lower.
pub(crate) fn instant_of_reminder(not_after: Timestamp, days: u16, now: Timestamp) -> Timestamp {
    const INSTANT: SignedDuration = SignedDuration::from_nanos(1);
    // The certificate is valid up to and including not-after.
    let ended = || not_after.saturating_add(INSTANT).unwrap_or(not_after);
    now.max(if days == 0 { ended() } else { instant_of(not_after, days) })
}

/// Returns the instant at which exactly `days` are left.
#[must_use]
pub fn instant_of(not_after: Timestamp, days: u16) -> Timestamp {
    not_after.saturating_sub(DAY * i32::from(days)).unwrap_or(Timestamp::MIN)
}

/// The time until a certificate ends, which is zero once it has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLeft(SignedDuration);

impl TimeLeft {
    /// The time from `at` until `not_after`.
    #[must_use]
    pub fn new(not_after: Timestamp, at: Timestamp) -> Self {
        Self(not_after.duration_since(at).max(SignedDuration::ZERO))
    }

    /// The number of 24-hour days: the nearest one, but 0 only once the certificate has ended. So a
    /// reminder that is due in up to an hour already has its number of days.
    #[must_use]
    pub fn days(self) -> i64 {
        let days = (self.0 + DAY / 2).as_hours() / 24;
        if self.is_over() { 0 } else { days.max(1) }
    }

    /// The number of hours, rounded up.
    #[must_use]
    pub fn hours(self) -> i64 {
        let has_rest = self.0 > HOUR * i32::try_from(self.0.as_hours()).unwrap_or(i32::MAX);
        self.0.as_hours() + i64::from(has_rest)
    }

    /// Whether the certificate has ended.
    #[must_use]
    pub fn is_over(self) -> bool {
        self.0.is_zero()
    }

    /// The time in words: `ends in 14 days`, below two days `ends in 25 hours`, or `has ended`.
    #[must_use]
    pub fn text(self) -> String {
        if self.is_over() {
            return "has ended".into();
        }
        let (count, unit) = if self.0 < TWO_DAYS { (self.hours(), "hour") } else { (self.days(), "day") };
        format!("ends in {count} {unit}{}", if count == 1 { "" } else { "s" })
    }
}

#[cfg(test)]
#[path = "due_tests.rs"]
mod tests;
