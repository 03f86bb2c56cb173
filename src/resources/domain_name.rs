//! Custom domain names, and what leads from them to APIs.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::resources::api::EndpointConfiguration;
use crate::resources::entry_point::EntryPointKind;

/// A custom domain name: an item of API Gateway's `GetDomainNames`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DomainName {
    /// The name, which is not unique: a private and a public domain may have the same one.
    pub domain_name: String,
    /// The id, which only private domains have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain_name_id: Option<String>,
    /// The ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain_name_arn: Option<String>,
    /// The server certificate of an edge-optimized or private domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_arn: Option<String>,
    /// The server certificate of a Regional domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regional_certificate_arn: Option<String>,
    /// The certificate that proves ownership of a domain whose server certificate is imported or
    /// comes from a private CA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ownership_verification_certificate_arn: Option<String>,
    /// The endpoint.
    #[serde(default)]
    pub endpoint_configuration: EndpointConfiguration,
    /// The status, such as `AVAILABLE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain_name_status: Option<String>,
    /// The TLS policy, such as `TLS_1_2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_policy: Option<String>,
    /// Mutual TLS; `None` if the domain asks for no certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutual_tls_authentication: Option<MutualTlsAuthentication>,
    /// What decides where requests go: `BASE_PATH_MAPPING_ONLY`, `ROUTING_RULE_ONLY` or
    /// `ROUTING_RULE_THEN_BASE_PATH_MAPPING`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routing_mode: Option<String>,
}

/// The truststore of a domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MutualTlsAuthentication {
    /// The object in S3: `s3://BUCKET/KEY`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truststore_uri: Option<String>,
    /// The pinned version of the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truststore_version: Option<String>,
    /// What API Gateway found wrong when the domain was last updated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub truststore_warnings: Vec<String>,
}

/// The name and id of a domain, which together are unique in an account and Region.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DomainKey {
    /// The name.
    pub name: String,
    /// The id of a private domain.
    pub id: Option<String>,
}

/// Formats the name, followed by `+ID` for a private domain, as in its ARN.
impl fmt::Display for DomainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.id {
            Some(id) => write!(f, "{}+{id}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl DomainKey {
    /// The name and id in a label.
    #[must_use]
    pub fn parse(label: &str) -> Self {
        match label.split_once('+') {
            Some((name, id)) => Self { name: name.to_owned(), id: Some(id.to_owned()) },
            None => Self { name: label.to_owned(), id: None },
        }
    }
}

impl DomainName {
    /// The name and id.
    #[must_use]
    pub fn key(&self) -> DomainKey {
        let id = self.domain_name_id.clone().filter(|_| self.is_private());
        DomainKey { name: self.domain_name.clone(), id }
    }

    /// Whether the domain is private.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.endpoint_configuration.types.iter().any(|it| it == "PRIVATE")
    }

    /// The truststore; `None` if the domain asks for no certificate. An empty URI is what an update
    /// that disables mutual TLS sets.
    #[must_use]
    pub fn mutual_tls(&self) -> Option<&MutualTlsAuthentication> {
        let has_truststore =
            |it: &&MutualTlsAuthentication| it.truststore_uri.as_deref().is_some_and(|uri| !uri.is_empty());
        self.mutual_tls_authentication.as_ref().filter(has_truststore)
    }

    /// The server certificate.
    #[must_use]
    pub fn server_certificate(&self) -> Option<&str> {
        self.regional_certificate_arn.as_deref().or(self.certificate_arn.as_deref())
    }

    /// Whether routing rules decide where requests go. An unknown mode counts as one that uses
    /// both.
    #[must_use]
    pub fn uses_routing_rules(&self) -> bool {
        !matches!(self.routing_mode.as_deref(), None | Some("BASE_PATH_MAPPING_ONLY"))
    }

    /// Whether mappings decide where requests go.
    #[must_use]
    pub fn uses_mappings(&self) -> bool {
        self.routing_mode.as_deref() != Some("ROUTING_RULE_ONLY")
    }
}

/// A way from a domain to an API: an API mapping, a base path mapping or the action of a routing
/// rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// The API's id.
    pub api_id: String,
    /// The stage; `None` if callers name any stage of the API in the path.
    pub stage: Option<String>,
    /// What leads there.
    pub kind: RouteKind,
}

impl Route {
    /// The way to the API, by this route of a domain.
    #[must_use]
    pub fn entry_point(&self, domain: &DomainName) -> EntryPointKind {
        let (domain, stage) = (domain.key().to_string(), self.stage.clone());
        match &self.kind {
            RouteKind::Mapping(path) => EntryPointKind::Mapping { domain, path: path.clone(), stage },
            RouteKind::RoutingRule(priority) => {
                EntryPointKind::RoutingRule { domain, priority: *priority, stage }
            }
        }
    }
}

/// What leads from a domain to an API.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RouteKind {
    /// A mapping, with its path, which is empty for the root.
    Mapping(String),
    /// A routing rule, with its priority.
    RoutingRule(i32),
}
