//! How many emails a recipient gets at once.

use jiff::{SignedDuration, Timestamp};

/// The maximum number of separate emails to a recipient, at once and in an hour.
const MAX_SEPARATE: usize = 20;
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// Events that follow each other at shorter intervals are one burst.
const QUIET: SignedDuration = SignedDuration::from_secs(60);
/// The maximum time that an event waits for the end of a burst, and the minimum time between two
/// emails once a recipient has had [`MAX_SEPARATE`] in an hour.
const MAX_WAIT: SignedDuration = SignedDuration::from_mins(10);

/// How to send events to one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Each in a separate email.
    Each,
    /// All in one email.
    Together,
    /// Later: more are arriving, or there were many emails just now.
    Wait,
}

/// Returns the instant since which sent emails count.
pub(crate) fn since(now: Timestamp) -> Timestamp {
    now.saturating_sub(HOUR).unwrap_or(Timestamp::MIN)
}

/// Returns how to send events that were received at these instants, the earliest first, to a
/// recipient of emails that were sent at the instants `sent` of the last hour, the earliest first.
pub(crate) fn pace(received: &[Timestamp], sent: &[Timestamp], now: Timestamp) -> Pace {
    let (Some(oldest), Some(newest)) = (received.first(), received.last()) else { return Pace::Wait };
    if received.len() + sent.len() <= MAX_SEPARATE {
        return Pace::Each;
    }
    let age = |instant: &Timestamp| now.duration_since(*instant);
    let is_arriving = age(newest) < QUIET && age(oldest) < MAX_WAIT;
    let had_many = sent.len() >= MAX_SEPARATE && sent.last().is_some_and(|last| age(last) < MAX_WAIT);
    if is_arriving || had_many { Pace::Wait } else { Pace::Together }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Instants that are these numbers of seconds before `now`.
    fn ago(now: Timestamp, seconds: impl IntoIterator<Item = i64>) -> Vec<Timestamp> {
        seconds.into_iter().map(|it| now.checked_sub(SignedDuration::from_secs(it)).unwrap()).collect()
    }

    #[test]
    fn up_to_20_events_in_an_hour_are_sent_separately_and_more_together() {
        let now: Timestamp = "2026-03-01T08:00:00Z".parse().unwrap();
        for (received, sent, expected) in [
            (vec![], vec![], Pace::Wait),
            (vec![0], vec![], Pace::Each),
            (vec![0; 20], vec![], Pace::Each),
            (vec![60; 21], vec![], Pace::Together),
            (vec![60; 20], vec![3000], Pace::Together),
            (vec![0; 15], vec![3000; 5], Pace::Each),
            // A burst: it waits for the end, but not forever.
            (vec![59; 21], vec![], Pace::Wait),
            ((0..3000).rev().map(|it| it % 599).collect(), vec![], Pace::Wait),
            ((0..601).rev().collect(), vec![], Pace::Together),
            // The recipient has had 20 emails in the last hour.
            (vec![60], vec![599; 20], Pace::Wait),
            (vec![60], vec![600; 20], Pace::Together),
            (vec![60], [vec![3000; 18], vec![599]].concat(), Pace::Each),
            (vec![60, 60], [vec![3000; 19], vec![1]].concat(), Pace::Wait),
        ] {
            let mut received = ago(now, received);
            received.sort();
            let described = format!("{} received, {sent:?}", received.len());
            assert_eq!(pace(&received, &ago(now, sent), now), expected, "{described}");
        }
    }

    #[test]
    fn emails_count_for_an_hour() {
        let now: Timestamp = "2026-03-01T08:00:00Z".parse().unwrap();
        assert_eq!(since(now).to_string(), "2026-03-01T07:00:00Z");
    }
}
