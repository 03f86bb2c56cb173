//! What was read about the network in front of private APIs.
//!
//! The structures that come from EC2 have the names that the AWS CLI prints.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::resources::listener::{Listener, ListenerRule, LoadBalancer, TargetGroup};
use crate::resources::trust_store::{Crl, TrustStoreContent};

/// An interface endpoint of `DescribeVpcEndpoints`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct VpcEndpoint {
    /// The id.
    pub vpc_endpoint_id: String,
    /// The service, such as `com.amazonaws.eu-west-1.execute-api`.
    pub service_name: String,
    /// The VPC.
    pub vpc_id: String,
    /// The account that has the endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<String>,
    /// The security groups.
    pub groups: Vec<GroupIdentifier>,
    /// The network interfaces.
    pub network_interface_ids: Vec<String>,
}

/// A security group of an endpoint or an interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GroupIdentifier {
    /// The id.
    pub group_id: String,
}

/// A network interface of `DescribeNetworkInterfaces`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NetworkInterface {
    /// The id.
    pub network_interface_id: String,
    /// What it belongs to: `ELB app/NAME/ID` for an interface of a load balancer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The service that manages it, such as `amazon-elb`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requester_id: Option<String>,
    /// The kind, such as `interface` or `network_load_balancer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface_type: Option<String>,
    /// All private IPv4 addresses.
    pub private_ip_addresses: Vec<PrivateIpAddress>,
    /// All IPv6 addresses.
    pub ipv6_addresses: Vec<Ipv6Address>,
    /// The security groups.
    pub groups: Vec<GroupIdentifier>,
}

impl NetworkInterface {
    /// All addresses.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        let ipv4 = self.private_ip_addresses.iter().map(|it| it.private_ip_address.as_str());
        ipv4.chain(self.ipv6_addresses.iter().map(|it| it.ipv6_address.as_str()))
    }
}

/// An IPv4 address of an interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PrivateIpAddress {
    /// The address.
    pub private_ip_address: String,
}

/// An IPv6 address of an interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Ipv6Address {
    /// The address.
    pub ipv6_address: String,
}

/// A security group of `DescribeSecurityGroups`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SecurityGroup {
    /// The id.
    pub group_id: String,
    /// What may come in.
    pub ip_permissions: Vec<IpPermission>,
}

/// An inbound permission of a security group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct IpPermission {
    /// `tcp`, `udp`, `icmp`, a number, or `-1` for all.
    pub ip_protocol: String,
    /// The first port; absent for all protocols.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_port: Option<i64>,
    /// The last port; absent for all protocols.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_port: Option<i64>,
    /// Ranges of IPv4 addresses.
    pub ip_ranges: Vec<IpRange>,
    /// Ranges of IPv6 addresses.
    pub ipv6_ranges: Vec<Ipv6Range>,
    /// Prefix lists.
    pub prefix_list_ids: Vec<PrefixListId>,
    /// Security groups.
    pub user_id_group_pairs: Vec<GroupIdentifier>,
}

/// A range of IPv4 addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct IpRange {
    /// The range, such as `10.0.0.0/16`.
    pub cidr_ip: String,
}

/// A range of IPv6 addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Ipv6Range {
    /// The range.
    pub cidr_ipv6: String,
}

/// A prefix list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PrefixListId {
    /// The id.
    pub prefix_list_id: String,
}

/// The network in front of one or more private APIs: endpoints, and the load balancers that forward
/// to them. Whatever is named but missing here does not exist or belongs to another account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrivateNetwork {
    /// The endpoints that were found, by id.
    pub endpoints: BTreeMap<String, VpcEndpoint>,
    /// The security groups of endpoints and load balancers, by id.
    pub security_groups: BTreeMap<String, SecurityGroup>,
    /// The network interfaces of the endpoints, by id.
    pub interfaces: BTreeMap<String, NetworkInterface>,
    /// The network interfaces that have a security group of a load balancer, by group.
    pub group_members: BTreeMap<String, Vec<NetworkInterface>>,
    /// The target groups of type `ip` and `alb`.
    pub target_groups: Vec<TargetGroup>,
    /// The ids of the targets (addresses, or ARNs of load balancers) of each target group, by ARN.
    pub targets: BTreeMap<String, BTreeSet<String>>,
    /// The load balancers that use one of the target groups, by ARN.
    pub load_balancers: BTreeMap<String, LoadBalancer>,
    /// Their listeners.
    pub listeners: Vec<Listener>,
    /// The rules of these listeners, by the ARN of the listener.
    pub rules: BTreeMap<String, Vec<ListenerRule>>,
    /// The trust stores of listeners that verify, by ARN.
    pub trust_stores: BTreeMap<String, ListenerTrustStore>,
}

/// What was read of a listener's trust store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerTrustStore {
    /// The certificates, or why they can't be read.
    pub content: Result<Arc<TrustStoreContent>, Unreadable>,
    /// The revocation lists, or why they can't be read.
    pub crls: Result<Vec<Crl>, Unreadable>,
}

/// Why the content of a truststore can't be read: words for people, without any secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The permission or the object that is missing.
    pub why: String,
}
