//! Every fault, at every call of a sweep. Whatever fails, nothing that can be bypassed is stored as
//! anything but NON_COMPLIANT; a resource without a result makes the invocation fail, which names
//! the operation; and the next sweep makes all results match the oracle.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fake_aws::front_door::ConfigDomainNames;
use fake_aws::{Fault, Outcome, Refused, World};

use crate::function::{Function, times};
use crate::generate::{REGION, account};
use crate::oracle::{Findings, Resource, Stored};
use crate::scene::{Scene, place, scene};

const CONCURRENCY: usize = 16;
/// How many combinations of scenario, call and fault are tried.
const COMBINATIONS: usize = 200;
const DEADLINE: Duration = Duration::from_secs(25);

/// What happened before the sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scenario {
    /// The first sweep, in an account in which Config lists domain names, or not.
    First(ConfigDomainNames),
    /// A sweep after bypasses were closed, and an API and a domain name were deleted.
    Improved,
}

impl Scenario {
    const ALL: [Self; 3] =
        [Self::First(ConfigDomainNames::ByArn), Self::First(ConfigDomainNames::Unlisted), Self::Improved];

    fn function(self) -> Function {
        match self {
            Self::First(listed) => {
                let Scene { world, rule, .. } = scene(listed);
                Function::start(world, &rule)
            }
            Self::Improved => {
                let Scene { world, rule, open, twice, .. } = scene(ConfigDomainNames::ByName);
                let function = Function::start(world, &rule);
                let outcome = function.sweep();
                assert!(matches!(outcome, Outcome::Success(_)), "{outcome:?}");
                improve(&mut function.fake_aws.world(), &open, &twice);
                function.fake_aws.log().clear();
                function
            }
        }
    }

    /// The number of calls by operation if nothing fails.
    fn calls(self) -> BTreeMap<&'static str, usize> {
        let function = self.function();
        let outcome = function.sweep();
        assert!(matches!(outcome, Outcome::Success(_)), "{self:?}: {outcome:?}");
        assert_eq!(wrong(&function, true), Vec::<String>::new(), "{self:?}");
        function.fake_aws.log().counts()
    }
}

/// Disables the default endpoint of `open`, deletes the domain name that bypasses `twice`, closes
/// the endpoint of a private API.
fn improve(world: &mut World, open: &str, twice: &str) {
    let (account, region) = place();
    world.set_deployed_access(open, |access| access.disable_execute_api_endpoint = true);
    let home = world.region_mut(&account, region);
    home.front_door.domains.remove(&("plain.example.com".to_owned(), String::new()));
    for group in home.front_door.security_groups.values_mut().filter(|group| group.name == "endpoint") {
        group.ingress.retain(|permission| permission.ranges.is_empty());
    }
    assert!(home.apis.contains_key(twice));
}

fn faults(operation: &str) -> Vec<(&'static str, Fault, bool)> {
    let mut faults = vec![
        ("throttled once", Fault::Throttle, false),
        ("throttled for ever", Fault::Throttle, true),
        ("500 once", Fault::Http500, false),
        ("500 for ever", Fault::Http500, true),
        ("connection reset", Fault::ConnectionReset, false),
        ("connection reset for ever", Fault::ConnectionReset, true),
        ("hang", Fault::Hang, false),
        ("lost response", Fault::LostResponse, false),
        ("truncated body", Fault::TruncatedBody, false),
        ("malformed body", Fault::MalformedJson, false),
        ("malformed bodies for ever", Fault::MalformedJson, true),
        ("access denied once", Fault::AccessDenied, false),
        ("access denied", Fault::AccessDenied, true),
    ];
    match operation {
        "PutEvaluations" => faults.extend([
            ("one refused once", Fault::FailedEvaluations(Refused::First), false),
            ("one refused for ever", Fault::FailedEvaluations(Refused::First), true),
            ("expired result token", Fault::ExpiredResultToken, true),
        ]),
        "BatchGetResourceConfig" => faults.extend([
            ("keys unprocessed once", Fault::UnprocessedKeys, false),
            ("keys unprocessed for ever", Fault::UnprocessedKeys, true),
        ]),
        "SelectResourceConfig" => {
            let (account, region) = place();
            let arn = format!("arn:aws:apigateway:{region}::/domainnames/expired.example.com");
            let rows = vec![arn, "expired.example.com".into(), account];
            faults.push(("a missing row", Fault::MissingRows(rows), false));
        }
        _ => {}
    }
    if operation.starts_with("Get") || operation.starts_with("Describe") || operation.starts_with("List") {
        faults.push(("expired page token once", Fault::ExpiredPageToken, false));
    }
    faults
}

