use std::cell::Cell;

use fake_aws::model::{Api, Stage};
use fake_aws::{ApiKind, Fleet, Outcome, World};
use serde_json::Value;

use crate::function::{Function, times};

const REGION: &str = "eu-west-1";

fn account() -> String {
    Fleet::account(0)
}

/// A function over an account that a first sweep has seen.
fn swept(world: World) -> Function {
    let function = Function::start(world, &account(), REGION);
    let outcome = function.sweep(&account(), REGION);
    assert!(matches!(outcome, Outcome::Success(_)), "{outcome:?}");
    function
}

/// An account with two owned stages of two APIs that share one valid certificate.
fn sharing() -> (World, String, String) {
    let mut world = World::new(7);
    world.add_account("aws", &account(), REGION);
    world.add_rule(&account(), REGION, "stagecert", None);
    let tags = [("owner".to_owned(), "team".to_owned())].into();
    let certificate = world.generate_certificate(&account(), REGION, tags);
    let stage = |world: &mut World, name: &str| {
        let api = world.create_api(&account(), REGION, ApiKind::Rest, name, &["HTTP"]);
        let (arn, _) = world.create_stage(&api, "prod");
        world.tag(&account(), REGION, &arn, &[("owner", "team")]);
        world.attach_certificate(&arn, &certificate);
        arn
    };
    let (a, b) = (stage(&mut world, "a"), stage(&mut world, "b"));
    (world, a, b)
}

#[test]
fn b_detaches_and_a_turns_compliant_by_bs_event_alone() {
    let (world, a, b) = sharing();
    let function = swept(world);
    assert_eq!(function.stored(&account(), REGION)[&a], "NON_COMPLIANT");
    let events = function.fake_aws.world().detach_certificate(&b);
    function.deliver(events);
    let stored = function.stored(&account(), REGION);
    assert_eq!((stored[&a], stored[&b]), ("COMPLIANT", "NON_COMPLIANT"));
}

#[test]
fn both_detach_while_the_index_lags_and_neither_is_called_compliant() {
    let (world, a, b) = sharing();
    let function = swept(world);
    let events: Vec<Value> = {
        let mut world = function.fake_aws.world();
        world.region_mut(&account(), REGION).options.query_lag = 2;
        [world.detach_certificate(&a), world.detach_certificate(&b)].concat()
    };
    function.deliver(events);
    let stored = function.stored(&account(), REGION);
    assert_eq!((stored[&a], stored[&b]), ("NON_COMPLIANT", "NON_COMPLIANT"));
}

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

/// A change that Config sees, of a random stage, and its events.
fn change(world: &mut World, numbers: &Numbers) -> Vec<Value> {
    let region = world.region(&account(), REGION);
    let stages: Vec<(String, ApiKind)> =
        region.stages().map(|(api, stage)| (stage.arn.clone(), api.kind)).collect();
    let certificates: Vec<String> = region.certificates.keys().cloned().collect();
    let (arn, kind) = stages[numbers.below(stages.len())].clone();
    let certificate = certificates[numbers.below(certificates.len())].clone();
    // What a stage's canary calls is read from its API's current resources. They change with another stage's deployment, which
    // sends no event of this one: only a sweep can see it.
    let own = arn.clone();
    let of_api = move |(api, _): &(&Api, &Stage)| own.starts_with(&format!("{}/", api.arn));
    let siblings = region.stages().filter(of_api).filter(|(_, stage)| stage.arn != arn);
    let sibling_has_canary = siblings.filter(|(_, stage)| stage.state.canary.is_some()).count() > 0;
    match (numbers.below(7), kind) {
        (_, ApiKind::Http) | (0, _) if stages.len() > 5 => world.delete_stage(&arn),
        (_, ApiKind::Http) => Vec::new(),
        (1 | 2, _) => world.attach_certificate(&arn, &certificate),
        (3, _) => world.detach_certificate(&arn),
        (4, _) => world.rotate_certificate(&arn).1,
        (5 | 6, ApiKind::Rest) if sibling_has_canary => Vec::new(),
        (5, ApiKind::Rest) => world.redeploy(&arn, [&["HTTP"][..], &["MOCK"]][numbers.below(2)]).1,
        (6, ApiKind::Rest) => world.set_canary(&arn, [Some(&["HTTP"][..]), None][numbers.below(2)]),
        _ => world.tag(&account(), REGION, &arn, &[("owner", ["team", " "][numbers.below(2)])]),
    }
}

#[test]
fn after_the_events_that_config_sends_the_stored_results_are_the_oracles() {
    let changes: usize = std::thread::scope(|scope| {
        let of_seed = |seed: u64| {
            let numbers = Numbers(Cell::new(seed * 7919 + 1));
            let function = swept(World::seeded(seed, 12 + numbers.below(20)));
            for step in 0..15 {
                let events = change(&mut function.fake_aws.world(), &numbers);
                function.deliver(events);
                let stored = function.stored_of_existing(&account(), REGION);
                assert_eq!(stored, function.expected(&account(), REGION), "seed {seed}, step {step}");
            }
            // Time passes, and what no event tells is found by the schedule.
            function.fake_aws.world().advance_days(45);
            let outcome = function.sweep(&account(), REGION);
            assert!(matches!(outcome, Outcome::Success(_)), "seed {seed}: {outcome:?}");
            let stored = function.stored_of_existing(&account(), REGION);
            assert_eq!(stored, function.expected(&account(), REGION), "seed {seed}, 45 days later");
            15
        };
        let runs: Vec<_> = (1..=24 * times() as u64).map(|seed| scope.spawn(move || of_seed(seed))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).sum()
    });
    println!("{changes} changes compared");
}
