//! EC2: VPC endpoints, network interfaces and security groups of the caller's account.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Call;
use super::listing::{matches, number, numbered, page, xml};
use crate::front_door::network::{NetworkInterface, Permission, SecurityGroup, VpcEndpoint};
use crate::model::Region;
use crate::wire::{Output, Refusal};

/// The policy of an endpoint that was created without one, as AWS shows it.
const FULL_ACCESS: &str = r#"{
  "Statement": [
    {
      "Action": "*", 
      "Effect": "Allow", 
      "Principal": "*", 
      "Resource": "*"
    }
  ]
}"#;

pub(super) fn describe_vpc_endpoints(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let attributes = |endpoint: &VpcEndpoint| {
        vec![
            ("vpc-endpoint-id", vec![endpoint.id.clone()]),
            ("vpc-id", vec![endpoint.vpc.clone()]),
            ("service-name", vec![endpoint.service_name.clone()]),
            ("vpc-endpoint-state", vec![endpoint.state.clone()]),
            ("vpc-endpoint-type", vec!["Interface".into()]),
        ]
    };
    let size = number(call, "MaxResults", 1, usize::MAX)?.unwrap_or(1000).min(1000);
    let asked = Asked {
        operation: "DescribeVpcEndpoints",
        ids: numbered(call.input, "VpcEndpointId"),
        unknown: "InvalidVpcEndpointId.NotFound",
        size,
        shows_managed: true,
    };
    describe(call, asked, "vpcEndpointSet", |region| &region.front_door.endpoints, attributes, endpoint)
}

pub(super) fn describe_network_interfaces(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let attributes = |interface: &NetworkInterface| {
        vec![
            ("network-interface-id", vec![interface.id.clone()]),
            ("vpc-id", vec![interface.vpc.clone()]),
            ("group-id", interface.security_groups.clone()),
            ("private-ip-address", interface.addresses.first().cloned().into_iter().collect()),
            ("addresses.private-ip-address", interface.addresses.clone()),
            ("ipv6-addresses.ipv6-address", interface.ipv6_addresses.clone()),
            ("interface-type", vec![interface.kind.clone()]),
            ("requester-id", interface.requester.clone().into_iter().collect()),
            ("description", vec![interface.description.clone()]),
        ]
    };
    let ids = numbered(call.input, "NetworkInterfaceId");
    let size = size(call, &ids)?;
    let unknown = "InvalidNetworkInterfaceID.NotFound";
    let shows_managed = call.text("IncludeManagedResources").is_some_and(|text| text == "true");
    let asked = Asked { operation: "DescribeNetworkInterfaces", ids, unknown, size, shows_managed };
    describe(
        call,
        asked,
        "networkInterfaceSet",
        |region| &region.front_door.interfaces,
        attributes,
        interface,
    )
}

pub(super) fn describe_security_groups(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let attributes = |group: &SecurityGroup| {
        let groups = group.ingress.iter().flat_map(|one| one.groups.iter().map(|(id, _)| id.clone()));
        vec![
            ("group-id", vec![group.id.clone()]),
            ("group-name", vec![group.name.clone()]),
            ("vpc-id", vec![group.vpc.clone()]),
            ("ip-permission.group-id", groups.collect()),
        ]
    };
    let ids = numbered(call.input, "GroupId");
    let size = size(call, &ids)?;
    let (operation, unknown) = ("DescribeSecurityGroups", "InvalidGroup.NotFound");
    let asked = Asked { operation, ids, unknown, size, shows_managed: true };
    describe(call, asked, "securityGroupInfo", |region| &region.front_door.security_groups, attributes, group)
}

/// What a call asks for.
struct Asked {
    operation: &'static str,
    ids: Vec<String>,
    /// The error code of an unknown ID.
    unknown: &'static str,
    size: usize,
    /// Whether resources that AWS manages are listed.
    shows_managed: bool,
}

/// Without `MaxResults`, everything is on one page. It can't be combined with IDs.
fn size(call: &Call<'_>, ids: &[String]) -> Result<usize, Refusal> {
    let size = number(call, "MaxResults", 5, 1000)?;
    if size.is_some() && !ids.is_empty() {
        let message = "The parameter MaxResults cannot be used with IDs";
        return Err(Refusal::new("InvalidParameterCombination", message));
    }
    Ok(size.unwrap_or(1_000_000))
}

