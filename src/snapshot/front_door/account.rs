use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::Failure;
use crate::account::Account;
use crate::account::front_door::FrontDoor;
use crate::quote::quoted;
use crate::resources::api::{Api, ApiArn, DeployedSettings};
use crate::resources::certificate::Certificate;
use crate::resources::domain_name::{DomainKey, DomainName, Route};
use crate::resources::listener::{Listener, ListenerRule, LoadBalancer, TargetGroup};
use crate::resources::private_network::{NetworkInterface, SecurityGroup, Unreadable, VpcEndpoint};
use crate::resources::trust_store::{Crl, StoredTruststore, TrustStoreContent};
use crate::snapshot::SnapshotAccount;
use crate::snapshot::front_door::trust_stores::{TruststoreItem, missing};
use crate::snapshot::front_door::{ApiMapping, BasePathMapping, FrontDoorItems, RoutingRule};
use crate::snapshot::schema::AcmCertificate;

/// The front door that the snapshot has. A snapshot without one can't be read.
impl FrontDoor for SnapshotAccount<'_> {
    async fn apis(&self) -> Result<Vec<Api>, Failure> {
        let items = self.front_door()?;
        let (partition, region) = (&self.account_region().partition, &self.account_region().region);
        let invalid = |list: &str, problem: String| Failure::malformed(field(list), problem);
        let rest = items.rest_apis.iter().cloned().map(|item| item.api(partition, region));
        let rest = rest.map(|api| api.map_err(|problem| invalid("restApis", problem)));
        let v2 = items.v2_apis.iter().cloned().map(|item| item.api(partition, region));
        rest.chain(v2.map(|api| api.map_err(|problem| invalid("v2Apis", problem)))).collect()
    }

    async fn api(&self, api: &ApiArn) -> Result<Option<Api>, Failure> {
        Ok(self.apis().await?.into_iter().find(|known| known.arn == *api))
    }

    async fn domain_names(&self) -> Result<Vec<DomainName>, Failure> {
        Ok(self.front_door()?.domain_names.clone())
    }

    async fn domain_name(&self, domain: &DomainKey) -> Result<Option<DomainName>, Failure> {
        Ok(self.front_door()?.domain_names.iter().find(|known| known.key() == *domain).cloned())
    }

    /// All mappings in either list, because both describe the same ones.
    async fn mappings(&self, domain: &DomainName) -> Result<Vec<Route>, Failure> {
        let (items, key) = (self.front_door()?, domain.key().to_string());
        let (v2, v1) = (items.api_mappings.get(&key), items.base_path_mappings.get(&key));
        if v2.is_none() && v1.is_none() {
            return Err(no_entry("apiMappings", &key));
        }
        let v1 = v1.into_iter().flatten().map(BasePathMapping::route);
        let all: BTreeSet<Route> = v2.into_iter().flatten().map(ApiMapping::route).chain(v1).collect();
        Ok(all.into_iter().collect())
    }

    async fn routing_rules(&self, domain: &DomainKey) -> Result<Vec<Route>, Failure> {
        let rules = entry("routingRules", &self.front_door()?.routing_rules, &domain.to_string())?;
        Ok(rules.iter().flat_map(RoutingRule::routes).collect())
    }

    async fn recorded_domain_names(&self) -> Result<BTreeMap<String, String>, Failure> {
        Ok(self.front_door()?.recorded_domain_names.iter().filter_map(recorded).collect())
    }

    async fn stage_names(&self, api: &ApiArn) -> Result<Vec<String>, Failure> {
        let names = entry("stageNames", &self.front_door()?.stage_names, api.as_str())?;
        Ok(names.iter().cloned().collect())
    }

    async fn deployed_settings(&self, api: &ApiArn, stage: &str) -> Result<DeployedSettings, Failure> {
        let stage = format!("{api}/stages/{stage}");
        let settings = entry("exports", &self.front_door()?.exports, &stage)?.as_ref();
        Ok(settings.map(super::ExportedSettings::settings).unwrap_or_default())
    }

    async fn truststore(
        &self,
        uri: &str,
        version: Option<&str>,
    ) -> Result<Result<StoredTruststore, Unreadable>, Failure> {
        let items = self.front_door()?;
        let Some(TruststoreItem { version, content, .. }) = items.truststore(uri, version) else {
            return Ok(Err(missing()));
        };
        Ok(content.read().map(|content| StoredTruststore { content, version: version.clone() }))
    }

    async fn newest_version(&self, uri: &str) -> Result<Result<Option<String>, Unreadable>, Failure> {
        let newest = self.front_door()?.newest_versions.get(uri);
        Ok(newest.ok_or_else(missing).and_then(super::NewestVersion::read))
    }

    async fn server_certificate(&self, arn: &str) -> Result<Option<Certificate>, Failure> {
        let all = self.front_door()?.certificates.iter().chain(&self.snapshot.acm_certificates);
        let mut known = all.filter(|known| known.certificate_arn == arn);
        Ok(known.next().map(AcmCertificate::certificate))
    }

    async fn vpc_endpoints(&self, ids: &BTreeSet<String>) -> Result<Vec<VpcEndpoint>, Failure> {
        select("vpcEndpoints", self.front_door()?.vpc_endpoints.as_ref(), |known| {
            ids.contains(&known.vpc_endpoint_id)
        })
    }

    async fn execute_api_endpoints(&self) -> Result<Vec<VpcEndpoint>, Failure> {
        select("vpcEndpoints", self.front_door()?.vpc_endpoints.as_ref(), |known| {
            known.service_name.ends_with(".execute-api")
        })
    }

    async fn network_interfaces(&self, ids: &BTreeSet<String>) -> Result<Vec<NetworkInterface>, Failure> {
        select("networkInterfaces", self.front_door()?.network_interfaces.as_ref(), |known| {
            ids.contains(&known.network_interface_id)
        })
    }

    async fn interfaces_in(&self, groups: &BTreeSet<String>) -> Result<Vec<NetworkInterface>, Failure> {
        select("networkInterfaces", self.front_door()?.network_interfaces.as_ref(), |known| {
            known.groups.iter().any(|group| groups.contains(&group.group_id))
        })
    }

    async fn security_groups(&self, ids: &BTreeSet<String>) -> Result<Vec<SecurityGroup>, Failure> {
        select("securityGroups", self.front_door()?.security_groups.as_ref(), |known| {
            ids.contains(&known.group_id)
        })
    }

    async fn target_groups(&self) -> Result<Vec<TargetGroup>, Failure> {
        select("targetGroups", self.front_door()?.target_groups.as_ref(), |_| true)
    }

    async fn targets(&self, target_group: &str) -> Result<BTreeSet<String>, Failure> {
        entry("targetHealth", &self.front_door()?.target_health, target_group).cloned()
    }

    async fn load_balancers(&self, arns: &BTreeSet<String>) -> Result<Vec<LoadBalancer>, Failure> {
        select("loadBalancers", self.front_door()?.load_balancers.as_ref(), |known| {
            arns.contains(&known.load_balancer_arn)
        })
    }

    async fn listeners(&self, load_balancer: &str) -> Result<Vec<Listener>, Failure> {
        select("listeners", self.front_door()?.listeners.as_ref(), |known| {
            known.load_balancer_arn == load_balancer
        })
    }

    async fn listener_rules(&self, listener: &str) -> Result<Vec<ListenerRule>, Failure> {
        entry("rules", &self.front_door()?.rules, listener).cloned()
    }

    async fn trust_store(&self, trust_store: &str) -> Result<Result<TrustStoreContent, Unreadable>, Failure> {
        let known = self.front_door()?.trust_stores.get(trust_store);
        Ok(known.ok_or_else(missing).and_then(|known| known.content.read()))
    }

    async fn revocation_lists(&self, trust_store: &str) -> Result<Result<Vec<Crl>, Unreadable>, Failure> {
        let known = self.front_door()?.trust_stores.get(trust_store);
        Ok(known.ok_or_else(missing).and_then(super::TrustStoreItem::revocation_lists))
    }
}

