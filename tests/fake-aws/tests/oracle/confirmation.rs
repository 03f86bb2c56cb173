//! Histories in which Config's index lags, loses rows or stops, and events come late, twice and in the wrong order. No stage
//! that is NON_COMPLIANT ends COMPLIANT, whichever way Config keeps results; and each put rests on what was confirmed
//! (`evidence.rs`, for every invocation of these tests).

use std::time::Duration;

use fake_aws::{ApiKind, Fault, Gate, Outcome};
use serde_json::Value;

use crate::evidence::COUNTS;
use crate::function::Function;
use crate::scene::{
    REGION, account, account_with, assert_converges, assert_nothing_false, bare_stage, good_stage, lag,
    owner, stored, succeed, sweep,
};

const DEADLINE: Duration = Duration::from_secs(60);

/// A sweep that is held up by a fault at a call, during which something happens.
fn sweep_while(function: &Function, gate: &Gate, meanwhile: impl FnOnce()) -> Outcome {
    let event = function.fake_aws.world().scheduled_event(&account(), REGION, "stagecert");
    std::thread::scope(|scope| {
        let swept = scope.spawn(|| function.invoke_within(&event, DEADLINE));
        let reached = gate.wait_until_reached(Duration::from_secs(30));
        meanwhile();
        gate.open();
        let outcome = swept.join().unwrap();
        assert!(reached, "the sweep never made the call that was to be held up");
        outcome
    })
}

#[test]
fn a_sweep_on_a_lagging_index_leaves_what_the_stages_own_event_has_established() {
    for by_timestamp in [false, true] {
        let mut world = account_with("{}", by_timestamp);
        let arn = good_stage(&mut world, "orders");
        let function = Function::start(world, &account(), REGION);
        succeed(&sweep(&function));
        assert_eq!(stored(&function, &arn), Some("COMPLIANT"));
        let events = function.fake_aws.world().detach_certificate(&arn);
        lag(&function, &arn, 1);
        function.deliver(events);
        assert_eq!(stored(&function, &arn), Some("NON_COMPLIANT"));
        sweep(&function);
        assert_eq!(stored(&function, &arn), Some("NON_COMPLIANT"), "by timestamp: {by_timestamp}");
        assert_converges(&function, "after the lag");
    }
}

