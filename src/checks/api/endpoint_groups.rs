//! Who the security groups of a VPC endpoint let in.

use std::collections::BTreeSet;

use crate::checks::front_door::{Problem, Problems, Reason};
use crate::resources::listener::LoadBalancer;
use crate::resources::private_network::{IpPermission, NetworkInterface, PrivateNetwork, VpcEndpoint};

/// The only port of an endpoint for `execute-api`.
const HTTPS: i64 = 443;
/// The number of other network interfaces with a security group that are named: thousands may have
/// it, and each API behind the endpoint has the same problems.
const MAX_MEMBERS: usize = 5;

/// The problems of an endpoint's security groups, which may let in only these load balancers.
pub(super) fn problems(
    endpoint: &VpcEndpoint,
    load_balancers: &[&LoadBalancer],
    network: &PrivateNetwork,
) -> Vec<Problem> {
    let id = &endpoint.vpc_endpoint_id;
    let mut problems = Problems::default();
    let mut add = |reason: Reason, on: &str, detail: &str| {
        problems.push(Problem::new(reason, on).with_detail(detail));
    };
    if endpoint.groups.is_empty() {
        add(Reason::Undetermined, id, "its security groups can't be read");
    }
    for group in &endpoint.groups {
        let on = format!("{id}, {}", group.group_id);
        let Some(group) = network.security_groups.get(&group.group_id) else {
            add(Reason::Undetermined, &on, "the security group can't be read");
            continue;
        };
        for permission in group.ip_permissions.iter().filter(|it| includes_https(it)) {
            let ranges = permission.ip_ranges.iter().map(|it| &it.cidr_ip);
            let ranges = ranges.chain(permission.ipv6_ranges.iter().map(|it| &it.cidr_ipv6));
            let lists = permission.prefix_list_ids.iter().map(|it| &it.prefix_list_id);
            ranges.chain(lists).for_each(|source| add(Reason::EndpointOpen, &on, source));
            for source in &permission.user_id_group_pairs {
                let source = &source.group_id;
                if !load_balancers.iter().any(|it| it.security_groups.contains(source)) {
                    add(Reason::EndpointOpen, &on, source);
                    continue;
                }
                let Some(members) = network.group_members.get(source) else {
                    add(Reason::Undetermined, &on, &format!("the members of {source} can't be read"));
                    continue;
                };
                let others = members.iter().filter(|it| !is_of(it, load_balancers));
                let others: BTreeSet<&str> = others.map(|it| it.network_interface_id.as_str()).collect();
                for member in others.iter().take(MAX_MEMBERS) {
                    add(Reason::EndpointOpen, &on, &format!("{source}, which {member} also has"));
                }
                if others.len() > MAX_MEMBERS {
                    add(Reason::EndpointOpen, &on, &format!("{source}, which other interfaces also have"));
                }
            }
        }
    }
    let mut problems = problems.into_vec();
    // EC2 doesn't say in which order it returns permissions.
    problems.sort_by(|one, other| (&one.on, &one.detail).cmp(&(&other.on, &other.detail)));
    problems
}

fn includes_https(permission: &IpPermission) -> bool {
    match permission.ip_protocol.as_str() {
        "tcp" | "6" => {
            // A negative port means all ports.
            permission.from_port.is_none_or(|from| from <= HTTPS)
                && permission.to_port.is_none_or(|to| !(0..HTTPS).contains(&to))
        }
        "udp" | "icmp" | "icmpv6" => false,
        // A number other than that of TCP. All else includes TCP, or may do so.
        protocol => protocol.parse::<u8>().is_err(),
    }
}

/// Whether a network interface belongs to one of the load balancers. Anyone can choose the
/// description of an interface that they create, but not what manages it.
fn is_of(interface: &NetworkInterface, load_balancers: &[&LoadBalancer]) -> bool {
    let is_managed = interface.requester_id.as_deref() == Some("amazon-elb")
        || interface.interface_type.as_deref() == Some("network_load_balancer");
    let name = interface.description.as_deref().and_then(|description| description.strip_prefix("ELB "));
    let is_name = |arn: &str| arn.split_once("loadbalancer/").is_some_and(|(_, it)| Some(it) == name);
    is_managed && load_balancers.iter().any(|it| is_name(&it.load_balancer_arn))
}
