//! `private-front-door`: from a private API to its VPC endpoints, and to the load balancers in
//! front of them.

use std::collections::BTreeSet;

use fake_aws::ApiKind;
use fake_aws::World;
use fake_aws::front_door::ExportedAccess;
use fake_aws::front_door::contents::Content;
use fake_aws::front_door::network::VpcEndpoint;
use fake_aws::model::{Api, Region};
use jiff::Timestamp;

use super::findings::{Findings, Passes};
use super::fronts::{Front, fronts, fronts_of};
use super::mutual_tls::{is_named, ways_to};
use super::policy::{self, Admits, Caller};
use super::truststore;
use crate::generate::Rule;

const CHECK: &str = "private-front-door";

/// Whether something is so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Known {
    Yes,
    #[default]
    No,
    Unknown,
}

/// What is in front of a private API.
#[derive(Default)]
pub struct Network {
    /// Whether a listener in front of it verifies client certificates.
    pub verifies: Known,
    /// The findings of `private-front-door` and of the listeners' trust stores.
    pub findings: Findings,
}

/// What is in front of an API; nothing if it isn't private.
pub fn network(world: &World, region: &Region, api: &Api, rule: &Rule, now: Timestamp) -> Network {
    if api.kind != ApiKind::Rest || !api.access.is_private() {
        return Network::default();
    }
    let named = is_named(region, api, rule);
    let policies = policies(region, api);
    let mut ids: BTreeSet<String> = api.access.vpc_endpoint_ids.iter().cloned().collect();
    ids.extend(policies.iter().flat_map(|(_, policy)| endpoint_ids(policy)));
    let endpoints: Vec<&VpcEndpoint> =
        ids.iter().filter_map(|id| region.front_door.endpoints.get(id)).collect();
    let all_readable = ids.len() == endpoints.len();
    let fronts = fronts(region, &endpoints);
    // Other endpoints of the account that a policy admits lead to the API too. Whether a load
    // balancer in front of one of those is in front of the API is left open.
    let others: Vec<&VpcEndpoint> = region
        .front_door
        .endpoints
        .values()
        .filter(|endpoint| !ids.contains(&endpoint.id) && is_admitted(&policies, endpoint))
        .collect();
    let by_others = others.iter().any(|endpoint| !fronts_of(region, endpoint).is_empty());

    let verifying: Vec<&Front> = fronts.iter().filter(|front| front.verifies()).collect();
    let maybe = fronts.iter().any(Front::verifies_without_http);
    // A policy that admits all callers leads from endpoints that it doesn't name.
    let unnamed = policies.iter().any(|(stage, policy)| is_open(policy, stage, &endpoints)) && ids.is_empty();
    let verifies = match verifying.as_slice() {
        [] if all_readable && !maybe && !unnamed && !by_others => Known::No,
        [] => Known::Unknown,
        _ => Known::Yes,
    };
    let mut findings = Findings::default();
    if verifies == Known::No && !named {
        return Network { verifies, findings };
    }
    if verifies == Known::Unknown && !named {
        findings.passes = Passes::Either;
        findings.allow_check(CHECK);
        findings.allow_check(truststore::CHECK);
        return Network { verifies, findings };
    }
    findings.passes = Passes::Yes;
    if by_others {
        findings.allow_check(CHECK);
        findings.allow_check(truststore::CHECK);
    }
    policy_findings(&policies, &endpoints, region, &mut findings);
    if fronts.is_empty() {
        let reasons: &[&str] = if all_readable && !ids.is_empty() {
            &["no-load-balancer"]
        } else {
            &["no-load-balancer", "undetermined"]
        };
        findings.require(CHECK, reasons, &api.id);
        findings.allow(&["endpoint-open"]);
    } else {
        endpoint_findings(region, &endpoints, &mut findings);
    }
    listener_findings(&fronts, &mut findings);
    for front in &verifying {
        trust_store_findings(region, front, now, &mut findings);
    }
    // A private domain name is a second way, with its own policy.
    if ways_to(region, api).iter().any(|way| way.domain.policy.is_some()) {
        findings.allow(&["policy-open", "undetermined"]);
    }
    let _ = world;
    Network { verifies, findings }
}

/// The policies that callers meet, each with a stage. Without an export, the current one counts.
fn policies(region: &Region, api: &Api) -> Vec<(String, String)> {
    let deployed = region.front_door.options.exported_access == ExportedAccess::Deployed && !api.unexportable;
    let mut policies: Vec<(String, String)> = Vec::new();
    for stage in api.stages.values() {
        let access = if deployed { api.access_of(stage) } else { &api.access };
        policies.extend(access.policy.clone().map(|policy| (stage.name.clone(), policy)));
    }
    policies
}

fn endpoint_ids(policy: &str) -> impl Iterator<Item = String> + '_ {
    policy.match_indices("vpce-").filter_map(|(at, _)| {
        let digits = policy[at + 5..].chars().take_while(char::is_ascii_hexdigit).count();
        (digits > 0).then(|| policy[at..at + 5 + digits].to_owned())
    })
}

fn is_open(policy: &str, stage: &str, endpoints: &[&VpcEndpoint]) -> bool {
    let stranger =
        |vpc: &str| policy::admits(policy, stage, &Caller { endpoint: "vpce-0stranger", vpc }) == Admits::Yes;
    stranger("vpc-stranger") || endpoints.iter().any(|endpoint| stranger(&endpoint.vpc))
}

