//! The listeners of load balancers in front of VPC endpoints.

use std::collections::BTreeSet;

use fake_aws::front_door::load_balancers::{Listener, LoadBalancer};
use fake_aws::front_door::network::VpcEndpoint;
use fake_aws::model::Region;

/// A listener that forwards to an endpoint.
pub struct Front<'r> {
    pub balancer: &'r LoadBalancer,
    pub listener: &'r Listener,
}

impl Front<'_> {
    fn mode(&self) -> &str {
        self.listener.mutual_authentication.as_ref().map_or("off", |own| own.mode.as_str())
    }

    pub fn verifies(&self) -> bool {
        self.listener.protocol == "HTTPS" && self.mode() == "verify"
    }

    /// A network load balancer that verifies: the contract asks for HTTPS, the facts know of it.
    pub fn verifies_without_http(&self) -> bool {
        self.listener.protocol == "TLS" && self.mode() == "verify"
    }
}

/// The listeners whose default action or a rule forwards to a target group with an address of one
/// of the endpoints.
pub fn fronts<'r>(region: &'r Region, endpoints: &[&VpcEndpoint]) -> Vec<Front<'r>> {
    let mut fronts = Vec::new();
    for endpoint in endpoints {
        fronts.extend(fronts_of(region, endpoint));
    }
    fronts
}

/// The same for one endpoint.
pub fn fronts_of<'r>(region: &'r Region, endpoint: &VpcEndpoint) -> Vec<Front<'r>> {
    let front_door = &region.front_door;
    let addresses: BTreeSet<&String> = endpoint
        .interfaces
        .iter()
        .filter_map(|id| front_door.interfaces.get(id))
        .flat_map(|one| one.addresses.iter().chain(&one.ipv6_addresses))
        .collect();
    let leads = |arn: &str| {
        let group = front_door.target_groups.get(arn);
        group.is_some_and(|group| {
            group.kind == "ip" && group.targets.iter().any(|target| addresses.contains(&target.id))
        })
    };
    let mut fronts = Vec::new();
    for balancer in front_door.load_balancers.values() {
        for listener in balancer.listeners.values() {
            if listener.target_groups().into_iter().any(leads) {
                fronts.push(Front { balancer, listener });
            }
        }
    }
    fronts
}
