//! Building a front door: load balancers, trust stores and the network.

use std::collections::BTreeMap;

use super::build::Place;
use super::contents::Content;
use super::load_balancers::{
    Action, Listener, ListenerRule, LoadBalancer, Revocation, Target, TargetGroup, TrustStore,
};
use super::network::{NetworkInterface, Permission, SecurityGroup, VpcEndpoint};
use crate::world::World;

impl World {
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
        interface.requester = Some("amazon-elb".into());
        if kind == "network" {
            interface.kind = "network_load_balancer".into();
        }
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

    /// Adds a target group of a type (`ip`, `alb`, …) with healthy targets on its port; returns
    /// its ARN.
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
            interface.requester = Some("727180483921".into());
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

    /// Adds a network interface with a new address; returns its ID.
    pub fn add_interface(&mut self, place: Place<'_>, vpc: &str, security_groups: &[&str]) -> String {
        let id = format!("eni-{}", self.hex(17));
        let interfaces = &mut self.region_mut(place.0, place.1).front_door.interfaces;
        let number = interfaces.len() + 10;
        let address = format!("10.0.{}.{}", number / 250, number % 250 + 1);
        let interface = NetworkInterface {
            id: id.clone(),
            vpc: vpc.into(),
            kind: "interface".into(),
            managed: false,
            requester: None,
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
