//! The front door of an account and Region: what callers of its APIs go through. Plain values that
//! tests may read and change.
//!
//! [`Access`] belongs to an API and is in [`crate::model::Api`]; S3 buckets have one name in the
//! whole world and are in [`World::buckets`](crate::World). `World`'s `add_…` methods build the
//! rest.

pub mod buckets;
pub mod build;
mod build_network;
pub mod contents;
pub mod domains;
pub mod load_balancers;
pub mod network;
pub mod policies;
mod seed;

use std::collections::{BTreeMap, BTreeSet};

use self::domains::{AccessAssociation, DomainName};
use self::load_balancers::{LoadBalancer, TargetGroup, TrustStore};
use self::network::{NetworkInterface, SecurityGroup, VpcEndpoint};
pub use self::seed::FrontDoorSize;

/// The front door of one account and Region.
#[derive(Clone, Debug, Default)]
pub struct FrontDoor {
    /// Custom domain names by name and `domainNameId`. The ID of a public one is empty. A private
    /// and a public one may have the same name.
    pub domains: BTreeMap<(String, String), DomainName>,
    /// `GetDomainNameAccessAssociations`, by ARN.
    pub associations: BTreeMap<String, AccessAssociation>,
    /// Load balancers with their listeners, by ARN.
    pub load_balancers: BTreeMap<String, LoadBalancer>,
    /// By ARN.
    pub target_groups: BTreeMap<String, TargetGroup>,
    /// By ARN, including those of other accounts that are shared with this one.
    pub trust_stores: BTreeMap<String, TrustStore>,
    /// VPC endpoints that this account owns, by ID.
    pub endpoints: BTreeMap<String, VpcEndpoint>,
    /// By ID.
    pub interfaces: BTreeMap<String, NetworkInterface>,
    /// By ID.
    pub security_groups: BTreeMap<String, SecurityGroup>,
    /// Undocumented behavior.
    pub options: FrontDoorOptions,
}

/// How an API may be reached, except by custom domain names. Which stages a change reaches depends
/// on the deployment: see [`crate::model::Api::deployed_access`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// `disableExecuteApiEndpoint`.
    pub disable_execute_api_endpoint: bool,
    /// The resource policy as plain JSON. AWS returns it escaped.
    pub policy: Option<String>,
    /// `endpointConfiguration.types`: `REGIONAL`, `EDGE` or `PRIVATE`. Takes effect without a
    /// deployment.
    pub endpoint_types: Vec<String>,
    /// `endpointConfiguration.vpcEndpointIds`.
    pub vpc_endpoint_ids: Vec<String>,
    /// `endpointConfiguration.ipAddressType`: `ipv4` or `dualstack`.
    pub ip_address_type: Option<String>,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            disable_execute_api_endpoint: false,
            policy: None,
            endpoint_types: vec!["REGIONAL".into()],
            vpc_endpoint_ids: Vec::new(),
            ip_address_type: None,
        }
    }
}

impl Access {
    /// Whether it is a private API.
    pub fn is_private(&self) -> bool {
        self.endpoint_types.iter().any(|one| one == "PRIVATE")
    }
}

/// Whose flag and policy `GetExport` with `extensions=apigateway` shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExportedAccess {
    /// Those of the stage's deployment.
    #[default]
    Deployed,
    /// The API's current ones.
    Current,
    /// None.
    Absent,
}

/// How a mapping without a stage is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoStage {
    /// There is no `stage`.
    #[default]
    Absent,
    /// `stage` is empty.
    Empty,
    /// `stage` is `(none)`.
    None,
}

/// Whether Config records custom domain names, and their resource IDs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConfigDomainNames {
    /// It doesn't, and `PutEvaluations` refuses the type.
    #[default]
    Unlisted,
    /// The resource ID is the name.
    ByName,
    /// The resource ID is the ARN.
    ByArn,
}

impl ConfigDomainNames {
    /// The resource ID of a domain name.
    pub fn id(self, domain: &DomainName) -> &str {
        if self == Self::ByArn { &domain.arn } else { &domain.name }
    }
}

/// Undocumented behavior of the front door's services. UNVERIFIED either way, unless the option
/// says otherwise.
#[derive(Clone, Debug, Default)]
pub struct FrontDoorOptions {
    /// What `GetExport` shows.
    pub exported_access: ExportedAccess,
    /// `GetExport` of `oas30` has the endpoint configuration at the top too, not only in the server
    /// object.
    pub exports_endpoint_at_top: bool,
    /// How mappings without a stage are shown.
    pub no_stage: NoStage,
    /// `GetBasePathMappings` omits mappings with a slash in their key.
    pub v1_hides_multi_level: bool,
    /// `GetApiMappings` refuses edge-optimized domain names.
    pub v2_refuses_edge: bool,
    /// The policies of domain names are plain JSON, not escaped.
    pub plain_domain_policies: bool,
    /// Whether Config records domain names.
    pub config_domain_names: ConfigDomainNames,
    /// Resource IDs that Config doesn't show yet, in `SelectResourceConfig` and
    /// `BatchGetResourceConfig`.
    pub unlisted: BTreeSet<String>,
    /// The most that a page of these services has, even if the caller asks for more. Documented:
    /// pages may be shorter than asked.
    pub page_limit: Option<usize>,
    /// Returned as `Location` of trust store contents instead of the fake AWS's presigned URL.
    pub location: Option<String>,
    /// The presigned URL answers with a redirect to this address.
    pub redirects_to: Option<String>,
}
