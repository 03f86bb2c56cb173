//! Coverage beyond the kinds of gaps: pages, throttling, failures, the other modes and aggregators.

use std::time::Instant;

use fake_aws::model::Aggregator;
use fake_aws::{FakeAws, Fault, Fleet, StackInstance, StoredEvaluation, World};
use serde_json::{Value, json};

use crate::deployment::{CANARY, RULE, UNIT, coverage, deployed, file, run};
use crate::program::{ProgramRun, REGIONS};

/// The number of places in each state.
fn counts(run: &ProgramRun) -> Value {
    let mut counts = serde_json::Map::new();
    for place in run.json()["places"].as_array().unwrap() {
        let state = place["state"].as_str().unwrap();
        let before = counts.get(state).and_then(Value::as_u64).unwrap_or_default();
        counts.insert(state.into(), (before + 1).into());
    }
    counts.into()
}

fn with(changes: &[(&str, Value)]) -> Value {
    let mut file = file();
    for (path, value) in changes {
        *file.pointer_mut(path).unwrap() = value.clone();
    }
    file
}

#[test]
fn all_pages_are_read_and_throttled_calls_are_retried() {
    let fake_aws = FakeAws::spawn(deployed(63, 2));
    let first = ["ListStackInstances", "ListAccountsForParent", "DescribeConfigRuleEvaluationStatus"];
    for operation in first {
        fake_aws.faults().at(operation, 1, Fault::Throttle);
        fake_aws.faults().at(operation, 2, Fault::Http500);
    }
    let run = coverage(&fake_aws, &file(), "--format json");
    assert_eq!((run.status, counts(&run)), (0, json!({"covered": 124})), "{}", run.err);
    let counts = fake_aws.log().counts();
    // 124 stack instances in pages of 100, 62 accounts in pages of 20, and two retries each.
    assert_eq!((counts["ListStackInstances"], counts["ListAccountsForParent"]), (2 + 2, 4 + 2));
    assert_eq!(counts["DescribeConfigRuleEvaluationStatus"], 124 + 2);
    assert_eq!(counts["AssumeRole"], 61);
    assert!(
        run.err.lines().count() <= 20 && run.err.contains("[124/124] accounts and Regions"),
        "{}",
        run.err
    );
}

#[test]
fn what_can_t_be_listed_is_an_error_and_the_rest_is_reported() {
    let fake_aws = FakeAws::spawn(deployed(4, 2));
    fake_aws.faults().always("ListAccountsForParent", Fault::AccessDenied);
    let run = coverage(&fake_aws, &file(), "--format json");
    assert_eq!((run.status, counts(&run)), (2, json!({"covered": 6})));
    assert!(run.err.contains("error: ListAccountsForParent of ou-ab12-workload in account"), "{}", run.err);

    fake_aws.faults().clear();
    fake_aws.faults().always("ListStackInstances", Fault::AccessDenied);
    let run = coverage(&fake_aws, &file(), "--format json");
    assert_eq!((run.status, counts(&run)), (2, json!({"covered": 6})), "no false gaps: {}", run.err);
    assert!(run.err.contains("error: ListStackInstances of stagecert in account"), "{}", run.err);

    fake_aws.faults().clear();
    for (operation, fault, reason) in [
        (
            "DescribeConfigRuleEvaluationStatus",
            Fault::AccessDenied,
            "DescribeConfigRuleEvaluationStatus: AccessDeniedException",
        ),
        (
            "DescribeConfigurationRecorderStatus",
            Fault::MalformedJson,
            "DescribeConfigurationRecorderStatus: ",
        ),
    ] {
        fake_aws.faults().clear();
        fake_aws.faults().always_in(&Fleet::account(1), operation, fault);
        let run = coverage(&fake_aws, &file(), "--format json");
        assert_eq!((run.status, counts(&run)), (1, json!({"covered": 4, "unreadable": 2})), "{}", run.err);
        let place = run.json()["places"][2].clone();
        assert_eq!(place["account"], Fleet::account(1));
        assert!(place["reason"].as_str().unwrap().starts_with(reason), "{place}");
    }
}

#[test]
fn lists_that_never_end_or_are_not_xml_are_errors() {
    let fake_aws = FakeAws::spawn(deployed(63, 2));
    fake_aws.faults().from("ListStackInstances", 2, Fault::ExpiredPageToken);
    let run = coverage(&fake_aws, &file(), "--quiet");
    assert_eq!(run.status, 2);
    assert!(run.err.contains("ValidationError"), "{}", run.err);
    fake_aws.faults().clear();
    fake_aws.faults().always("ListStackInstances", Fault::MalformedJson);
    let run = coverage(&fake_aws, &file(), "--quiet");
    assert_eq!(run.status, 2);
    assert!(run.err.contains("invalid response to ListStackInstances: not the expected XML"), "{}", run.err);
}

