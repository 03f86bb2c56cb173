//! Building a front door. Everything gets an ID or ARN in AWS's form; the fields can be changed
//! afterwards.

use std::collections::{BTreeMap, BTreeSet};

use super::Access;
use super::buckets::{Bucket, ObjectVersion};
use super::contents::Content;
use super::domains::{AccessAssociation, DomainName, Mapping, RoutingRule};
use super::load_balancers::{
    Action, Listener, ListenerRule, LoadBalancer, Revocation, Target, TargetGroup, TrustStore,
};
use super::network::{NetworkInterface, Permission, SecurityGroup, VpcEndpoint};
use crate::world::World;

/// An account and Region.
pub type Place<'p> = (&'p str, &'p str);
/// A key of [`super::FrontDoor::domains`].
pub type DomainKey = (String, String);

impl World {
    /// Changes how an API may be reached, without deploying it.
    ///
    /// # Panics
    /// If there is no such API.
    pub fn set_access(&mut self, api: &str, change: impl FnOnce(&mut Access)) {
        let (account, region) = self.api_homes.get(api).expect("the API exists").clone();
        let apis = &mut self.region_mut(&account, &region).apis;
        change(&mut apis.get_mut(api).expect("the API exists").access);
    }

    /// Changes how an API may be reached, and deploys the change to all of its deployments.
    ///
    /// # Panics
    /// If there is no such API.
    pub fn set_deployed_access(&mut self, api: &str, change: impl FnOnce(&mut Access)) {
        self.set_access(api, change);
        let (account, region) = self.api_homes.get(api).expect("the API exists").clone();
        let api = self.region_mut(&account, &region).apis.get_mut(api).expect("the API exists");
        for deployed in api.deployed_access.values_mut() {
            deployed.clone_from(&api.access);
        }
    }

    /// Adds a custom domain name of a type (`REGIONAL`, `EDGE`, `PRIVATE`), without mappings and
    /// without mutual TLS. It is AVAILABLE, with policy TLS_1_2.
    pub fn add_domain(&mut self, place: Place<'_>, name: &str, endpoint_type: &str) -> DomainKey {
        let id = (endpoint_type == "PRIVATE").then(|| self.word(10));
        let region = self.region_mut(place.0, place.1);
        let arn = match &id {
            Some(id) => {
                let (partition, name_, account) = (&region.partition, &region.name, &region.account);
                format!("arn:{partition}:apigateway:{name_}:{account}:/domainnames/{name}+{id}")
            }
            None => region.apigateway_arn(&format!("/domainnames/{name}")),
        };
        let domain = DomainName {
            name: name.into(),
            id,
            arn,
            endpoint_type: endpoint_type.into(),
            ip_address_type: Some("ipv4".into()),
            certificate: None,
            ownership_certificate: None,
            status: "AVAILABLE".into(),
            status_message: None,
            security_policy: Some("TLS_1_2".into()),
            endpoint_access_mode: None,
            mutual_tls: None,
            policy: None,
            management_policy: None,
            routing_mode: Some("BASE_PATH_MAPPING_ONLY".into()),
            mappings: Vec::new(),
            rules: Vec::new(),
        };
        let key = domain.key();
        region.front_door.domains.insert(key.clone(), domain);
        key
    }

    /// A domain name that can be changed.
    ///
    /// # Panics
    /// If there is no such domain name.
    pub fn domain_mut(&mut self, place: Place<'_>, key: &DomainKey) -> &mut DomainName {
        let domains = &mut self.region_mut(place.0, place.1).front_door.domains;
        domains.get_mut(key).expect("the domain name was added")
    }

    /// Maps a key of a domain name (empty for the root) to a stage; `None` leaves the choice of the
    /// stage to callers.
    pub fn add_mapping(
        &mut self,
        place: Place<'_>,
        domain: &DomainKey,
        key: &str,
        api: &str,
        stage: Option<&str>,
    ) {
        let mapping =
            Mapping { id: self.word(6), key: key.into(), api: api.into(), stage: stage.map(Into::into) };
        self.domain_mut(place, domain).mappings.push(mapping);
    }

    /// Adds a routing rule for a base path (all requests if `None`).
    pub fn add_routing_rule(
        &mut self,
        place: Place<'_>,
        domain: &DomainKey,
        base_path: Option<&str>,
        api: &str,
        stage: &str,
    ) {
        let id = self.word(6);
        let domain = self.domain_mut(place, domain);
        let priority = domain.rules.iter().map(|rule| rule.priority).max().unwrap_or_default() + 1;
        domain.rules.push(RoutingRule {
            id,
            priority,
            api: api.into(),
            stage: stage.into(),
            strip_base_path: false,
            base_paths: base_path.into_iter().map(Into::into).collect(),
            headers: Vec::new(),
        });
    }

