//! Stages that seem to be gone: rows that the index has lost or doesn't show yet, a stopped
//! recorder, and stages that were really deleted. Each absence is confirmed, and API Gateway
//! decides.

use std::collections::BTreeMap;

use fake_aws::{ApiKind, Fault, Fleet, Recorder, Tags, World};

use crate::function::Function;
use crate::scene::{
    REGION, account, account_with, assert_converges, assert_nothing_false, bare_stage, failure, good_stage,
    stored, succeed, sweep,
};

/// The function after a sweep that put a result for every stage.
fn swept(world: World) -> Function {
    let function = Function::start(world, &account(), REGION);
    succeed(&sweep(&function));
    function
}

/// The results of all stages, including deleted ones.
fn results(function: &Function) -> BTreeMap<String, &'static str> {
    function.stored(&account(), REGION)
}

/// This many stages, five per API and one of a WebSocket API; half of them share one certificate.
fn many(parameters: &str, stages: usize) -> World {
    let mut world = account_with(parameters, false);
    let owner = Tags::from([("owner".to_owned(), "team".to_owned())]);
    let shared = world.generate_certificate(&account(), REGION, owner);
    let mut api = String::new();
    for n in 0..stages {
        if n % 5 == 0 || n == stages - 1 {
            let kind = if n == stages - 1 { ApiKind::WebSocket } else { ApiKind::Rest };
            api = world.create_api(&account(), REGION, kind, &format!("api-{n}"), &["HTTP"]);
        }
        let (arn, _) = world.create_stage(&api, &format!("s{n}"));
        world.tag(&account(), REGION, &arn, &[("owner", "team")]);
        if n % 2 == 0 {
            world.attach_certificate(&arn, &shared);
        }
    }
    world
}

fn delete_all(function: &Function) {
    let mut world = function.fake_aws.world();
    let region = world.region(&account(), REGION);
    let arns: Vec<String> = region.stages().map(|(_, stage)| stage.arn.clone()).collect();
    arns.iter().for_each(|arn| drop(world.delete_stage(arn)));
}

#[test]
fn a_stopped_recorder_changes_no_result_and_the_sweep_reports_it() {
    let ways = [
        (Recorder::Stopped, true),
        (Recorder::Stopped, false),
        (Recorder::Absent, false),
        (Recorder::Recording, true),
    ];
    std::thread::scope(|scope| {
        for (recorder, shows_items) in ways {
            scope.spawn(move || recording_ends(recorder, shows_items));
        }
    });
}

/// All rows disappear. With `shows_items`, `BatchGetResourceConfig` returns items with status
/// `ResourceNotRecorded`.
fn recording_ends(recorder: Recorder, shows_items: bool) {
    let what = format!("{recorder:?}, items of stages that are not recorded: {shows_items}");
    let function = swept(many("{}", 150));
    let before = results(&function);
    assert_eq!(before.len(), 150);
    {
        let mut world = function.fake_aws.world();
        let options = &mut world.region_mut(&account(), REGION).options;
        (options.recorder, options.shows_unrecorded_items) = (recorder, shows_items);
        options.unrecorded.extend(["AWS::ApiGateway::Stage".into(), "AWS::ApiGatewayV2::Stage".into()]);
    }
    function.fake_aws.log().clear();
    let message = failure(sweep(&function));
    assert_eq!(results(&function), before, "{what}: {message}");
    if recorder != Recorder::Recording {
        assert!(message.contains("recorder"), "{what}: {message}");
    }
    let calls = function.fake_aws.log().counts();
    let count = |operation: &str| calls.get(operation).copied().unwrap_or_default();
    assert!(count("GetStages") <= 31, "{what}: one per API: {calls:?}");
    assert_eq!(count("DescribeConfigurationRecorderStatus"), 1, "{what}: {calls:?}");
    println!("{what}: {calls:?}");
}

#[test]
fn deleted_stages_become_not_applicable_even_if_all_are_deleted() {
    for parameters in ["{}", r#"{"inventory":"apigateway"}"#] {
        for stages in [3, 60] {
            let function = swept(many(parameters, stages));
            delete_all(&function);
            function.fake_aws.log().clear();
            succeed(&sweep(&function));
            let left: Vec<_> =
                results(&function).into_values().filter(|one| *one != "NOT_APPLICABLE").collect();
            assert!(left.is_empty(), "{parameters}, {stages} stages: {left:?}");
            println!("{parameters}, {stages} stages gone: {:?}", function.fake_aws.log().counts());
        }
    }
}

#[test]
fn deleted_apis_end_the_results_of_their_stages() {
    let function = swept(many("{}", 8));
    {
        let mut world = function.fake_aws.world();
        let apis: Vec<String> = world.region(&account(), REGION).apis.keys().cloned().collect();
        apis.iter().for_each(|api| drop(world.delete_api(api)));
    }
    succeed(&sweep(&function));
    assert!(results(&function).into_values().all(|one| one == "NOT_APPLICABLE"));
}

