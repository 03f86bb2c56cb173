//! Runs thirty days of a fleet through the real rule: an event per change, and the sweeps.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use stagecert::deadline::Deadline;
use stagecert::evaluation::compliance::ComplianceType;
use stagecert::parameters::settings::{MetricsLevel, Settings};
use stagecert::resources::resource::Resource;
use stagecert::rule;
use stagecert::telemetry::invocation_log::InvocationLog;
use stagecert::telemetry::metrics::metrics;

use crate::fleet::{Fleet, StageState};

pub const STAGES: usize = 500;
pub const DAYS: usize = 30;
/// API Gateway's quota is 60.
const GENERATED: usize = 50;
pub const ACM: usize = 20;

/// The totals of a month. A sweep before it gives Config its first results.
pub struct Month {
    pub events: usize,
    pub sweeps: usize,
    pub change_work: Work,
    pub sweep_work: Work,
    /// What the sweeps write with each of [`LEVELS`].
    pub written: [Written; LEVELS.len()],
    /// The results that Config holds at the end.
    pub results: BTreeMap<Resource, (ComplianceType, String)>,
}

/// The choices for the metrics, from the most expensive.
pub const LEVELS: [MetricsLevel; 3] = [MetricsLevel::Full, MetricsLevel::Few, MetricsLevel::None];

/// The metrics that sweeps write.
#[derive(Clone, Copy, Default)]
pub struct Written {
    /// The metrics of each hour with a sweep, added up: CloudWatch charges by the hour.
    pub metric_hours: usize,
    /// The size of their lines in the log.
    pub bytes: usize,
}

impl Written {
    fn add(&mut self, log: &InvocationLog, metrics_level: MetricsLevel, at: Timestamp) {
        let settings = Settings { metrics: metrics_level, ..Settings::default() };
        if let Some(document) = metrics(log, &settings, at) {
            let directive = &document["_aws"]["CloudWatchMetrics"][0];
            self.metric_hours += directive["Metrics"].as_array().unwrap().len();
            self.bytes += document.to_string().len() + 1;
        }
    }
}

#[derive(Default)]
pub struct Work {
    pub evaluations: usize,
    pub calls: BTreeMap<&'static str, usize>,
}

impl Work {
    pub fn calls(&self) -> usize {
        self.calls.values().sum()
    }

