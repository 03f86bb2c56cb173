//! When certificates expire, by week.

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::Offset;
use jiff::{Span, ToSpan};

use crate::scan::figures::Presented;

/// The number of weeks in a timeline: enough for a certificate generated today, which is valid for
/// 365 days.
pub const WEEKS: usize = 54;

/// When certificates expire, by week.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline<'a> {
    /// The certificates that have expired.
    pub expired: Vec<&'a Presented<'a>>,
    /// The next [`WEEKS`] weeks, starting with the current one.
    pub weeks: Vec<Week<'a>>,
    /// The certificates that expire after the last week.
    pub later: Vec<&'a Presented<'a>>,
    /// The certificates without a readable date.
    pub undated: Vec<&'a Presented<'a>>,
}

/// A week in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Week<'a> {
    /// The Monday of the week.
    pub monday: Date,
    /// The certificates that expire in this week and had not expired when they were scanned.
    pub certificates: Vec<&'a Presented<'a>>,
}

/// Groups certificates by the week of their expiry, starting with the week of `now`.
#[must_use]
pub fn timeline<'a>(presented: &'a [Presented<'a>], now: Timestamp) -> Timeline<'a> {
    let mut timeline = Timeline::default();
    let first = monday(now);
    for number in 0..WEEKS {
        let Ok(monday) = first.checked_add(weeks(number)) else { break };
        timeline.weeks.push(Week { monday, certificates: Vec::new() });
    }
    for certificate in presented {
        let list = match certificate.not_after {
            None => &mut timeline.undated,
            Some(_) if certificate.has_expired() => &mut timeline.expired,
            Some(not_after) => {
                let week_start = monday(not_after);
                match timeline.weeks.iter_mut().find(|week| week.monday >= week_start) {
                    Some(week) => &mut week.certificates,
                    None => &mut timeline.later,
                }
            }
        };
        list.push(certificate);
    }
    timeline
}

/// The Monday of the week of an instant, or the earliest possible date.
fn monday(instant: Timestamp) -> Date {
    let day = Offset::UTC.to_datetime(instant).date();
    let since = day.weekday().since(Weekday::Monday);
    day.checked_sub(i64::from(since).days()).unwrap_or(Date::MIN)
}

fn weeks(number: usize) -> Span {
    i64::try_from(number).unwrap_or_default().weeks()
}