#[test]
fn an_event_after_a_sweep_on_a_lagging_index_corrects_it() {
    for (by_timestamp, parameters) in
        [(false, "{}"), (true, "{}"), (false, r#"{"reporting":"all"}"#), (true, r#"{"reporting":"all"}"#)]
    {
        let mut world = account_with(parameters, by_timestamp);
        let arn = good_stage(&mut world, "orders");
        let function = Function::start(world, &account(), REGION);
        succeed(&sweep(&function));
        let events = function.fake_aws.world().detach_certificate(&arn);
        lag(&function, &arn, 1);
        sweep(&function);
        // The sweep's instant is later than the item's: if Config goes by timestamps, it ignores the event.
        function.deliver(events);
        let what = format!("by timestamp: {by_timestamp}, {parameters}");
        assert_eq!(stored(&function, &arn), Some("NON_COMPLIANT"), "{what}");
        assert_converges(&function, "after the lag");
        assert_eq!(stored(&function, &arn), Some("NON_COMPLIANT"), "by timestamp: {by_timestamp}");
    }
}

/// What Config holds when a sweep begins that is about to put COMPLIANT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PreviousResult {
    Nothing,
    NonCompliant,
    Compliant,
}

/// Holds a sweep up at an answer that it has got: a stage loses its certificate meanwhile, and its event is handled to the end
/// by another process.
fn event_during_a_sweep(held: PreviousResult, parameters: &str, held_at: &str, by_timestamp: bool) {
    let what = format!("{held:?} held, {parameters}, at {held_at}, by timestamp: {by_timestamp}");
    let mut world = account_with(parameters, by_timestamp);
    let arn = good_stage(&mut world, "orders");
    let certificate = world.stage(&arn).unwrap().1.state.certificate.clone().unwrap();
    if held == PreviousResult::NonCompliant {
        world.detach_certificate(&arn);
    }
    let function = Function::start(world, &account(), REGION);
    let beside = function.beside();
    if held != PreviousResult::Nothing {
        succeed(&sweep(&function));
        function.fake_aws.world().attach_certificate(&arn, &certificate);
    }
    let gate = Gate::default();
    function.fake_aws.faults().at(held_at, 1, Fault::HoldAnswer(gate.clone()));
    sweep_while(&function, &gate, || {
        let events = function.fake_aws.world().detach_certificate(&arn);
        beside.deliver(events);
        assert_eq!(stored(&function, &arn), Some("NON_COMPLIANT"), "{what}");
    });
    assert_eq!(stored(&function, &arn), Some("NON_COMPLIANT"), "{what}");
    assert_converges(&function, &what);
}

#[test]
fn a_change_during_a_sweep_keeps_its_result() {
    for by_timestamp in [false, true] {
        for held_at in ["SelectResourceConfig", "GetComplianceDetailsByConfigRule", "GetClientCertificates"] {
            event_during_a_sweep(PreviousResult::NonCompliant, "{}", held_at, by_timestamp);
            event_during_a_sweep(PreviousResult::Compliant, "{}", held_at, by_timestamp);
            event_during_a_sweep(PreviousResult::Compliant, r#"{"reporting":"all"}"#, held_at, by_timestamp);
        }
    }
}

#[test]
fn a_change_during_the_first_sweep_keeps_its_result() {
    for by_timestamp in [false, true] {
        for held_at in ["SelectResourceConfig", "GetClientCertificates"] {
            event_during_a_sweep(PreviousResult::Nothing, "{}", held_at, by_timestamp);
        }
    }
}

/// The one time in which a wrong result can't be helped: after the confirmation, before the put.
#[test]
fn a_change_between_confirmation_and_put_is_corrected_by_the_next_sweep() {
    let mut world = account_with("{}", false);
    let arn = bare_stage(&mut world, ApiKind::Rest, "orders", &["HTTP"]);
    let function = Function::start(world, &account(), REGION);
    let beside = function.beside();
    succeed(&sweep(&function));
    assert_eq!(stored(&function, &arn), Some("NON_COMPLIANT"));
    let certificate = {
        let mut world = function.fake_aws.world();
        let certificate = world.generate_certificate(&account(), REGION, owner());
        world.attach_certificate(&arn, &certificate);
        certificate
    };
    let gate = Gate::default();
    function.fake_aws.faults().at("PutEvaluations", 1, Fault::HoldRequest(gate.clone()));
    let event = function.fake_aws.world().scheduled_event(&account(), REGION, "stagecert");
    std::thread::scope(|scope| {
        let swept = scope.spawn(|| function.invoke_and_judge(&event, DEADLINE));
        assert!(gate.wait_until_reached(Duration::from_secs(30)));
        let events = function.fake_aws.world().detach_certificate(&arn);
        beside.deliver(events);
        gate.open();
        swept.join().unwrap();
    });
    println!("{certificate} detached between confirmation and put: stored as {:?}", stored(&function, &arn));
    assert_converges(&function, "after the window");
    assert_eq!(stored(&function, &arn), Some("NON_COMPLIANT"));
}

#[test]
fn an_older_event_that_comes_again_or_late_changes_nothing() {
    for by_timestamp in [false, true] {
        let mut world = account_with("{}", by_timestamp);
        let arn = bare_stage(&mut world, ApiKind::Rest, "orders", &["HTTP"]);
        let function = Function::start(world, &account(), REGION);
        succeed(&sweep(&function));
        let (attached, detached) = {
            let mut world = function.fake_aws.world();
            let certificate = world.generate_certificate(&account(), REGION, owner());
            (world.attach_certificate(&arn, &certificate), world.detach_certificate(&arn))
        };
        function.deliver(detached.clone());
        for round in ["late", "again"] {
            function.deliver(attached.clone());
            assert_eq!(
                stored(&function, &arn),
                Some("NON_COMPLIANT"),
                "{round}, by timestamp: {by_timestamp}"
            );
        }
        function.deliver(detached);
        assert_converges(&function, "after events in the wrong order");
    }
}

/// The deletion of a stage that was made again under its name is older than the stage.
#[test]
fn a_late_deletion_does_not_end_the_result_of_a_stage_that_was_made_again() {
    for by_timestamp in [false, true] {
        let mut world = account_with("{}", by_timestamp);
        let arn = bare_stage(&mut world, ApiKind::Rest, "orders", &["HTTP"]);
        let function = Function::start(world, &account(), REGION);
        succeed(&sweep(&function));
        let (deleted, created) = {
            let mut world = function.fake_aws.world();
            let api = world.stage(&arn).unwrap().0.id.clone();
            (world.delete_stage(&arn), world.create_stage(&api, "prod").1)
        };
        function.deliver(created);
        assert_eq!(stored(&function, &arn), Some("NON_COMPLIANT"));
        function.deliver(deleted);
        assert_eq!(stored(&function, &arn), Some("NON_COMPLIANT"), "by timestamp: {by_timestamp}");
        assert_converges(&function, "after a late deletion");
    }
}

/// Two stages share a certificate, and the index still shows one of them with another. That one fails for its owner too, so
/// nothing of its own improves.
#[test]
fn a_peer_that_the_index_shows_elsewhere_is_still_a_peer() {
    let mut world = account_with("{}", false);
    let a = good_stage(&mut world, "a");
    let shared = world.stage(&a).unwrap().1.state.certificate.clone().unwrap();
    let b = good_stage(&mut world, "b");
    world.untag(&account(), REGION, &b, &["owner"]);
    let function = Function::start(world, &account(), REGION);
    succeed(&sweep(&function));
    let events = function.fake_aws.world().attach_certificate(&b, &shared);
    function.deliver(events);
    assert_eq!(
        (stored(&function, &a), stored(&function, &b)),
        (Some("NON_COMPLIANT"), Some("NON_COMPLIANT"))
    );
    lag(&function, &b, 1);
    sweep(&function);
    assert_nothing_false(&function, "the index shows b with its earlier certificate");
    assert_converges(&function, "after the lag");
}

/// Not asserted but counted: the latest item lags as well, so that no source of Config has the change that an event brought.
#[test]
fn a_latest_item_that_lags_too_is_corrected_once_it_has_caught_up() {
    let mut world = account_with("{}", false);
    let arn = good_stage(&mut world, "orders");
    let function = Function::start(world, &account(), REGION);
    succeed(&sweep(&function));
    let events = function.fake_aws.world().detach_certificate(&arn);
    function.deliver(events);
    lag(&function, &arn, 1);
    function.fake_aws.world().region_mut(&account(), REGION).options.latest_behind.insert(arn.clone(), 1);
    let event: Value = function.fake_aws.world().scheduled_event(&account(), REGION, "stagecert");
    let (_, wrong) = function.invoke_and_judge(&event, DEADLINE);
    println!(
        "a latest item that lags: {} puts on older items, stored {:?}",
        wrong.len(),
        stored(&function, &arn)
    );
    assert_converges(&function, "after the lag of the latest item");
    assert_eq!(stored(&function, &arn), Some("NON_COMPLIANT"));
    println!("{}", COUNTS.line());
}
