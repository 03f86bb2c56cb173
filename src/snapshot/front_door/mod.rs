//! The front door in a snapshot: what leads to the APIs of an account, and what guards it.

mod account;
#[cfg(feature = "cli")]
mod recorder;
mod routes;
mod trust_stores;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::resources::api::{DeployedSettings, RestApiItem, V2ApiItem};
use crate::resources::domain_name::DomainName;
use crate::resources::listener::{Listener, ListenerRule, LoadBalancer, TargetGroup};
use crate::resources::private_network::{NetworkInterface, SecurityGroup, VpcEndpoint};
use crate::snapshot::schema::AcmCertificate;
#[cfg(feature = "cli")]
pub(super) use account::recorded;
#[cfg(feature = "cli")]
pub(super) use recorder::escaped;
#[cfg(feature = "cli")]
pub(super) use routes::RouteItems;
pub use routes::{ApiMapping, BasePathMapping, InvokeApi, RoutingRule, RoutingRuleAction};
pub use trust_stores::{
    CaCertificateItem, CertificateBundle, NewestVersion, RevocationList, TrustStoreItem, TruststoreItem,
};

/// The list `frontDoor` of a snapshot.
///
/// An entry that another one refers to but that is missing here is never replaced by an empty one:
/// reading it fails, or its content counts as unreadable.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FrontDoorItems {
    /// Items of `GetRestApis`.
    pub rest_apis: Vec<RestApiItem>,
    /// Items of `GetApis`.
    pub v2_apis: Vec<V2ApiItem>,
    /// Items of `GetDomainNames`.
    pub domain_names: Vec<DomainName>,
    /// Items of `GetApiMappings` by domain: its name, or `NAME+ID` for a private domain.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub api_mappings: BTreeMap<String, Vec<ApiMapping>>,
    /// Items of `GetBasePathMappings` by domain.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub base_path_mappings: BTreeMap<String, Vec<BasePathMapping>>,
    /// Items of `ListRoutingRules` by domain, only for domains that use them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub routing_rules: BTreeMap<String, Vec<RoutingRule>>,
    /// Rows of `SelectResourceConfig` for `AWS::ApiGateway::DomainName`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recorded_domain_names: Vec<Value>,
    /// The names of the stages of an API, from `GetStages`, by API ARN.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stage_names: BTreeMap<String, BTreeSet<String>>,
    /// What `GetExport` shows of a stage's settings, by stage ARN; `null` if the stage does not
    /// exist.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub exports: BTreeMap<String, Option<ExportedSettings>>,
    /// The truststores of domains, by URI and version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub truststores: Vec<TruststoreItem>,
    /// The newest version of each truststore, by URI.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub newest_versions: BTreeMap<String, NewestVersion>,
    /// The `Certificate`s from `DescribeCertificate` that domains have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<AcmCertificate>,
    /// Interface endpoints of `DescribeVpcEndpoints`; absent if the network was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc_endpoints: Option<Vec<VpcEndpoint>>,
    /// Items of `DescribeNetworkInterfaces`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_interfaces: Option<Vec<NetworkInterface>>,
    /// Items of `DescribeSecurityGroups`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_groups: Option<Vec<SecurityGroup>>,
    /// Items of `DescribeTargetGroups`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_groups: Option<Vec<TargetGroup>>,
    /// The ids of the targets in `DescribeTargetHealth`, by target group.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub target_health: BTreeMap<String, BTreeSet<String>>,
    /// Items of `DescribeLoadBalancers`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_balancers: Option<Vec<LoadBalancer>>,
    /// Items of `DescribeListeners`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listeners: Option<Vec<Listener>>,
    /// Items of `DescribeRules` by listener.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rules: BTreeMap<String, Vec<ListenerRule>>,
    /// The trust stores of listeners, by ARN.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub trust_stores: BTreeMap<String, TrustStoreItem>,
}

/// What an export shows of a stage's settings. A field that the export doesn't contain is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportedSettings {
    /// `disableExecuteApiEndpoint` of `x-amazon-apigateway-endpoint-configuration`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable_execute_api_endpoint: Option<bool>,
    /// `x-amazon-apigateway-policy`: the document, or its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Value>,
}

impl ExportedSettings {
    pub(in crate::snapshot) fn settings(&self) -> DeployedSettings {
        let text = |policy: &Value| policy.as_str().map_or_else(|| policy.to_string(), str::to_owned);
        DeployedSettings {
            disables_default_endpoint: self.disable_execute_api_endpoint,
            policy: self.policy.as_ref().map(text),
            is_found: true,
        }
    }
}
