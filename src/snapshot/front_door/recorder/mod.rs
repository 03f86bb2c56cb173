//! Snapshots of front doors: a scan reads the account, and whatever it reads is recorded. A scan of
//! the snapshot therefore finds everything that it needs.

mod items;
mod stages;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use glob::Pattern;
use jiff::Timestamp;
use serde_json::Value;

use crate::Failure;
use crate::account::front_door::FrontDoor;
use crate::checks::Check;
use crate::parameters::Parameters;
use crate::resources::api::{Api, ApiArn, ApiProtocol, DeployedSettings};
use crate::resources::certificate::Certificate;
use crate::resources::domain_name::{DomainKey, DomainName, Route};
use crate::resources::listener::{Listener, ListenerRule, LoadBalancer, TargetGroup};
use crate::resources::private_network::{NetworkInterface, SecurityGroup, Unreadable, VpcEndpoint};
use crate::resources::trust_store::{Crl, StoredTruststore, TrustStoreContent};
use crate::scan::front_door::scan_front_door;
pub(in crate::snapshot) use crate::snapshot::front_door::recorder::items::escaped;
use crate::snapshot::front_door::recorder::items::{add, rest_item, revocation_list, row, v2_item};
use crate::snapshot::front_door::routes::RouteItems;
use crate::snapshot::front_door::{
    CertificateBundle, ExportedSettings, FrontDoorItems, NewestVersion, TruststoreItem,
};
use crate::snapshot::schema::AcmCertificate;

impl FrontDoorItems {
    /// The front door of an account: everything that the front-door checks can need, whatever
    /// `requireMutualTls` says.
    ///
    /// # Errors
    /// The first failure of any read.
    pub async fn record<A: FrontDoor>(
        account: &A,
        parameters: &Parameters,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let recorder = Recorder { account, items: RefCell::default(), refused: RefCell::default() };
        let mut parameters = parameters.clone();
        parameters.checks = Check::FRONT_DOOR.into_iter().collect();
        // More is read of an API that must require certificates.
        parameters.mutual_tls.required = Pattern::new("*").into_iter().collect();
        let scan = scan_front_door(&recorder, &parameters, now).await;
        if let Some(failure) = scan.failures.into_iter().next() {
            return Err(failure);
        }
        // A scan shows a network that it may not read as undetermined; a snapshot needs it.
        match recorder.refused.into_inner() {
            Some(refused) => {
                Err(Failure::NotSupported(format!("a snapshot without the network: {refused}").into()))
            }
            None => Ok(recorder.items.into_inner()),
        }
    }
}

/// An account whose responses are recorded.
struct Recorder<'a, A> {
    account: &'a A,
    items: RefCell<FrontDoorItems>,
    /// The first failure to read the network in front of private APIs.
    refused: RefCell<Option<String>>,
}

impl<A> Recorder<'_, A> {
    fn noted<T>(&self, read: Result<T, Failure>) -> Result<T, Failure> {
        if let Err(failure) = &read {
            self.refused.borrow_mut().get_or_insert_with(|| failure.to_string());
        }
        read
    }
}

