//! When certificates end, week by week.

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::Offset;
use jiff::{Span, ToSpan};

use crate::scan::figures::Presented;

/// How many weeks a timeline shows: a certificate that is generated today, valid for 365 days, is on it.
pub const WEEKS: usize = 54;

/// When certificates end, week by week.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline<'a> {
    /// Those that have ended.
    pub expired: Vec<&'a Presented<'a>>,
    /// [`WEEKS`] weeks, the first of which holds the instant it was asked for.
    pub weeks: Vec<Week<'a>>,
    /// Those that end behind the last week.
    pub later: Vec<&'a Presented<'a>>,
    /// Those without a date.
    pub undated: Vec<&'a Presented<'a>>,
}

/// A week in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Week<'a> {
    /// Its Monday.
    pub monday: Date,
    /// The certificates that end in it and had not ended when they were looked at.
    pub certificates: Vec<&'a Presented<'a>>,
}

/// Puts certificates into weeks from `now` on.
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
                let its = monday(not_after);
                match timeline.weeks.iter_mut().find(|week| week.monday >= its) {
                    Some(week) => &mut week.certificates,
                    None => &mut timeline.later,
                }
            }
        };
        list.push(certificate);
    }
    timeline
}

/// The Monday of an instant's week, or the first day that there is.
fn monday(instant: Timestamp) -> Date {
    let day = Offset::UTC.to_datetime(instant).date();
    let since = day.weekday().since(Weekday::Monday);
    day.checked_sub(i64::from(since).days()).unwrap_or(Date::MIN)
}

fn weeks(number: usize) -> Span {
    i64::try_from(number).unwrap_or_default().weeks()
}