#[test]
fn no_fault_causes_a_false_result_and_the_next_sweep_converges() {
    let only = std::env::var("ORACLE_ONLY").unwrap_or_default();
    let mut combinations = Vec::new();
    for scenario in Scenario::ALL {
        for (operation, calls) in scenario.calls() {
            for nth in calls_to_fail(calls) {
                for number in 0..faults(operation).len() {
                    if operation.contains(&only) {
                        combinations.push((scenario, operation, nth, number));
                    }
                }
            }
        }
    }
    // Every combination takes half an hour: a sample of them, with each operation and each fault.
    let all = combinations.len();
    let most = COMBINATIONS * times();
    let step = all.div_ceil(most) | 1;
    let combinations: Vec<_> = combinations.into_iter().step_by(step).collect();
    let (next, failed, wrong) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..CONCURRENCY {
            scope.spawn(|| {
                while let Some(combination) = combinations.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (has_failed, problems) = try_one(*combination);
                    problems.iter().for_each(|problem| println!("{problem}"));
                    failed.fetch_add(usize::from(has_failed), Ordering::Relaxed);
                    wrong.lock().unwrap().extend(problems);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    let operations: BTreeSet<&str> = combinations.iter().map(|(_, operation, ..)| *operation).collect();
    println!(
        "{} of {all} faults, {failed:?} failed the sweep visibly, {} wrong",
        combinations.len(),
        wrong.len()
    );
    println!("at {operations:?}");
    assert!(wrong.is_empty(), "{} wrong", wrong.len());
}

/// The first two calls of an operation, and the last.
fn calls_to_fail(calls: usize) -> BTreeSet<usize> {
    [1, 2, calls].into_iter().filter(|nth| *nth <= calls).collect()
}

/// Whether the sweep failed, and what is wrong.
fn try_one(
    (scenario, operation, nth, number): (Scenario, &'static str, usize, usize),
) -> (bool, Vec<String>) {
    let (name, fault, lasts) = faults(operation).swap_remove(number);
    let what = format!("{scenario:?}, {operation} {nth}: {name}");
    let function = scenario.function();
    if lasts {
        function.fake_aws.faults().from(operation, nth, fault);
    } else {
        function.fake_aws.faults().at(operation, nth, fault);
    }
    let outcome = function.sweep_within(DEADLINE);
    function.fake_aws.faults().clear();
    let (has_failed, mut problems) = match &outcome {
        Outcome::Success(_) => (false, wrong(&function, true)),
        Outcome::Error { message, .. } => {
            let mut problems = wrong(&function, false);
            if !message.contains(operation) && operation != "GetPresignedObject" {
                problems.push(format!("{operation} isn't named"));
            }
            (true, problems)
        }
        Outcome::TimedOut => (true, vec!["no response in time".into()]),
    };
    if outcome != Outcome::TimedOut {
        let again = function.sweep_within(DEADLINE);
        if matches!(again, Outcome::Success(_)) {
            problems.extend(wrong_exactly(&function).into_iter().map(|wrong| format!("again: {wrong}")));
        } else {
            problems.push(format!("again: {again:?}"));
        }
    }
    (has_failed, problems.into_iter().map(|problem| format!("{what}: {problem}; {outcome:?}")).collect())
}

/// What is wrong with the stored results after a fault. If `complete`, each resource must have one.
fn wrong(function: &Function, complete: bool) -> Vec<String> {
    let (stored, expected) = (function.stored(), function.expected());
    let mut wrong = Vec::new();
    for (resource, findings) in &expected {
        match stored.get(resource) {
            None if complete => wrong.push(format!("{} has no result, and nothing failed", resource.1)),
            None => {}
            Some(own) => wrong.extend(false_pass(resource, findings, own)),
        }
        let unread =
            |own: &Stored| own.reasons.contains("unreadable") || own.reasons.contains("undetermined");
        let own = stored.get(resource).filter(|own| complete && !unread(own));
        if let Some(problem) = own.and_then(|own| findings.wrong(Some(own))) {
            wrong.push(format!("{}: {problem}", resource.1));
        }
    }
    wrong.extend(gone(function, &stored, &expected, false));
    wrong
}

/// A result that is better than the oracle accepts.
fn false_pass(resource: &Resource, findings: &Findings, stored: &Stored) -> Option<String> {
    let is_false = stored.compliance_type != "NON_COMPLIANT" && !findings.required.is_empty();
    is_false.then(|| format!("FALSE {} for {}: {:?}", stored.compliance_type, resource.1, findings.required))
}

/// What differs from the oracle, without a fault.
pub fn wrong_exactly(function: &Function) -> Vec<String> {
    let (stored, expected) = (function.stored(), function.expected());
    let compared = expected.iter().filter_map(|(resource, findings)| {
        let problem = findings.wrong(stored.get(resource))?;
        Some(format!("{}: {problem}", resource.1))
    });
    let mut wrong: Vec<String> = compared.collect();
    wrong.extend(gone(function, &stored, &expected, true));
    wrong
}

/// Results of resources that don't exist: only NOT_APPLICABLE, if they were cleared.
fn gone(
    function: &Function,
    stored: &BTreeMap<Resource, Stored>,
    expected: &BTreeMap<Resource, Findings>,
    cleared: bool,
) -> Vec<String> {
    let others = stored.iter().filter(|(resource, _)| !expected.contains_key(*resource));
    let wrong = others.filter(|(_, own)| cleared && own.compliance_type != "NOT_APPLICABLE");
    let world = function.fake_aws.world();
    let lists = world.region(&account(), REGION).front_door.options.config_domain_names;
    wrong.map(|(resource, own)| format!("{} is gone ({lists:?}): {own:?}", resource.1)).collect()
}