fn describe<T>(
    call: &mut Call<'_>,
    asked: Asked,
    set: &str,
    of: impl Fn(&Region) -> &BTreeMap<String, T>,
    attributes: impl Fn(&T) -> Vec<(&'static str, Vec<String>)>,
    shown: impl Fn(&Region, &T) -> Value,
) -> Result<Output, Refusal> {
    let Asked { operation, ids, unknown, size, shows_managed } = asked;
    let filters = filters(call.input);
    if filters.iter().map(|(_, values)| values.len()).sum::<usize>() > 200 {
        return Err(Refusal::new("FilterLimitExceeded", "The maximum number of filter values is 200"));
    }
    let token = call.text("NextToken").map(str::to_owned);
    let region = call.home();
    let all = of(region);
    if let Some(id) = ids.iter().find(|id| !all.contains_key(*id)) {
        return Err(Refusal::new(unknown, format!("The ID '{id}' does not exist")));
    }
    let mut found = Vec::new();
    for (id, one) in all.iter().filter(|(id, _)| ids.is_empty() || ids.contains(id)) {
        let own = attributes(one);
        let mut fits = true;
        for (name, values) in &filters {
            let invalid = || Refusal::new("InvalidParameterValue", format!("The filter '{name}' is invalid"));
            let (_, own) = own.iter().find(|(own, _)| own == name).ok_or_else(invalid)?;
            fits &= own.iter().any(|own| values.iter().any(|value| matches(value, own)));
        }
        let value = shown(region, one);
        let managed = value.pointer("/operator/managed") == Some(&Value::Bool(true));
        if fits && (shows_managed || !managed) {
            found.push((id.clone(), value));
        }
    }
    let query = format!("{operation} {ids:?} {filters:?}");
    let invalid = Refusal::new("InvalidNextToken", "The specified NextToken value is not valid");
    let page = page(call, &query, token, size, found, invalid)?;
    let mut response = json!({ set: page.items, "requestId": "fake_aws" });
    if let Some(next) = page.next {
        response["nextToken"] = next.into();
    }
    Ok(Output::Xml(format!(
        "<{operation}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">{}</{operation}Response>",
        xml(&response, "item")
    )))
}

/// `Filter.N.Name` with `Filter.N.Value.M`.
fn filters(input: &Value) -> Vec<(String, Vec<String>)> {
    let name = |number: usize| input.get(format!("Filter.{number}.Name"))?.as_str().map(str::to_owned);
    let filter = |number: usize| Some((name(number)?, numbered(input, &format!("Filter.{number}.Value"))));
    (1..).map_while(filter).collect()
}

fn groups(region: &Region, ids: &[String]) -> Value {
    let name = |id: &String| region.front_door.security_groups.get(id).map(|group| group.name.clone());
    ids.iter().map(|id| json!({"groupId": id, "groupName": name(id)})).collect()
}

fn endpoint(region: &Region, endpoint: &VpcEndpoint) -> Value {
    json!({
        "vpcEndpointId": endpoint.id,
        "vpcEndpointType": "Interface",
        "vpcId": endpoint.vpc,
        "serviceName": endpoint.service_name,
        "state": endpoint.state,
        "policyDocument": endpoint.policy.as_deref().unwrap_or(FULL_ACCESS),
        "groupSet": groups(region, &endpoint.security_groups),
        "ipAddressType": "ipv4",
        "privateDnsEnabled": endpoint.private_dns,
        "requesterManaged": false,
        "networkInterfaceIdSet": endpoint.interfaces,
        "dnsEntrySet": [{
            "dnsName": format!("{}-fake.execute-api.{}.vpce.amazonaws.com", endpoint.id, region.name),
            "hostedZoneId": "Z38GZ743OKFT7T",
        }],
        "ownerId": region.account,
    })
}

fn interface(region: &Region, interface: &NetworkInterface) -> Value {
    let addresses = interface.addresses.iter().enumerate();
    let addresses: Value =
        addresses.map(|(at, one)| json!({"privateIpAddress": one, "primary": at == 0})).collect();
    let ipv6: Value = interface.ipv6_addresses.iter().map(|one| json!({"ipv6Address": one})).collect();
    json!({
        "networkInterfaceId": interface.id,
        "vpcId": interface.vpc,
        "subnetId": "subnet-00000000000000001",
        "ownerId": region.account,
        "status": "in-use",
        "description": interface.description,
        "interfaceType": interface.kind,
        "operator": {"managed": interface.managed},
        "requesterId": interface.requester,
        "requesterManaged": interface.requester.is_some(),
        "sourceDestCheck": true,
        "groupSet": groups(region, &interface.security_groups),
        "privateIpAddress": interface.addresses.first(),
        "privateIpAddressesSet": addresses,
        "ipv6AddressesSet": ipv6,
    })
}

fn group(region: &Region, group: &SecurityGroup) -> Value {
    let open = Permission { protocol: "-1".into(), ports: None, ..Permission::from_range(0, "0.0.0.0/0") };
    let permissions = |all: &[Permission]| all.iter().map(|one| permission(region, one)).collect::<Value>();
    json!({
        "groupId": group.id,
        "groupName": group.name,
        "groupDescription": group.name,
        "vpcId": group.vpc,
        "ownerId": region.account,
        "ipPermissions": permissions(&group.ingress),
        "ipPermissionsEgress": permissions(&[open]),
    })
}

fn permission(region: &Region, permission: &Permission) -> Value {
    let listed = |name: &str, all: &[String]| all.iter().map(|one| json!({ name: one })).collect::<Value>();
    let groups = permission.groups.iter();
    let account = |account: &Option<String>| account.as_ref().unwrap_or(&region.account).clone();
    json!({
        "ipProtocol": permission.protocol,
        "fromPort": permission.ports.map(|(from, _)| from),
        "toPort": permission.ports.map(|(_, to)| to),
        "groups": groups.map(|(id, of)| json!({"groupId": id, "userId": account(of)})).collect::<Value>(),
        "ipRanges": listed("cidrIp", &permission.ranges),
        "ipv6Ranges": listed("cidrIpv6", &permission.ipv6_ranges),
        "prefixListIds": listed("prefixListId", &permission.prefix_lists),
    })
}