#[test]
fn a_stack_set_that_does_not_exist_covers_nothing() {
    let mut world = deployed(3, 2);
    world.stack_sets.clear();
    let fake_aws = FakeAws::spawn(world);
    let run = coverage(&fake_aws, &file(), "--format json");
    assert_eq!((run.status, counts(&run)), (1, json!({"no-rule": 4})), "{}", run.err);
    assert!(run.err.contains("note: the StackSet stagecert does not exist\n"), "{}", run.err);
}

#[test]
fn a_region_that_is_not_enabled_is_unreadable() {
    let fake_aws = FakeAws::spawn(deployed(3, 2));
    let regions = json!(["eu-west-1", "ap-south-2"]);
    let mut world = fake_aws.world();
    for number in 0..2 {
        let place = (Fleet::account(number), "ap-south-2".to_owned());
        world.stack_sets.get_mut("stagecert").unwrap().instances.insert(place, StackInstance::default());
    }
    drop(world);
    let changes = [("/regions", regions.clone()), ("/stackSets/0/regions", regions)];
    let run = coverage(&fake_aws, &with(&changes), "--format json");
    assert_eq!((run.status, counts(&run)), (1, json!({"covered": 2, "unreadable": 2})));
    let reason = run.json()["places"][0]["reason"].clone();
    assert!(reason.as_str().unwrap().ends_with(": UnrecognizedClientException"), "{reason}");
    assert!(run.err.contains("note: 2 stack instances are in accounts or Regions outside"), "{}", run.err);
}

#[test]
fn an_account_in_two_stack_sets_needs_both() {
    let mut world = deployed(3, 1);
    let accounts = [Fleet::account(1)];
    world.add_unit(CANARY, Some(UNIT), &accounts);
    world
        .add_stack_set("stagecert-canary", &Fleet::account(0), REGIONS[0], &accounts, &REGIONS[..1])
        .delegated = true;
    let failed = StackInstance::failed("ResourceLogicalId:Function, AlreadyExists");
    let place = (Fleet::account(1), REGIONS[0].to_owned());
    world.stack_sets.get_mut("stagecert-canary").unwrap().instances.insert(place, failed);
    let fake_aws = FakeAws::spawn(world);
    let set = |name: &str, unit: &str| json!({"name": name, "organizationalUnits": [unit], "regions": ["eu-west-1"], "reservedConcurrency": 1});
    let changes = [("/stackSets", json!([set("stagecert", UNIT), set("stagecert-canary", CANARY)]))];
    let run = coverage(&fake_aws, &with(&changes), "--format json");
    assert_eq!((run.status, counts(&run)), (1, json!({"covered": 1, "failed-instance": 1})), "{}", run.err);
    let place = &run.json()["places"][1];
    assert_eq!(
        place["reason"],
        "StackSet stagecert-canary: OUTDATED, FAILED: ResourceLogicalId:Function, AlreadyExists"
    );
}

#[test]
fn limits_on_accounts_and_the_management_account() {
    let mut world = deployed(5, 1);
    let management = Fleet::account(4);
    world.trust(&management, crate::program::ROLE, &Fleet::account(0));
    let fake_aws = FakeAws::spawn(world);
    let one_region = json!(["eu-west-1"]);
    let base = [("/regions", one_region.clone()), ("/stackSets/0/regions", one_region)];
    let accounts = |changes: &[(&str, Value)]| -> Vec<Value> {
        let changes: Vec<_> = base.iter().chain(changes).cloned().collect();
        let run = coverage(&fake_aws, &with(&changes), "--format json");
        assert!(run.status < 2, "{}", run.err);
        run.json()["places"].as_array().unwrap().iter().map(|place| place["account"].clone()).collect()
    };
    let ids =
        |numbers: &[usize]| numbers.iter().map(|number| json!(Fleet::account(*number))).collect::<Vec<_>>();
    assert_eq!(accounts(&[]), ids(&[0, 1, 2, 3]));
    assert_eq!(accounts(&[("/excludedAccounts", json!([Fleet::account(2)]))]), ids(&[0, 1, 3]));
    let includes = [("/managementAccount", json!(management)), ("/includesManagementAccount", json!(true))];
    assert_eq!(accounts(&includes), ids(&[0, 1, 2, 3, 4]));
    assert_eq!(
        accounts(&[("/accounts", json!([Fleet::account(1), Fleet::account(4)]))]),
        ids(&[1, 4]),
        "named, but in no unit"
    );
}

