//! The certificate expiry chart, and the same data as a list.

use jiff::civil::Date;
use stagecert::evaluation::tally::WINDOWS;
use stagecert::scan::figures::Presented;
use stagecert::scan::timeline::{Timeline, Week, timeline};

use super::text::{Text, counted};
use super::{Reported, rows};

/// The width of the chart in SVG user units, which all positions use.
pub(super) const WIDTH: usize = 1_000;
const BOTTOM: usize = 170;
const TOP: usize = 24;
const LEFT: usize = 34;
/// The distance from one column to the next.
const COLUMN_WIDTH: usize = 17;
/// The width of a bar, which the template repeats.
const BAR_WIDTH: usize = 13;

/// The chart, with one column for expired certificates, one for each week, and one for later dates.
pub(super) struct Chart {
    pub(super) bars: Vec<Bar>,
    pub(super) months: Vec<Label>,
    pub(super) ticks: Vec<Tick>,
    pub(super) baseline: usize,
    /// The chart in one sentence.
    pub(super) summary: String,
    pub(super) list: Vec<Entry>,
}

pub(super) struct Bar {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) height: usize,
    pub(super) middle: usize,
    pub(super) class: &'static str,
    pub(super) count: usize,
    pub(super) title: Text,
}

pub(super) struct Label {
    pub(super) x: usize,
    pub(super) text: String,
}

pub(super) struct Tick {
    pub(super) y: usize,
    pub(super) label: usize,
}

/// An entry of the list: a week and its certificates.
pub(super) struct Entry {
    pub(super) when: String,
    pub(super) certificates: Vec<Text>,
}

struct Column<'a> {
    when: String,
    class: &'static str,
    certificates: &'a [&'a Presented<'a>],
    number: usize,
}

/// The chart of these certificates, or `None` if there are none.
pub(super) fn chart(presented: &[Presented<'_>], reports: &[Reported]) -> Option<Chart> {
    let now = reports.iter().map(|report| report.at).min()?;
    if presented.is_empty() {
        return None;
    }
    let timeline = timeline(presented, now);
    let columns = columns(&timeline);
    let last_number = columns.last()?.number;
    let highest = columns.iter().map(|column| column.certificates.len()).max().unwrap_or_default().max(1);
    let height = |count: usize| count * (BOTTOM - TOP) / highest;
    let x = |number: usize| LEFT + number * COLUMN_WIDTH;
    let shown = columns.iter().filter(|column| !column.certificates.is_empty());
    let bars = shown.clone().map(|column| {
        let count = column.certificates.len();
        let named: Vec<String> = names(column.certificates, reports).iter().map(Text::to_string).collect();
        Bar {
            x: x(column.number),
            y: BOTTOM - height(count),
            height: height(count),
            middle: x(column.number) + BAR_WIDTH / 2,
            class: column.class,
            count,
            title: Text::of(format!("{}: {}", column.when, named.join(", "))),
        }
    });
    let mut months = vec![Label { x: x(0), text: "expired".into() }];
    months.extend(month_starts(&timeline.weeks).map(|(number, text)| Label { x: x(number + 2), text }));
    months.push(Label { x: x(last_number), text: "later".into() });
    let step = highest.div_ceil(4);
    let ticks = (1..=highest).filter(|label| label % step == 0);
    let mut list: Vec<Entry> = shown
        .map(|column| Entry { when: column.when.clone(), certificates: names(column.certificates, reports) })
        .collect();
    if !timeline.undated.is_empty() {
        list.push(Entry {
            when: "no expiry date available".into(),
            certificates: names(&timeline.undated, reports),
        });
    }
    Some(Chart {
        bars: bars.collect(),
        months,
        ticks: ticks.map(|label| Tick { y: BOTTOM - height(label), label }).collect(),
        baseline: BOTTOM,
        summary: summary(&timeline, presented.len()),
        list,
    })
}

/// The columns from left to right. Their numbers leave a gap before the first week and after the
/// last.
fn columns<'a>(timeline: &'a Timeline<'a>) -> Vec<Column<'a>> {
    let mut columns =
        vec![Column { when: "expired".into(), class: "expired", certificates: &timeline.expired, number: 0 }];
    columns.extend(timeline.weeks.iter().enumerate().map(|(number, week)| Column {
        when: format!("week of {}", week.monday),
        class: class(week),
        certificates: &week.certificates,
        number: number + 2,
    }));
    let number = timeline.weeks.len() + 3;
    columns.push(Column { when: "later".into(), class: "far", certificates: &timeline.later, number });
    columns
}

/// The sentence about all `count` certificates.
fn summary(timeline: &Timeline<'_>, count: usize) -> String {
    let expiring: usize = timeline.weeks.iter().map(|week| week.certificates.len()).sum();
    format!(
        "{}: {} expired, {expiring} expiring within the {} weeks shown, {} later, {} without a date.",
        counted(count, "certificate"),
        timeline.expired.len(),
        timeline.weeks.len(),
        timeline.later.len(),
        timeline.undated.len()
    )
}

/// The CSS class of a week, by the window in which its first certificate expires.
fn class(week: &Week<'_>) -> &'static str {
    let days = week.certificates.iter().filter_map(|it| {
        let seconds = it.not_after?.duration_since(it.at).as_secs();
        Some(seconds.div_euclid(24 * 60 * 60))
    });
    let first = days.min().unwrap_or(i64::MAX);
    match WINDOWS.map(|window| first < i64::from(window)) {
        [true, ..] => "soon",
        [_, true, _] => "next",
        [_, _, true] => "then",
        _ => "far",
    }
}

/// The number of each week in which a month begins, with the month's name, and the year if it is
/// new.
fn month_starts(weeks: &[Week<'_>]) -> impl Iterator<Item = (usize, String)> {
    let begins_month = |monday: Date| monday.day() <= 7;
    let mut year = None;
    let starts = weeks.iter().enumerate().filter(move |(_, week)| begins_month(week.monday));
    starts.map(move |(number, week)| {
        let changed = year != Some(week.monday.year());
        year = Some(week.monday.year());
        (number, week.monday.strftime(if changed { "%b %Y" } else { "%b" }).to_string())
    })
}

fn names(certificates: &[&Presented<'_>], reports: &[Reported]) -> Vec<Text> {
    certificates
        .iter()
        .map(|certificate| {
            let stages: Vec<String> = certificate.stages.iter().map(|arn| arn.label()).collect();
            let account_region = match reports {
                [_] => String::new(),
                _ => format!(" in {}", rows::account_region(certificate.account_region)),
            };
            let when = certificate.not_after.map(|it| format!(", {it}")).unwrap_or_default();
            Text::of(format!("{} on {}{account_region}{when}", certificate.id, stages.join(" and ")))
        })
        .collect()
}
