//! Load balancers and what they forward to, as far as it decides who can reach a private API.
//!
//! The structures have the names of the responses of ELB and EC2, as the AWS CLI prints them.

use serde::{Deserialize, Serialize};

/// A load balancer of `DescribeLoadBalancers`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct LoadBalancer {
    /// The ARN.
    pub load_balancer_arn: String,
    /// `application`, `network` or `gateway`.
    pub r#type: String,
    /// The VPC.
    pub vpc_id: String,
    /// The security groups; a network load balancer may have none.
    pub security_groups: Vec<String>,
}

/// A listener of `DescribeListeners`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Listener {
    /// The ARN.
    pub listener_arn: String,
    /// The load balancer.
    pub load_balancer_arn: String,
    /// The port; a listener of a gateway load balancer has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// `HTTP`, `HTTPS`, `TCP`, `TLS`, `UDP` or `TCP_UDP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// The default actions.
    pub default_actions: Vec<ListenerAction>,
    /// Whether and how clients are verified; absent means that they are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutual_authentication: Option<MutualAuthentication>,
}

/// A rule of `DescribeRules`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListenerRule {
    /// The ARN, which contains that of the listener.
    pub rule_arn: String,
    /// What is done with requests that match.
    pub actions: Vec<ListenerAction>,
}

/// An action of a listener or a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListenerAction {
    /// `forward`, `redirect`, `fixed-response` or `authenticate-…`.
    pub r#type: String,
    /// The only target group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_group_arn: Option<String>,
    /// All target groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forward_config: Option<ForwardConfig>,
}

/// The target groups of an action.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ForwardConfig {
    /// The target groups.
    pub target_groups: Vec<TargetGroupTuple>,
}

/// A target group of an action.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TargetGroupTuple {
    /// The target group.
    pub target_group_arn: String,
}

/// How a listener verifies clients.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct MutualAuthentication {
    /// `off`, `passthrough`, which verifies nothing, or `verify`.
    pub mode: String,
    /// The trust store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_store_arn: Option<String>,
    /// Whether expired certificates are accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_client_certificate_expiry: Option<bool>,
    /// `active`, or `removed` if a shared trust store was taken away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_store_association_status: Option<String>,
}

/// A target group of `DescribeTargetGroups`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TargetGroup {
    /// The ARN.
    pub target_group_arn: String,
    /// `instance`, `ip`, `lambda` or `alb`.
    pub target_type: String,
    /// The VPC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpc_id: Option<String>,
    /// The load balancers that use it.
    pub load_balancer_arns: Vec<String>,
}

impl Listener {
    /// Whether the listener is one that verifies: HTTPS or TLS in mode `verify`. Whether its trust
    /// store is still there is another question.
    #[must_use]
    pub fn verifies(&self) -> bool {
        matches!(self.protocol.as_deref(), Some("HTTPS" | "TLS"))
            && self.mutual_authentication.as_ref().is_some_and(|it| it.mode == "verify")
    }
}

impl ListenerAction {
    /// All target groups to which the action forwards.
    pub fn target_groups(&self) -> impl Iterator<Item = &str> {
        let tuples = self.forward_config.iter().flat_map(|config| &config.target_groups);
        self.target_group_arn.as_deref().into_iter().chain(tuples.map(|it| it.target_group_arn.as_str()))
    }
}