impl<'a> SnapshotAccount<'a> {
    fn front_door(&self) -> Result<&'a FrontDoorItems, Failure> {
        self.snapshot.front_door.as_ref().ok_or_else(|| {
            let problem = "missing: the front-door checks need it; take the snapshot with \
                           stagecert snapshot --front-door";
            Failure::malformed("snapshot.frontDoor", problem)
        })
    }
}

impl FrontDoorItems {
    /// The truststore at a version. Without a version, the one that was read without a version, or
    /// the newest one.
    fn truststore(&self, uri: &str, version: Option<&str>) -> Option<&TruststoreItem> {
        let at = |version: Option<&str>| {
            self.truststores.iter().find(|known| known.uri == uri && known.version.as_deref() == version)
        };
        let newest = || self.newest_versions.get(uri)?.version.as_deref();
        at(version).or_else(|| if version.is_none() { at(Some(newest()?)) } else { None })
    }
}

/// The name of a domain and its resource id, from a row of Config.
pub(in crate::snapshot) fn recorded(row: &Value) -> Option<(String, String)> {
    let id = row.get("resourceId")?.as_str()?;
    let configuration = row.get("configuration");
    let configured = |name: &str| configuration?.get(name)?.as_str();
    let name = configured("DomainName").or_else(|| configured("domainName"));
    let name = name.or_else(|| row.get("resourceName")?.as_str());
    Some((name.unwrap_or(id).to_owned(), id.to_owned()))
}

/// The items of a list for which `is_wanted` is true.
fn select<T: Clone>(
    list: &str,
    items: Option<&Vec<T>>,
    is_wanted: impl Fn(&T) -> bool,
) -> Result<Vec<T>, Failure> {
    let items = items.ok_or_else(|| {
        Failure::malformed(field(list), "missing: the snapshot has no network in front of private APIs")
    })?;
    Ok(items.iter().filter(|item| is_wanted(item)).cloned().collect())
}

fn entry<'m, T>(list: &str, entries: &'m BTreeMap<String, T>, key: &str) -> Result<&'m T, Failure> {
    entries.get(key).ok_or_else(|| no_entry(list, key))
}

fn no_entry(list: &str, key: &str) -> Failure {
    Failure::malformed(field(list), format!("no entry for {}", quoted(key)))
}

fn field(list: &str) -> String {
    format!("snapshot.frontDoor.{list}")
}
