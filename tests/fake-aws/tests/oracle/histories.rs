//! Random histories: changes whose events come late, twice and in any order, with sweeps between them on an index that lags
//! behind each stage by another number of items. Once every event has come, no stage that is NON_COMPLIANT is stored COMPLIANT;
//! after the lag, a sweep makes every result what the oracle says.

use std::cell::Cell;

use fake_aws::{ApiKind, Outcome, Tags, World};
use serde_json::Value;

use crate::evidence::COUNTS;
use crate::function::{Function, times};
use crate::scene::{
    REGION, account, account_with, assert_converges, assert_nothing_false, bare_stage, good_stage, sweep,
};

/// Numbers that look random and are the same each time.
struct Numbers(Cell<u64>);

impl Numbers {
    fn below(&self, limit: usize) -> usize {
        let mut state = self.0.get();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.0.set(state);
        usize::try_from(state % limit as u64).unwrap()
    }
}

/// Each stage has certificates of its own: two stages that attach one certificate at once are a known limit.
fn world(by_timestamp: bool) -> World {
    let mut world = account_with("{}", by_timestamp);
    for n in 0..4 {
        good_stage(&mut world, &format!("good-{n}"));
    }
    bare_stage(&mut world, ApiKind::Rest, "bare", &["HTTP"]);
    bare_stage(&mut world, ApiKind::WebSocket, "socket", &["HTTP"]);
    world
}

fn change(world: &mut World, numbers: &Numbers) -> Vec<Value> {
    let region = world.region(&account(), REGION);
    let stages: Vec<String> = region.stages().map(|(_, stage)| stage.arn.clone()).collect();
    let arn = stages[numbers.below(stages.len())].clone();
    match numbers.below(6) {
        0 | 1 => world.detach_certificate(&arn),
        2 | 3 => {
            let owner = Tags::from([("owner".to_owned(), "team".to_owned())]);
            let certificate = world.generate_certificate(&account(), REGION, owner);
            world.attach_certificate(&arn, &certificate)
        }
        4 => world.attach_certificate(&arn, "nosuch"),
        _ => world.redeploy(&arn, &["HTTP"]).1,
    }
}

fn set_lags(world: &mut World, numbers: &Numbers) {
    let region = world.region_mut(&account(), REGION);
    let arns: Vec<String> = region.stages().map(|(_, stage)| stage.arn.clone()).collect();
    region.options.index_behind = arns.into_iter().map(|arn| (arn, numbers.below(4))).collect();
}

/// How many sweeps failed: where API Gateway has a stage that neither source of Config shows.
fn history(seed: u64) -> usize {
    let numbers = Numbers(Cell::new(seed * 104_729 + 1));
    let function = Function::start(world(seed.is_multiple_of(2)), &account(), REGION);
    let mut failed = 0;
    let mut sweep = |function: &Function| match sweep(function) {
        Outcome::Success(_) => {}
        Outcome::Error { .. } => failed += 1,
        Outcome::TimedOut => panic!("seed {seed}: no answer"),
    };
    sweep(&function);
    let mut late: Vec<Value> = Vec::new();
    for _ in 0..12 {
        let events = {
            let mut world = function.fake_aws.world();
            let events = change(&mut world, &numbers);
            set_lags(&mut world, &numbers);
            events
        };
        for event in events {
            match numbers.below(3) {
                0 => late.push(event),
                1 => function.deliver([event]),
                _ => {
                    function.deliver([event.clone()]);
                    late.push(event);
                }
            }
        }
        if numbers.below(4) == 0 && !late.is_empty() {
            function.deliver([late.swap_remove(numbers.below(late.len()))]);
        }
        if numbers.below(3) == 0 {
            sweep(&function);
        }
    }
    while !late.is_empty() {
        function.deliver([late.swap_remove(numbers.below(late.len()))]);
    }
    assert_nothing_false(&function, &format!("seed {seed}, every event delivered"));
    sweep(&function);
    assert_nothing_false(&function, &format!("seed {seed}, after a sweep on a lagging index"));
    assert_converges(&function, &format!("seed {seed}"));
    failed
}

#[test]
fn no_history_of_late_and_doubled_events_ends_in_a_false_result() {
    let histories = 24 * times() as u64;
    let failed: usize = std::thread::scope(|scope| {
        let runs: Vec<_> = (1..=histories).map(|seed| scope.spawn(move || history(seed))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).sum()
    });
    println!("{histories} histories, {failed} sweeps failed visibly. {}", COUNTS.line());
}
