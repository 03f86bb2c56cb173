//! The expected results of the front-door rule, by brute force over the whole world. Written from
//! the contract and AWS's documentation; it shares no code with `src/` and looks things up the slow
//! way on purpose.
//!
//! Where the contract leaves freedom, more than one result is accepted ([`Findings`]), but never a
//! pass where the API can be bypassed.

mod domain;
mod findings;
mod fronts;
mod mutual_tls;
mod policy;
mod private;
mod truststore;

use std::collections::BTreeMap;

use fake_aws::World;
use fake_aws::front_door::ConfigDomainNames;
use fake_aws::front_door::domains::DomainName;
use fake_aws::model::Region;

pub use findings::{Findings, REASONS, Stored};

use crate::generate::Rule;

/// A resource by type and ID, as in `PutEvaluations`.
pub type Resource = (String, String);

/// What is accepted as the result of each resource.
pub fn results(world: &World, account: &str, name: &str, rule: &Rule) -> BTreeMap<Resource, Findings> {
    let region = world.region(account, name);
    let now = world.clock.certificates_now();
    let mut results = BTreeMap::new();
    for api in region.apis.values() {
        let network = private::network(world, region, api, rule, now);
        let mut findings = mutual_tls::findings(region, api, rule, &network);
        findings.add(network.findings);
        results.insert((api.kind.api_type().to_owned(), api.arn.clone()), findings);
    }
    for domain in region.front_door.domains.values() {
        let findings = domain::findings(world, region, domain, now);
        if let Some(id) = listed_id(region, domain) {
            results.insert(("AWS::ApiGateway::DomainName".into(), id), findings);
            continue;
        }
        for api in region.apis.values() {
            if mutual_tls::ways(domain).iter().any(|way| way.api == api.id) {
                let key = (api.kind.api_type().to_owned(), api.arn.clone());
                results.entry(key).or_default().add_problems(&findings);
            }
        }
    }
    results
}

/// The resource ID of a domain name if Config lists it.
pub fn listed_id(region: &Region, domain: &DomainName) -> Option<String> {
    let options = &region.front_door.options;
    let id = match options.config_domain_names {
        ConfigDomainNames::Unlisted => return None,
        ConfigDomainNames::ByName => domain.name.clone(),
        ConfigDomainNames::ByArn => domain.arn.clone(),
    };
    (domain.id.is_none() && !options.unlisted.contains(&id)).then_some(id)
}

/// Whether a glob, in which `*` matches anything, matches a text.
pub fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => {
            text.strip_prefix(before).is_some_and(|rest| (0..=rest.len()).any(|at| glob(after, &rest[at..])))
        }
    }
}
