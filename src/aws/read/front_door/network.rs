//! Endpoints, network interfaces and security groups.

use std::collections::BTreeSet;

use super::responses::{EC2_QUERY, items, optional, required, value};
use crate::Failure;
use crate::aws::LiveAccount;
use crate::aws::connect::form::Form;
use crate::aws::connect::xml::Element;
use crate::resources::private_network::{
    GroupIdentifier, IpPermission, IpRange, Ipv6Address, Ipv6Range, NetworkInterface, PrefixListId,
    PrivateIpAddress, SecurityGroup, VpcEndpoint,
};

/// The version of EC2's API (botocore).
const VERSION: &str = "2016-11-15";
/// The maximum number of items of a page (botocore).
const PAGE_SIZE: &str = "1000";
/// The maximum number of values of a filter ("List and filter your resources" in the EC2 User
/// Guide).
const MAX_VALUES: usize = 200;

impl LiveAccount {
    /// The interface endpoints with one of these values of a filter. Unlike a parameter with ids, a
    /// filter does not fail for an unknown id.
    pub(super) async fn endpoints_with(
        &self,
        filter: &str,
        values: &BTreeSet<String>,
    ) -> Result<Vec<VpcEndpoint>, Failure> {
        let listed = self.filtered("DescribeVpcEndpoints", filter, values, "vpcEndpointSet", |item| {
            let is_deleted = item.string("state").eq_ignore_ascii_case("deleted");
            Some((endpoint(item)?, is_deleted))
        });
        let listed = listed.await?.into_iter();
        // Deleted endpoints are listed for a while.
        Ok(listed.filter(|(_, is_deleted)| !is_deleted).map(|(endpoint, _)| endpoint).collect())
    }

    /// The network interfaces with one of these values of a filter.
    pub(super) async fn interfaces_with(
        &self,
        filter: &str,
        values: &BTreeSet<String>,
    ) -> Result<Vec<NetworkInterface>, Failure> {
        self.filtered("DescribeNetworkInterfaces", filter, values, "networkInterfaceSet", interface).await
    }

    /// The security groups with these ids.
    pub(super) async fn security_groups_with(
        &self,
        ids: &BTreeSet<String>,
    ) -> Result<Vec<SecurityGroup>, Failure> {
        self.filtered("DescribeSecurityGroups", "group-id", ids, "securityGroupInfo", security_group).await
    }

    async fn filtered<T>(
        &self,
        operation: &'static str,
        filter: &str,
        values: &BTreeSet<String>,
        list: &str,
        convert: fn(&Element) -> Option<T>,
    ) -> Result<Vec<T>, Failure> {
        // Other characters, such as the wildcards of filters, can't be part of an id: there is
        // nothing with such an id.
        let is_literal = |value: &&str| {
            value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
        };
        let values: Vec<&str> = values.iter().map(String::as_str).filter(is_literal).collect();
        let mut found = Vec::new();
        for chunk in values.chunks(MAX_VALUES) {
            let resource = match chunk {
                [one] => (*one).to_owned(),
                many => format!("{} values of {filter}", many.len()),
            };
            let call = self.call(operation, &resource);
            let form = Form::new(operation, VERSION).with("MaxResults", PAGE_SIZE);
            let mut form = form.with("Filter.1.Name", filter);
            for (at, value) in chunk.iter().enumerate() {
                form = form.with(&format!("Filter.1.Value.{}", at.saturating_add(1)), value);
            }
            if operation == "DescribeNetworkInterfaces" {
                // Interfaces that AWS manages can be hidden, but they can reach an endpoint too.
                form = form.with("IncludeManagedResources", "true");
            }
            found.extend(items(&call, &self.ec2(), EC2_QUERY, &form, list, convert).await?);
        }
        Ok(found)
    }
}

fn endpoint(item: &Element) -> Option<VpcEndpoint> {
    Some(VpcEndpoint {
        vpc_endpoint_id: required(item, "vpcEndpointId")?,
        service_name: item.string("serviceName"),
        vpc_id: item.string("vpcId"),
        owner_id: optional(item, "ownerId"),
        groups: item.list("groupSet", group),
        network_interface_ids: item.list("networkInterfaceIdSet", Element::own_text),
    })
}

fn group(item: &Element) -> GroupIdentifier {
    GroupIdentifier { group_id: item.string("groupId") }
}

fn interface(item: &Element) -> Option<NetworkInterface> {
    let address = |it: &Element| PrivateIpAddress { private_ip_address: it.string("privateIpAddress") };
    Some(NetworkInterface {
        network_interface_id: required(item, "networkInterfaceId")?,
        description: optional(item, "description"),
        requester_id: optional(item, "requesterId"),
        interface_type: optional(item, "interfaceType"),
        private_ip_addresses: item.list("privateIpAddressesSet", address),
        ipv6_addresses: item
            .list("ipv6AddressesSet", |it| Ipv6Address { ipv6_address: it.string("ipv6Address") }),
        groups: item.list("groupSet", group),
    })
}

fn security_group(item: &Element) -> Option<SecurityGroup> {
    let permissions = item.list("ipPermissions", permission).into_iter();
    Some(SecurityGroup {
        group_id: required(item, "groupId")?,
        ip_permissions: permissions.collect::<Option<_>>()?,
    })
}

fn permission(item: &Element) -> Option<IpPermission> {
    let prefix_list = |it: &Element| PrefixListId { prefix_list_id: it.string("prefixListId") };
    Some(IpPermission {
        ip_protocol: required(item, "ipProtocol")?,
        from_port: value(item, "fromPort").ok()?,
        to_port: value(item, "toPort").ok()?,
        ip_ranges: item.list("ipRanges", |it| IpRange { cidr_ip: it.string("cidrIp") }),
        ipv6_ranges: item.list("ipv6Ranges", |it| Ipv6Range { cidr_ipv6: it.string("cidrIpv6") }),
        prefix_list_ids: item.list("prefixListIds", prefix_list),
        user_id_group_pairs: item.list("groups", group),
    })
}
