//! Every fault, at every call that an event makes. Whatever fails, no stage that is NON_COMPLIANT
//! according to the oracle is stored as COMPLIANT; a run that could not finish fails and names the
//! operation; results established until then are stored; and after the next sweep all results match
//! the oracle.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fake_aws::{ApiKind, Fault, Fleet, Outcome, Refused, Tags, World};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::evidence::{self, COUNTS};
use crate::function::Function;

pub const REGION: &str = "eu-west-1";
const ROLE: &str = "stagecert-member";
/// Short, so that hanging calls and endless throttling run into it.
const DEADLINE: Duration = Duration::from_secs(12);
const CONCURRENCY: usize = 16;

pub fn account() -> String {
    Fleet::account(0)
}

fn owner() -> Tags {
    [("owner".to_owned(), "team".to_owned())].into()
}

/// More than one page of stages, of every kind that makes a sweep call something; the stage to
/// change is `changing/prod`.
pub fn world(parameters: &str) -> World {
    let mut world = World::new(11);
    world.add_account("aws", &account(), REGION);
    world.add_rule(&account(), REGION, "stagecert", Some(parameters));
    world.trust(&account(), ROLE, &account());
    let shared = world.generate_certificate(&account(), REGION, owner());
    let many = world.create_api(&account(), REGION, ApiKind::Rest, "many", &["HTTP"]);
    for n in 0..101 {
        let (arn, _) = world.create_stage(&many, &format!("s{n:03}"));
        world.attach_certificate(&arn, &shared);
    }
    let stage = |world: &mut World, kind, name: &str, integrations: &[&str], certificate: Option<String>| {
        let api = world.create_api(&account(), REGION, kind, name, integrations);
        let (arn, _) = world.create_stage(&api, "prod");
        world.tag(&account(), REGION, &arn, &[("owner", "team")]);
        if let Some(certificate) = certificate {
            world.attach_certificate(&arn, &certificate);
        }
        arn
    };
    let own = world.generate_certificate(&account(), REGION, owner());
    let (from, long) = (SignedDuration::from_hours(-24), SignedDuration::from_hours(24 * 300));
    let acm = world.add_acm_certificate(&account(), REGION, "IMPORTED", from, long, owner());
    stage(&mut world, ApiKind::Rest, "good", &["HTTP"], Some(own));
    stage(&mut world, ApiKind::Rest, "acm", &["HTTP_PROXY"], Some(acm));
    stage(&mut world, ApiKind::Rest, "missing", &["HTTP"], None);
    stage(&mut world, ApiKind::Rest, "lambda", &["AWS_PROXY"], None);
    stage(&mut world, ApiKind::WebSocket, "socket", &["HTTP"], None);
    stage(&mut world, ApiKind::Rest, "changing", &["HTTP"], Some(shared));
    world
}

pub fn changing(world: &World) -> String {
    let region = world.region(&account(), REGION);
    region.stages().find(|(api, _)| api.name == "changing").unwrap().1.arn.clone()
}

/// An event, and what happens to the world with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scenario {
    Sweep,
    /// From API Gateway instead of Config, and with an assumed role.
    Inventory,
    /// A second sweep, after one stage improved and two were deleted without an event.
    Confirm,
    Detach,
    Oversized,
}

impl Scenario {
    const ALL: [Self; 5] = [Self::Sweep, Self::Inventory, Self::Confirm, Self::Detach, Self::Oversized];

    fn world(self) -> World {
        match self {
            Self::Inventory => {
                world(&json!({"inventory": "apigateway", "executionRoleName": ROLE}).to_string())
            }
            _ => world("{}"),
        }
    }

    fn sweeps(self) -> bool {
        matches!(self, Self::Sweep | Self::Inventory | Self::Confirm)
    }

    /// The function in its own world.
    pub fn function(self) -> Function {
        let function = Function::start(self.world(), &account(), REGION);
        if self == Self::Confirm {
            let outcome = function.sweep(&account(), REGION);
            assert!(matches!(outcome, Outcome::Success(_)), "{outcome:?}");
            improve(&mut function.fake_aws.world());
            function.fake_aws.log().clear();
        }
        function
    }

    pub fn event(self, world: &mut World) -> Value {
        let arn = changing(world);
        let mut events = match self {
            Self::Sweep | Self::Inventory | Self::Confirm => {
                return world.scheduled_event(&account(), REGION, "stagecert");
            }
            Self::Detach => world.detach_certificate(&arn),
            Self::Oversized => {
                world.region_mut(&account(), REGION).options.oversized = true;
                world.rotate_certificate(&arn).1
            }
        };
        events.pop().unwrap()
    }

    /// The number of calls by operation if nothing fails.
    fn calls(self) -> BTreeMap<&'static str, usize> {
        let function = self.function();
        let event = self.event(&mut function.fake_aws.world());
        let outcome = function.invoke_within(&event, Duration::from_secs(60));
        assert!(matches!(outcome, Outcome::Success(_)), "{self:?}: {outcome:?}");
        function.fake_aws.log().counts()
    }
}

