//! The metrics of a sweep in CloudWatch's embedded metric format: one JSON object, from which
//! CloudWatch Logs extracts metrics.
//!
//! `Checks` is the only dimension, because CloudWatch charges for each combination of dimensions
//! and one function may serve a thousand accounts. The account, Region, rule and request are
//! properties, which Logs Insights can query.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Map, Number, Value, json};

pub use super::metric::Metric;
use crate::checks::Check;
use crate::checks::owner_tag::OwnerTagOn;
use crate::evaluation::domain_name;
use crate::evaluation::front_door::FrontDoorTally;
use crate::evaluation::tally::Share;
use crate::parameters::Parameters;
use crate::parameters::settings::{MetricsLevel, Settings};
use crate::quote::printable;
use crate::telemetry::invocation_log::InvocationLog;
use crate::telemetry::metric::COUNT;

/// The only dimension.
pub(crate) const DIMENSION: &str = "Checks";
/// The maximum number of metrics in one object (embedded metric format specification,
/// "`MetricDirective` object").
const MAX_METRICS: usize = 100;

/// Returns the metrics of an invocation that started at `now`, or `None` if it is not a sweep or
/// the function writes no metrics. Their namespace is the deployment's name.
///
/// Metrics that the rule's checks don't determine are omitted. A zero never means "unknown".
///
/// Only a sweep that succeeds has metrics about resources and certificates. Lambda retries a failed
/// sweep twice, and a central function's metrics are the sums over all accounts, so an attempt that
/// fails would count the account's stages once more, or only some of them.
#[must_use]
pub fn metrics(log: &InvocationLog, settings: &Settings, now: Timestamp) -> Option<Value> {
    if log.kind != InvocationLog::SWEEP || settings.metrics == MetricsLevel::None {
        return None;
    }
    let mut metrics = Metrics { level: settings.metrics, ..Metrics::default() };
    metrics.put(Metric::SweepsSucceeded, u8::from(log.error.is_none()));
    if let Some(parameters) = log.parameters.as_ref().filter(|_| log.error.is_none()) {
        if parameters.is_of_front_door() {
            metrics.put_front_door(log, parameters, now);
        } else {
            metrics.put_stages(log, parameters, now);
        }
    }
    metrics.put(Metric::EvaluationsPut, log.evaluations_put);
    if log.findings_imported.is_some() || log.security_hub_not_enabled {
        metrics.put(Metric::FindingsImported, log.findings_imported.unwrap_or_default());
        metrics.put(Metric::SecurityHubNotEnabled, u8::from(log.security_hub_not_enabled));
    }
    metrics.put(Metric::Throttles, log.calls.throttles);
    metrics.put(Metric::Duration, log.milliseconds());
    if settings.metrics == MetricsLevel::Full {
        for (operation, count) in &log.calls.by_operation {
            metrics.define(&format!("Calls{operation}"), COUNT, *count);
        }
    }
    Some(metrics.into_document(log, &settings.name, now))
}

#[derive(Default)]
struct Metrics {
    level: MetricsLevel,
    definitions: Vec<Value>,
    values: Map<String, Value>,
}

impl Metrics {
    /// Adds a metric, unless it is not among those that the function writes.
    fn put(&mut self, metric: Metric, value: impl Into<Number>) {
        if self.level == MetricsLevel::Full || Metric::FEW.contains(&metric) {
            self.define(metric.name(), metric.unit(), value);
        }
    }

    /// Adds a metric, unless the maximum is reached: CloudWatch rejects an object with more
    /// metrics.
    fn define(&mut self, name: &str, unit: &str, value: impl Into<Number>) {
        if self.definitions.len() < MAX_METRICS {
            self.definitions.push(json!({"Name": name, "Unit": unit}));
            self.values.insert(name.into(), value.into().into());
        }
    }

    fn put_percent(&mut self, metric: Metric, share: Share) {
        if let Some(value) = share.percent() {
            self.put(metric, value);
        }
    }

    fn put_front_door(&mut self, log: &InvocationLog, parameters: &Parameters, now: Timestamp) {
        let none = FrontDoorTally::default();
        // Without an API and a domain, there is no tally.
        let tally = log.front_door.as_ref().unwrap_or(&none);
        let asks_one_of = |checks: &[Check]| checks.iter().any(|check| parameters.asks(*check));
        if tally.apis > 0 || asks_one_of(&[Check::MutualTls, Check::PrivateFrontDoor]) {
            self.put(Metric::ApisEvaluated, tally.apis);
        }
        if asks_one_of(&domain_name::CHECKS) {
            self.put(Metric::DomainNamesEvaluated, tally.domain_names);
        }
        self.put(Metric::FrontDoorNonCompliant, tally.non_compliant);
        self.put(Metric::FrontDoorNotApplicable, tally.not_applicable);
        self.put_failed(parameters, &tally.failed);
        if let Some(next) = tally.next_ca_not_after(now).filter(|_| parameters.asks(Check::Truststore)) {
            self.put(Metric::DaysToNextTruststoreExpiry, days_between(now, next));
        }
    }