    fn add(&mut self, (calls, evaluations): (BTreeMap<&'static str, usize>, usize)) {
        self.evaluations += evaluations;
        for (operation, times) in calls {
            *self.calls.entry(operation).or_default() += times;
        }
    }
}

/// Runs the month with a sweep every `hours` and with these rule parameters.
pub fn run(hours: usize, parameters: &Value) -> Month {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let first: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    let mut days = Days { fleet: Fleet::new(), numbers: 1, deployments: 0, created: 0 };
    days.populate(first);
    let invoke = |fleet: &Fleet, event: &mut Value, at: Timestamp| {
        event["ruleParameters"] = parameters.to_string().into();
        let log = runtime.block_on(rule::run(&event.to_string(), &fleet, at, Deadline::none())).unwrap();
        (log, fleet.take_counts())
    };
    invoke(&days.fleet, &mut sweep(first), first);

    let mut month = Month {
        events: 0,
        sweeps: 0,
        change_work: Work::default(),
        sweep_work: Work::default(),
        written: Default::default(),
        results: BTreeMap::new(),
    };
    for hour in 1..=DAYS * 24 {
        let at = first + SignedDuration::from_hours(i64::try_from(hour).unwrap());
        for mut event in days.hour(hour % 24, at) {
            month.events += 1;
            month.change_work.add(invoke(&days.fleet, &mut event, at).1);
        }
        if hour % hours == 0 {
            month.sweeps += 1;
            let (log, work) = invoke(&days.fleet, &mut sweep(at), at);
            month.sweep_work.add(work);
            for (written, metrics_level) in month.written.iter_mut().zip(LEVELS) {
                written.add(&log, metrics_level, at);
            }
        }
    }
    month.results = days.fleet.results.take();
    month
}

fn sample(text: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut event: Value = serde_json::from_str(text).unwrap();
    let mut invoking: Value = serde_json::from_str(event["invokingEvent"].as_str().unwrap()).unwrap();
    change(&mut invoking);
    event["invokingEvent"] = invoking.to_string().into();
    event
}

fn sweep(at: Timestamp) -> Value {
    sample(include_str!("../../events/scheduled.json"), |invoking| {
        invoking["notificationCreationTime"] = at.to_string().into();
    })
}

/// The event of a change from one state of a stage to another.
fn change(arn: &str, before: Option<&StageState>, now: Option<&StageState>, at: Timestamp) -> Value {
    let configuration = |state: &StageState| json!({"deploymentId": format!("d{}", state.deployment), "clientCertificateId": state.certificate});
    sample(include_str!("../../events/change-ok.json"), |invoking| {
        let item = &mut invoking["configurationItem"];
        item["resourceId"] = arn.into();
        item["ARN"] = arn.into();
        item["configurationItemCaptureTime"] = at.to_string().into();
        item["configuration"] = now.map_or(Value::Null, configuration);
        item["configurationItemStatus"] = match (before, now) {
            (_, None) => "ResourceDeleted".into(),
            (None, _) => "ResourceDiscovered".into(),
            _ => "OK".into(),
        };
        let certificate = |state: Option<&StageState>| state.and_then(|state| state.certificate.clone());
        invoking["configurationItemDiff"] = if before.is_some() && now.is_some() {
            json!({"changeType": "UPDATE", "changedProperties": {"Configuration.ClientCertificateId": {
                "previousValue": certificate(before), "updatedValue": certificate(now), "changeType": "UPDATE"}}})
        } else {
            json!({"changeType": "CREATE", "changedProperties": {"Configuration": {
                "previousValue": before.map(configuration), "updatedValue": now.map(configuration), "changeType": "CREATE"}}})
        };
    })
}

/// A fleet and its days, which are the same in every run.
struct Days {
    fleet: Fleet,
    numbers: u64,
    deployments: usize,
    created: usize,
}

impl Days {
    /// A pseudorandom number below `limit`, by `SplitMix64`.
    fn below(&mut self, limit: usize) -> usize {
        self.numbers = self.numbers.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.numbers;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit as u64).unwrap()
    }

    /// Creates 500 stages: about 60% with a certificate, a third of those with a shared one. Half
    /// of the stages have no HTTP backend.
    fn populate(&mut self, at: Timestamp) {
        for n in 0..GENERATED {
            // Generated on different days of the past year.
            let left = SignedDuration::from_hours(24 * i64::try_from(n * 365 / GENERATED).unwrap() + 7);
            self.fleet.certificates.insert(format!("gen{n:03}"), at + left);
        }
        for n in 0..ACM {
            let left = SignedDuration::from_hours(24 * i64::try_from(30 + n * 365 / ACM).unwrap());
            self.fleet.certificates.insert(acm(n), at + left);
        }
        for _ in 0..STAGES {
            self.create();
        }
    }

    fn create(&mut self) -> String {
        let arn = format!("arn:aws:apigateway:eu-west-1::/restapis/api{:05}/stages/prod", self.created);
        let certificate = match self.below(10) {
            0..4 => Some(format!("gen{:03}", self.below(GENERATED))),
            4 | 5 => Some(acm(self.below(ACM))),
            _ => None,
        };
        let certificate = certificate.filter(|id| self.fleet.certificates.contains_key(id));
        self.created += 1;
        self.deployments += 1;
        let state = StageState {
            certificate,
            deployment: self.deployments,
            has_http: self.below(2) == 0,
            is_owned: self.below(4) > 0,
        };
        self.fleet.stages.insert(arn.clone(), state);
        arn
    }

