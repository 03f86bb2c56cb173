//! CloudWatch's charges for a month in an organization with the function in each account and
//! Region.

use stagecert::parameters::settings::MetricsLevel;

use crate::bill::{Bill, Deployment, LOGS_GB, Rates};
use crate::month::{DAYS, LEVELS, Month};

/// Tiers of custom metrics per account and month: the upper limit and the price of each.
pub const METRIC_TIERS: [(f64, f64); 4] =
    [(10_000.0, 0.30), (250_000.0, 0.10), (1_000_000.0, 0.05), (f64::INFINITY, 0.02)];
/// A metric that an alarm watches, directly or among those that a query analyzes.
pub const ALARM_METRIC: f64 = 0.10;
pub const DASHBOARD: f64 = 3.0;

/// The alarms of one function on what Lambda and SQS report: errors, throttles, failed events.
const SERVICE_ALARMS: f64 = 3.0;

/// Where the alarms are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Alarms {
    /// In each account and Region, on the function and on missing sweeps.
    PerAccount,
    /// In one account: a query per Region over `SweepsSucceeded` of all accounts.
    Central,
}

/// An organization in which every account has the same stages in the same Regions.
#[derive(Clone, Copy)]
pub struct Organization {
    pub accounts: f64,
    pub regions: f64,
    /// Stages per account and Region.
    pub stages: f64,
}

/// The charges of the organization.
pub struct OrganizationBill {
    pub config: f64,
    pub lambda: f64,
    pub logs: f64,
    pub metrics: f64,
    pub alarms: f64,
    pub dashboards: f64,
}

impl OrganizationBill {
    /// Computes the charges for one rule with `reporting=changed` from a month that was run, which
    /// determines the changes per stage, the sweeps and the metrics.
    pub fn of(it: Organization, month: &Month, metrics: MetricsLevel, alarms: Alarms) -> Self {
        let written = LEVELS.iter().position(|level| *level == metrics).map(|at| month.written[at]).unwrap();
        let places = it.accounts * it.regions;
        let deployment = Deployment {
            accounts: places,
            stages: it.stages,
            rules: 1.0,
            sweeps_per_day: month.sweeps as f64 / DAYS as f64,
            reports_all: false,
        };
        let bill = Bill::of(deployment, Rates::of(&[month]));
        let metric_months = it.regions * written.metric_hours as f64 / (DAYS * 24) as f64;
        // Without metrics, no alarm can watch the sweeps.
        let sweep_alarms = if written.metric_hours > 0 { 1.0 } else { 0.0 };
        let alarm_metrics = match alarms {
            Alarms::PerAccount => SERVICE_ALARMS + sweep_alarms,
            Alarms::Central => sweep_alarms,
        };
        Self {
            config: bill.config,
            lambda: bill.lambda,
            logs: bill.logs + places * written.bytes as f64 / 1e9 * LOGS_GB,
            metrics: it.accounts * metrics_price(metric_months),
            alarms: places * alarm_metrics * ALARM_METRIC,
            dashboards: DASHBOARD,
        }
    }

    pub fn total(&self) -> f64 {
        self.config + self.lambda + self.logs + self.metrics + self.alarms + self.dashboards
    }
}

/// The price of the metrics of one account, in metrics that are sent during a whole month.
fn metrics_price(count: f64) -> f64 {
    let mut lower = 0.0;
    let mut price = 0.0;
    for (upper, each) in METRIC_TIERS {
        price += (count.min(upper) - lower).max(0.0) * each;
        lower = upper;
    }
    price
}

#[test]
fn metrics_are_priced_by_tier() {
    for (count, price) in [
        (0.0, 0.0),
        (1.0, 0.30),
        (10_000.0, 3_000.0),
        (10_001.0, 3_000.10),
        (250_000.0, 27_000.0),
        (1_000_000.0, 64_500.0),
        (1_000_100.0, 64_502.0),
    ] {
        assert!((metrics_price(count) - price).abs() < 1e-6, "{count}: {}", metrics_price(count));
    }
}
