//! Building blocks of histories: accounts with few stages, a lagging Config, sweeps, and the
//! conditions that must hold afterward.

use std::time::Duration;

use fake_aws::{ApiKind, Fleet, Outcome, Tags, World};

use crate::function::Function;

pub const REGION: &str = "eu-west-1";
const DEADLINE: Duration = Duration::from_secs(60);

pub fn account() -> String {
    Fleet::account(0)
}

pub fn owner() -> Tags {
    [("owner".to_owned(), "team".to_owned())].into()
}

/// An account in which Config stores results by order of puts or, with `by_timestamp`, by
/// `OrderingTimestamp`.
pub fn account_with(parameters: &str, by_timestamp: bool) -> World {
    let mut world = World::new(23);
    let options = &mut world.add_account("aws", &account(), REGION).options;
    options.ignores_older_results = by_timestamp;
    world.add_rule(&account(), REGION, "stagecert", Some(parameters));
    world
}

/// An owned stage in its own API, with its own valid and owned certificate.
pub fn good_stage(world: &mut World, name: &str) -> String {
    let certificate = world.generate_certificate(&account(), REGION, owner());
    let arn = bare_stage(world, ApiKind::Rest, name, &["HTTP"]);
    world.attach_certificate(&arn, &certificate);
    arn
}

/// A stage with an owner and without a certificate.
pub fn bare_stage(world: &mut World, kind: ApiKind, name: &str, integrations: &[&str]) -> String {
    let api = world.create_api(&account(), REGION, kind, name, integrations);
    let (arn, _) = world.create_stage(&api, "prod");
    world.tag(&account(), REGION, &arn, &[("owner", "team")]);
    arn
}

/// Sets how many of a stage's last items Config's index doesn't show.
pub fn lag(function: &Function, arn: &str, items: usize) {
    let mut world = function.fake_aws.world();
    world.region_mut(&account(), REGION).options.index_behind.insert(arn.into(), items);
}

/// Ends all lag of Config.
pub fn catch_up(function: &Function) {
    let mut world = function.fake_aws.world();
    let options = &mut world.region_mut(&account(), REGION).options;
    options.index_behind.clear();
    options.latest_behind.clear();
}

pub fn stored(function: &Function, arn: &str) -> Option<&'static str> {
    function.stored(&account(), REGION).get(arn).copied()
}

pub fn sweep(function: &Function) -> Outcome {
    let event = function.fake_aws.world().scheduled_event(&account(), REGION, "stagecert");
    function.invoke_within(&event, DEADLINE)
}

pub fn succeed(outcome: &Outcome) {
    assert!(matches!(outcome, Outcome::Success(_)), "{outcome:?}");
}

/// The message of a failed outcome.
pub fn failure(outcome: Outcome) -> String {
    match outcome {
        Outcome::Error { message, .. } => message,
        other => panic!("it did not fail: {other:?}"),
    }
}

/// Checks that no NON_COMPLIANT stage is stored as anything else.
pub fn assert_nothing_false(function: &Function, what: &str) {
    let stored = function.stored_of_existing(&account(), REGION);
    let expected = function.expected(&account(), REGION);
    for (arn, compliance_type) in &stored {
        assert!(
            expected[arn] != "NON_COMPLIANT" || *compliance_type == "NON_COMPLIANT",
            "{what}: {arn} is stored {compliance_type}"
        );
    }
}

/// Ends Config's lag, and checks that the next sweep makes all results match the oracle.
pub fn assert_converges(function: &Function, what: &str) {
    catch_up(function);
    succeed(&sweep(function));
    let expected = function.expected(&account(), REGION);
    assert_eq!(function.stored_of_existing(&account(), REGION), expected, "{what}: does not converge");
}
