//! What changes and the creation of a rule cost if hundreds of stages share a certificate, and
//! evidence about deployments that Config didn't show when the evidence was collected.

use std::collections::{BTreeMap, BTreeSet};

use fake_aws::{ApiKind, Fault, Tags, World};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::function::Function;
use crate::scene::{
    REGION, account, account_with, assert_converges, bare_stage, catch_up, lag, stored, succeed, sweep,
};

const SHARING: usize = 300;

/// Stages that share a certificate, ten per API, recorded by Config over the past months.
fn sharing(stages: usize, expired: bool) -> World {
    let mut world = account_with("{}", false);
    let owner = Tags::from([("owner".to_owned(), "team".to_owned())]);
    let from = SignedDuration::from_hours(if expired { -366 * 24 } else { -24 });
    let certificate = world.generate_certificate_valid_from(&account(), REGION, from, owner);
    // An upper bound on the instants that these changes and their notifications take.
    world.clock.begin_past(stages * 12);
    let mut api = String::new();
    for n in 0..stages {
        if n % 10 == 0 {
            api = world.create_api(&account(), REGION, ApiKind::Rest, &format!("api-{n}"), &["HTTP"]);
        }
        let (arn, _) = world.create_stage(&api, &format!("s{n}"));
        world.tag(&account(), REGION, &arn, &[("owner", "team")]);
        world.attach_certificate(&arn, &certificate);
    }
    world.clock.end_past();
    world
}

fn any_stage(function: &Function) -> String {
    let world = function.fake_aws.world();
    world.region(&account(), REGION).stages().nth(42).unwrap().1.arn.clone()
}

/// Delivers events; returns the calls made and the number of evaluations put.
fn cost(function: &Function, events: Vec<Value>) -> (BTreeMap<&'static str, usize>, u64) {
    function.fake_aws.log().clear();
    let before = function.accepted(&account(), REGION);
    function.deliver(events);
    let mut calls = function.fake_aws.log().counts();
    calls.remove("GetCallerIdentity");
    (calls, function.accepted(&account(), REGION) - before)
}

fn count(calls: &BTreeMap<&'static str, usize>, operation: &str) -> usize {
    calls.get(operation).copied().unwrap_or_default()
}

#[test]
fn creating_a_rule_reevaluates_no_peer() {
    for (stages, expired) in [(SHARING, false), (30, true)] {
        let function = Function::start(sharing(stages, expired), &account(), REGION);
        let events = function.fake_aws.world().reevaluate(&account(), REGION, "stagecert");
        assert_eq!(events.len(), stages);
        let (calls, put) = cost(&function, events);
        println!(
            "a rule's creation, {stages} stages with one certificate, expired: {expired}: {put} put, {calls:?}"
        );
        assert_eq!(put, stages as u64, "one result per event: {calls:?}");
        assert_eq!(function.stored(&account(), REGION), function.expected(&account(), REGION));
        assert!(count(&calls, "PutEvaluations") <= stages, "{calls:?}");
        // Cached for 60 seconds: a handful of calls, plus one per minute on a slow machine.
        let handful = 2 + function.fake_aws.log().span().as_secs() / 60;
        assert!(count(&calls, "GetClientCertificates") as u64 <= handful, "{handful} at most: {calls:?}");
        // The peers of each event's own stage, for its own result: one page per hundred.
        assert!(count(&calls, "SelectResourceConfig") <= stages * stages.div_ceil(100), "{calls:?}");
        assert!(count(&calls, "BatchGetResourceConfig") <= stages * stages.div_ceil(100), "{calls:?}");
        // If a stage fails certificate-expiry, the stage is exported; its peers never are.
        let exports = if expired { stages } else { 0 };
        assert!(count(&calls, "GetExport") <= exports, "{calls:?}");
    }
}

#[test]
fn redeploying_a_stage_reevaluates_no_peer() {
    for expired in [false, true] {
        let function = Function::start(sharing(SHARING, expired), &account(), REGION);
        let arn = any_stage(&function);
        let (_, events) = function.fake_aws.world().redeploy(&arn, &["HTTP"]);
        let (calls, put) = cost(&function, events);
        println!(
            "a redeployment, {SHARING} stages with one certificate, expired: {expired}: {put} put, {calls:?}"
        );
        assert_eq!(put, 1, "its own result: {calls:?}");
        assert_eq!(stored(&function, &arn), Some("NON_COMPLIANT"));
        let most = [
            ("GetClientCertificates", 1),
            ("SelectResourceConfig", 3),
            ("BatchGetResourceConfig", 3),
            ("PutEvaluations", 1),
            ("GetExport", usize::from(expired)),
            ("GetStage", 2 * usize::from(expired)),
        ];
        for (operation, most) in most {
            assert!(count(&calls, operation) <= most, "{operation}, {most} at most: {calls:?}");
        }
    }
}

