//! What changed since the earliest snapshots.

use std::collections::{BTreeMap, HashSet};

use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::stage_arn::StageArn;
use stagecert::scan::difference::{Change, ChangeKind, Difference, Rotation};

use super::text::Text;
use super::{Reported, rows};
use crate::commands::diff::replaced;
use crate::filter::Filter;

/// The number of changes of each kind that the page lists; the rest are only counted.
const MAX_LISTED: usize = 200;

/// The changes of one kind.
pub(super) struct Changes {
    pub(super) title: &'static str,
    pub(super) count: usize,
    pub(super) listed: Vec<Text>,
}

impl Changes {
    fn of(title: &'static str, all: Vec<String>) -> Self {
        let (count, listed) = (all.len(), all.into_iter().take(MAX_LISTED).map(Text::of).collect());
        Self { title, count, listed }
    }

    /// The number of changes that are not listed.
    pub(super) fn more(&self) -> usize {
        self.count - self.listed.len()
    }
}

/// The earliest snapshot of each account and Region.
pub(super) fn earliest(earlier: &[Reported]) -> BTreeMap<&AccountRegion, &Reported> {
    let mut first: BTreeMap<&AccountRegion, &Reported> = BTreeMap::new();
    for report in earlier {
        let known = first.entry(&report.account_region).or_insert(report);
        if report.at < known.at {
            *known = report;
        }
    }
    first
}

/// What changed in the accounts and Regions that have an earlier snapshot; empty without any.
pub(super) fn changes(reports: &[Reported], earlier: &[Reported], filter: &Filter) -> Vec<Changes> {
    let first = earliest(earlier);
    let differences: Vec<Difference<'_>> = reports
        .iter()
        .filter_map(|report| {
            let before = first.get(&report.account_region)?;
            Some(Difference::between(Some(before.observation()), report.observation()))
        })
        .collect();
    if differences.is_empty() {
        return Vec::new();
    }
    // What was fixed has no failure left, so only the owners and checks of the filter apply.
    let owners = Filter { owners: filter.owners.clone(), ..Filter::default() };
    let both = reports.iter().chain(first.values().copied());
    let all = both.flat_map(|report| report.scan.stages.iter().map(move |stage| (report, stage)));
    let shown = all.filter(|(report, stage)| owners.keeps(stage, report.at));
    let shown: HashSet<&StageArn> = shown.map(|(_, stage)| &stage.stage.arn).collect();
    let several = reports.len() > 1;
    let of_kind = |kind: ChangeKind| {
        let of = |difference: &Difference<'_>| {
            let line = |change: &Change<'_>| {
                let severity = change.after.or(change.before).map(|it| format!("{} ", it.name()));
                let label = change.stage.stage.arn.label();
                let place = place(difference, several);
                format!("{label}{place}: {}{}: {}", severity.unwrap_or_default(), change.check, change.fact)
            };
            let is_shown = |change: &&Change<'_>| {
                filter.shows_check(change.check) && shown.contains(&change.stage.stage.arn)
            };
            difference.of_kind(kind).filter(is_shown).map(line).collect::<Vec<_>>()
        };
        differences.iter().flat_map(of).collect()
    };
    let rotated = differences.iter().flat_map(|difference| {
        let is_shown = |rotation: &&Rotation<'_>| rotation.stages.iter().any(|arn| shown.contains(arn));
        difference.rotated.iter().filter(is_shown).map(move |rotation| {
            let stages: Vec<String> = rotation.stages.iter().map(|arn| arn.label()).collect();
            format!("{}{}: {}", stages.join(", "), place(difference, several), replaced(rotation))
        })
    });
    let stages = |added: bool| {
        let of = |difference: &Difference<'_>| {
            let arns = if added { &difference.added } else { &difference.removed };
            let line =
                |arn: &&stagecert::resources::stage_arn::StageArn| arn.label() + &place(difference, several);
            arns.iter().map(line).collect::<Vec<_>>()
        };
        differences.iter().flat_map(of).collect()
    };
    vec![
        Changes::of("New", of_kind(ChangeKind::New)),
        Changes::of("Worse", of_kind(ChangeKind::Worse)),
        Changes::of("Fixed", of_kind(ChangeKind::Fixed)),
        Changes::of("Better", of_kind(ChangeKind::Better)),
        Changes::of("Exempt or no longer applicable", of_kind(ChangeKind::Ended)),
        Changes::of("Rotated certificates", rotated.collect()),
        Changes::of("Added stages", stages(true)),
        Changes::of("Removed stages", stages(false)),
    ]
}

fn place(difference: &Difference<'_>, several: bool) -> String {
    if several { format!(" in {}", rows::account_region(difference.account_region)) } else { String::new() }
}
