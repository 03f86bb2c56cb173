//! Random histories: events arrive late, twice and in any order, with sweeps in between, while the
//! index lags by a different number of items for each stage. Once every event has arrived, no
//! NON_COMPLIANT stage is stored as COMPLIANT; once the lag is over, a sweep makes all results
//! match the oracle.

use fake_aws::{ApiKind, Outcome, Tags, World};
use serde_json::Value;

use crate::change_exports::WITHOUT_EXPORTS;
use crate::evidence::COUNTS;
use crate::function::{Function, times};
use crate::random::Random;
use crate::scene::{
    REGION, account, account_with, assert_converges, assert_nothing_false, bare_stage, good_stage, sweep,
};

/// Each stage has its own certificates: two stages that attach the same certificate at once are a
/// known limitation.
fn world(by_timestamp: bool) -> World {
    let mut world = account_with("{}", by_timestamp);
    for n in 0..4 {
        good_stage(&mut world, &format!("good-{n}"));
    }
    bare_stage(&mut world, ApiKind::Rest, "bare", &["HTTP"]);
    bare_stage(&mut world, ApiKind::WebSocket, "socket", &["HTTP"]);
    world
}

fn change(world: &mut World, random: &Random) -> Vec<Value> {
    let region = world.region(&account(), REGION);
    let stages: Vec<String> = region.stages().map(|(_, stage)| stage.arn.clone()).collect();
    let arn = stages[random.below(stages.len())].clone();
    match random.below(6) {
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

fn set_lags(world: &mut World, random: &Random) {
    let region = world.region_mut(&account(), REGION);
    let arns: Vec<String> = region.stages().map(|(_, stage)| stage.arn.clone()).collect();
    region.options.index_behind = arns.into_iter().map(|arn| (arn, random.below(4))).collect();
}

/// The number of failed sweeps, which fail if API Gateway has a stage that neither Config source
/// shows.
fn history(seed: u64, variables: &[(&str, &str)]) -> usize {
    let random = Random::seeded(seed * 104_729 + 1);
    let function = Function::start_with(world(seed.is_multiple_of(2)), &account(), REGION, variables);
    let mut failed = 0;
    let mut sweep = |function: &Function| match sweep(function) {
        Outcome::Success(_) => {}
        Outcome::Error { .. } => failed += 1,
        Outcome::TimedOut => panic!("seed {seed}: no response"),
    };
    sweep(&function);
    let mut late: Vec<Value> = Vec::new();
    for _ in 0..12 {
        let events = {
            let mut world = function.fake_aws.world();
            let events = change(&mut world, &random);
            set_lags(&mut world, &random);
            events
        };
        for event in events {
            match random.below(3) {
                0 => late.push(event),
                1 => function.deliver([event]),
                _ => {
                    function.deliver([event.clone()]);
                    late.push(event);
                }
            }
        }
        if random.below(4) == 0 && !late.is_empty() {
            function.deliver([late.swap_remove(random.below(late.len()))]);
        }
        if random.below(3) == 0 {
            sweep(&function);
        }
    }
    while !late.is_empty() {
        function.deliver([late.swap_remove(random.below(late.len()))]);
    }
    assert_nothing_false(&function, &format!("seed {seed}, every event delivered"));
    sweep(&function);
    assert_nothing_false(&function, &format!("seed {seed}, after a sweep on a lagging index"));
    assert_converges(&function, &format!("seed {seed}"));
    failed
}

#[test]
fn no_history_of_late_and_duplicate_events_ends_in_a_false_result() {
    assert_no_false_result(24 * times() as u64, &[]);
}

#[test]
fn no_history_without_exports_of_changes_ends_in_a_false_result() {
    assert_no_false_result(8 * times() as u64, &[WITHOUT_EXPORTS]);
}

fn assert_no_false_result(histories: u64, variables: &[(&str, &str)]) {
    let failed: usize = std::thread::scope(|scope| {
        let runs: Vec<_> =
            (1..=histories).map(|seed| scope.spawn(move || history(seed, variables))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).sum()
    });
    println!("{histories} histories, {failed} sweeps failed visibly. {}", COUNTS.line());
}