#[test]
fn the_central_modes_have_no_stack_instances_and_rules_with_a_suffix() {
    let mut world = deployed(4, 2);
    world.stack_sets.clear();
    let members: Vec<String> = (0..3).map(Fleet::account).collect();
    let roles = world.add_stack_set("stagecert-member", &members[0], REGIONS[0], &members, &REGIONS[..1]);
    roles.delegated = true;
    let failed = StackInstance::failed("iam:CreateRole is denied");
    roles.instances.insert((members[2].clone(), REGIONS[0].to_owned()), failed);
    let name = "OrgConfigRule-stagecert-abcd1234";
    for number in 0..3 {
        for region in REGIONS {
            for other in 0..60 {
                world.add_rule(&Fleet::account(number), region, &format!("other-{other}"), None);
            }
            world.add_rule(&Fleet::account(number), region, name, None);
        }
    }
    world.region_mut(&Fleet::account(1), REGIONS[0]).rules.remove(name);
    let fake_aws = FakeAws::spawn(world);
    let changes = [
        ("/deploymentMode", json!("organization-rule")),
        (
            "/stackSets",
            json!([{"name": "stagecert-member", "organizationalUnits": [UNIT], "regions": ["eu-west-1"], "reservedConcurrency": null}]),
        ),
        ("/managementAccount", json!(Fleet::account(3))),
        ("/organizationalUnits", json!([])),
        ("/rules", json!([{"name": "OrgConfigRule-stagecert-", "match": "prefix"}])),
    ];
    let run = coverage(&fake_aws, &with(&changes), "--format json");
    assert_eq!(
        (run.status, counts(&run)),
        (1, json!({"covered": 4, "no-rule": 1, "failed-instance": 1})),
        "{}",
        run.err
    );
    let reason = |place: usize| run.json()["places"][place]["reason"].clone();
    assert_eq!(reason(2), "no rule OrgConfigRule-stagecert-");
    assert_eq!(reason(4), "StackSet stagecert-member: OUTDATED, FAILED: iam:CreateRole is denied");
    // Two pages of 50 rules for each account and Region that is read.
    assert_eq!(fake_aws.log().count("DescribeConfigRuleEvaluationStatus"), 10);
}

#[test]
fn one_missing_rule_of_several_is_named() {
    let mut world = deployed(2, 1);
    world.add_rule(&Fleet::account(0), REGIONS[0], "stagecert-owner-tag", None);
    let fake_aws = FakeAws::spawn(world);
    let rules =
        [RULE, "stagecert-owner-tag", "stagecert-expiry"].map(|name| json!({"name": name, "match": "exact"}));
    let regions = json!(["eu-west-1"]);
    let changes =
        [("/rules", json!(rules)), ("/regions", regions.clone()), ("/stackSets/0/regions", regions)];
    let run = coverage(&fake_aws, &with(&changes), "--format json");
    assert_eq!(run.json()["places"][0]["reason"], "no rule stagecert-expiry");
    assert_eq!(run.status, 1);
}

/// Adds a result of the rule to an account and Region.
pub fn result(world: &mut World, number: usize, region: &str, id: &str, compliance: &str) {
    let now = world.clock.real();
    let evaluation = StoredEvaluation {
        compliance_type: compliance.into(),
        annotation: Some(format!("client certificate of {id}\u{1b} expired")),
        ordering_timestamp: now,
        recorded: now,
        invoked: now,
        basis: None,
        put_by: (String::new(), String::new()),
    };
    let rule = world.region_mut(&Fleet::account(number), region).rules.get_mut(RULE).unwrap();
    rule.evaluations.insert(("AWS::ApiGateway::Stage".into(), id.into()), evaluation);
}

/// Results in every account and Region but the second account's.
fn with_results() -> World {
    let mut world = deployed(5, 2);
    let mut aggregator = Aggregator::default();
    aggregator.outdated.insert((Fleet::account(2), REGIONS[0].to_owned()));
    world.region_mut(&Fleet::account(0), REGIONS[0]).aggregators.insert("organization".into(), aggregator);
    for number in [0, 2, 3] {
        for region in REGIONS {
            for stage in 0..130 {
                let compliance = if stage < number { "NON_COMPLIANT" } else { "COMPLIANT" };
                result(&mut world, number, region, &format!("stage-{stage}"), compliance);
            }
        }
    }
    world
}