/// Attaches a certificate to `missing`, and deletes `acm` and `socket`.
fn improve(world: &mut World) {
    let of = |world: &World, name: &str| {
        let region = world.region(&account(), REGION);
        region.stages().find(|(api, _)| api.name == name).unwrap().1.arn.clone()
    };
    let certificate = world.generate_certificate(&account(), REGION, owner());
    let missing = of(world, "missing");
    world.attach_certificate(&missing, &certificate);
    for name in ["acm", "socket"] {
        let arn = of(world, name);
        world.delete_stage(&arn);
    }
}

/// The faults of an operation, and whether each is permanent.
fn faults(operation: &str) -> Vec<(&'static str, Fault, bool)> {
    let mut faults = vec![
        ("throttled once", Fault::Throttle, false),
        ("throttled for ever", Fault::Throttle, true),
        ("500 once", Fault::Http500, false),
        ("500 for ever", Fault::Http500, true),
        ("connection reset", Fault::ConnectionReset, false),
        ("hang", Fault::Hang, false),
        ("truncated body", Fault::TruncatedBody, false),
        ("malformed JSON", Fault::MalformedJson, false),
        ("access denied", Fault::AccessDenied, true),
        ("a stage deleted before it", Fault::before(delete_one), false),
    ];
    match operation {
        "PutEvaluations" => faults.extend([
            ("one refused once", Fault::FailedEvaluations(Refused::First), false),
            ("one refused for ever", Fault::FailedEvaluations(Refused::First), true),
            ("expired result token", Fault::ExpiredResultToken, true),
        ]),
        "SelectResourceConfig"
        | "GetComplianceDetailsByConfigRule"
        | "GetClientCertificates"
        | "GetRestApis"
        | "GetResourceConfigHistory" => {
            faults.push(("expired page token once", Fault::ExpiredPageToken, false));
            faults.push(("expired page token", Fault::ExpiredPageToken, true));
        }
        "BatchGetResourceConfig" => faults.extend([
            ("keys unprocessed once", Fault::UnprocessedKeys, false),
            ("keys unprocessed for ever", Fault::UnprocessedKeys, true),
        ]),
        _ => {}
    }
    faults
}

fn delete_one(world: &mut World) {
    let region = world.region(&account(), REGION);
    let arn = region.stages().find(|(api, _)| api.name == "good").map(|(_, stage)| stage.arn.clone());
    if let Some(arn) = arn {
        world.delete_stage(&arn);
    }
}

#[test]
fn no_fault_causes_a_false_result_and_the_next_sweep_converges() {
    let mut combinations = Vec::new();
    for scenario in Scenario::ALL {
        for (operation, calls) in scenario.calls() {
            for nth in 1..=calls {
                for number in 0..faults(operation).len() {
                    combinations.push((scenario, operation, nth, number));
                }
            }
        }
    }
    let (next, failed_visibly) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..CONCURRENCY {
            scope.spawn(|| {
                while let Some(combination) = combinations.get(next.fetch_add(1, Ordering::Relaxed)) {
                    failed_visibly.fetch_add(usize::from(try_one(*combination)), Ordering::Relaxed);
                }
            });
        }
    });
    println!("{} fault combinations, {failed_visibly:?} of them failed the run visibly", combinations.len());
    println!("{}", COUNTS.line());
}

/// Returns whether the run failed. It must fail if it could not finish.
fn try_one((scenario, operation, nth, number): (Scenario, &'static str, usize, usize)) -> bool {
    let (name, fault, lasts) = faults(operation).swap_remove(number);
    let what = format!("{scenario:?}, {operation} {nth}: {name}");
    let function = scenario.function();
    let event = scenario.event(&mut function.fake_aws.world());
    if lasts {
        function.fake_aws.faults().from(operation, nth, fault);
    } else {
        function.fake_aws.faults().at(operation, nth, fault);
    }
    let (outcome, wrong) = function.invoke_and_check(&event, DEADLINE);
    function.fake_aws.faults().clear();
    let lines: Vec<String> = wrong.iter().map(|(wrong, put)| evidence::line(*wrong, put)).collect();
    assert!(lines.is_empty(), "{what}: {} wrong puts, for example {}; {outcome:?}", lines.len(), lines[0]);

    let expected = function.expected(&account(), REGION);
    let stored = function.stored_of_existing(&account(), REGION);
    for (arn, compliance_type) in &stored {
        let is_false = *compliance_type == "COMPLIANT" && expected[arn] == "NON_COMPLIANT";
        assert!(!is_false, "{what}: {arn} is stored COMPLIANT; {outcome:?}");
    }
    let failed = match &outcome {
        Outcome::Success(_) => false,
        Outcome::Error { message, .. } => {
            assert!(message.contains(operation), "{what}: {message}");
            true
        }
        Outcome::TimedOut => panic!("{what}: no response in time"),
    };
    if failed && scenario.sweeps() && ["GetExport", "DescribeCertificate"].contains(&operation) {
        assert!(stored.len() > 100, "{what}: an established result is not stored");
    }
    if !failed && scenario.sweeps() {
        // A stage that was deleted during the run may be reported as existing; all others must be
        // correct.
        assert_eq!(stored, expected, "{what}");
    }

    let again = function.fake_aws.world().scheduled_event(&account(), REGION, "stagecert");
    let outcome = function.invoke_within(&again, Duration::from_secs(120));
    assert!(matches!(outcome, Outcome::Success(_)), "{what}, again: {outcome:?}");
    assert_eq!(function.stored_of_existing(&account(), REGION), expected, "{what}: does not converge");
    failed
}
