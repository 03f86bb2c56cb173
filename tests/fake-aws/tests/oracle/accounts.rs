use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use fake_aws::{Fleet, Outcome, World};

use crate::function::{Function, times};
use crate::oracle;

const REGION: &str = "eu-west-1";
/// The number of accounts to compare, and how many functions run concurrently: they mostly wait for
/// API Gateway's rate limit.
const ACCOUNTS: usize = 200;
const CONCURRENCY: usize = 16;

/// 1 to 400 stages, with more small accounts: because of the rate limit, each stage without a
/// certificate takes a third of a second.
fn size(seed: usize) -> usize {
    match seed % 20 {
        0 => 400 - seed % 400,
        1..=4 => 60 + seed % 50,
        _ => 1 + (seed * 7) % 30,
    }
}

#[test]
fn results_after_a_sweep_match_the_oracle() {
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

    // A second sweep of the unchanged account puts nothing and retries only the exports that
    // failed.
    let before = (function.fake_aws.log().count("GetExport"), function.accepted(&account, REGION));
    let outcome = function.sweep(&account, REGION);
    assert!(matches!(outcome, Outcome::Success(_)), "seed {seed}: {outcome:?}");
    let unexportable = {
        let world = function.fake_aws.world();
        world.region(&account, REGION).stages().filter(|(api, _)| api.unexportable).count()
    };
    let exports = function.fake_aws.log().count("GetExport") - before.0;
    assert!(exports <= unexportable, "seed {seed}: {exports} exports, {unexportable} that can't be exported");
    assert_eq!(function.accepted(&account, REGION), before.1, "seed {seed}");
    assert!(function.fake_aws.log().never_crossed_accounts());
    expected
}

/// Guards the comparison: the oracle itself produces all three compliance types, and both outcomes
/// of each check.
#[test]
fn a_seeded_account_has_every_compliance_type() {
    let world = World::seeded(1, 400);
    let results = oracle::results(world.region(&Fleet::account(0), REGION), world.clock.certificates_now());
    for compliance_type in ["COMPLIANT", "NON_COMPLIANT", "NOT_APPLICABLE"] {
        assert!(results.values().any(|result| *result == compliance_type), "{compliance_type}");
    }
}
