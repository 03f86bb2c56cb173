use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use fake_aws::{Fleet, Outcome, World};

use crate::function::{Function, times};
use crate::oracle;

const REGION: &str = "eu-west-1";
/// How many accounts are compared, and how many functions run at once: they mostly wait for API Gateway's pace.
const ACCOUNTS: usize = 200;
const CONCURRENCY: usize = 16;

/// From 1 to 400 stages, small accounts more often: the pace makes a stage without certificate cost a third of a second.
fn size(seed: usize) -> usize {
    match seed % 20 {
        0 => 400 - seed % 400,
        1..=4 => 60 + seed % 50,
        _ => 1 + (seed * 7) % 30,
    }
}

#[test]
fn what_config_shows_after_a_sweep_is_what_the_oracle_says() {
    let accounts = ACCOUNTS * times();
    let (next, stages, by_type) =
        (AtomicUsize::new(0), AtomicUsize::new(0), std::sync::Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..CONCURRENCY {
            scope.spawn(|| {
                while let Some(seed) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < accounts)
                {
                    let results = compare(seed);
                    stages.fetch_add(results.len(), Ordering::Relaxed);
                    for result in results.into_values() {
                        *by_type.lock().unwrap().entry(result).or_insert(0) += 1;
                    }
                }
            });
        }
    });
    println!("{accounts} accounts, {stages:?} stages compared: {:?}", by_type.into_inner().unwrap());
}

fn compare(seed: usize) -> BTreeMap<String, &'static str> {
    let account = Fleet::account(0);
    let function = Function::start(World::seeded(seed as u64, size(seed)), &account, REGION);
    let outcome = function.sweep(&account, REGION);
    assert!(matches!(outcome, Outcome::Success(_)), "seed {seed}: {outcome:?}");
    let expected = function.expected(&account, REGION);
    assert_eq!(function.stored(&account, REGION), expected, "seed {seed}");
    assert_eq!(expected.len(), size(seed), "seed {seed}");

    // A second sweep of the unchanged account puts nothing, and asks only for exports that can't be had.
    let before = (function.fake_aws.log().count("GetExport"), function.taken(&account, REGION));
    let outcome = function.sweep(&account, REGION);
    assert!(matches!(outcome, Outcome::Success(_)), "seed {seed}: {outcome:?}");
    let unexportable = {
        let world = function.fake_aws.world();
        world.region(&account, REGION).stages().filter(|(api, _)| api.unexportable).count()
    };
    let exports = function.fake_aws.log().count("GetExport") - before.0;
    assert!(exports <= unexportable, "seed {seed}: {exports} exports, {unexportable} that can't be had");
    assert_eq!(function.taken(&account, REGION), before.1, "seed {seed}");
    assert!(function.fake_aws.log().never_crossed_accounts());
    expected
}

/// Kept beside the comparison: the oracle itself knows all three types and both ways of each question.
#[test]
fn the_oracle_sees_every_compliance_type_in_a_seeded_account() {
    let world = World::seeded(1, 400);
    let results = oracle::results(world.region(&Fleet::account(0), REGION), world.clock.certificates_now());
    for compliance_type in ["COMPLIANT", "NON_COMPLIANT", "NOT_APPLICABLE"] {
        assert!(results.values().any(|result| *result == compliance_type), "{compliance_type}");
    }
}