    /// Adds the number of resources that fail each check of the rule.
    fn put_failed(&mut self, parameters: &Parameters, failed: &BTreeMap<Check, usize>) {
        for check in &parameters.checks {
            let metric = match check {
                Check::CertificateAttached => Metric::NonCompliantCertificateAttached,
                Check::CertificateExpiry => Metric::NonCompliantCertificateExpiry,
                Check::CertificateUnique => Metric::NonCompliantCertificateUnique,
                Check::OwnerTag => Metric::NonCompliantOwnerTag,
                Check::MutualTls => Metric::NonCompliantMutualTls,
                Check::Truststore => Metric::NonCompliantTruststore,
                Check::DomainCertificate => Metric::NonCompliantDomainCertificate,
                Check::TlsPolicy => Metric::NonCompliantTlsPolicy,
                Check::PrivateFrontDoor => Metric::NonCompliantPrivateFrontDoor,
            };
            self.put(metric, failed.get(check).copied().unwrap_or_default());
        }
    }

    fn put_stages(&mut self, log: &InvocationLog, parameters: &Parameters, now: Timestamp) {
        let tally = &log.tally;
        self.put(Metric::StagesEvaluated, tally.stages);
        self.put(Metric::StagesNonCompliant, tally.non_compliant);
        self.put(Metric::StagesNotApplicable, tally.not_applicable);
        self.put_failed(parameters, &tally.failed);
        if parameters.asks(Check::CertificateAttached) {
            let share = tally.authenticated(now);
            self.put(Metric::StagesWithValidCertificate, share.part);
            self.put(Metric::StagesWithoutValidCertificate, share.whole - share.part);
            self.put_percent(Metric::ShareWithValidCertificate, share);
        }
        if parameters.asks_owner_of(OwnerTagOn::Stage) {
            self.put(Metric::StagesWithOwner, tally.owned_stages.part);
            self.put_percent(Metric::ShareWithOwner, tally.owned_stages);
        }
        if parameters.asks(Check::CertificateExpiry) {
            let expiry = tally.expiry(now);
            let [in_30, in_60, in_90] = expiry.within;
            self.put(Metric::CertificatesExpired, expiry.expired);
            self.put(Metric::CertificatesWithin30Days, in_30);
            self.put(Metric::CertificatesWithin60Days, in_60);
            self.put(Metric::CertificatesWithin90Days, in_90);
            if let Some(next) = tally.next_not_after(now) {
                self.put(Metric::DaysToNextExpiry, days_between(now, next));
            }
        }
    }

    fn into_document(self, log: &InvocationLog, namespace: &str, now: Timestamp) -> Value {
        let mut document = Map::new();
        let directive = json!({
            "Namespace": namespace,
            "Dimensions": [[DIMENSION]],
            "Metrics": self.definitions,
        });
        let metadata = json!({"Timestamp": now.as_millisecond(), "CloudWatchMetrics": [directive]});
        document.insert("_aws".into(), metadata);
        document.insert(DIMENSION.into(), checks(log.parameters.as_ref()).into());
        let account_region = log.account_region.as_ref();
        document.insert(
            "accountId".into(),
            account_region.map(|account_region| account_region.account.as_str()).into(),
        );
        document.insert(
            "region".into(),
            account_region.map(|account_region| account_region.region.as_str()).into(),
        );
        document.insert("ruleName".into(), log.rule_name.as_deref().map(printable).into());
        document.insert("requestId".into(), log.request_id.as_str().into());
        document.extend(self.values);
        Value::Object(document)
    }
}

/// Returns the value of the dimension: the codes of the rule's checks, or `all` if the rule has all
/// checks or its parameters are invalid.
fn checks(parameters: Option<&Parameters>) -> String {
    match parameters.filter(|parameters| parameters.checks != BTreeSet::from(Check::STAGE)) {
        Some(parameters) => parameters.checks.iter().map(|check| check.code()).collect::<Vec<_>>().join("+"),
        None => "all".into(),
    }
}

/// Returns the number of 24-hour days between two instants, rounded down: 0 on the last day.
fn days_between(from: Timestamp, to: Timestamp) -> i64 {
    const NANOSECONDS_PER_DAY: i128 = 24 * 60 * 60 * 1_000_000_000;
    let days = to.duration_since(from).as_nanos().div_euclid(NANOSECONDS_PER_DAY);
    i64::try_from(days).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
