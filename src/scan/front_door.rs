//! Evaluates the front door of an account and Region without a Config rule. Nothing is put.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::Failure;
use crate::account::front_door::FrontDoor;
use crate::evaluation::front_door::{EvaluatedResource, FrontDoorSubject};
use crate::evaluation::front_door_facts::FrontDoorFacts;
use crate::evaluation::{api, domain_name};
use crate::parameters::Parameters;
use crate::reads::front_door::read_front_door;
use crate::resources::api::{Api, ApiArn};
use crate::resources::domain_name::DomainName;

/// The front door of an account and Region.
#[derive(Debug, Default)]
pub struct FrontDoorScan {
    /// The evaluated APIs and domains: APIs first, each in the order of their ids.
    pub resources: Vec<EvaluatedResource>,
    /// The labels of the APIs and domains that could not be evaluated, in their order.
    pub not_evaluated: Vec<FrontDoorSubject>,
    /// The APIs to which a domain that could not be evaluated leads, or may lead.
    pub behind_unread: BTreeSet<ApiArn>,
    /// The ids of all APIs and the names of all domains, also of those that no check is about.
    pub names: BTreeSet<String>,
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
        names: names(&facts),
        is_listed: facts.apis.is_some() && facts.domains.is_some(),
        failures: std::mem::take(&mut facts.failures),
        ..FrontDoorScan::default()
    };
    for it in facts.apis.iter().flatten() {
        match api::evaluate(it, &facts, parameters, now) {
            Ok(evaluated) => scan.resources.push(evaluated),
            Err(_) => scan.not_evaluated.push(FrontDoorSubject::Api(it.arn.clone())),
        }
    }
    if parameters.checks.iter().any(|check| domain_name::CHECKS.contains(check)) {
        for it in facts.domains.iter().flatten() {
            if let Ok(evaluated) = domain_name::evaluate(it, &facts, parameters, now) {
                scan.resources.push(evaluated);
                continue;
            }
            scan.not_evaluated.push(FrontDoorSubject::DomainName(it.key()));
            if !is_recorded(it, &facts) {
                scan.behind_unread.extend(may_lead_to(it, &facts));
            }
        }
        if facts.domains.is_none() {
            scan.behind_unread.extend(facts.apis.iter().flatten().map(|api| api.arn.clone()));
        }
    }
    scan
}

fn names(facts: &FrontDoorFacts) -> BTreeSet<String> {
    let apis = facts.apis.iter().flatten().map(|api| api.arn.id().to_owned());
    apis.chain(facts.domains.iter().flatten().map(|domain| domain.domain_name.clone())).collect()
}

fn is_recorded(domain: &DomainName, facts: &FrontDoorFacts) -> bool {
    let recorded = facts.recorded.as_ref();
    !domain.is_private() && recorded.is_some_and(|ids| ids.contains_key(&domain.domain_name))
}

/// The APIs to which a domain leads: all of them if its routes could not be read.
fn may_lead_to(domain: &DomainName, facts: &FrontDoorFacts) -> Vec<ApiArn> {
    let behind = facts.apis_behind(domain);
    let is_behind = |api: &&Api| behind.as_ref().is_none_or(|ids| ids.contains(api.arn.id()));
    facts.apis.iter().flatten().filter(is_behind).map(|api| api.arn.clone()).collect()
}
