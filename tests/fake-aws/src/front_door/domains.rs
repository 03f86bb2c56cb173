//! Custom domain names, their mappings and routing rules.

/// A custom domain name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainName {
    /// `domainName`.
    pub name: String,
    /// `domainNameId`, which only private ones have.
    pub id: Option<String>,
    /// `domainNameArn`: with Region and account for a private one, without account for a public
    /// one.
    pub arn: String,
    /// `REGIONAL`, `EDGE` or `PRIVATE`.
    pub endpoint_type: String,
    /// `endpointConfiguration.ipAddressType`.
    pub ip_address_type: Option<String>,
    /// The server certificate's ARN: `regionalCertificateArn` of a regional one, `certificateArn`
    /// of the others.
    pub certificate: Option<String>,
    /// `ownershipVerificationCertificateArn`.
    pub ownership_certificate: Option<String>,
    /// `domainNameStatus`.
    pub status: String,
    /// `domainNameStatusMessage`.
    pub status_message: Option<String>,
    /// `securityPolicy`.
    pub security_policy: Option<String>,
    /// `endpointAccessMode`.
    pub endpoint_access_mode: Option<String>,
    /// `mutualTlsAuthentication`; without one, no client certificate is needed.
    pub mutual_tls: Option<MutualTls>,
    /// `policy` as plain JSON.
    pub policy: Option<String>,
    /// `managementPolicy` as plain JSON.
    pub management_policy: Option<String>,
    /// `routingMode`; absent means `BASE_PATH_MAPPING_ONLY`.
    pub routing_mode: Option<String>,
    /// Its mappings.
    pub mappings: Vec<Mapping>,
    /// Its routing rules.
    pub rules: Vec<RoutingRule>,
}

impl DomainName {
    /// Its key in [`super::FrontDoor::domains`].
    pub fn key(&self) -> (String, String) {
        (self.name.clone(), self.id.clone().unwrap_or_default())
    }

    /// Whether its mappings are used. Unknown modes count as using both.
    pub fn uses_mappings(&self) -> bool {
        self.routing_mode.as_deref() != Some("ROUTING_RULE_ONLY")
    }

    /// Whether its routing rules are used.
    pub fn uses_rules(&self) -> bool {
        !matches!(self.routing_mode.as_deref(), None | Some("BASE_PATH_MAPPING_ONLY"))
    }
}

/// `mutualTlsAuthentication`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MutualTls {
    /// `s3://BUCKET/KEY`.
    pub truststore_uri: String,
    /// The version of the object; `None` if none is pinned.
    pub truststore_version: Option<String>,
    /// AWS's warnings.
    pub truststore_warnings: Vec<String>,
}

/// An API mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// `ApiMappingId`.
    pub id: String,
    /// `ApiMappingKey`; empty for the root, which version 1 calls `(none)`.
    pub key: String,
    /// The API's ID.
    pub api: String,
    /// The stage; `None` if callers name it in the path, so that every stage can be reached.
    pub stage: Option<String>,
}

/// A routing rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutingRule {
    /// `RoutingRuleId`.
    pub id: String,
    /// Lower ones are matched first.
    pub priority: u32,
    /// The API's ID.
    pub api: String,
    /// The stage.
    pub stage: String,
    /// `StripBasePath`.
    pub strip_base_path: bool,
    /// `MatchBasePaths.AnyOf`.
    pub base_paths: Vec<String>,
    /// `MatchHeaders.AnyOf`: header and glob.
    pub headers: Vec<(String, String)>,
}

/// A domain name access association: a VPC endpoint that may use a private domain name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessAssociation {
    /// `domainNameAccessAssociationArn`.
    pub arn: String,
    /// `domainNameArn`.
    pub domain_arn: String,
    /// `accessAssociationSource`: the endpoint's ID. The source type is `VPCE`.
    pub endpoint: String,
}
