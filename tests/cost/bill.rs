//! What AWS charges for a month, from the prices that `docs/cost.md` names with their sources. US dollars, us-east-1, no free tier.

use crate::month::{DAYS, Month, STAGES};

/// Config's rule evaluations, an account and Region and month: up to so many, at so much each.
pub const EVALUATION_TIERS: [(f64, f64); 3] =
    [(100_000.0, 0.001), (500_000.0, 0.0008), (f64::INFINITY, 0.0005)];
pub const LAMBDA_REQUEST: f64 = 0.20 / 1e6;
pub const LAMBDA_GB_SECOND: f64 = 0.000_013_333_4;
pub const LOGS_GB: f64 = 0.50 + 0.03;

/// 128 MB.
pub const MEMORY_GB: f64 = 0.125;
/// Seconds that a call to AWS takes, and an invocation besides: assumed, rather too long than too short.
pub const CALL_SECONDS: f64 = 0.15;
pub const INVOCATION_SECONDS: f64 = 0.2;
/// Of an invocation: our line, and Lambda's own three.
pub const LOG_BYTES: f64 = 1_000.0;
/// Calls of a change that wait for one another: the certificates' stages, their items, an export, the put.
const CHANGE_CALLS: f64 = 4.0;
/// How many reads of one kind a sweep has under way at once.
const CONCURRENCY: f64 = 4.0;

/// How many evaluations one reporting leads to, a stage and month: measured.
#[derive(Clone, Copy)]
pub struct Rates {
    pub events: f64,
    pub of_changes: f64,
    /// What differed in a sweep.
    pub differing: f64,
}

impl Rates {
    /// Of all rules together, from a month of each with `reporting=changed`. Each change goes to each rule.
    pub fn of(months: &[&Month]) -> Self {
        let a_stage = |count: fn(&Month) -> usize| {
            months.iter().map(|month| count(month)).sum::<usize>() as f64 / STAGES as f64
        };
        Self {
            events: a_stage(|month| month.events),
            of_changes: a_stage(|month| month.of_changes.evaluations),
            differing: a_stage(|month| month.of_sweeps.evaluations),
        }
    }
}

/// What is deployed where.
#[derive(Clone, Copy)]
pub struct Deployment {
    pub accounts: f64,
    pub stages: f64,
    pub rules: f64,
    pub sweeps_a_day: f64,
    pub reports_all: bool,
}

pub struct Bill {
    pub evaluations: f64,
    pub config: f64,
    pub lambda: f64,
    pub logs: f64,
}

impl Bill {
    pub fn of(it: Deployment, rates: Rates) -> Self {
        let sweeps = it.sweeps_a_day * DAYS as f64 * it.rules;
        let of_sweeps = if it.reports_all { sweeps * it.stages } else { rates.differing * it.stages };
        let evaluations = of_sweeps + rates.of_changes * it.stages;

        let events = rates.events * it.stages;
        let pages = (it.stages / 100.0).ceil();
        let puts = if it.reports_all { pages } else { 1.0 };
        let calls_in_a_row = pages + (pages / CONCURRENCY).ceil() + puts;
        let seconds = sweeps * (INVOCATION_SECONDS + CALL_SECONDS * calls_in_a_row)
            + events * (INVOCATION_SECONDS + CALL_SECONDS * CHANGE_CALLS);
        let invocations = sweeps + events;
        Self {
            evaluations: it.accounts * evaluations,
            config: it.accounts * evaluations_price(evaluations),
            lambda: it.accounts * (invocations * LAMBDA_REQUEST + seconds * MEMORY_GB * LAMBDA_GB_SECOND),
            logs: it.accounts * invocations * LOG_BYTES / 1e9 * LOGS_GB,
        }
    }

    pub fn total(&self) -> f64 {
        self.config + self.lambda + self.logs
    }
}

/// What so many evaluations in one account and Region cost in a month.
pub fn evaluations_price(count: f64) -> f64 {
    let mut below = 0.0;
    let mut price = 0.0;
    for (most, each) in EVALUATION_TIERS {
        price += (count.min(most) - below).max(0.0) * each;
        below = most;
    }
    price
}

#[test]
fn tiers_are_those_of_the_price_list() {
    for (count, price) in
        [(0.0, 0.0), (100_000.0, 100.0), (100_001.0, 100.0008), (500_000.0, 420.0), (1e6, 670.0)]
    {
        assert!((evaluations_price(count) - price).abs() < 1e-9, "{count}: {}", evaluations_price(count));
    }
}
