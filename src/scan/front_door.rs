//! Evaluates the front door of an account and Region without a Config rule. Nothing is put.

use jiff::Timestamp;

use crate::Failure;
use crate::account::front_door::FrontDoor;
use crate::evaluation::front_door::{EvaluatedResource, FrontDoorSubject};
use crate::evaluation::front_door_facts::FrontDoorFacts;
use crate::evaluation::{api, domain_name};
use crate::parameters::Parameters;
use crate::reads::front_door::read_front_door;

/// The front door of an account and Region.
#[derive(Debug, Default)]
pub struct FrontDoorScan {
    /// The evaluated APIs and domains: APIs first, each in the order of their ids.
    pub resources: Vec<EvaluatedResource>,
    /// The labels of the APIs and domains that could not be evaluated, in their order.
    pub not_evaluated: Vec<FrontDoorSubject>,
    /// Whether all APIs and all domains could be listed.
    pub is_listed: bool,
    /// The failures that kept these and possibly others from being evaluated.
    pub failures: Vec<Failure>,
}

/// Evaluates all APIs and custom domain names at the instant `now` with the front-door checks of
/// the parameters.
pub async fn scan_front_door<A: FrontDoor>(
    account: &A,
    parameters: &Parameters,
    now: Timestamp,
) -> FrontDoorScan {
    let facts = read_front_door(account, parameters).await;
    evaluate_all(facts, parameters, now)
}

fn evaluate_all(mut facts: FrontDoorFacts, parameters: &Parameters, now: Timestamp) -> FrontDoorScan {
    let mut scan = FrontDoorScan {
        is_listed: facts.apis.is_some() && facts.domains.is_some(),
        failures: std::mem::take(&mut facts.failures),
        ..FrontDoorScan::default()
    };
    if parameters.checks.iter().any(|check| api::CHECKS.contains(check)) {
        for it in facts.apis.iter().flatten() {
            match api::evaluate(it, &facts, parameters, now) {
                Ok(evaluated) => scan.resources.push(evaluated),
                Err(_) => scan.not_evaluated.push(FrontDoorSubject::Api(it.arn.clone())),
            }
        }
    }
    if parameters.checks.iter().any(|check| domain_name::CHECKS.contains(check)) {
        for it in facts.domains.iter().flatten() {
            match domain_name::evaluate(it, &facts, parameters, now) {
                Ok(evaluated) => scan.resources.push(evaluated),
                Err(_) => scan.not_evaluated.push(FrontDoorSubject::DomainName(it.key())),
            }
        }
    }
    scan
}
