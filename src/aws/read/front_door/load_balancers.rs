//! Load balancers, their listeners and what these forward to.

use std::collections::BTreeSet;

use super::responses::{AWS_QUERY, items, optional, required, value};
use crate::Failure;
use crate::aws::LiveAccount;
use crate::aws::connect::form::Form;
use crate::aws::connect::xml::Element;
use crate::resources::listener::{
    ForwardConfig, Listener, ListenerAction, ListenerRule, LoadBalancer, MutualAuthentication, TargetGroup,
    TargetGroupTuple,
};

/// The version of Elastic Load Balancing's API (botocore).
const VERSION: &str = "2015-12-01";
/// The maximum number of items of a page (botocore).
const PAGE_SIZE: &str = "400";

/// A request for the first page of a list.
pub(super) fn list(operation: &str) -> Form {
    Form::new(operation, VERSION).with("PageSize", PAGE_SIZE)
}

/// A request about one resource.
pub(super) fn about(operation: &str, parameter: &str, arn: &str) -> Form {
    Form::new(operation, VERSION).with(parameter, arn)
}

impl LiveAccount {
    /// All target groups.
    pub(super) async fn all_target_groups(&self) -> Result<Vec<TargetGroup>, Failure> {
        let call = self.call("DescribeTargetGroups", "all target groups");
        let form = list(call.operation);
        items(&call, &self.load_balancing(), AWS_QUERY, &form, "TargetGroups", target_group).await
    }

    /// The ids of all targets of a target group; none if it does not exist.
    pub(super) async fn targets_of(&self, target_group: &str) -> Result<BTreeSet<String>, Failure> {
        let call = self.call("DescribeTargetHealth", target_group);
        let form = about(call.operation, "TargetGroupArn", target_group);
        let id = |item: &Element| required(item.child("Target")?, "Id");
        let targets =
            items(&call, &self.load_balancing(), AWS_QUERY, &form, "TargetHealthDescriptions", id).await;
        Ok(unless_missing(targets, "TargetGroupNotFound")?.into_iter().collect())
    }

    /// The load balancers with these ARNs that exist. All are read: a call with ARNs takes at most
    /// 20, and fails if one of them does not exist.
    pub(super) async fn load_balancers_with(
        &self,
        arns: &BTreeSet<String>,
    ) -> Result<Vec<LoadBalancer>, Failure> {
        if arns.is_empty() {
            return Ok(Vec::new());
        }
        let call = self.call("DescribeLoadBalancers", "all load balancers");
        let form = list(call.operation);
        let mut all =
            items(&call, &self.load_balancing(), AWS_QUERY, &form, "LoadBalancers", load_balancer).await?;
        all.retain(|it| arns.contains(&it.load_balancer_arn));
        Ok(all)
    }

    /// All listeners of a load balancer; none if it does not exist.
    pub(super) async fn listeners_of(&self, load_balancer: &str) -> Result<Vec<Listener>, Failure> {
        let call = self.call("DescribeListeners", load_balancer);
        let form = list(call.operation).with("LoadBalancerArn", load_balancer);
        let listeners = items(&call, &self.load_balancing(), AWS_QUERY, &form, "Listeners", listener).await;
        unless_missing(listeners, "LoadBalancerNotFound")
    }

    /// All rules of a listener; none if it does not exist.
    pub(super) async fn rules_of(&self, listener: &str) -> Result<Vec<ListenerRule>, Failure> {
        let call = self.call("DescribeRules", listener);
        let form = list(call.operation).with("ListenerArn", listener);
        let rules = items(&call, &self.load_balancing(), AWS_QUERY, &form, "Rules", rule).await;
        unless_missing(rules, "ListenerNotFound")
    }
}

/// An empty list if the failure says that what the list belongs to does not exist.
fn unless_missing<T>(found: Result<Vec<T>, Failure>, code: &str) -> Result<Vec<T>, Failure> {
    match found {
        Err(failure) if failure.code() == Some(code) => Ok(Vec::new()),
        found => found,
    }
}

fn target_group(item: &Element) -> Option<TargetGroup> {
    Some(TargetGroup {
        target_group_arn: required(item, "TargetGroupArn")?,
        target_type: item.string("TargetType"),
        vpc_id: optional(item, "VpcId"),
        load_balancer_arns: item.list("LoadBalancerArns", Element::own_text),
    })
}

fn load_balancer(item: &Element) -> Option<LoadBalancer> {
    Some(LoadBalancer {
        load_balancer_arn: required(item, "LoadBalancerArn")?,
        r#type: item.string("Type"),
        vpc_id: item.string("VpcId"),
        security_groups: item.list("SecurityGroups", Element::own_text),
    })
}

fn listener(item: &Element) -> Option<Listener> {
    let mutual_authentication = match item.child("MutualAuthentication") {
        Some(found) => Some(mutual_authentication(found)?),
        None => None,
    };
    Some(Listener {
        listener_arn: required(item, "ListenerArn")?,
        load_balancer_arn: required(item, "LoadBalancerArn")?,
        port: value(item, "Port").ok()?,
        protocol: optional(item, "Protocol"),
        default_actions: item.list("DefaultActions", action),
        mutual_authentication,
    })
}

fn mutual_authentication(item: &Element) -> Option<MutualAuthentication> {
    Some(MutualAuthentication {
        mode: item.string("Mode"),
        trust_store_arn: optional(item, "TrustStoreArn"),
        ignore_client_certificate_expiry: value(item, "IgnoreClientCertificateExpiry").ok()?,
        trust_store_association_status: optional(item, "TrustStoreAssociationStatus"),
    })
}

fn rule(item: &Element) -> Option<ListenerRule> {
    Some(ListenerRule { rule_arn: required(item, "RuleArn")?, actions: item.list("Actions", action) })
}

fn action(item: &Element) -> ListenerAction {
    let tuple = |it: &Element| TargetGroupTuple { target_group_arn: it.string("TargetGroupArn") };
    let forward = |it: &Element| ForwardConfig { target_groups: it.list("TargetGroups", tuple) };
    ListenerAction {
        r#type: item.string("Type"),
        target_group_arn: optional(item, "TargetGroupArn"),
        forward_config: item.child("ForwardConfig").map(forward),
    }
}
