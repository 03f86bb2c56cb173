//! How invocations go wrong: reads, puts and events that fail, and deliveries that are lost or
//! doubled.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::config_events::{self, Change, Kind};
use crate::run;
use crate::simulation::Simulation;

/// What fails in one attempt of an invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    Tags,
    Certificates,
    EarlierResults,
    Puts,
    /// EventBridge is unavailable after this number of calls.
    Bus(usize),
    /// EventBridge refuses this number of entries temporarily.
    Entries(usize),
}

/// How a change is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Lost,
    /// The attempts, the last of which may fail too.
    Attempts(&'static [Fault]),
    /// Twice, one after the other.
    Twice,
    /// Twice at the same time: the second one doesn't see the result of the first one.
    TwiceAtOnce,
}

const DELIVERIES: [Delivery; 16] = [
    Delivery::Attempts(&[Fault::None]),
    Delivery::Lost,
    Delivery::Twice,
    Delivery::Attempts(&[Fault::Puts, Fault::None]),
    Delivery::TwiceAtOnce,
    Delivery::Attempts(&[Fault::Tags, Fault::None]),
    Delivery::Attempts(&[Fault::Bus(0), Fault::Bus(1), Fault::None]),
    Delivery::Attempts(&[Fault::Entries(1)]),
    Delivery::Lost,
    Delivery::Attempts(&[Fault::EarlierResults, Fault::None]),
    Delivery::Attempts(&[Fault::Puts, Fault::Puts, Fault::Puts]),
    Delivery::Attempts(&[Fault::None]),
    Delivery::Attempts(&[Fault::Certificates, Fault::Certificates, Fault::Certificates]),
    Delivery::Attempts(&[Fault::Tags, Fault::Bus(0), Fault::EarlierResults]),
    Delivery::Attempts(&[Fault::Bus(1), Fault::Bus(1), Fault::Bus(1)]),
    Delivery::Attempts(&[Fault::None]),
];

/// The delivery of the nth change.
pub fn delivery(n: usize) -> Delivery {
    DELIVERIES[n % DELIVERIES.len()]
}

/// The attempts of a day's sweep. If the last one fails too, the next sweep makes up for it.
pub fn attempts(day: i64) -> &'static [Fault] {
    match (day % 9, day % 11, day % 13, day % 17) {
        (2, ..) => &[Fault::Tags, Fault::Tags, Fault::Tags],
        (_, 5, ..) => &[Fault::Certificates, Fault::Certificates, Fault::Certificates],
        (_, _, 7, _) => &[Fault::Puts, Fault::None],
        (_, _, 10, _) => &[Fault::Puts, Fault::Puts, Fault::Puts],
        (.., 3) => &[Fault::Bus(1), Fault::Bus(0), Fault::None],
        (.., 6) => &[Fault::Bus(1), Fault::Bus(2), Fault::Bus(0)],
        (.., 9) => &[Fault::EarlierResults, Fault::None],
        (.., 12) => &[Fault::Entries(2)],
        _ => &[Fault::None],
    }
}

/// Runs the function once. Returns whether it succeeded.
pub async fn attempt(simulation: &Simulation, event: &Value, at: Timestamp, fault: Fault) -> bool {
    {
        let mut state = simulation.state();
        state.now = at;
        state.tags_fail = fault == Fault::Tags;
        state.unreadable = fault == Fault::Certificates;
        state.results_unreadable = fault == Fault::EarlierResults;
        state.puts_fail = fault == Fault::Puts;
        state.bus_calls = if let Fault::Bus(calls) = fault { Some(calls) } else { None };
        state.bus().refuse_next = if let Fault::Entries(entries) = fault { entries } else { 0 };
    }
    let outcome = run(simulation, event, at).await;
    let mut state = simulation.state();
    (state.tags_fail, state.unreadable, state.results_unreadable) = (false, false, false);
    (state.puts_fail, state.bus_calls) = (false, None);
    state.bus().refuse_next = 0;
    if matches!(fault, Fault::None | Fault::Entries(_)) {
        outcome.as_ref().unwrap();
    }
    if fault == Fault::Puts {
        outcome.as_ref().unwrap_err();
    }
    outcome.is_ok()
}

/// The stages that have changed since an earlier look at the account.
pub fn changes(before: &Items, after: &Items) -> Vec<Change> {
    let mut changes = Vec::new();
    for (arn, now) in after {
        let certificate = now.0.clone();
        let kind = match before.get(arn) {
            None => Kind::Created(certificate),
            Some(before) if before != now => Kind::Updated(before.0.clone(), certificate),
            Some(_) => continue,
        };
        changes.push(Change { arn: arn.clone(), kind });
    }
    let deleted = before.keys().filter(|arn| !after.contains_key(*arn));
    changes.extend(deleted.map(|arn| Change { arn: arn.clone(), kind: Kind::Deleted }));
    changes
}

/// What Config's items say of the stages, by ARN: certificate, deployment and owner tag.
pub type Items = std::collections::BTreeMap<String, (Option<String>, String, Option<String>)>;

pub fn items(simulation: &Simulation) -> Items {
    let state = simulation.state();
    let region = state.region();
    let item = |stage: &fake_aws::model::Stage| {
        let owner = crate::simulation::owner(region, &stage.arn).map(ToOwned::to_owned);
        (stage.state.certificate.clone(), stage.state.deployment.clone(), owner)
    };
    region.stages().map(|(_, stage)| (stage.arn.clone(), item(stage))).collect()
}

/// Delivers a change. Returns the event and whether the function has evaluated it in the end.
pub async fn deliver(
    simulation: &Simulation,
    change: &Change,
    delivery: Delivery,
    at: Timestamp,
) -> (Value, bool) {
    let event = config_events::change(simulation, change, at);
    simulation.state().captured.insert(change.arn.clone(), at);
    let results = simulation.state().results.clone();
    let minute = SignedDuration::from_mins(1);
    let evaluated = match delivery {
        Delivery::Lost => false,
        Delivery::Attempts(faults) => {
            let mut evaluated = false;
            for (n, fault) in faults.iter().enumerate() {
                let at = at + minute * i32::try_from(n).unwrap();
                evaluated = attempt(simulation, &event, at, *fault).await;
                if evaluated {
                    break;
                }
            }
            evaluated
        }
        Delivery::Twice | Delivery::TwiceAtOnce => {
            attempt(simulation, &event, at, Fault::None).await;
            simulation.state().stale_results = (delivery == Delivery::TwiceAtOnce).then_some(results);
            let evaluated = attempt(simulation, &event, at + minute, Fault::None).await;
            simulation.state().stale_results = None;
            evaluated
        }
    };
    (event, evaluated)
}
