//! AWS's charges for a month, in US dollars for us-east-1 without a free tier. `docs/cost.md` has
//! the sources of the prices.

use crate::month::{DAYS, Month, STAGES};

/// Tiers of Config's rule evaluations per account, Region and month: the upper limit and the price
/// of each.
pub const EVALUATION_TIERS: [(f64, f64); 3] =
    [(100_000.0, 0.001), (500_000.0, 0.0008), (f64::INFINITY, 0.0005)];
pub const LAMBDA_REQUEST: f64 = 0.20 / 1e6;
pub const LAMBDA_GB_SECOND: f64 = 0.000_013_333_4;
pub const LOGS_GB: f64 = 0.50 + 0.03;

/// 128 MB of memory, in GB.
pub const MEMORY_GB: f64 = 0.125;
/// Duration of a call to AWS. This and the overhead of an invocation are assumptions, on the high
/// side.
pub const CALL_SECONDS: f64 = 0.15;
pub const INVOCATION_SECONDS: f64 = 0.2;
/// Bytes that an invocation logs: stagecert's line and Lambda's three.
pub const LOG_BYTES: f64 = 1_000.0;
/// Sequential calls of a change: the stages with the certificate, their items, an export, the put.
const CHANGE_CALLS: f64 = 4.0;
/// How many reads of one kind run concurrently in a sweep.
const CONCURRENCY: f64 = 4.0;

/// Measured numbers of events and evaluations per stage and month.
#[derive(Clone, Copy)]
pub struct Rates {
    pub events: f64,
    pub change_evaluations: f64,
    /// Evaluations that a sweep puts because they differ from what Config has.
    pub differing: f64,
}

impl Rates {
    /// The rates of all rules together, from one month per rule with `reporting=changed`. Config
    /// sends each change to each rule.
    pub fn of(months: &[&Month]) -> Self {
        let per_stage = |count: fn(&Month) -> usize| {
            months.iter().map(|month| count(month)).sum::<usize>() as f64 / STAGES as f64
        };
        Self {
            events: per_stage(|month| month.events),
            change_evaluations: per_stage(|month| month.change_work.evaluations),
            differing: per_stage(|month| month.sweep_work.evaluations),
        }
    }
}

/// What is deployed, and how it is configured.
#[derive(Clone, Copy)]
pub struct Deployment {
    pub accounts: f64,
    pub stages: f64,
    pub rules: f64,
    pub sweeps_per_day: f64,
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
        let sweeps = it.sweeps_per_day * DAYS as f64 * it.rules;
        let sweep_evaluations = if it.reports_all { sweeps * it.stages } else { rates.differing * it.stages };
        let evaluations = sweep_evaluations + rates.change_evaluations * it.stages;

        let events = rates.events * it.stages;
        let pages = (it.stages / 100.0).ceil();
        let puts = if it.reports_all { pages } else { 1.0 };
        let sequential_calls = pages + (pages / CONCURRENCY).ceil() + puts;
        let seconds = sweeps * (INVOCATION_SECONDS + CALL_SECONDS * sequential_calls)
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

/// The price of a month's evaluations in one account and Region.
pub fn evaluations_price(count: f64) -> f64 {
    let mut lower = 0.0;
    let mut price = 0.0;
    for (upper, each) in EVALUATION_TIERS {
        price += (count.min(upper) - lower).max(0.0) * each;
        lower = upper;
    }
    price
}

#[test]
fn evaluations_are_priced_by_tier() {
    for (count, price) in
        [(0.0, 0.0), (100_000.0, 100.0), (100_001.0, 100.0008), (500_000.0, 420.0), (1e6, 670.0)]
    {
        assert!((evaluations_price(count) - price).abs() < 1e-9, "{count}: {}", evaluations_price(count));
    }
}
