//! Private APIs: their endpoints, and the load balancers in front of them.

use fake_aws::ApiKind;
use fake_aws::front_door::load_balancers::{Action, MutualAuthentication};
use fake_aws::front_door::network::Permission;

use super::{Generator, REGION};

/// The VPC endpoint of another account.
const FOREIGN: &str = "vpce-0f0f0f0f0f0f0f0f0";

impl Generator {
    pub(super) fn private_api(&mut self, n: usize) {
        let name = format!("private-{n}");
        let id = self.world.create_api(&self.account, REGION, ApiKind::Rest, &name, &["HTTP"]);
        self.private.push(id.clone());
        let vpc = format!("vpc-{n:08x}");
        let (mut endpoints, network) = match self.random.below(12) {
            0 => (Vec::new(), false),
            1 => (vec![FOREIGN.to_owned()], false),
            2 => (vec![self.endpoint(&vpc, &[])], false),
            _ => (self.network(&vpc, n), true),
        };
        if network && self.chance(8) {
            endpoints.push(FOREIGN.into());
        }
        let policy = (!endpoints.is_empty()).then(|| self.policy(&endpoints, &vpc));
        // Policies without the endpoint's ID lead to it by this list only.
        let names =
            policy.as_ref().is_none_or(|policy| policy.contains("\"vpce-0") || policy.contains("\"vpce-1"));
        let listed = if names && self.chance(50) { Vec::new() } else { endpoints.clone() };
        self.world.set_deployed_access(&id, |access| {
            access.endpoint_types = vec!["PRIVATE".into()];
            access.vpc_endpoint_ids = listed.into_iter().filter(|id| id != FOREIGN).collect();
            access.policy = policy;
        });
        self.world.create_stage(&id, "prod");
        if self.chance(15) {
            self.world.create_stage(&id, "dev");
        }
        if network && self.chance(15) {
            let policy = if self.chance(50) { Self::open_policy() } else { Self::closed_policy(&endpoints) };
            self.world.set_access(&id, |access| {
                access.policy = Some(policy);
                access.vpc_endpoint_ids = endpoints.into_iter().filter(|id| id != FOREIGN).collect();
            });
        }
    }

    /// An endpoint that these security groups may reach.
    fn endpoint(&mut self, vpc: &str, groups: &[&str]) -> String {
        let place = (self.account.as_str(), REGION);
        let ingress = groups.iter().map(|group| Permission::from_group(443, group)).collect();
        let group = self.world.add_security_group(place, "endpoint", vpc, ingress);
        let mut all = vec![group.clone()];
        if self.random.below(100) < 10 {
            all.push(self.world.add_security_group(place, "second", vpc, Vec::new()));
        }
        let groups: Vec<&str> = all.iter().map(String::as_str).collect();
        let interfaces = 1 + self.random.below(2);
        let endpoint = self.world.add_endpoint(place, vpc, &groups, interfaces);
        self.open(&all);
        endpoint
    }

    /// Seldom, a security group of an endpoint admits more than it should.
    fn open(&mut self, groups: &[String]) {
        let wide = |from: u16, to: u16| Permission {
            ports: Some((from, to)),
            ..Permission::from_range(443, "0.0.0.0/0")
        };
        let permission = match self.random.below(40) {
            0 => Permission::from_range(443, "10.0.0.0/16"),
            1 => wide(0, 65535),
            2 => Permission { ipv6_ranges: vec!["::/0".into()], ..Permission::tcp(443) },
            3 => Permission { prefix_lists: vec!["pl-0123456789abcdef0".into()], ..Permission::tcp(443) },
            4 => Permission::from_group(443, "sg-00000000000000001"),
            5 => Permission { protocol: "-1".into(), ports: None, ..wide(0, 0) },
            6 => Permission::from_range(22, "10.0.0.0/16"),
            7 => Permission { protocol: "udp".into(), ..wide(443, 443) },
            8 => Permission {
                groups: vec![("sg-00000000000000002".into(), Some("999988887777".into()))],
                ..Permission::tcp(443)
            },
            _ => return,
        };
        let group = self.one(groups).clone();
        let all = &mut self.world.region_mut(&self.account, REGION).front_door.security_groups;
        all.get_mut(&group).unwrap().ingress.push(permission);
    }