impl<A: FrontDoor> FrontDoor for Recorder<'_, A> {
    async fn apis(&self) -> Result<Vec<Api>, Failure> {
        let apis = self.account.apis().await?;
        let mut items = self.items.borrow_mut();
        (items.rest_apis, items.v2_apis) = (Vec::new(), Vec::new());
        for api in &apis {
            match api.protocol {
                ApiProtocol::Rest => items.rest_apis.push(rest_item(api)),
                ApiProtocol::Http => items.v2_apis.push(v2_item(api, "HTTP")),
                ApiProtocol::WebSocket => items.v2_apis.push(v2_item(api, "WEBSOCKET")),
            }
        }
        Ok(apis)
    }

    async fn api(&self, api: &ApiArn) -> Result<Option<Api>, Failure> {
        self.account.api(api).await
    }

    async fn domain_names(&self) -> Result<Vec<DomainName>, Failure> {
        let domains = self.account.domain_names().await?;
        self.items.borrow_mut().domain_names.clone_from(&domains);
        Ok(domains)
    }

    async fn domain_name(&self, domain: &DomainKey) -> Result<Option<DomainName>, Failure> {
        self.account.domain_name(domain).await
    }

    async fn mappings(&self, domain: &DomainName) -> Result<Vec<Route>, Failure> {
        let routes = self.account.mappings(domain).await?;
        let is_regional = domain.endpoint_configuration.types.iter().any(|it| it == "REGIONAL");
        let (items, key) = (RouteItems::new(&routes, is_regional), domain.key().to_string());
        let mut recorded = self.items.borrow_mut();
        if is_regional {
            recorded.api_mappings.insert(key, items.api_mappings);
        } else {
            recorded.base_path_mappings.insert(key, items.base_path_mappings);
        }
        Ok(routes)
    }

    async fn routing_rules(&self, domain: &DomainKey) -> Result<Vec<Route>, Failure> {
        let routes = self.account.routing_rules(domain).await?;
        let items = RouteItems::new(&routes, true);
        self.items.borrow_mut().routing_rules.insert(domain.to_string(), items.routing_rules);
        Ok(routes)
    }

    async fn recorded_domain_names(&self) -> Result<BTreeMap<String, String>, Failure> {
        let recorded = self.account.recorded_domain_names().await?;
        self.items.borrow_mut().recorded_domain_names = recorded.iter().map(row).collect();
        Ok(recorded)
    }

    async fn stage_names(&self, api: &ApiArn) -> Result<Vec<String>, Failure> {
        let names = self.account.stage_names(api).await?;
        self.items.borrow_mut().stage_names.insert(api.as_str().into(), names.iter().cloned().collect());
        Ok(names)
    }

    async fn deployed_settings(&self, api: &ApiArn, stage: &str) -> Result<DeployedSettings, Failure> {
        let settings = self.account.deployed_settings(api, stage).await?;
        let item = settings.is_found.then(|| ExportedSettings {
            disable_execute_api_endpoint: settings.disables_default_endpoint,
            policy: settings.policy.clone().map(Value::String),
        });
        self.items.borrow_mut().exports.insert(format!("{api}/stages/{stage}"), item);
        Ok(settings)
    }

    async fn truststore(
        &self,
        uri: &str,
        version: Option<&str>,
    ) -> Result<Result<StoredTruststore, Unreadable>, Failure> {
        let stored = self.account.truststore(uri, version).await?;
        let mut items = self.items.borrow_mut();
        let read = stored.as_ref().ok().and_then(|stored| stored.version.clone());
        let item = TruststoreItem {
            uri: uri.to_owned(),
            version: version.map(str::to_owned).or_else(|| read.clone()),
            content: CertificateBundle::of(stored.as_ref().map(|stored| &stored.content)),
        };
        if version.is_none() && read.is_some() {
            let newest = NewestVersion { version: read, unreadable: None };
            items.newest_versions.entry(uri.to_owned()).or_insert(newest);
        }
        if !items.truststores.contains(&item) {
            items.truststores.push(item);
        }
        Ok(stored)
    }

    async fn newest_version(&self, uri: &str) -> Result<Result<Option<String>, Unreadable>, Failure> {
        let newest = self.account.newest_version(uri).await?;
        let item = match newest.clone() {
            Ok(version) => NewestVersion { version, unreadable: None },
            Err(Unreadable { why }) => NewestVersion { version: None, unreadable: Some(why) },
        };
        self.items.borrow_mut().newest_versions.insert(uri.to_owned(), item);
        Ok(newest)
    }

    async fn server_certificate(&self, arn: &str) -> Result<Option<Certificate>, Failure> {
        let certificate = self.account.server_certificate(arn).await?;
        let item = certificate.as_ref().map(|certificate| AcmCertificate {
            certificate_arn: arn.to_owned(),
            status: certificate.acm_status.clone(),
            renewal_eligibility: certificate.renews_automatically.then(|| "ELIGIBLE".to_owned()),
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            ..AcmCertificate::default()
        });
        let mut items = self.items.borrow_mut();
        items.certificates.retain(|known| known.certificate_arn != arn);
        items.certificates.extend(item);
        Ok(certificate)
    }

    async fn vpc_endpoints(&self, ids: &BTreeSet<String>) -> Result<Vec<VpcEndpoint>, Failure> {
        let endpoints = self.noted(self.account.vpc_endpoints(ids).await)?;
        add(&mut self.items.borrow_mut().vpc_endpoints, &endpoints);
        Ok(endpoints)
    }

    async fn execute_api_endpoints(&self) -> Result<Vec<VpcEndpoint>, Failure> {
        let endpoints = self.noted(self.account.execute_api_endpoints().await)?;
        add(&mut self.items.borrow_mut().vpc_endpoints, &endpoints);
        Ok(endpoints)
    }

    async fn network_interfaces(&self, ids: &BTreeSet<String>) -> Result<Vec<NetworkInterface>, Failure> {
        let interfaces = self.noted(self.account.network_interfaces(ids).await)?;
        add(&mut self.items.borrow_mut().network_interfaces, &interfaces);
        Ok(interfaces)
    }

    async fn interfaces_in(&self, groups: &BTreeSet<String>) -> Result<Vec<NetworkInterface>, Failure> {
        let interfaces = self.noted(self.account.interfaces_in(groups).await)?;
        add(&mut self.items.borrow_mut().network_interfaces, &interfaces);
        Ok(interfaces)
    }

    async fn security_groups(&self, ids: &BTreeSet<String>) -> Result<Vec<SecurityGroup>, Failure> {
        let groups = self.noted(self.account.security_groups(ids).await)?;
        add(&mut self.items.borrow_mut().security_groups, &groups);
        Ok(groups)
    }

    async fn target_groups(&self) -> Result<Vec<TargetGroup>, Failure> {
        let groups = self.noted(self.account.target_groups().await)?;
        add(&mut self.items.borrow_mut().target_groups, &groups);
        Ok(groups)
    }

    async fn targets(&self, target_group: &str) -> Result<BTreeSet<String>, Failure> {
        let targets = self.noted(self.account.targets(target_group).await)?;
        self.items.borrow_mut().target_health.insert(target_group.to_owned(), targets.clone());
        Ok(targets)
    }

    async fn load_balancers(&self, arns: &BTreeSet<String>) -> Result<Vec<LoadBalancer>, Failure> {
        let load_balancers = self.noted(self.account.load_balancers(arns).await)?;
        add(&mut self.items.borrow_mut().load_balancers, &load_balancers);
        Ok(load_balancers)
    }

    async fn listeners(&self, load_balancer: &str) -> Result<Vec<Listener>, Failure> {
        let listeners = self.noted(self.account.listeners(load_balancer).await)?;
        add(&mut self.items.borrow_mut().listeners, &listeners);
        Ok(listeners)
    }

    async fn listener_rules(&self, listener: &str) -> Result<Vec<ListenerRule>, Failure> {
        let rules = self.noted(self.account.listener_rules(listener).await)?;
        self.items.borrow_mut().rules.insert(listener.to_owned(), rules.clone());
        Ok(rules)
    }

    async fn trust_store(&self, trust_store: &str) -> Result<Result<TrustStoreContent, Unreadable>, Failure> {
        let content = self.noted(self.account.trust_store(trust_store).await)?;
        let mut items = self.items.borrow_mut();
        let item = items.trust_stores.entry(trust_store.to_owned()).or_default();
        item.content = CertificateBundle::of(content.as_ref());
        Ok(content)
    }

    async fn revocation_lists(&self, trust_store: &str) -> Result<Result<Vec<Crl>, Unreadable>, Failure> {
        let lists = self.noted(self.account.revocation_lists(trust_store).await)?;
        let mut items = self.items.borrow_mut();
        let item = items.trust_stores.entry(trust_store.to_owned()).or_default();
        match &lists {
            Ok(lists) => item.revocations = Some(lists.iter().map(revocation_list).collect()),
            Err(Unreadable { why }) => item.revocations_unreadable = Some(why.clone()),
        }
        Ok(lists)
    }
}
