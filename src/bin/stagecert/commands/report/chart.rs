//! When certificates end, as a picture and as the list that says the same.

use jiff::civil::Date;
use stagecert::evaluation::tally::WINDOWS;
use stagecert::scan::figures::Presented;
use stagecert::scan::timeline::{Week, timeline};

use super::text::{Text, counted};
use super::{Reported, rows};

/// The picture's own units, in which the template draws it.
pub(super) const WIDTH: usize = 1_000;
const BOTTOM: usize = 170;
const TOP: usize = 24;
const LEFT: usize = 34;
/// From one column to the next, and how much of it a bar takes.
const COLUMN: usize = 17;
const BAR: usize = 13;

/// Columns: the expired, each week, and what ends later.
pub(super) struct Chart {
    pub(super) bars: Vec<Bar>,
    pub(super) months: Vec<Label>,
    pub(super) ticks: Vec<Tick>,
    pub(super) baseline: usize,
    /// The whole in one sentence.
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

/// A row of the list.
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

/// Draws the certificates of a report, or nothing where no stage names one.
pub(super) fn chart(presented: &[Presented<'_>], reports: &[Reported]) -> Option<Chart> {
    let now = reports.iter().map(|report| report.at).min()?;
    if presented.is_empty() {
        return None;
    }
    let timeline = timeline(presented, now);
    let mut columns =
        vec![Column { when: "expired".into(), class: "expired", certificates: &timeline.expired, number: 0 }];
    columns.extend(timeline.weeks.iter().enumerate().map(|(number, week)| Column {
        when: format!("week of {}", week.monday),
        class: class(week),
        certificates: &week.certificates,
        number: number + 2,
    }));
    let behind = timeline.weeks.len() + 3;
    columns.push(Column {
        when: "later".into(),
        class: "far",
        certificates: &timeline.later,
        number: behind,
    });

    let highest = columns.iter().map(|column| column.certificates.len()).max().unwrap_or_default().max(1);
    let height = |count: usize| count * (BOTTOM - TOP) / highest;
    let x = |number: usize| LEFT + number * COLUMN;
    let shown = columns.iter().filter(|column| !column.certificates.is_empty());
    let bars = shown.clone().map(|column| {
        let count = column.certificates.len();
        let named: Vec<String> = names(column.certificates, reports).iter().map(Text::to_string).collect();
        Bar {
            x: x(column.number),
            y: BOTTOM - height(count),
            height: height(count),
            middle: x(column.number) + BAR / 2,
            class: column.class,
            count,
            title: Text::of(format!("{}: {}", column.when, named.join(", "))),
        }
    });
    let mut months = vec![Label { x: x(0), text: "expired".into() }];
    months.extend(month_starts(&timeline.weeks).map(|(number, text)| Label { x: x(number + 2), text }));
    months.push(Label { x: x(behind), text: "later".into() });
    let step = highest.div_ceil(4);
    let ticks = (1..=highest).filter(|label| label % step == 0);
    let mut list: Vec<Entry> = shown
        .map(|column| Entry { when: column.when.clone(), certificates: names(column.certificates, reports) })
        .collect();
    if !timeline.undated.is_empty() {
        list.push(Entry {
            when: "no date to be had".into(),
            certificates: names(&timeline.undated, reports),
        });
    }
    let ending: usize = timeline.weeks.iter().map(|week| week.certificates.len()).sum();
    let summary = format!(
        "{} in all: {} expired, {ending} ending within the {} weeks shown, {} later, {} without a date.",
        counted(presented.len(), "certificate"),
        timeline.expired.len(),
        timeline.weeks.len(),
        timeline.later.len(),
        timeline.undated.len()
    );
    Some(Chart {
        bars: bars.collect(),
        months,
        ticks: ticks.map(|label| Tick { y: BOTTOM - height(label), label }).collect(),
        baseline: BOTTOM,
        summary,
        list,
    })
}

/// By the first that ends in the week: within which of the windows.
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

/// The weeks in which a month begins, by number, with the month's name; the year where it changes.
fn month_starts(weeks: &[Week<'_>]) -> impl Iterator<Item = (usize, String)> {
    let begins = |monday: Date| monday.day() <= 7;
    let mut year = None;
    let starts = weeks.iter().enumerate().filter(move |(_, week)| begins(week.monday));
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