    /// An endpoint with a load balancer in front; returns the endpoints, seldom two.
    fn network(&mut self, vpc: &str, n: usize) -> Vec<String> {
        let account = self.account.clone();
        let place = (account.as_str(), REGION);
        let anyone = vec![Permission::from_range(443, "0.0.0.0/0")];
        let group = self.world.add_security_group(place, "balancer", vpc, anyone);
        let endpoint = self.endpoint(vpc, &[&group]);
        let addresses = self.world.endpoint_addresses(place, &endpoint);
        let targets: Vec<&str> = addresses.iter().map(String::as_str).collect();
        let targets = if self.chance(20) { &targets[..1] } else { &targets[..] };
        let to_endpoint = self.world.add_target_group(place, "ip", &format!("tg-{n}"), vpc, 443, targets);
        let balancer = self.world.add_load_balancer(place, "application", &format!("lb-{n}"), vpc, &[&group]);
        let forward = || vec![Action::forward(&to_endpoint)];
        let by_rule = self.chance(25);
        let default = if by_rule { vec![Action::FixedResponse(404)] } else { forward() };
        let listener = self.world.add_listener(place, &balancer, "HTTPS", 443, default);
        if by_rule {
            self.world.add_listener_rule(place, &listener, "/orders/*", forward());
        }
        let own = self.authentication();
        self.world.listener_mut(place, &listener).mutual_authentication = own;
        match self.random.below(20) {
            0 | 1 => drop(self.world.add_listener(place, &balancer, "HTTP", 80, forward())),
            2..=4 => {
                let redirect = vec![Action::Redirect("HTTPS".into(), 443)];
                self.world.add_listener(place, &balancer, "HTTP", 80, redirect);
            }
            5 => {
                let other = self.world.add_listener(
                    place,
                    &balancer,
                    "HTTPS",
                    8443,
                    vec![Action::FixedResponse(404)],
                );
                let weighted = Action::Forward(vec![(to_endpoint.clone(), 1), ("arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/old/0123456789abcdef".into(), 9)]);
                self.world.add_listener_rule(place, &other, "/", vec![weighted]);
            }
            _ => {}
        }
        self.second_balancer(vpc, n, &balancer, &endpoint, &group);
        if self.chance(6) {
            self.stranger(vpc, &group);
        }
        let mut endpoints = vec![endpoint];
        if self.chance(8) {
            endpoints.push(self.endpoint(vpc, &[]));
        }
        endpoints
    }

    /// Something else that has the load balancer's security group: a host or a Lambda function.
    fn stranger(&mut self, vpc: &str, group: &str) {
        let id = self.world.add_interface((&self.account, REGION), vpc, &[group]);
        if self.chance(50) {
            let home = self.world.region_mut(&self.account, REGION);
            let interface = home.front_door.interfaces.get_mut(&id).unwrap();
            interface.kind = "lambda".into();
            interface.requester = Some("lambda".into());
            interface.description = "AWS Lambda VPC ENI-orders-1a2b3c".into();
        }
    }

    fn authentication(&mut self) -> Option<MutualAuthentication> {
        let store = self.trust_store();
        let mut own = MutualAuthentication::verify(&store);
        match self.random.below(30) {
            0 => return None,
            1 => own.mode = "off".into(),
            2 => own.mode = "passthrough".into(),
            3 | 4 => own.ignore_expiry = Some(true),
            5 | 6 => own.association = Some("removed".into()),
            7 => own.trust_store = Some(format!("{store}gone")),
            8 => own.ignore_expiry = None,
            _ => {}
        }
        if own.mode != "verify" {
            (own.trust_store, own.ignore_expiry, own.association) = (None, None, None);
        }
        Some(own)
    }

    /// Seldom, a network load balancer in front of the other or of the endpoint, or a second
    /// application load balancer.
    fn second_balancer(&mut self, vpc: &str, n: usize, balancer: &str, endpoint: &str, group: &str) {
        let account = self.account.clone();
        let place = (account.as_str(), REGION);
        let addresses = self.world.endpoint_addresses(place, endpoint);
        let targets: Vec<&str> = addresses.iter().map(String::as_str).collect();
        let name = format!("lb2-{n}");
        match self.random.below(24) {
            0..=3 => {
                let front = self.world.add_load_balancer(place, "network", &name, vpc, &[]);
                let to =
                    self.world.add_target_group(place, "alb", &format!("alb-{n}"), vpc, 443, &[balancer]);
                self.world.add_listener(place, &front, "TCP", 443, vec![Action::forward(&to)]);
            }
            4 => {
                let front = self.world.add_load_balancer(place, "network", &name, vpc, &[group]);
                let to = self.world.add_target_group(place, "ip", &format!("nlb-{n}"), vpc, 443, &targets);
                self.world.add_listener(place, &front, "TCP", 443, vec![Action::forward(&to)]);
            }
            5 => {
                let front = self.world.add_load_balancer(place, "application", &name, vpc, &[group]);
                let to = self.world.add_target_group(place, "ip", &format!("alb2-{n}"), vpc, 443, &targets);
                let listener =
                    self.world.add_listener(place, &front, "HTTPS", 443, vec![Action::forward(&to)]);
                let own = self.authentication();
                self.world.listener_mut(place, &listener).mutual_authentication = own;
            }
            _ => {}
        }
    }
}
