//! Accounts that change between sweeps, and listings that miss something once. A result never
//! improves because of one incomplete listing, results of resources that are gone are cleared, and
//! only what has changed is put.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fake_aws::front_door::ConfigDomainNames;
use fake_aws::front_door::network::Permission;
use fake_aws::{Fault, Gate, Outcome, World};

use crate::faults::wrong_exactly;
use crate::function::{DEADLINE, Function};
use crate::generate::{REGION, account, account_of};
use crate::oracle::{Resource, Stored};
use crate::random::Random;
use crate::scene::{Scene, place, scene};

const HISTORIES: usize = 40;
const STEPS: usize = 6;
const CONCURRENCY: usize = 12;

fn succeed(outcome: &Outcome) {
    assert!(matches!(outcome, Outcome::Success(_)), "{outcome:?}");
}

fn assert_matches(function: &Function, what: &str) {
    assert_eq!(wrong_exactly(function), Vec::<String>::new(), "{what}");
}

fn stored(function: &Function, id: &str) -> Option<String> {
    let ends = |resource: &Resource| resource.1.ends_with(id);
    function.stored().into_iter().find(|(resource, _)| ends(resource)).map(|(_, own)| own.compliance_type)
}

#[test]
fn results_follow_as_bypasses_open_and_close() {
    let Scene { world, rule, good, open, twice, private, private_open } = scene(ConfigDomainNames::ByArn);
    let function = Function::start(world, &rule);
    succeed(&function.sweep());
    assert_matches(&function, "at first");
    assert_eq!(stored(&function, &private_open).as_deref(), Some("NON_COMPLIANT"));
    let (account, region) = place();
    let place = (account.as_str(), region);
    let stored = |id: &str| stored(&function, id);
    assert_eq!(stored(&open).as_deref(), Some("NON_COMPLIANT"));
    {
        let mut world = function.fake_aws.world();
        world.set_deployed_access(&open, |access| access.disable_execute_api_endpoint = true);
        let plain = ("plain.example.com".to_owned(), String::new());
        world.domain_mut(place, &plain).mappings.clear();
        let groups = &mut world.region_mut(&account, region).front_door.security_groups;
        let own = groups.values_mut().find(|group| group.name == "endpoint" && group.vpc == "vpc-private");
        own.unwrap().ingress.push(Permission::from_range(443, "10.0.0.0/8"));
    }
    succeed(&function.sweep());
    assert_matches(&function, "two closed, one opened");
    assert_eq!(stored(&open).as_deref(), Some("COMPLIANT"));
    assert_eq!(stored(&twice).as_deref(), Some("COMPLIANT"));
    assert_eq!(stored(&private).as_deref(), Some("NON_COMPLIANT"));

    // The flag is set back, but not deployed.
    function.fake_aws.world().set_access(&open, |access| access.disable_execute_api_endpoint = false);
    succeed(&function.sweep());
    assert_matches(&function, "a flag that isn't deployed");
    assert_eq!(stored(&open).as_deref(), Some("COMPLIANT"));
    let stage = format!("arn:aws:apigateway:{region}::/restapis/{open}/stages/prod");
    function.fake_aws.world().redeploy(&stage, &["HTTP"]);
    succeed(&function.sweep());
    assert_matches(&function, "a flag that is deployed");
    assert_eq!(stored(&open).as_deref(), Some("NON_COMPLIANT"));

    function.fake_aws.world().delete_api(&good);
    function.fake_aws.world().delete_api(&open);
    succeed(&function.sweep());
    assert_matches(&function, "deleted APIs");
    assert_eq!(stored(&open).as_deref(), Some("NOT_APPLICABLE"));
    {
        let mut world = function.fake_aws.world();
        let domains = &mut world.region_mut(&account, region).front_door.domains;
        domains.remove(&("expired.example.com".to_owned(), String::new()));
    }
    succeed(&function.sweep());
    assert_matches(&function, "a deleted domain name");
    assert_eq!(stored("expired.example.com").as_deref(), Some("NOT_APPLICABLE"));
}

/// What a listing misses once.
struct Missed {
    operation: &'static str,
    remove: fn(&mut World),
}

const MISSED: [Missed; 5] = [
    Missed { operation: "GetRestApis", remove: |world| home(world).apis.retain(|_, api| api.name != "open") },
    Missed { operation: "GetApis", remove: |world| home(world).apis.retain(|_, api| api.name != "twice") },
    Missed {
        operation: "GetDomainNames",
        remove: |world| {
            home(world)
                .front_door
                .domains
                .retain(|key, _| !["plain.example.com", "expired.example.com"].contains(&key.0.as_str()));
        },
    },
    Missed {
        operation: "GetApiMappings",
        remove: |world| {
            let domains = home(world).front_door.domains.values_mut();
            domains
                .filter(|domain| domain.name == "plain.example.com")
                .for_each(|domain| domain.mappings.clear());
        },
    },
    Missed {
        operation: "DescribeTargetGroups",
        remove: |world| {
            let balancers = home(world).front_door.load_balancers.values_mut();
            balancers.for_each(|balancer| balancer.listeners.clear());
        },
    },
];

fn home(world: &mut World) -> &mut fake_aws::model::Region {
    world.region_mut(&account(), REGION)
}

#[test]
fn no_result_improves_because_one_listing_misses_something() {
    for listed in [ConfigDomainNames::ByArn, ConfigDomainNames::ByName, ConfigDomainNames::Unlisted] {
        for missed in &MISSED {
            miss(listed, missed);
        }
    }
}

