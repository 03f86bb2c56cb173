//! What is in front of a VPC endpoint: the listeners that forward to its addresses.

use std::collections::BTreeSet;

use crate::checks::front_door::{Problem, Reason};
use crate::resources::entry_point::{EntryPoint, EntryPointKind};
use crate::resources::listener::{Listener, LoadBalancer, TargetGroup};
use crate::resources::private_network::{PrivateNetwork, VpcEndpoint};

/// A VPC endpoint with what is in front of it.
pub(super) struct InFront<'n> {
    pub(super) endpoint: &'n VpcEndpoint,
    /// The listeners that forward to the endpoint, and those that forward to these.
    pub(super) listeners: Vec<Found<'n>>,
    /// What could not be read.
    pub(super) unknown: Vec<Problem>,
}

/// A listener in front of an endpoint.
pub(super) struct Found<'n> {
    pub(super) listener: &'n Listener,
    pub(super) load_balancer: &'n LoadBalancer,
    /// Whether it forwards to another load balancer, and not to the endpoint itself.
    pub(super) is_indirect: bool,
}

impl Found<'_> {
    /// Whether it passes TLS on to the load balancer to which it forwards.
    pub(super) fn leaves_tls_to_the_next(&self) -> bool {
        self.is_indirect && self.listener.protocol.as_deref() == Some("TCP")
    }
}

/// A listener as a way to an API.
pub(super) fn entry_point(listener: &Listener) -> EntryPointKind {
    EntryPointKind::Listener { listener: listener.listener_arn.clone(), port: listener.port }
}

impl<'n> InFront<'n> {
    pub(super) fn of(endpoint: &'n VpcEndpoint, network: &'n PrivateNetwork) -> Self {
        let mut in_front = Self { endpoint, listeners: Vec::new(), unknown: Vec::new() };
        let addresses = in_front.addresses(network);
        let direct = in_front.target_groups(network, "ip", &addresses);
        in_front.add(network, &direct, false);
        let arns: BTreeSet<&str> =
            in_front.listeners.iter().map(|it| it.load_balancer.load_balancer_arn.as_str()).collect();
        let indirect = in_front.target_groups(network, "alb", &arns);
        in_front.add(network, &indirect, true);
        in_front
    }

    /// Whether a listener that forwards to the endpoint verifies.
    pub(super) fn verifies(&self) -> bool {
        self.listeners.iter().any(|found| found.listener.verifies())
    }

    /// The load balancers that forward to the endpoint and verify.
    pub(super) fn verifying_load_balancers(&self) -> impl Iterator<Item = &'n LoadBalancer> {
        let verifying = self.listeners.iter().filter(|it| !it.is_indirect && it.listener.verifies());
        verifying.map(|it| it.load_balancer)
    }

    /// The listeners as ways to the API, and whether they require a certificate.
    pub(super) fn entry_points(&self) -> impl Iterator<Item = EntryPoint> {
        let mut direct = self.listeners.iter().filter(|it| !it.is_indirect);
        let is_verified_behind = direct.all(|it| it.listener.verifies());
        self.listeners.iter().map(move |found| EntryPoint {
            kind: entry_point(found.listener),
            requires_certificate: found.listener.verifies()
                || (found.leaves_tls_to_the_next() && is_verified_behind),
        })
    }

    fn addresses(&mut self, network: &'n PrivateNetwork) -> BTreeSet<&'n str> {
        let mut addresses = BTreeSet::new();
        for id in &self.endpoint.network_interface_ids {
            let Some(interface) = network.interfaces.get(id) else {
                self.unknown(id, "the network interface of the endpoint can't be read");
                continue;
            };
            addresses.extend(interface.private_ip_addresses.iter().map(|it| it.private_ip_address.as_str()));
            addresses.extend(interface.ipv6_addresses.iter().map(|it| it.ipv6_address.as_str()));
        }
        if addresses.is_empty() && self.unknown.is_empty() {
            self.unknown(&self.endpoint.vpc_endpoint_id, "the addresses of the endpoint can't be read");
        }
        addresses
    }

    /// The target groups of a type that have one of these targets.
    fn target_groups(
        &mut self,
        network: &'n PrivateNetwork,
        target_type: &str,
        expected: &BTreeSet<&str>,
    ) -> Vec<&'n TargetGroup> {
        let mut found = Vec::new();
        if expected.is_empty() {
            return found;
        }
        for group in network.target_groups.iter().filter(|it| it.target_type == target_type) {
            match network.targets.get(&group.target_group_arn) {
                None => self.unknown(last_parts(&group.target_group_arn), "its targets can't be read"),
                Some(targets) if targets.iter().any(|it| expected.contains(it.as_str())) => found.push(group),
                Some(_) => {}
            }
        }
        found
    }

    /// Adds the listeners that forward to these target groups.
    fn add(&mut self, network: &'n PrivateNetwork, groups: &[&'n TargetGroup], is_indirect: bool) {
        for group in groups {
            for arn in &group.load_balancer_arns {
                let Some(load_balancer) = network.load_balancers.get(arn) else {
                    self.unknown(last_parts(arn), "the load balancer can't be read");
                    continue;
                };
                let listeners: Vec<&Listener> = network
                    .listeners
                    .iter()
                    .filter(|listener| listener.load_balancer_arn == *arn)
                    .filter(|listener| self.forwards(listener, load_balancer, group, network))
                    .collect();
                if listeners.is_empty() {
                    self.unknown(last_parts(arn), "the listener that forwards there can't be read");
                }
                for listener in listeners {
                    if !self.listeners.iter().any(|it| it.listener == listener) {
                        self.listeners.push(Found { listener, load_balancer, is_indirect });
                    }
                }
            }
        }
    }

    /// Whether a listener forwards to a target group, by default or by any rule.
    fn forwards(
        &mut self,
        listener: &Listener,
        load_balancer: &LoadBalancer,
        group: &TargetGroup,
        network: &PrivateNetwork,
    ) -> bool {
        let is_group = |arn: &str| arn == group.target_group_arn;
        let by_default = listener.default_actions.iter().any(|it| it.target_groups().any(is_group));
        let rules = network.rules.get(&listener.listener_arn);
        if rules.is_none() && load_balancer.r#type != "network" && !by_default {
            self.unknown(&entry_point(listener).to_string(), "the rules of the listener can't be read");
        }
        let mut actions = rules.into_iter().flatten().flat_map(|rule| &rule.actions);
        by_default || actions.any(|it| it.target_groups().any(is_group))
    }

    fn unknown(&mut self, on: &str, detail: &str) {
        let problem = Problem::new(Reason::Undetermined, on).with_detail(detail);
        if !self.unknown.contains(&problem) {
            self.unknown.push(problem);
        }
    }
}

/// The end of an ARN, which names the resource.
fn last_parts(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}
