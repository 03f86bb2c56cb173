//! The front door of live accounts: the implementation of [`crate::account::front_door`].

mod apis;
mod deployed;
mod domain_names;
mod load_balancers;
mod network;
pub(crate) mod permissions;
mod responses;
mod trust_stores;
mod truststores;

use std::collections::{BTreeMap, BTreeSet};

use crate::Failure;
use crate::account::front_door::{DeployedSettings, FrontDoor, StoredTruststore};
use crate::aws::LiveAccount;
use crate::resources::api::{Api, ApiArn};
use crate::resources::certificate::Certificate;
use crate::resources::domain_name::{DomainKey, DomainName, Route};
use crate::resources::listener::{Listener, ListenerRule, LoadBalancer, TargetGroup};
use crate::resources::private_network::{NetworkInterface, SecurityGroup, Unreadable, VpcEndpoint};
use crate::resources::trust_store::{Crl, TrustStoreContent};

impl FrontDoor for LiveAccount {
    async fn apis(&self) -> Result<Vec<Api>, Failure> {
        self.all_apis().await
    }

    async fn api(&self, api: &ApiArn) -> Result<Option<Api>, Failure> {
        self.current_api(api).await
    }

    async fn domain_names(&self) -> Result<Vec<DomainName>, Failure> {
        self.all_domain_names().await
    }

    async fn domain_name(&self, domain: &DomainKey) -> Result<Option<DomainName>, Failure> {
        self.current_domain_name(domain).await
    }

    async fn mappings(&self, domain: &DomainName) -> Result<Vec<Route>, Failure> {
        self.mappings_of(domain).await
    }

    async fn routing_rules(&self, domain: &DomainKey) -> Result<Vec<Route>, Failure> {
        self.routing_rules_of(domain).await
    }

    async fn recorded_domain_names(&self) -> Result<BTreeMap<String, String>, Failure> {
        self.domain_names_in_config().await
    }

    async fn stage_names(&self, api: &ApiArn) -> Result<Vec<String>, Failure> {
        self.stage_names_of(api).await
    }

    async fn deployed_settings(&self, api: &ApiArn, stage: &str) -> Result<DeployedSettings, Failure> {
        self.exported_settings(api, stage).await
    }

    async fn truststore(
        &self,
        uri: &str,
        version: Option<&str>,
    ) -> Result<Result<StoredTruststore, Unreadable>, Failure> {
        self.stored_truststore(uri, version).await
    }

    async fn newest_version(&self, uri: &str) -> Result<Result<Option<String>, Unreadable>, Failure> {
        self.newest_object_version(uri).await
    }

    async fn server_certificate(&self, arn: &str) -> Result<Option<Certificate>, Failure> {
        self.acm_server_certificate(arn).await
    }

    async fn vpc_endpoints(&self, ids: &BTreeSet<String>) -> Result<Vec<VpcEndpoint>, Failure> {
        let endpoints = self.endpoints_with("vpc-endpoint-id", ids).await?;
        Ok(endpoints.into_iter().filter(|it| ids.contains(&it.vpc_endpoint_id)).collect())
    }

    async fn execute_api_endpoints(&self) -> Result<Vec<VpcEndpoint>, Failure> {
        let region = &self.account_region.region;
        let services = ["com.amazonaws", "cn.com.amazonaws"].map(|of| format!("{of}.{region}.execute-api"));
        self.endpoints_with("service-name", &services.into()).await
    }

    async fn network_interfaces(&self, ids: &BTreeSet<String>) -> Result<Vec<NetworkInterface>, Failure> {
        self.interfaces_with("network-interface-id", ids).await
    }

    async fn interfaces_in(&self, groups: &BTreeSet<String>) -> Result<Vec<NetworkInterface>, Failure> {
        self.interfaces_with("group-id", groups).await
    }

    async fn security_groups(&self, ids: &BTreeSet<String>) -> Result<Vec<SecurityGroup>, Failure> {
        self.security_groups_with(ids).await
    }

    async fn target_groups(&self) -> Result<Vec<TargetGroup>, Failure> {
        self.all_target_groups().await
    }

    async fn targets(&self, target_group: &str) -> Result<BTreeSet<String>, Failure> {
        self.targets_of(target_group).await
    }

    async fn load_balancers(&self, arns: &BTreeSet<String>) -> Result<Vec<LoadBalancer>, Failure> {
        self.load_balancers_with(arns).await
    }

    async fn listeners(&self, load_balancer: &str) -> Result<Vec<Listener>, Failure> {
        self.listeners_of(load_balancer).await
    }

    async fn listener_rules(&self, listener: &str) -> Result<Vec<ListenerRule>, Failure> {
        self.rules_of(listener).await
    }

    async fn trust_store(&self, trust_store: &str) -> Result<Result<TrustStoreContent, Unreadable>, Failure> {
        self.trust_store_content(trust_store).await
    }

    async fn revocation_lists(&self, trust_store: &str) -> Result<Result<Vec<Crl>, Unreadable>, Failure> {
        self.revocation_lists_of(trust_store).await
    }
}