    /// Lets a VPC endpoint use a private domain name; returns the association's ARN.
    pub fn associate(&mut self, place: Place<'_>, domain: &DomainKey, endpoint: &str) -> String {
        let id = self.word(10);
        let domain_arn = self.domain_mut(place, domain).arn.clone();
        let region = self.region_mut(place.0, place.1);
        let (partition, name, account) = (&region.partition, &region.name, &region.account);
        let arn = format!(
            "arn:{partition}:apigateway:{name}:{account}:/domainnameaccessassociations/domainname/{}/vpcesource/{id}",
            domain.0
        );
        let association = AccessAssociation { arn: arn.clone(), domain_arn, endpoint: endpoint.into() };
        region.front_door.associations.insert(arn.clone(), association);
        arn
    }

    /// Adds a bucket.
    pub fn add_bucket(&mut self, place: Place<'_>, name: &str, versioned: bool) -> &mut Bucket {
        let bucket = Bucket {
            account: place.0.into(),
            region: place.1.into(),
            versioned,
            readers: BTreeSet::new(),
            denied: false,
            lists: true,
            objects: BTreeMap::new(),
        };
        self.buckets.entry(name.into()).or_insert(bucket)
    }

    /// Uploads an object, or deletes it (`None`); returns the version's ID, which is `null` in a
    /// bucket without versioning.
    ///
    /// # Panics
    /// If there is no such bucket.
    pub fn put_object(&mut self, bucket: &str, key: &str, content: Option<Content>) -> String {
        let (version, modified) = (self.word(32), self.clock.now());
        let bucket = self.buckets.get_mut(bucket).expect("the bucket was added");
        let id = if bucket.versioned { version } else { "null".to_owned() };
        let versions = bucket.objects.entry(key.into()).or_default();
        if !bucket.versioned {
            versions.clear();
        }
        if bucket.versioned || content.is_some() {
            versions.push(ObjectVersion { id: id.clone(), content, modified });
        }
        id
    }

    /// Adds a trust store; returns its ARN.
    pub fn add_trust_store(&mut self, place: Place<'_>, name: &str, bundle: Content) -> String {
        let id = self.hex(16);
        let arn = self.elb_arn(place, &format!("truststore/{name}/{id}"));
        let store = TrustStore {
            arn: arn.clone(),
            name: name.into(),
            status: "ACTIVE".into(),
            bundle,
            revocations: BTreeMap::new(),
        };
        self.region_mut(place.0, place.1).front_door.trust_stores.insert(arn.clone(), store);
        arn
    }

    /// Adds a revocation file to a trust store; returns its ID.
    ///
    /// # Panics
    /// If there is no such trust store.
    pub fn add_revocation(&mut self, place: Place<'_>, store: &str, content: Content, entries: u64) -> u64 {
        let stores = &mut self.region_mut(place.0, place.1).front_door.trust_stores;
        let revocations = &mut stores.get_mut(store).expect("the trust store was added").revocations;
        let id = revocations.keys().last().copied().unwrap_or_default() + 1;
        revocations.insert(id, Revocation { content, entries });
        id
    }

    /// Adds an internal load balancer (`application` or `network`); returns its ARN. It has a
    /// network interface.
    pub fn add_load_balancer(
        &mut self,
        place: Place<'_>,
        kind: &str,
        name: &str,
        vpc: &str,
        security_groups: &[&str],
    ) -> String {
        let id = self.hex(16);
        let class = class(kind);
        let arn = self.elb_arn(place, &format!("loadbalancer/{class}/{name}/{id}"));
        let interface = self.add_interface(place, vpc, security_groups);
        let balancer = LoadBalancer {
            arn: arn.clone(),
            name: name.into(),
            kind: kind.into(),
            scheme: "internal".into(),
            vpc: vpc.into(),
            security_groups: security_groups.iter().map(|&id| id.into()).collect(),
            listeners: BTreeMap::new(),
        };
        let front_door = &mut self.region_mut(place.0, place.1).front_door;
        front_door.load_balancers.insert(arn.clone(), balancer);
        let interface = front_door.interfaces.get_mut(&interface).expect("it was just added");
        interface.description = format!("ELB {class}/{name}/{id}");
        arn
    }

    /// Adds a listener; returns its ARN.
    ///
    /// # Panics
    /// If there is no such load balancer.
    pub fn add_listener(
        &mut self,
        place: Place<'_>,
        balancer: &str,
        protocol: &str,
        port: u16,
        actions: Vec<Action>,
    ) -> String {
        let arn = format!("{}/{}", balancer.replace(":loadbalancer/", ":listener/"), self.hex(16));
        let listener = Listener {
            arn: arn.clone(),
            port,
            protocol: protocol.into(),
            mutual_authentication: None,
            actions,
            rules: Vec::new(),
        };
        let balancers = &mut self.region_mut(place.0, place.1).front_door.load_balancers;
        let balancer = balancers.get_mut(balancer).expect("the load balancer was added");
        balancer.listeners.insert(arn.clone(), listener);
        arn
    }

    /// A listener that can be changed.
    ///
    /// # Panics
    /// If there is no such listener.
    pub fn listener_mut(&mut self, place: Place<'_>, arn: &str) -> &mut Listener {
        let balancers = self.region_mut(place.0, place.1).front_door.load_balancers.values_mut();
        let mut listeners = balancers.filter_map(|balancer| balancer.listeners.get_mut(arn));
        listeners.next().expect("the listener was added")
    }

