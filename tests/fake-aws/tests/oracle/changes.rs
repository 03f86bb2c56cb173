use fake_aws::model::{Api, Stage};
use fake_aws::{ApiKind, Fleet, Outcome, World};
use serde_json::Value;

use crate::function::{Function, times};
use crate::random::Random;

const REGION: &str = "eu-west-1";

fn account() -> String {
    Fleet::account(0)
}

/// A function in an account that has been swept once.
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
fn when_b_detaches_a_becomes_compliant_through_the_event_of_b() {
    let (world, a, b) = sharing();
    let function = swept(world);
    assert_eq!(function.stored(&account(), REGION)[&a], "NON_COMPLIANT");
    let events = function.fake_aws.world().detach_certificate(&b);
    function.deliver(events);
    let stored = function.stored(&account(), REGION);
    assert_eq!((stored[&a], stored[&b]), ("COMPLIANT", "NON_COMPLIANT"));
}

#[test]
fn when_both_detach_while_the_index_lags_neither_becomes_compliant() {
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

/// Makes a random change that Config sees; returns its events.
pub fn change(world: &mut World, random: &Random) -> Vec<Value> {
    let region = world.region(&account(), REGION);
    let stages: Vec<(String, ApiKind)> =
        region.stages().map(|(api, stage)| (stage.arn.clone(), api.kind)).collect();
    let certificates: Vec<String> = region.certificates.keys().cloned().collect();
    let (arn, kind) = stages[random.below(stages.len())].clone();
    let certificate = certificates[random.below(certificates.len())].clone();
    // A canary's integrations are read from its API's current resources. Those change with another
    // stage's deployment, which sends no event for this stage: only a sweep can see the change.
    let own = arn.clone();
    let of_api = move |(api, _): &(&Api, &Stage)| own.starts_with(&format!("{}/", api.arn));
    let siblings = region.stages().filter(of_api).filter(|(_, stage)| stage.arn != arn);
    let sibling_has_canary = siblings.filter(|(_, stage)| stage.state.canary.is_some()).count() > 0;
    match (random.below(7), kind) {
        (_, ApiKind::Http) | (0, _) if stages.len() > 5 => world.delete_stage(&arn),
        (_, ApiKind::Http) => Vec::new(),
        (1 | 2, _) => world.attach_certificate(&arn, &certificate),
        (3, _) => world.detach_certificate(&arn),
        (4, _) => world.rotate_certificate(&arn).1,
        (5 | 6, ApiKind::Rest) if sibling_has_canary => Vec::new(),
        (5, ApiKind::Rest) => world.redeploy(&arn, [&["HTTP"][..], &["MOCK"]][random.below(2)]).1,
        (6, ApiKind::Rest) => world.set_canary(&arn, [Some(&["HTTP"][..]), None][random.below(2)]),
        _ => world.tag(&account(), REGION, &arn, &[("owner", ["team", " "][random.below(2)])]),
    }
}

#[test]
fn results_after_random_changes_match_the_oracle() {
    let changes: usize = std::thread::scope(|scope| {
        let of_seed = |seed: u64| {
            let random = Random::seeded(seed * 7919 + 1);
            let function = swept(World::seeded(seed, 12 + random.below(20)));
            for step in 0..15 {
                let events = change(&mut function.fake_aws.world(), &random);
                function.deliver(events);
                let stored = function.stored_of_existing(&account(), REGION);
                assert_eq!(stored, function.expected(&account(), REGION), "seed {seed}, step {step}");
            }
            // Time passes; the scheduled sweep finds what no event reports.
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