#[test]
fn detaching_a_certificate_reevaluates_every_peer_and_exports_none() {
    for expired in [false, true] {
        let function = Function::start(sharing(SHARING, expired), &account(), REGION);
        let arn = any_stage(&function);
        let events = function.fake_aws.world().detach_certificate(&arn);
        let (calls, put) = cost(&function, events);
        println!(
            "a detachment, {SHARING} stages with one certificate, expired: {expired}: {put} put, {calls:?}"
        );
        assert_eq!(put, SHARING as u64, "{calls:?}");
        assert_eq!(function.stored(&account(), REGION), function.expected(&account(), REGION));
        // For the stage itself, which has no certificate now.
        assert!(count(&calls, "GetExport") <= 1, "{calls:?}");
    }
}

/// Deployment d1 has an HTTP integration. d2, with Lambda integrations only, is live while Config
/// shows d1.
#[test]
fn a_briefly_live_deployment_is_no_evidence_about_the_one_that_config_shows() {
    for by_event in [false, true] {
        for back_at in [None, Some(1), Some(2)] {
            let what = format!("by event: {by_event}, back before GetStage {back_at:?}");
            let mut world = account_with("{}", false);
            let arn = bare_stage(&mut world, ApiKind::Rest, "orders", &["HTTP"]);
            let d1 = world.stage(&arn).unwrap().1.state.deployment.clone();
            let event = world.reevaluate(&account(), REGION, "stagecert").remove(0);
            let (d2, _) = world.redeploy(&arn, &["AWS_PROXY"]);
            let function = Function::start(world, &account(), REGION);
            lag(&function, &arn, 1);
            function
                .fake_aws
                .world()
                .region_mut(&account(), REGION)
                .options
                .latest_behind
                .insert(arn.clone(), 1);
            let back = {
                let (arn, d1) = (arn.clone(), d1.clone());
                move |world: &mut World| drop(world.deploy_again(&arn, &d1))
            };
            if let Some(nth) = back_at {
                function.fake_aws.faults().at("GetStage", nth, Fault::before(back.clone()));
            }
            if by_event {
                function.deliver([event]);
            } else {
                succeed(&sweep(&function));
            }
            function.fake_aws.faults().clear();
            let annotation = {
                let world = function.fake_aws.world();
                let evaluations = &world.region(&account(), REGION).rules["stagecert"].evaluations;
                evaluations.values().next().and_then(|stored| stored.annotation.clone()).unwrap_or_default()
            };
            let claims = annotation.contains("no HTTP integration") && annotation.contains(&d1);
            assert!(!claims, "{what}: d1 is {d1}, d2 is {d2}: {annotation}");
            back(&mut function.fake_aws.world());
            catch_up(&function);
            for _ in 0..2 {
                succeed(&sweep(&function));
                assert_eq!(
                    stored(&function, &arn),
                    Some("NON_COMPLIANT"),
                    "{what}: d1 is live again: {annotation}"
                );
            }
            assert_converges(&function, &what);
        }
    }
}

/// The changes of a new rule, spread over the processes of a central function.
const CHANGES: usize = 16;
const PROCESSES: usize = 8;

#[test]
fn a_throttled_import_fails_no_change_and_is_left_to_the_sweep() {
    let mut world = account_with(r#"{"securityHub":"on","events":"on"}"#, false);
    let stages: BTreeSet<String> =
        (0..CHANGES).map(|n| bare_stage(&mut world, ApiKind::Rest, &format!("api-{n}"), &["HTTP"])).collect();
    let events = world.reevaluate(&account(), REGION, "stagecert");
    let function = Function::start(world, &account(), REGION);
    let others: Vec<Function> = (1..PROCESSES).map(|_| function.second_process()).collect();
    function.fake_aws.faults().always("GetFindings", Fault::Throttle);
    std::thread::scope(|scope| {
        let processes = std::iter::once(&function).chain(&others);
        for (process, events) in processes.zip(events.chunks(CHANGES / PROCESSES)) {
            scope.spawn(|| process.deliver(events.to_vec()));
        }
    });
    function.fake_aws.faults().clear();
    let sent = || {
        let world = function.fake_aws.world();
        let region = world.region(&account(), REGION);
        let failing = |finding: &&Value| finding["Compliance"]["Status"] == "FAILED";
        let of = |finding: &Value| finding["Resources"][0]["Id"].as_str().unwrap().to_owned();
        let details = || region.event_bus.events.iter().map(|event| &event["detail"]);
        for detail in details() {
            let (api, _) = region.stage(detail["resourceId"].as_str().unwrap()).unwrap();
            assert_eq!((&detail["apiName"], &detail["owner"]), (&json!(api.name), &json!("team")));
        }
        let events = details().map(|detail| detail["resourceId"].as_str().unwrap());
        let mut events: Vec<String> = events.map(ToOwned::to_owned).collect();
        events.sort();
        let findings = region.security_hub.findings.values();
        (events, findings.filter(failing).map(of).collect::<BTreeSet<String>>())
    };
    let every_stage: Vec<String> = stages.iter().cloned().collect();
    assert_eq!(function.stored(&account(), REGION), function.expected(&account(), REGION));
    assert_eq!(sent(), (every_stage.clone(), BTreeSet::new()));
    succeed(&sweep(&function));
    assert_eq!(sent(), (every_stage, stages));
}