#[test]
fn only_stages_missing_from_api_gateway_too_end() {
    for kind in [ApiKind::Rest, ApiKind::WebSocket] {
        let mut world = account_with("{}", false);
        let [gone, hidden, shown] =
            ["gone", "hidden", "shown"].map(|name| bare_stage(&mut world, kind, name, &["HTTP"]));
        let function = swept(world);
        {
            let mut world = function.fake_aws.world();
            world.delete_stage(&gone);
            let options = &mut world.region_mut(&account(), REGION).options;
            options.index_behind.insert(hidden.clone(), 9);
            options.latest_behind.insert(hidden.clone(), 9);
        }
        let message = failure(sweep(&function));
        let [gone, hidden, shown] = [gone, hidden, shown].map(|arn| (stored(&function, &arn), arn));
        assert_eq!(gone.0, Some("NOT_APPLICABLE"), "{kind:?}: {message}");
        assert_eq!(
            (hidden.0, shown.0),
            (Some("NON_COMPLIANT"), Some("NON_COMPLIANT")),
            "{kind:?}: {message}"
        );
        let path = hidden.1.split('/').collect::<Vec<_>>();
        let named = format!("{}/{}", path[path.len() - 3], path[path.len() - 1]);
        assert!(message.contains(&named), "{kind:?}, {named}: {message}");
        assert_converges(&function, "after the stage is shown again");
    }
}

#[test]
fn a_row_missed_between_two_pages_ends_no_result_and_hides_no_peer() {
    let mut world = many("{}", 120);
    let (a, b) = (good_stage(&mut world, "a"), good_stage(&mut world, "b"));
    let shared = world.stage(&a).unwrap().1.state.certificate.clone().unwrap();
    world.attach_certificate(&b, &shared);
    let function = swept(world);
    for (lost, other) in [(&a, &b), (&b, &a)] {
        for page in [1, 2] {
            function.fake_aws.faults().at(
                "SelectResourceConfig",
                page,
                Fault::MissingRows(vec![lost.clone()]),
            );
            let outcome = sweep(&function);
            let what = format!("page {page}: {outcome:?}");
            assert_eq!(stored(&function, lost), Some("NON_COMPLIANT"), "the missed row, {what}");
            assert_eq!(stored(&function, other), Some("NON_COMPLIANT"), "its peer, {what}");
            assert_nothing_false(&function, &what);
            function.fake_aws.faults().clear();
        }
    }
    assert_converges(&function, "with all rows");
}

#[test]
fn a_new_stage_missing_from_the_index_keeps_the_result_of_its_event() {
    for latest_behind in [0, 9] {
        for kind in [ApiKind::Rest, ApiKind::WebSocket] {
            let mut world = account_with("{}", false);
            let a = good_stage(&mut world, "a");
            let shared = world.stage(&a).unwrap().1.state.certificate.clone().unwrap();
            let function = swept(world);
            let (b, events) = {
                let mut world = function.fake_aws.world();
                let b = bare_stage(&mut world, kind, "b", &["HTTP"]);
                let events = world.attach_certificate(&b, &shared);
                (b, events)
            };
            function.deliver(events);
            let both = |what: &str| {
                let results = (stored(&function, &a), stored(&function, &b));
                assert_eq!(
                    results,
                    (Some("NON_COMPLIANT"), Some("NON_COMPLIANT")),
                    "{kind:?}, {latest_behind}: {what}"
                );
            };
            both("by its event");
            {
                let mut world = function.fake_aws.world();
                let options = &mut world.region_mut(&account(), REGION).options;
                options.index_behind.insert(b.clone(), 9);
                options.latest_behind.insert(b.clone(), latest_behind);
            }
            let outcome = sweep(&function);
            both(&format!("after a sweep: {outcome:?}"));
            assert_converges(&function, "once the index shows it");
        }
    }
}

/// As far as the sweep can see, Config stores no previous results for the rule, so everything but
/// NON_COMPLIANT is confirmed.
#[test]
fn a_sweep_without_previous_results_still_confirms_what_it_puts() {
    let mut world = account_with("{}", false);
    let arn = good_stage(&mut world, "orders");
    world.attach_certificate(&arn, "nosuch");
    let function = swept(world);
    {
        let mut world = function.fake_aws.world();
        world.rotate_certificate(&arn);
        let certificate = world.stage(&arn).unwrap().1.state.certificate.clone().unwrap();
        let certificate = world.region(&account(), REGION).certificates[&certificate].arn.clone();
        world.tag(&account(), REGION, &certificate, &[("owner", "team")]);
    }
    function.fake_aws.faults().always("GetComplianceDetailsByConfigRule", Fault::AccessDenied);
    let message = failure(sweep(&function));
    assert!(message.contains("GetComplianceDetailsByConfigRule"), "{message}");
    assert_eq!(stored(&function, &arn), Some("COMPLIANT"), "stages still get their results: {message}");
    function.fake_aws.faults().clear();
    assert_converges(&function, "with previous results");
}

/// A sweep that puts every result confirms every COMPLIANT one (see `evidence.rs`). `Fleet` gives
/// each account every kind of stage.
#[test]
fn every_compliant_result_is_confirmed_if_all_results_are_put() {
    let parameters = Some(r#"{"reporting":"all"}"#.to_owned());
    let world = World::fleet(&Fleet { seed: 9, stages: 130, parameters, ..Fleet::default() });
    let function = swept(world);
    let before = function.accepted(&account(), REGION);
    succeed(&sweep(&function));
    assert_eq!(function.accepted(&account(), REGION) - before, 130);
    assert_eq!(function.stored(&account(), REGION), function.expected(&account(), REGION));
}
