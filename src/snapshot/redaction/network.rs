//! The network in front of private APIs with pseudonyms.

use crate::resources::listener::{
    ForwardConfig, Listener, ListenerAction, ListenerRule, LoadBalancer, MutualAuthentication, TargetGroup,
    TargetGroupTuple,
};
use crate::resources::private_network::{
    GroupIdentifier, IpPermission, IpRange, Ipv6Address, Ipv6Range, NetworkInterface, PrefixListId,
    PrivateIpAddress, SecurityGroup, VpcEndpoint,
};
use crate::snapshot::front_door::FrontDoorItems;
use crate::snapshot::known;
use crate::snapshot::pseudonyms::Form;
use crate::snapshot::redaction::Redaction;

/// What the service name of an endpoint for `execute-api` ends with.
const EXECUTE_API: &str = ".execute-api";
/// What the description of a load balancer's interface starts with.
const ELB: &str = "ELB ";
/// Who manages the interfaces of load balancers.
const AMAZON_ELB: &str = "amazon-elb";

impl Redaction<'_> {
    /// Adds the network to what was redacted.
    pub(crate) fn network(&mut self, original: &FrontDoorItems, redacted: FrontDoorItems) -> FrontDoorItems {
        let target_health = original.target_health.iter().map(|(group, targets)| {
            (self.elb_arn(group), targets.iter().map(|target| self.target(target)).collect())
        });
        let target_health = target_health.collect();
        let rules = original.rules.iter().map(|(listener, rules)| {
            (self.elb_arn(listener), rules.iter().map(|rule| self.rule(rule)).collect())
        });
        let rules = rules.collect();
        FrontDoorItems {
            vpc_endpoints: sorted(
                original.vpc_endpoints.as_ref(),
                |it| self.vpc_endpoint(it),
                |it| &it.vpc_endpoint_id,
            ),
            network_interfaces: sorted(
                original.network_interfaces.as_ref(),
                |it| self.interface(it),
                |it| &it.network_interface_id,
            ),
            security_groups: sorted(
                original.security_groups.as_ref(),
                |it| self.security_group(it),
                |it| &it.group_id,
            ),
            target_groups: sorted(
                original.target_groups.as_ref(),
                |it| self.target_group(it),
                |it| &it.target_group_arn,
            ),
            load_balancers: sorted(
                original.load_balancers.as_ref(),
                |it| self.load_balancer(it),
                |it| &it.load_balancer_arn,
            ),
            listeners: sorted(original.listeners.as_ref(), |it| self.listener(it), |it| &it.listener_arn),
            target_health,
            rules,
            ..redacted
        }
    }

    fn vpc_endpoint(&mut self, original: &VpcEndpoint) -> VpcEndpoint {
        let is_execute_api = original.service_name.ends_with(EXECUTE_API);
        let region = self.original.account_region().region;
        let interfaces = original.network_interface_ids.iter();
        VpcEndpoint {
            vpc_endpoint_id: self.resource_id(&original.vpc_endpoint_id),
            service_name: if is_execute_api {
                format!("com.amazonaws.{}{EXECUTE_API}", self.region(&region))
            } else {
                self.word(known::NONE, &original.service_name)
            },
            vpc_id: self.resource_id(&original.vpc_id),
            owner_id: original.owner_id.as_ref().map(|account| self.names.of(Form::Account, account)),
            groups: self.groups(&original.groups),
            network_interface_ids: interfaces.map(|id| self.resource_id(id)).collect(),
        }
    }

    fn interface(&mut self, original: &NetworkInterface) -> NetworkInterface {
        let balancer = original.description.as_ref().and_then(|text| text.strip_prefix(ELB));
        NetworkInterface {
            network_interface_id: self.resource_id(&original.network_interface_id),
            description: balancer.map(|path| format!("{ELB}{}", self.elb_path(path))),
            requester_id: original.requester_id.clone().filter(|requester| requester == AMAZON_ELB),
            interface_type: self.optional_word(known::INTERFACE_TYPE, original.interface_type.as_ref()),
            private_ip_addresses: original
                .private_ip_addresses
                .iter()
                .map(|it| PrivateIpAddress { private_ip_address: self.address(&it.private_ip_address) })
                .collect(),
            ipv6_addresses: original
                .ipv6_addresses
                .iter()
                .map(|it| Ipv6Address { ipv6_address: self.address(&it.ipv6_address) })
                .collect(),
            groups: self.groups(&original.groups),
        }
    }

    fn security_group(&mut self, original: &SecurityGroup) -> SecurityGroup {
        SecurityGroup {
            group_id: self.resource_id(&original.group_id),
            ip_permissions: original.ip_permissions.iter().map(|it| self.permission(it)).collect(),
        }
    }

    fn permission(&mut self, original: &IpPermission) -> IpPermission {
        let ranges = original.ip_ranges.iter();
        let ipv6_ranges = original.ipv6_ranges.iter();
        let lists = original.prefix_list_ids.iter();
        IpPermission {
            ip_protocol: match original.ip_protocol.parse::<u8>() {
                Ok(number) => number.to_string(),
                Err(_) => self.word(known::IP_PROTOCOL, &original.ip_protocol),
            },
            from_port: original.from_port,
            to_port: original.to_port,
            ip_ranges: ranges.map(|it| IpRange { cidr_ip: self.range(&it.cidr_ip) }).collect(),
            ipv6_ranges: ipv6_ranges.map(|it| Ipv6Range { cidr_ipv6: self.range(&it.cidr_ipv6) }).collect(),
            prefix_list_ids: lists
                .map(|it| PrefixListId { prefix_list_id: self.resource_id(&it.prefix_list_id) })
                .collect(),
            user_id_group_pairs: self.groups(&original.user_id_group_pairs),
        }
    }

    fn groups(&mut self, original: &[GroupIdentifier]) -> Vec<GroupIdentifier> {
        original.iter().map(|it| GroupIdentifier { group_id: self.resource_id(&it.group_id) }).collect()
    }

    fn target_group(&mut self, original: &TargetGroup) -> TargetGroup {
        TargetGroup {
            target_group_arn: self.elb_arn(&original.target_group_arn),
            target_type: self.word(known::TARGET_TYPE, &original.target_type),
            vpc_id: original.vpc_id.as_ref().map(|id| self.resource_id(id)),
            load_balancer_arns: original.load_balancer_arns.iter().map(|arn| self.elb_arn(arn)).collect(),
        }
    }

    fn load_balancer(&mut self, original: &LoadBalancer) -> LoadBalancer {
        LoadBalancer {
            load_balancer_arn: self.elb_arn(&original.load_balancer_arn),
            r#type: self.word(known::LOAD_BALANCER_TYPE, &original.r#type),
            vpc_id: self.resource_id(&original.vpc_id),
            security_groups: original.security_groups.iter().map(|id| self.resource_id(id)).collect(),
        }
    }

    fn listener(&mut self, original: &Listener) -> Listener {
        Listener {
            listener_arn: self.elb_arn(&original.listener_arn),
            load_balancer_arn: self.elb_arn(&original.load_balancer_arn),
            port: original.port,
            protocol: self.optional_word(known::LISTENER_PROTOCOL, original.protocol.as_ref()),
            default_actions: original.default_actions.iter().map(|it| self.action(it)).collect(),
            mutual_authentication: original.mutual_authentication.as_ref().map(|it| MutualAuthentication {
                mode: self.word(known::MUTUAL_AUTHENTICATION_MODE, &it.mode),
                trust_store_arn: it.trust_store_arn.as_ref().map(|arn| self.elb_arn(arn)),
                ignore_client_certificate_expiry: it.ignore_client_certificate_expiry,
                trust_store_association_status: self
                    .optional_word(known::ASSOCIATION_STATUS, it.trust_store_association_status.as_ref()),
            }),
        }
    }

    fn rule(&mut self, original: &ListenerRule) -> ListenerRule {
        ListenerRule {
            rule_arn: self.elb_arn(&original.rule_arn),
            actions: original.actions.iter().map(|it| self.action(it)).collect(),
        }
    }

    fn action(&mut self, original: &ListenerAction) -> ListenerAction {
        let forward_config = original.forward_config.as_ref().map(|config| {
            let groups = config.target_groups.iter();
            let groups =
                groups.map(|it| TargetGroupTuple { target_group_arn: self.elb_arn(&it.target_group_arn) });
            ForwardConfig { target_groups: groups.collect() }
        });
        ListenerAction {
            r#type: self.word(known::ACTION_TYPE, &original.r#type),
            target_group_arn: original.target_group_arn.as_ref().map(|arn| self.elb_arn(arn)),
            forward_config,
        }
    }
}

/// The redacted items of a list, in the order of their pseudonyms.
fn sorted<T>(
    original: Option<&Vec<T>>,
    redact: impl FnMut(&T) -> T,
    id: impl Fn(&T) -> &String,
) -> Option<Vec<T>> {
    let mut items: Vec<T> = original?.iter().map(redact).collect();
    items.sort_by(|one, other| id(one).cmp(id(other)));
    Some(items)
}
