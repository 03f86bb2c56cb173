//! The creation of a rule whose function serves a whole organization: one change per stage, all at
//! once.

use std::rc::Rc;

use jiff::Timestamp;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::config_events::{Change, Kind, change, sweep};
use crate::hub::Hub;
use crate::problems::problems;
use crate::run;
use crate::simulation::Simulation;
use crate::transitions::Transitions;

const STAGES: usize = 1_000;

/// Security Hub's limit for an account and Region: 10 calls per second, after a burst of 30.
#[derive(Default)]
pub struct HubLimit {
    /// The calls that are left, and the time at which they were. `None` if there is no limit.
    left: Option<(f64, Instant)>,
    throttled: usize,
}

impl HubLimit {
    fn new() -> Self {
        Self { left: Some((30.0, Instant::now())), throttled: 0 }
    }

    /// Counts a call, unless it is throttled.
    pub fn admits(&mut self) -> bool {
        let Some((left, at)) = &mut self.left else { return true };
        *left = (*left + at.elapsed().as_secs_f64() * 10.0).min(30.0);
        *at = Instant::now();
        let is_admitted = *left >= 1.0;
        if is_admitted {
            *left -= 1.0;
        } else {
            self.throttled += 1;
        }
        is_admitted
    }
}

#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn a_burst_of_changes_fails_none_and_leaves_findings_to_the_sweep() {
    let now: Timestamp = "2026-12-31T08:00:00Z".parse().unwrap();
    let simulation = Rc::new(Simulation::new(STAGES, now));
    {
        let mut state = simulation.state();
        state.rule.events = true;
        state.hub_limit = HubLimit::new();
    }
    let arns: Vec<String> =
        simulation.state().region().stages().map(|(_, stage)| stage.arn.clone()).collect();
    let mut invocations = JoinSet::new();
    let local = tokio::task::LocalSet::new();
    for arn in arns {
        let certificate = simulation.state().region().stage(&arn).unwrap().1.state.certificate.clone();
        let event = change(&simulation, &Change { arn, kind: Kind::Created(certificate) }, now);
        let simulation = Rc::clone(&simulation);
        invocations.spawn_local_on(async move { run(&simulation, &event, now).await }, &local);
    }
    let logs = local.run_until(invocations.join_all()).await;
    let logs: Vec<_> = logs.into_iter().map(Result::unwrap).collect();
    assert_eq!(logs.len(), STAGES);

    let (left, throttled) = {
        let left: usize = logs.iter().map(|log| log.imports_left_to_sweep).sum();
        let state = simulation.state();
        assert_eq!(state.results(), crate::oracle::results(state.region(), now));
        (left, state.hub_limit.throttled)
    };
    let sent: usize = logs.iter().filter_map(|log| log.events_sent).sum();
    let expected = {
        let state = simulation.state();
        problems(state.region(), &state.rule, now).len()
    };
    println!(
        "{STAGES} changes at once: {sent} events, {throttled} throttled calls, {left} stages left to the sweep"
    );
    assert_eq!(sent, expected);
    assert!(left > STAGES / 2 && throttled > STAGES / 2, "otherwise this proves nothing");
    let mut transitions = Transitions::default();
    transitions.receive(&simulation, None, now);

    // The sweep reports nothing again, and imports what is left.
    simulation.state().hub_limit = HubLimit::default();
    let log = run(&simulation, &sweep(&simulation, now), now).await.unwrap();
    assert_eq!((log.events_sent, log.imports_left_to_sweep), (Some(0), 0));
    transitions.swept(&simulation, &std::collections::BTreeSet::new(), now);
    transitions.finish();
    let mut hub = Hub::default();
    hub.complete_sweep(&simulation, now);
    let found = &transitions.counts;
    assert_eq!((found.problems, found.reported_once), (expected, expected));
    assert_eq!([found.missed, found.doubled, found.late, found.wrong, found.wrong_recipient], [0; 5]);
    assert_eq!((hub.counts.findings_missing, hub.counts.findings_left_open), (0, 0));
}
