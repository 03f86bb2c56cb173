//! The seam for the front door: what leads to APIs, and what guards it. Live accounts and snapshots
//! implement it.

use std::collections::{BTreeMap, BTreeSet};

use crate::Failure;
use crate::account::Account;
pub use crate::resources::api::DeployedSettings;
use crate::resources::api::{Api, ApiArn};
use crate::resources::certificate::Certificate;
use crate::resources::domain_name::{DomainKey, DomainName, Route};
use crate::resources::listener::{Listener, ListenerRule, LoadBalancer, TargetGroup};
use crate::resources::private_network::{NetworkInterface, SecurityGroup, Unreadable, VpcEndpoint};
pub use crate::resources::trust_store::StoredTruststore;
use crate::resources::trust_store::{Crl, TrustStoreContent};

/// Read access to the front door of one account and Region. Implementations read all pages.
///
/// Every method fails with `Failure::Operation`, `Failure::OutOfTime` or, for a snapshot,
/// `Failure::Malformed`. An account that has no implementation fails with `Failure::NotSupported`.
#[expect(async_fn_in_trait, reason = "the runtime is current-thread: no future crosses threads")]
pub trait FrontDoor: Account {
    /// All APIs, from `GetRestApis` and `GetApis`.
    async fn apis(&self) -> Result<Vec<Api>, Failure> {
        unsupported()
    }

    /// The current API; `None` if it does not exist. From `GetRestApi` or `GetApi`.
    async fn api(&self, _api: &ApiArn) -> Result<Option<Api>, Failure> {
        unsupported()
    }

    /// All custom domain names of this account, from `GetDomainNames`.
    async fn domain_names(&self) -> Result<Vec<DomainName>, Failure> {
        unsupported()
    }

    /// The current domain; `None` if it does not exist. From `GetDomainName`.
    async fn domain_name(&self, _domain: &DomainKey) -> Result<Option<DomainName>, Failure> {
        unsupported()
    }

    /// The mappings of a domain, from `GetApiMappings`, or `GetBasePathMappings` for a domain that
    /// is not Regional. None if the domain does not exist any more.
    async fn mappings(&self, _domain: &DomainName) -> Result<Vec<Route>, Failure> {
        unsupported()
    }

    /// The actions of a domain's routing rules, from `ListRoutingRules`. None if the domain does
    /// not exist any more.
    async fn routing_rules(&self, _domain: &DomainKey) -> Result<Vec<Route>, Failure> {
        unsupported()
    }

    /// The resource ids of the domain names that Config's index lists, by domain name (only public
    /// domains). Empty if Config records none.
    async fn recorded_domain_names(&self) -> Result<BTreeMap<String, String>, Failure> {
        unsupported()
    }

    /// The names of all stages of an API, from `GetStages`.
    async fn stage_names(&self, _api: &ApiArn) -> Result<Vec<String>, Failure> {
        unsupported()
    }

    /// What is deployed on the stage of a REST API, from `GetExport`.
    async fn deployed_settings(&self, _api: &ApiArn, _stage: &str) -> Result<DeployedSettings, Failure> {
        unsupported()
    }

    /// The content of a truststore in S3 (`s3://BUCKET/KEY`), at a version or the newest one.
    async fn truststore(
        &self,
        _uri: &str,
        _version: Option<&str>,
    ) -> Result<Result<StoredTruststore, Unreadable>, Failure> {
        unsupported()
    }

    /// The newest version of an object in S3; the inner `None` if its bucket has no versions.
    async fn newest_version(&self, _uri: &str) -> Result<Result<Option<String>, Unreadable>, Failure> {
        unsupported()
    }

    /// A server certificate or ownership verification certificate, from `DescribeCertificate`;
    /// `None` if ACM has none with that ARN. The ARN may be of `us-east-1`, for an edge-optimized
    /// domain.
    async fn server_certificate(&self, _arn: &str) -> Result<Option<Certificate>, Failure> {
        unsupported()
    }

    /// The VPC endpoints with these ids that belong to this account.
    async fn vpc_endpoints(&self, _ids: &BTreeSet<String>) -> Result<Vec<VpcEndpoint>, Failure> {
        unsupported()
    }

    /// All interface endpoints for `execute-api` in this account and Region.
    async fn execute_api_endpoints(&self) -> Result<Vec<VpcEndpoint>, Failure> {
        unsupported()
    }

    /// The network interfaces with these ids.
    async fn network_interfaces(&self, _ids: &BTreeSet<String>) -> Result<Vec<NetworkInterface>, Failure> {
        unsupported()
    }

    /// The network interfaces that have one of these security groups.
    async fn interfaces_in(&self, _groups: &BTreeSet<String>) -> Result<Vec<NetworkInterface>, Failure> {
        unsupported()
    }

    /// The security groups with these ids.
    async fn security_groups(&self, _ids: &BTreeSet<String>) -> Result<Vec<SecurityGroup>, Failure> {
        unsupported()
    }

    /// All target groups.
    async fn target_groups(&self) -> Result<Vec<TargetGroup>, Failure> {
        unsupported()
    }

    /// The ids of all targets of a target group, healthy or not.
    async fn targets(&self, _target_group: &str) -> Result<BTreeSet<String>, Failure> {
        unsupported()
    }

    /// The load balancers with these ARNs.
    async fn load_balancers(&self, _arns: &BTreeSet<String>) -> Result<Vec<LoadBalancer>, Failure> {
        unsupported()
    }

    /// All listeners of a load balancer.
    async fn listeners(&self, _load_balancer: &str) -> Result<Vec<Listener>, Failure> {
        unsupported()
    }

    /// All rules of a listener of an application load balancer.
    async fn listener_rules(&self, _listener: &str) -> Result<Vec<ListenerRule>, Failure> {
        unsupported()
    }

    /// The certificates of a listener's trust store.
    async fn trust_store(
        &self,
        _trust_store: &str,
    ) -> Result<Result<TrustStoreContent, Unreadable>, Failure> {
        unsupported()
    }

    /// The revocation lists of a listener's trust store.
    async fn revocation_lists(&self, _trust_store: &str) -> Result<Result<Vec<Crl>, Unreadable>, Failure> {
        unsupported()
    }
}

fn unsupported<T>() -> Result<T, Failure> {
    Err(Failure::NotSupported("the front door of this account".into()))
}
