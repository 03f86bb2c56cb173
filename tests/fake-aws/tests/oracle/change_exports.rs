//! The function without reserved concurrency: `STAGECERT_CHANGE_EXPORTS=off`.

use fake_aws::{ApiKind, Outcome, World};
use serde_json::Value;

use crate::changes;
use crate::function::{Function, times};
use crate::random::Random;
use crate::scene::{REGION, account, account_with, bare_stage, failure, stored, succeed, sweep};

pub const WITHOUT_EXPORTS: (&str, &str) = ("STAGECERT_CHANGE_EXPORTS", "off");

fn start(world: World) -> Function {
    let function = Function::start_with(world, &account(), REGION, &[WITHOUT_EXPORTS]);
    succeed(&sweep(&function));
    function
}

/// Delivers events, during which nothing may be read of what is deployed.
fn deliver(function: &Function, events: Vec<Value>) {
    let count = || {
        ["GetExport", "GetResources"].map(|it| {
            let calls = function.fake_aws.log().of(it);
            calls.iter().filter(|call| call.service == "apigateway").count()
        })
    };
    let before = count();
    function.deliver(events);
    assert_eq!(count(), before);
}

#[test]
fn a_deployment_that_a_sweep_has_seen_keeps_its_result_and_a_new_one_waits_for_the_next_sweep() {
    let mut world = account_with(r#"{"checks":"certificate-attached"}"#, false);
    let arn = bare_stage(&mut world, ApiKind::Rest, "bare", &["MOCK"]);
    let function = start(world);
    assert_eq!(stored(&function, &arn), Some("NOT_APPLICABLE"));
    let reads = |function: &Function| function.fake_aws.log().count("GetComplianceDetailsByResource");

    let attached = function.fake_aws.world().attach_certificate(&arn, "nosuch");
    deliver(&function, attached);
    assert_eq!((stored(&function, &arn), reads(&function)), (Some("NOT_APPLICABLE"), 1));

    let (_, redeployed) = function.fake_aws.world().redeploy(&arn, &["MOCK"]);
    deliver(&function, redeployed);
    assert_eq!((stored(&function, &arn), reads(&function)), (Some("NON_COMPLIANT"), 2));

    succeed(&sweep(&function));
    assert_eq!(stored(&function, &arn), Some("NOT_APPLICABLE"));
    let detached = function.fake_aws.world().detach_certificate(&arn);
    deliver(&function, detached);
    assert_eq!((stored(&function, &arn), reads(&function)), (Some("NOT_APPLICABLE"), 3));
}

#[test]
fn no_change_gives_a_better_result_than_the_oracle_and_a_sweep_gives_the_same() {
    let waited: usize = std::thread::scope(|scope| {
        let of_seed = |seed: u64| {
            let random = Random::seeded(seed * 7919 + 1);
            let function = start(World::seeded(seed, 12 + random.below(20)));
            let mut waited = 0;
            for step in 0..12 {
                let events = changes::change(&mut function.fake_aws.world(), &random);
                deliver(&function, events);
                let stored = function.stored_of_existing(&account(), REGION);
                let expected = function.expected(&account(), REGION);
                assert_eq!(stored.len(), expected.len(), "seed {seed}, step {step}");
                for (arn, found) in &stored {
                    let waits = *found == "NON_COMPLIANT" && expected[arn] != "NON_COMPLIANT";
                    assert!(waits || *found == expected[arn], "seed {seed}, step {step}: {arn} is {found}");
                    waited += usize::from(waits);
                }
                if step % 4 == 3 {
                    let outcome = function.sweep(&account(), REGION);
                    assert!(matches!(outcome, Outcome::Success(_)), "seed {seed}: {outcome:?}");
                    let stored = function.stored_of_existing(&account(), REGION);
                    assert_eq!(stored, function.expected(&account(), REGION), "seed {seed}, step {step}");
                }
            }
            waited
        };
        let runs: Vec<_> = (1..=8 * times() as u64).map(|seed| scope.spawn(move || of_seed(seed))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).sum()
    });
    println!("stages that waited for a sweep, counted after each change: {waited}");
    assert!(waited > 0);
}

#[test]
fn an_invalid_setting_fails_every_invocation_and_reads_nothing() {
    let mut world = account_with("{}", false);
    let arn = bare_stage(&mut world, ApiKind::Rest, "bare", &["MOCK"]);
    let variables = [("STAGECERT_CHANGE_EXPORTS", "of")];
    let function = Function::start_with(world, &account(), REGION, &variables);
    let message = failure(sweep(&function));
    assert_eq!(
        message,
        "environment variable STAGECERT_CHANGE_EXPORTS: \"of\" is not allowed; allowed: on, off"
    );
    assert_eq!((stored(&function, &arn), function.fake_aws.log().calls().len()), (None, 0));
}