/// Whether an endpoint is admitted, or may be for all that is understood of the policies.
fn is_admitted(policies: &[(String, String)], endpoint: &VpcEndpoint) -> bool {
    let caller = Caller { endpoint: &endpoint.id, vpc: &endpoint.vpc };
    policies.iter().any(|(stage, policy)| {
        !policy::is_understood(policy) || policy::admits(policy, stage, &caller) == Admits::Yes
    })
}

fn policy_findings(
    policies: &[(String, String)],
    endpoints: &[&VpcEndpoint],
    region: &Region,
    findings: &mut Findings,
) {
    for (stage, policy) in policies {
        if policy::is_plainly_open(policy) {
            findings.require(CHECK, &["policy-open"], policy);
        } else if policy::statements(policy).is_none() {
            findings.require(CHECK, &["undetermined"], policy);
        } else if is_open(policy, stage, endpoints) {
            findings.require(CHECK, &["policy-open", "undetermined"], policy);
        } else if !policy::is_documented(policy) {
            // It is limited, but need not be understood.
            findings.allow(&["policy-open", "undetermined"]);
        }
        for id in endpoint_ids(policy).filter(|id| !region.front_door.endpoints.contains_key(id)) {
            findings.require(CHECK, &["undetermined", "policy-open"], format!("{id} in {policy}"));
        }
    }
    if policies.is_empty() {
        findings.allow(&["undetermined"]);
    }
}

fn listener_findings(fronts: &[Front<'_>], findings: &mut Findings) {
    for front in fronts {
        let arn = &front.listener.arn;
        if front.verifies_without_http() {
            findings.allow(&["listener-open"]);
        } else if !front.verifies() {
            findings.require(CHECK, &["listener-open"], arn);
            // Its security group isn't that of a load balancer that verifies.
            findings.allow(&["endpoint-open"]);
        }
        let own = front.listener.mutual_authentication.as_ref().filter(|own| own.mode == "verify");
        let Some(own) = own else { continue };
        if own.ignore_expiry == Some(true) {
            findings.require(CHECK, &["ignores-expiry"], arn);
        }
        if own.association.as_deref() == Some("removed") {
            findings.require(CHECK, &["trust-store-removed"], arn);
        }
    }
}

fn endpoint_findings(region: &Region, endpoints: &[&VpcEndpoint], findings: &mut Findings) {
    for endpoint in endpoints {
        let fronts = fronts_of(region, endpoint);
        if fronts.is_empty() {
            // Nothing in front of it verifies, whether or not it admits anything.
            findings.allow(&["no-load-balancer", "policy-open"]);
        }
        let own: BTreeSet<&String> =
            fronts.iter().flat_map(|front| &front.balancer.security_groups).collect();
        for id in &endpoint.security_groups {
            let Some(group) = region.front_door.security_groups.get(id) else {
                findings.require(CHECK, &["undetermined", "endpoint-open"], id);
                continue;
            };
            for permission in &group.ingress {
                let of_balancer =
                    |(id, account): &(String, Option<String>)| account.is_none() && own.contains(id);
                let only_balancers = permission.ranges.is_empty()
                    && permission.ipv6_ranges.is_empty()
                    && permission.prefix_lists.is_empty()
                    && permission.groups.iter().all(of_balancer);
                if only_balancers {
                    continue;
                }
                if permission.admits_port(443) {
                    let alone: &[&str] = &["endpoint-open", "policy-open", "no-load-balancer"];
                    let reasons = if fronts.is_empty() { alone } else { &alone[..1] };
                    findings.require(CHECK, reasons, format!("{id}: {permission:?}"));
                } else {
                    findings.allow(&["endpoint-open"]);
                }
            }
        }
        // Anything else that has the load balancer's security group may pass too.
        for interface in region.front_door.interfaces.values() {
            let shares = interface.security_groups.iter().any(|id| own.contains(id));
            if shares
                && interface.requester.as_deref() != Some("amazon-elb")
                && interface.kind != "vpc_endpoint"
            {
                findings.require(CHECK, &["endpoint-open", "undetermined"], &interface.id);
            }
        }
    }
}

fn trust_store_findings(region: &Region, front: &Front<'_>, now: Timestamp, findings: &mut Findings) {
    let Some(own) = &front.listener.mutual_authentication else { return };
    let removed = own.association.as_deref() == Some("removed");
    let arn = own.trust_store.clone().unwrap_or_default();
    let Some(store) = region.front_door.trust_stores.get(&arn) else {
        findings.require(CHECK, &["unreadable", "undetermined", "trust-store-removed"], &arn);
        findings.allow_check(truststore::CHECK);
        return;
    };
    if removed {
        findings.allow_check(truststore::CHECK);
        findings.allow(&["crl-expired", "undetermined"]);
        return;
    }
    for reasons in truststore::problems(&store.bundle, now) {
        findings.require(truststore::CHECK, &reasons, &store.name);
    }
    for revocation in store.revocations.values() {
        match &revocation.content {
            Content::Revocations(list) if list.next_update > now => {}
            Content::Revocations(list) => {
                findings.require(CHECK, &["crl-expired"], format!("{} of {}", list.issuer, store.name));
            }
            _ => findings.require(CHECK, &["crl-expired", "undetermined", "unreadable"], &store.name),
        }
    }
}