/// The first response of a listing shows the world without something, and every other response
/// shows it with it.
fn miss(listed: ConfigDomainNames, missed: &Missed) {
    let what = format!("{listed:?}, {} misses something", missed.operation);
    // With a single domain name without mutual TLS, the first mapping that is read is the one that
    // matters.
    let Scene { world, rule, .. } = scene(listed);
    let function = Function::start(world, &rule);
    succeed(&function.sweep());
    assert_matches(&function, &what);
    let before = function.stored();
    let calls = function.fake_aws.log().count(missed.operation);
    let mut held = 0;
    for nth in 1..=calls {
        let complete = function.fake_aws.world().clone();
        (missed.remove)(&mut function.fake_aws.world());
        let gate = Gate::default();
        function.fake_aws.faults().at(missed.operation, nth, Fault::HoldResponse(gate.clone()));
        let outcome = std::thread::scope(|scope| {
            let sweep = scope.spawn(|| function.sweep_within(Duration::from_secs(60)));
            let reached = gate.wait_until_reached(Duration::from_secs(20));
            {
                // Only the front door and the APIs are restored: results have been stored since.
                let mut world = function.fake_aws.world();
                let from = complete.region(&account(), REGION);
                home(&mut world).apis.clone_from(&from.apis);
                home(&mut world).front_door.domains.clone_from(&from.front_door.domains);
                home(&mut world).front_door.load_balancers.clone_from(&from.front_door.load_balancers);
            }
            gate.open();
            let outcome = sweep.join().unwrap();
            reached.then_some(outcome)
        });
        function.fake_aws.faults().clear();
        let Some(outcome) = outcome else { continue };
        held += 1;
        let improved = improved(&before, &function.stored());
        assert!(improved.is_empty(), "{what}, call {nth}: improved: {improved:?}; {outcome:?}");
        succeed(&function.sweep());
        assert_matches(&function, &what);
    }
    assert!(held > 0, "{what}: no response was held");
}

/// Results that got better.
fn improved(
    before: &BTreeMap<Resource, Stored>,
    after: &BTreeMap<Resource, Stored>,
) -> Vec<(Resource, Stored)> {
    let better = |resource: &Resource, own: &Stored| {
        let was = before.get(resource).map(|one| one.compliance_type.as_str());
        (was == Some("NON_COMPLIANT") && own.compliance_type != "NON_COMPLIANT")
            || (was == Some("COMPLIANT") && own.compliance_type == "NOT_APPLICABLE")
    };
    after
        .iter()
        .filter(|(resource, own)| better(resource, own))
        .map(|(a, b)| (a.clone(), b.clone()))
        .collect()
}

/// Random changes to random accounts: after each sweep all results match, and exactly the results
/// that differ were put.
#[test]
fn results_follow_random_changes_and_only_changes_are_put() {
    let (next, steps, wrong) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..CONCURRENCY {
            scope.spawn(|| {
                while let Some(seed) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < HISTORIES)
                {
                    let (done, problems) = history(seed * 4 + 1000);
                    steps.fetch_add(done, Ordering::Relaxed);
                    wrong.lock().unwrap().extend(problems);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    println!("{HISTORIES} histories, {steps:?} sweeps after changes, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn history(seed: usize) -> (usize, Vec<String>) {
    let generated = account_of(seed);
    let random = Random::seeded(seed as u64 * 31 + 7);
    let function = Function::start(generated.world, &generated.rule);
    let mut wrong = Vec::new();
    for step in 0..STEPS {
        let (before, accepted) = (function.stored(), function.accepted());
        let outcome = function.sweep_within(DEADLINE);
        let what = format!("seed {seed}, step {step}");
        if !matches!(outcome, Outcome::Success(_)) {
            return (step, vec![format!("{what}: {outcome:?}")]);
        }
        let after = function.stored();
        let changed = after.iter().filter(|(resource, own)| before.get(*resource) != Some(*own)).count();
        let put = usize::try_from(function.accepted() - accepted).unwrap();
        if put != changed {
            wrong.push(format!("{what}: {put} put, {changed} changed"));
        }
        wrong.extend(wrong_exactly(&function).into_iter().map(|problem| format!("{what}: {problem}")));
        change(&mut function.fake_aws.world(), &random);
    }
    (STEPS, wrong)
}

fn change(world: &mut World, random: &Random) {
    for _ in 0..1 + random.below(3) {
        let region = world.region(&account(), REGION);
        let apis: Vec<String> = region.apis.keys().cloned().collect();
        let domains: Vec<(String, String)> = region.front_door.domains.keys().cloned().collect();
        if apis.is_empty() {
            return;
        }
        let api = apis[random.below(apis.len())].clone();
        let domain = (!domains.is_empty()).then(|| domains[random.below(domains.len())].clone());
        match (random.below(9), domain) {
            (0, _) => drop(world.delete_api(&api)),
            (1, _) => world.set_deployed_access(&api, |access| access.disable_execute_api_endpoint ^= true),
            (2, _) => world.set_access(&api, |access| access.disable_execute_api_endpoint ^= true),
            (3, Some(key)) => drop(home(world).front_door.domains.remove(&key)),
            (4, Some(key)) => home(world).front_door.domains.get_mut(&key).unwrap().mappings.clear(),
            (5, Some(key)) => home(world).front_door.domains.get_mut(&key).unwrap().status = "FAILED".into(),
            (6, Some(key)) => home(world).front_door.domains.get_mut(&key).unwrap().mutual_tls = None,
            (7, _) => home(world)
                .front_door
                .load_balancers
                .values_mut()
                .take(1)
                .for_each(|one| one.listeners.clear()),
            _ => home(world).front_door.security_groups.values_mut().take(2).for_each(|group| {
                group.ingress.push(Permission::from_range(443, "10.0.0.0/8"));
            }),
        }
    }
}