#[test]
fn with_an_aggregator_only_places_without_current_results_are_read() {
    let fake_aws = FakeAws::spawn(with_results());
    let aggregated = with(&[("/aggregator", json!("organization"))]);
    let run = coverage(&fake_aws, &aggregated, "--format json");
    assert_eq!((run.status, counts(&run)), (0, json!({"covered": 8})), "{}", run.err);
    let reasons: Vec<Value> =
        run.json()["places"].as_array().unwrap().iter().map(|place| place["reason"].clone()).collect();
    let shown = json!("the aggregator shows results, but not when the rule was last run");
    let null = Value::Null;
    assert_eq!(reasons, [&shown, &shown, &null, &null, &null, &shown, &shown, &shown].map(Clone::clone));
    let calls = fake_aws.log().counts();
    assert_eq!(calls["DescribeAggregateComplianceByConfigRules"], 1);
    assert_eq!((calls["AssumeRole"], calls["DescribeConfigRuleEvaluationStatus"]), (2, 3));
    assert!(run.err.contains("note: 1 sources of the aggregator are not up to date\n"), "{}", run.err);

    // Without a role, only the stack instances show that an account without results has the rule.
    let run = crate::deployment::run(&fake_aws, "coverage --format json", &aggregated);
    assert_eq!((run.status, counts(&run)), (0, json!({"covered": 8})), "{}", run.err);
    let reason = run.json()["places"][2]["reason"].clone();
    assert_eq!(
        reason,
        "the stack instance is current; the aggregator shows no result, as for an account without stages"
    );

    fake_aws.log().clear();
    let run = coverage(&fake_aws, &aggregated, "--no-aggregator --format json");
    assert_eq!((run.status, counts(&run)), (0, json!({"covered": 8})));
    assert_eq!(fake_aws.log().count("DescribeConfigRuleEvaluationStatus"), 8);
}

#[test]
fn a_summary_counts_failing_resources_and_lists_the_reasons() {
    let fake_aws = FakeAws::spawn(with_results());
    let command = "coverage --summary --aggregator organization";
    let summary = run(&fake_aws, &format!("{command} --format json"), &file());
    let row = |number: usize, region: usize| json!({"account": Fleet::account(number), "region": REGIONS[region], "rule": RULE, "nonCompliant": number});
    let expected = json!({"summaryVersion": 1, "rules": [row(2, 0), row(2, 1), row(3, 0), row(3, 1)]});
    assert_eq!((summary.status, summary.json()), (0, expected), "{}", summary.err);
    assert_eq!(fake_aws.log().count("SelectAggregateResourceConfig"), 1);

    let table = run(&fake_aws, &format!("{command} --reasons"), &file());
    assert!(table.out.ends_with("10 NON_COMPLIANT in 4 accounts and Regions\n"), "{}", table.out);
    let line = format!("{} us-east-1: stage-2: client certificate of stage-2? expired\n", Fleet::account(3));
    assert!(table.out.contains(&line), "{}", table.out);
    let none = run(&fake_aws, "coverage --summary", &file());
    assert_eq!(none.status, 2);
    assert!(
        none.err.starts_with("error: deployment.aggregator: --summary needs an aggregator"),
        "{}",
        none.err
    );
}

/// The measurement in docs/coverage.md, at a size that `STAGECERT_COVERAGE=ACCOUNTS,REGIONS` sets.
#[test]
fn calls_grow_with_accounts_and_regions() {
    let size = std::env::var("STAGECERT_COVERAGE").unwrap_or_else(|_| "120,3".into());
    let (accounts, regions) = size.split_once(',').unwrap();
    let (accounts, regions): (usize, usize) = (accounts.parse().unwrap(), regions.parse().unwrap());
    let fake_aws = FakeAws::spawn(deployed(accounts + 1, regions));
    let latency = std::time::Duration::from_millis(if accounts > 1000 { 100 } else { 20 });
    fake_aws.set_latency(latency);
    let names = Fleet { regions, ..Fleet::default() }.region_names();
    let changes = [("/regions", json!(names)), ("/stackSets/0/regions", json!(names))];
    let started = Instant::now();
    let run = coverage(&fake_aws, &with(&changes), "--quiet");
    let seconds = started.elapsed().as_secs_f64();
    let places = accounts * regions;
    assert_eq!(run.out, format!("{places} accounts and Regions: {places} covered\n"), "{}", run.err);
    let counts = fake_aws.log().counts();
    assert_eq!(counts["DescribeConfigRuleEvaluationStatus"], places);
    assert_eq!(counts["DescribeConfigurationRecorderStatus"], places);
    assert_eq!(counts["AssumeRole"], accounts - 1);
    assert_eq!(counts["ListStackInstances"], places.div_ceil(100));
    assert_eq!(counts["ListAccountsForParent"], accounts.div_ceil(20));
    let total: usize = counts.values().sum();
    println!(
        "{accounts} accounts in {regions} Regions: {total} calls in {seconds:.1} s with a latency of {latency:?}"
    );
}