    fn any_stage(&mut self) -> String {
        let nth = self.below(self.fleet.stages.len());
        self.fleet.stages.keys().nth(nth).unwrap().clone()
    }

    /// Applies the changes of an hour of the day and returns the events that Config sends for them.
    /// It sends none for changes of tags or certificates.
    fn hour(&mut self, hour: usize, at: Timestamp) -> Vec<Value> {
        match hour {
            // Ten deployments a day.
            8..18 => vec![self.change_any(at, |days, state| {
                days.deployments += 1;
                state.deployment = days.deployments;
            })],
            18 => {
                let arn = self.create();
                vec![change(&arn, None, self.fleet.stages.get(&arn), at)]
            }
            19 => {
                let arn = self.any_stage();
                let before = self.fleet.stages.remove(&arn);
                vec![change(&arn, before.as_ref(), None, at)]
            }
            20 => vec![self.change_any(at, |days, state| {
                if state.certificate.is_none() {
                    state.certificate = Some(format!("gen{:03}", days.below(GENERATED)))
                        .filter(|id| days.fleet.certificates.contains_key(id));
                }
            })],
            21 => self.replace_one_that_expires(at),
            // Two stages get their owner tag, and one loses it.
            22 => {
                for is_owned in [true, true, false] {
                    let arn = self.any_stage();
                    self.fleet.stages.get_mut(&arn).unwrap().is_owned = is_owned;
                }
                self.renew(at);
                vec![]
            }
            _ => vec![],
        }
    }

    fn change_any(&mut self, at: Timestamp, alter: impl FnOnce(&mut Self, &mut StageState)) -> Value {
        let arn = self.any_stage();
        let before = self.fleet.stages[&arn].clone();
        let mut now = before.clone();
        alter(self, &mut now);
        self.fleet.stages.insert(arn.clone(), now.clone());
        change(&arn, Some(&before), Some(&now), at)
    }

    /// Replaces the certificate that expires next on its stages if fewer than 20 days are left. On
    /// one day in three, no replacement happens, so some come too late.
    fn replace_one_that_expires(&mut self, at: Timestamp) -> Vec<Value> {
        let generated = self.fleet.certificates.iter().filter(|(id, _)| id.starts_with("gen"));
        let next = generated.min_by_key(|(_, not_after)| **not_after);
        let (old, not_after) = next.map(|(id, not_after)| (id.clone(), *not_after)).unwrap();
        if self.below(3) == 0 || not_after.duration_since(at) > SignedDuration::from_hours(24 * 20) {
            return vec![];
        }
        let new = format!("{old}x");
        self.fleet.certificates.insert(new.clone(), at + SignedDuration::from_hours(24 * 365));
        let arns: Vec<String> = self
            .fleet
            .stages
            .iter()
            .filter(|(_, state)| state.certificate.as_ref() == Some(&old))
            .map(|(arn, _)| arn.clone())
            .collect();
        let mut events = Vec::new();
        for arn in arns {
            let before = self.fleet.stages[&arn].clone();
            let now = StageState { certificate: Some(new.clone()), ..before.clone() };
            self.fleet.stages.insert(arn.clone(), now.clone());
            events.push(change(&arn, Some(&before), Some(&now), at));
        }
        self.fleet.certificates.remove(&old);
        events
    }

    /// Renews ACM's certificates 25 days before they expire, which is within
    /// `managedRenewalWindowDays`.
    fn renew(&mut self, at: Timestamp) {
        for (id, not_after) in &mut self.fleet.certificates {
            if id.starts_with("arn:") && not_after.duration_since(at) < SignedDuration::from_hours(24 * 25) {
                *not_after = at + SignedDuration::from_hours(24 * 365);
            }
        }
    }
}

fn acm(n: usize) -> String {
    format!("arn:aws:acm:eu-west-1:111122223333:certificate/{n:08x}-90ab-cdef-1234-567890abcdef")
}
