//! Histories in which Config's index lags, loses rows or stops, and events arrive late, twice and
//! out of order. No NON_COMPLIANT stage ends up COMPLIANT, whichever way Config stores results, and
//! every put is based on confirmed facts (checked by `evidence.rs` for every invocation).

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

/// Runs a sweep that a fault holds at a call, and does something meanwhile.
fn sweep_while(function: &Function, gate: &Gate, meanwhile: impl FnOnce()) -> Outcome {
    let event = function.fake_aws.world().scheduled_event(&account(), REGION, "stagecert");
    std::thread::scope(|scope| {
        let swept = scope.spawn(|| function.invoke_within(&event, DEADLINE));
        let reached = gate.wait_until_reached(Duration::from_secs(30));
        meanwhile();
        gate.open();
        let outcome = swept.join().unwrap();
        assert!(reached, "the sweep never made the call that the gate holds");
        outcome
    })
}

#[test]
fn a_sweep_on_a_lagging_index_keeps_the_result_of_the_stage_s_event() {
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
        // The sweep started after the item was captured, so if Config goes by timestamps, it
        // ignores the event.
        function.deliver(events);
        let what = format!("by timestamp: {by_timestamp}, {parameters}");
        assert_eq!(stored(&function, &arn), Some("NON_COMPLIANT"), "{what}");
        assert_converges(&function, "after the lag");
        assert_eq!(stored(&function, &arn), Some("NON_COMPLIANT"), "by timestamp: {by_timestamp}");
    }
}

/// What Config stores when a sweep starts that is about to put COMPLIANT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StoredResult {
    Nothing,
    NonCompliant,
    Compliant,
}

/// Holds a sweep after it received a response; meanwhile a stage loses its certificate, and another
/// process handles the stage's event to completion.
fn event_during_a_sweep(before: StoredResult, parameters: &str, held_at: &str, by_timestamp: bool) {
    let what = format!("{before:?} stored, {parameters}, at {held_at}, by timestamp: {by_timestamp}");
    let mut world = account_with(parameters, by_timestamp);
    let arn = good_stage(&mut world, "orders");
    let certificate = world.stage(&arn).unwrap().1.state.certificate.clone().unwrap();
    if before == StoredResult::NonCompliant {
        world.detach_certificate(&arn);
    }
    let function = Function::start(world, &account(), REGION);
    let second_process = function.second_process();
    if before != StoredResult::Nothing {
        succeed(&sweep(&function));
        function.fake_aws.world().attach_certificate(&arn, &certificate);
    }
    let gate = Gate::default();
    function.fake_aws.faults().at(held_at, 1, Fault::HoldResponse(gate.clone()));
    sweep_while(&function, &gate, || {
        let events = function.fake_aws.world().detach_certificate(&arn);
        second_process.deliver(events);
        assert_eq!(stored(&function, &arn), Some("NON_COMPLIANT"), "{what}");
    });
    assert_eq!(stored(&function, &arn), Some("NON_COMPLIANT"), "{what}");
    assert_converges(&function, &what);
}

#[test]
fn a_change_during_a_sweep_keeps_its_result() {
    for by_timestamp in [false, true] {
        for held_at in ["SelectResourceConfig", "GetComplianceDetailsByConfigRule", "GetClientCertificates"] {
            event_during_a_sweep(StoredResult::NonCompliant, "{}", held_at, by_timestamp);
            event_during_a_sweep(StoredResult::Compliant, "{}", held_at, by_timestamp);
            event_during_a_sweep(StoredResult::Compliant, r#"{"reporting":"all"}"#, held_at, by_timestamp);
        }
    }
}

#[test]
fn a_change_during_the_first_sweep_keeps_its_result() {
    for by_timestamp in [false, true] {
        for held_at in ["SelectResourceConfig", "GetClientCertificates"] {
            event_during_a_sweep(StoredResult::Nothing, "{}", held_at, by_timestamp);
        }
    }
}

/// The one moment at which a wrong result can't be avoided: between confirmation and put.
#[test]
fn a_change_between_confirmation_and_put_is_corrected_by_the_next_sweep() {
    let mut world = account_with("{}", false);
    let arn = bare_stage(&mut world, ApiKind::Rest, "orders", &["HTTP"]);
    let function = Function::start(world, &account(), REGION);
    let second_process = function.second_process();
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
        let swept = scope.spawn(|| function.invoke_and_check(&event, DEADLINE));
        assert!(gate.wait_until_reached(Duration::from_secs(30)));
        let events = function.fake_aws.world().detach_certificate(&arn);
        second_process.deliver(events);
        gate.open();
        swept.join().unwrap();
    });
    println!("{certificate} detached between confirmation and put: stored as {:?}", stored(&function, &arn));
    assert_converges(&function, "after the window");
    assert_eq!(stored(&function, &arn), Some("NON_COMPLIANT"));
}

#[test]
fn an_old_event_that_arrives_late_or_twice_changes_nothing() {
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

/// The deletion event of a stage that was re-created under its name is older than the stage.
#[test]
fn a_late_deletion_does_not_end_the_result_of_a_re_created_stage() {
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

/// Two stages share a certificate, and the index still shows one of them with another certificate.
/// That stage also fails owner-tag, so its own result doesn't improve.
#[test]
fn a_peer_with_a_stale_index_row_is_still_a_peer() {
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
    assert_nothing_false(&function, "the index shows b with its previous certificate");
    assert_converges(&function, "after the lag");
}

/// Counted rather than asserted: the latest item lags too, so no Config source shows the change
/// that an event brought.
#[test]
fn a_latest_item_that_lags_too_is_corrected_later() {
    let mut world = account_with("{}", false);
    let arn = good_stage(&mut world, "orders");
    let function = Function::start(world, &account(), REGION);
    succeed(&sweep(&function));
    let events = function.fake_aws.world().detach_certificate(&arn);
    function.deliver(events);
    lag(&function, &arn, 1);
    function.fake_aws.world().region_mut(&account(), REGION).options.latest_behind.insert(arn.clone(), 1);
    let event: Value = function.fake_aws.world().scheduled_event(&account(), REGION, "stagecert");
    let (_, wrong) = function.invoke_and_check(&event, DEADLINE);
    println!(
        "a latest item that lags: {} puts on older items, stored {:?}",
        wrong.len(),
        stored(&function, &arn)
    );
    assert_converges(&function, "after the lag of the latest item");
    assert_eq!(stored(&function, &arn), Some("NON_COMPLIANT"));
    println!("{}", COUNTS.line());
}
