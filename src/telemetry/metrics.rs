//! A sweep's metrics in CloudWatch's embedded metric format: one JSON object, which CloudWatch Logs turns into metrics.
//!
//! One dimension, `Checks`: what a metric costs is counted by combination of dimensions, and one function may serve a thousand
//! accounts. Account, Region, rule and request stand beside them as properties, which Logs Insights finds.

use jiff::Timestamp;
use serde_json::{Map, Number, Value, json};

pub use super::metric::Metric;
use crate::checks::Check;
use crate::checks::owner_tag::OwnerTagOn;
use crate::evaluation::tally::Share;
use crate::parameters::Parameters;
use crate::quote::printable;
use crate::telemetry::invocation_log::{End, Record};
use crate::telemetry::metric::COUNT;

/// The namespace of all metrics.
pub const NAMESPACE: &str = "stagecert";
/// The one dimension.
pub const DIMENSION: &str = "Checks";
/// How many metrics one object may define (the format's specification, "`MetricDirective` object").
const MAX: usize = 100;

/// The metrics of an invocation that started at `now`: `None` unless it is known to be a sweep.
///
/// What the rule's checks don't determine is left out, and so is what a sweep that failed did not find out: no zero stands for
/// "not known".
#[must_use]
pub fn metrics(record: &Record, end: &End<'_>, now: Timestamp) -> Option<Value> {
    if record.kind != Record::SWEEP {
        return None;
    }
    let mut metrics = Metrics::default();
    metrics.put(Metric::SweepsSucceeded, u8::from(end.failure.is_none()));
    // A sweep that fails before it has judged anything has not found zero stages.
    if end.failure.is_none() || record.tally.stages > 0 {
        metrics.of_stages(record, now);
    }
    metrics.put(Metric::EvaluationsPut, record.put);
    if record.imported.is_some() || record.security_hub_not_enabled {
        metrics.put(Metric::FindingsImported, record.imported.unwrap_or_default());
        metrics.put(Metric::SecurityHubNotEnabled, u8::from(record.security_hub_not_enabled));
    }
    metrics.put(Metric::Throttles, record.calls.throttles);
    metrics.put(Metric::Duration, end.milliseconds());
    for (operation, count) in &record.calls.by_operation {
        metrics.define(&format!("Calls{operation}"), COUNT, *count);
    }
    Some(metrics.into_document(record, end, now))
}

#[derive(Default)]
struct Metrics {
    definitions: Vec<Value>,
    values: Map<String, Value>,
}

impl Metrics {
    fn put(&mut self, metric: Metric, value: impl Into<Number>) {
        self.define(metric.name(), metric.unit(), value);
    }

    /// More than the format allows are left out: CloudWatch would take none of them.
    fn define(&mut self, name: &str, unit: &str, value: impl Into<Number>) {
        if self.definitions.len() < MAX {
            self.definitions.push(json!({"Name": name, "Unit": unit}));
            self.values.insert(name.into(), value.into().into());
        }
    }

    fn share(&mut self, (count, percent): (Metric, Metric), share: Share) {
        self.put(count, share.part);
        if let Some(of_all) = share.percent() {
            self.put(percent, of_all);
        }
    }

    fn of_stages(&mut self, record: &Record, now: Timestamp) {
        let tally = &record.tally;
        let Some(parameters) = &record.parameters else { return };
        self.put(Metric::StagesEvaluated, tally.stages);
        self.put(Metric::StagesNonCompliant, tally.non_compliant);
        self.put(Metric::StagesNotApplicable, tally.not_applicable);
        for check in &parameters.checks {
            let metric = match check {
                Check::CertificateAttached => Metric::NonCompliantCertificateAttached,
                Check::CertificateExpiry => Metric::NonCompliantCertificateExpiry,
                Check::CertificateUnique => Metric::NonCompliantCertificateUnique,
                Check::OwnerTag => Metric::NonCompliantOwnerTag,
            };
            self.put(metric, tally.failed.get(check).copied().unwrap_or_default());
        }
        if parameters.asks(Check::CertificateAttached) {
            self.share((Metric::StagesWithCertificate, Metric::ShareWithCertificate), tally.presenting);
        }
        if parameters.asks_owner_of(OwnerTagOn::Stage) {
            self.share((Metric::StagesWithOwner, Metric::ShareWithOwner), tally.owned_stages);
        }
        if parameters.asks(Check::CertificateExpiry) {
            let expiry = tally.expiry(now);
            let [in_30, in_60, in_90] = expiry.within;
            self.put(Metric::CertificatesExpired, expiry.expired);
            self.put(Metric::CertificatesWithin30Days, in_30);
            self.put(Metric::CertificatesWithin60Days, in_60);
            self.put(Metric::CertificatesWithin90Days, in_90);
            if let Some(first) = tally.first_not_after() {
                self.put(Metric::MinDaysToExpiry, days_between(now, first));
            }
        }
    }

    fn into_document(self, record: &Record, end: &End<'_>, now: Timestamp) -> Value {
        let mut document = Map::new();
        let directive = json!({
            "Namespace": NAMESPACE,
            "Dimensions": [[DIMENSION]],
            "Metrics": self.definitions,
        });
        let metadata = json!({"Timestamp": now.as_millisecond(), "CloudWatchMetrics": [directive]});
        document.insert("_aws".into(), metadata);
        document.insert(DIMENSION.into(), checks(record.parameters.as_ref()).into());
        let account_region = record.account_region.as_ref();
        document.insert(
            "accountId".into(),
            account_region.map(|account_region| account_region.account.as_str()).into(),
        );
        document.insert(
            "region".into(),
            account_region.map(|account_region| account_region.region.as_str()).into(),
        );
        document.insert("ruleName".into(), record.rule_name.as_deref().map(printable).into());
        document.insert("requestId".into(), end.request_id.into());
        document.extend(self.values);
        Value::Object(document)
    }
}

/// The dimension's value: `all`, or the codes of the rule's checks. Parameters that are not valid choose none: `all`.
fn checks(parameters: Option<&Parameters>) -> String {
    match parameters.filter(|parameters| parameters.checks.len() < Check::ALL.len()) {
        Some(parameters) => parameters.checks.iter().map(|check| check.code()).collect::<Vec<_>>().join("+"),
        None => "all".into(),
    }
}

/// Whole days of 24 hours, rounded down: below 0 is past, and 0 is the last day.
fn days_between(from: Timestamp, to: Timestamp) -> i64 {
    const NANOSECONDS_A_DAY: i128 = 24 * 60 * 60 * 1_000_000_000;
    let days = to.duration_since(from).as_nanos().div_euclid(NANOSECONDS_A_DAY);
    i64::try_from(days).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
