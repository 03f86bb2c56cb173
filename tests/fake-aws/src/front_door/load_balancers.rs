//! Elastic Load Balancing, version 2.

use std::collections::BTreeMap;

use super::contents::Content;

/// A load balancer and its listeners.
#[derive(Clone, Debug)]
pub struct LoadBalancer {
    /// Its ARN.
    pub arn: String,
    /// `LoadBalancerName`.
    pub name: String,
    /// `Type`: `application`, `network` or `gateway`.
    pub kind: String,
    /// `Scheme`: `internal` or `internet-facing`.
    pub scheme: String,
    /// `VpcId`.
    pub vpc: String,
    /// `SecurityGroups`.
    pub security_groups: Vec<String>,
    /// By ARN.
    pub listeners: BTreeMap<String, Listener>,
}

/// A listener.
#[derive(Clone, Debug)]
pub struct Listener {
    /// Its ARN.
    pub arn: String,
    /// `Port`.
    pub port: u16,
    /// `HTTP`, `HTTPS`, `TCP`, `TLS`, …
    pub protocol: String,
    /// `MutualAuthentication`; absent means off.
    pub mutual_authentication: Option<MutualAuthentication>,
    /// `DefaultActions`.
    pub actions: Vec<Action>,
    /// The rules except the default one.
    pub rules: Vec<ListenerRule>,
}

impl Listener {
    /// The ARNs of all target groups to which a default action or a rule forwards.
    pub fn target_groups(&self) -> Vec<&str> {
        let rules = self.rules.iter().flat_map(|rule| &rule.actions);
        let all = self.actions.iter().chain(rules).filter_map(|action| match action {
            Action::Forward(groups) => Some(groups.iter().map(|(arn, _)| arn.as_str())),
            _ => None,
        });
        all.flatten().collect()
    }
}

/// `MutualAuthentication`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MutualAuthentication {
    /// `off`, `passthrough` or `verify`.
    pub mode: String,
    /// `TrustStoreArn`.
    pub trust_store: Option<String>,
    /// `IgnoreClientCertificateExpiry`.
    pub ignore_expiry: Option<bool>,
    /// `TrustStoreAssociationStatus`: `active` or `removed`.
    pub association: Option<String>,
    /// `AdvertiseTrustStoreCaNames`: `on` or `off`.
    pub advertise: Option<String>,
}

impl MutualAuthentication {
    /// `verify` with this trust store.
    pub fn verify(trust_store: &str) -> Self {
        Self {
            mode: "verify".into(),
            trust_store: Some(trust_store.into()),
            ignore_expiry: Some(false),
            association: Some("active".into()),
            advertise: Some("off".into()),
        }
    }
}

/// A rule's or listener's action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// To these target groups, by ARN, with their weights. The response has `TargetGroupArn` only
    /// if there is a single group.
    Forward(Vec<(String, u32)>),
    /// A redirect to another protocol and port.
    Redirect(String, u16),
    /// A fixed response.
    FixedResponse(u16),
    /// Another type, such as `authenticate-oidc`. Further actions follow it.
    Other(String),
}

impl Action {
    /// Forwards to one target group.
    pub fn forward(target_group: &str) -> Self {
        Self::Forward(vec![(target_group.into(), 1)])
    }
}

/// A listener's rule.
#[derive(Clone, Debug)]
pub struct ListenerRule {
    /// Its ARN.
    pub arn: String,
    /// Lower ones are matched first.
    pub priority: u32,
    /// Conditions: the field (`path-pattern`, `host-header`, `source-ip`, …) and its values.
    pub conditions: Vec<(String, Vec<String>)>,
    /// What it does.
    pub actions: Vec<Action>,
}

/// A target group. `LoadBalancerArns` is derived from the listeners.
#[derive(Clone, Debug)]
pub struct TargetGroup {
    /// Its ARN.
    pub arn: String,
    /// `TargetGroupName`.
    pub name: String,
    /// `TargetType`: `instance`, `ip`, `lambda` or `alb`.
    pub kind: String,
    /// `Protocol`.
    pub protocol: String,
    /// `Port`.
    pub port: u16,
    /// `VpcId`.
    pub vpc: String,
    /// `HealthCheckPath`.
    pub health_check_path: String,
    /// Its targets.
    pub targets: Vec<Target>,
}

/// A registered target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// An address (type `ip`), an instance's ID or a load balancer's ARN.
    pub id: String,
    /// Its port.
    pub port: u16,
    /// `healthy`, `unhealthy`, `unused`, `draining`, …
    pub state: String,
}

/// A trust store.
#[derive(Clone, Debug)]
pub struct TrustStore {
    /// Its ARN.
    pub arn: String,
    /// `Name`.
    pub name: String,
    /// `ACTIVE` or `CREATING`.
    pub status: String,
    /// The CA certificates bundle.
    pub bundle: Content,
    /// Its revocation files by `RevocationId`.
    pub revocations: BTreeMap<u64, Revocation>,
}

/// A revocation file of a trust store.
#[derive(Clone, Debug)]
pub struct Revocation {
    /// The CRL.
    pub content: Content,
    /// `NumberOfRevokedEntries`.
    pub entries: u64,
}