    /// Adds a rule for a path pattern to a listener; returns its ARN.
    pub fn add_listener_rule(
        &mut self,
        place: Place<'_>,
        listener: &str,
        path: &str,
        actions: Vec<Action>,
    ) -> String {
        let arn = format!("{}/{}", listener.replace(":listener/", ":listener-rule/"), self.hex(16));
        let rules = &mut self.listener_mut(place, listener).rules;
        let priority = rules.iter().map(|rule| rule.priority).max().unwrap_or_default() + 1;
        let conditions = vec![("path-pattern".into(), vec![path.into()])];
        rules.push(ListenerRule { arn: arn.clone(), priority, conditions, actions });
        arn
    }

    /// Adds a target group of a type (`ip`, `alb`, …) with healthy targets on its port; returns its
    /// ARN.
    pub fn add_target_group(
        &mut self,
        place: Place<'_>,
        kind: &str,
        name: &str,
        vpc: &str,
        port: u16,
        targets: &[&str],
    ) -> String {
        let id = self.hex(16);
        let arn = self.elb_arn(place, &format!("targetgroup/{name}/{id}"));
        let target = |&id: &&str| Target { id: id.into(), port, state: "healthy".into() };
        let group = TargetGroup {
            arn: arn.clone(),
            name: name.into(),
            kind: kind.into(),
            protocol: if kind == "alb" { "TCP" } else { "HTTPS" }.into(),
            port,
            vpc: vpc.into(),
            health_check_path: "/ping".into(),
            targets: targets.iter().map(target).collect(),
        };
        self.region_mut(place.0, place.1).front_door.target_groups.insert(arn.clone(), group);
        arn
    }

    /// Adds an execute-api endpoint with this many network interfaces; returns its ID.
    pub fn add_endpoint(
        &mut self,
        place: Place<'_>,
        vpc: &str,
        security_groups: &[&str],
        interfaces: usize,
    ) -> String {
        let id = format!("vpce-{}", self.hex(17));
        let interfaces: Vec<String> =
            (0..interfaces).map(|_| self.add_interface(place, vpc, security_groups)).collect();
        let front_door = &mut self.region_mut(place.0, place.1).front_door;
        for interface in &interfaces {
            let interface = front_door.interfaces.get_mut(interface).expect("it was just added");
            interface.kind = "vpc_endpoint".into();
            interface.description = format!("VPC Endpoint Interface {id}");
        }
        let endpoint = VpcEndpoint {
            id: id.clone(),
            service_name: format!("com.amazonaws.{}.execute-api", place.1),
            vpc: vpc.into(),
            state: "available".into(),
            security_groups: security_groups.iter().map(|&id| id.into()).collect(),
            interfaces,
            policy: None,
            private_dns: true,
        };
        front_door.endpoints.insert(id.clone(), endpoint);
        id
    }

    /// The addresses of an endpoint's network interfaces.
    ///
    /// # Panics
    /// If there is no such endpoint.
    pub fn endpoint_addresses(&self, place: Place<'_>, endpoint: &str) -> Vec<String> {
        let front_door = &self.region(place.0, place.1).front_door;
        let interfaces = front_door.endpoints[endpoint].interfaces.iter();
        interfaces.flat_map(|id| front_door.interfaces[id].addresses.clone()).collect()
    }

    /// Adds a network interface with an address of its own; returns its ID.
    pub fn add_interface(&mut self, place: Place<'_>, vpc: &str, security_groups: &[&str]) -> String {
        let id = format!("eni-{}", self.hex(17));
        let interfaces = &mut self.region_mut(place.0, place.1).front_door.interfaces;
        let number = interfaces.len() + 10;
        let address = format!("10.0.{}.{}", number / 250, number % 250 + 1);
        let interface = NetworkInterface {
            id: id.clone(),
            vpc: vpc.into(),
            kind: "interface".into(),
            description: String::new(),
            security_groups: security_groups.iter().map(|&id| id.into()).collect(),
            addresses: vec![address],
            ipv6_addresses: Vec::new(),
        };
        interfaces.insert(id.clone(), interface);
        id
    }

    /// Adds a security group; returns its ID.
    pub fn add_security_group(
        &mut self,
        place: Place<'_>,
        name: &str,
        vpc: &str,
        ingress: Vec<Permission>,
    ) -> String {
        let id = format!("sg-{}", self.hex(17));
        let group = SecurityGroup { id: id.clone(), name: name.into(), vpc: vpc.into(), ingress };
        self.region_mut(place.0, place.1).front_door.security_groups.insert(id.clone(), group);
        id
    }

    fn elb_arn(&self, place: Place<'_>, resource: &str) -> String {
        let partition = &self.region(place.0, place.1).partition;
        format!("arn:{partition}:elasticloadbalancing:{}:{}:{resource}", place.1, place.0)
    }
}

fn class(kind: &str) -> &'static str {
    match kind {
        "network" => "net",
        "gateway" => "gwy",
        _ => "app",
    }
}
