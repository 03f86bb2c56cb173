//! Seeded front doors: domain names, truststores and private APIs of every kind.

use jiff::{SignedDuration, Timestamp};
use rand::Rng;

use super::build::{DomainKey, Place};
use super::contents::{
    CaCertificate, Content, KeyKind, PUBLIC_CA, PemEntry, RSA1024_CA, RevocationList, SHA1_CA,
};
use super::domains::MutualTls;
use super::load_balancers::{Action, MutualAuthentication};
use super::network::Permission;
use super::policies;
use crate::certificates::Tags;
use crate::model::ApiKind;
use crate::seed::Fleet;
use crate::world::World;

/// A front door to generate.
#[derive(Clone, Debug)]
pub struct FrontDoorSize {
    /// APIs of every kind, except private ones.
    pub apis: usize,
    /// Custom domain names, of which some are private.
    pub domains: usize,
    /// Private APIs with an endpoint, of which most are behind a load balancer.
    pub private_apis: usize,
}

impl World {
    /// One account, `Fleet::account(0)` in eu-west-1, with this front door.
    pub fn front_door(seed: u64, size: &FrontDoorSize) -> Self {
        let (stages, apis) = (size.apis + size.apis / 2, Some(size.apis));
        let mut world = Self::fleet(&Fleet { seed, stages, apis, ..Fleet::default() });
        let account = Fleet::account(0);
        world.add_account("aws", &account, "us-east-1");
        world.populate_front_door((&account, "eu-west-1"), size.domains, size.private_apis);
        world
    }

    /// Adds domain names for the APIs of an account and Region, and private APIs. About half of the
    /// domain names have mutual TLS, and about half of the truststores are fine. There are
    /// edge-optimized ones only if the account has us-east-1, where their certificates must be.
    pub fn populate_front_door(&mut self, place: Place<'_>, domains: usize, private_apis: usize) {
        let region = self.region(place.0, place.1);
        let apis: Vec<(String, Vec<String>)> = region
            .apis
            .values()
            .filter(|api| api.kind != ApiKind::WebSocket && !api.stages.is_empty())
            .map(|api| (api.id.clone(), api.stages.keys().cloned().collect()))
            .collect();
        for (api, _) in &apis {
            let disabled = self.rng.random_bool(0.5);
            self.set_deployed_access(api, |access| access.disable_execute_api_endpoint = disabled);
            if self.rng.random_range(0..10) == 0 {
                self.set_access(api, |access| access.disable_execute_api_endpoint = !disabled);
            }
        }
        self.seed_buckets(place);
        for number in 0..domains {
            self.seed_domain(place, number, &apis);
        }
        for number in 0..private_apis {
            self.seed_private_api(place, number);
        }
    }

    fn seed_buckets(&mut self, place: Place<'_>) {
        self.add_bucket(place, &bucket(place, "truststores"), true);
        self.add_bucket(place, &bucket(place, "unversioned"), false);
        self.add_bucket(place, &bucket(place, "denied"), true).denied = true;
        self.add_bucket((place.0, "us-west-2"), &bucket(place, "elsewhere"), true);
        self.add_bucket(("999999999999", place.1), &bucket(place, "foreign"), true);
    }

    fn seed_domain(&mut self, place: Place<'_>, number: usize, apis: &[(String, Vec<String>)]) {
        let has_edge = self.try_region(place.0, "us-east-1").is_some();
        let kind = if has_edge && self.rng.random_range(0..10) == 0 { "EDGE" } else { "REGIONAL" };
        let key = self.add_domain(place, &format!("d{number}.example.com"), kind);
        let home = if kind == "EDGE" { (place.0, "us-east-1") } else { place };
        let server = self.seed_domain_certificate(home, "AMAZON_ISSUED");
        self.domain_mut(place, &key).certificate = Some(server);
        if kind == "REGIONAL" && self.rng.random_bool(0.5) {
            let mutual_tls = self.seed_truststore(place, number);
            self.domain_mut(place, &key).mutual_tls = Some(mutual_tls);
            if self.rng.random_range(0..4) == 0 {
                let (server, own) = (
                    self.seed_domain_certificate(place, "IMPORTED"),
                    self.seed_domain_certificate(place, "AMAZON_ISSUED"),
                );
                let domain = self.domain_mut(place, &key);
                (domain.certificate, domain.ownership_certificate) = (Some(server), Some(own));
            }
        } else {
            let policy = ["TLS_1_0", "TLS_1_2", "SecurityPolicy_TLS13_1_3_2025_09", "SecurityPolicy_New"];
            let policy = policy[self.rng.random_range(0..policy.len())];
            self.domain_mut(place, &key).security_policy = Some(policy.into());
        }
        let status = match self.rng.random_range(0..30) {
            0 => "PENDING_CERTIFICATE_REIMPORT",
            1 => "PENDING_OWNERSHIP_VERIFICATION",
            2 => "FAILED",
            3 => "UPDATING",
            _ => "AVAILABLE",
        };
        self.domain_mut(place, &key).status = status.into();
        self.seed_routes(place, &key, apis);
    }

    fn seed_routes(&mut self, place: Place<'_>, key: &DomainKey, apis: &[(String, Vec<String>)]) {
        if apis.is_empty() {
            return;
        }
        let mode = match self.rng.random_range(0..10) {
            0 => "ROUTING_RULE_ONLY",
            1 => "ROUTING_RULE_THEN_BASE_PATH_MAPPING",
            _ => "BASE_PATH_MAPPING_ONLY",
        };
        self.domain_mut(place, key).routing_mode = Some(mode.into());
        for at in 0..self.rng.random_range(0..4) {
            let (api, stages) = &apis[self.rng.random_range(0..apis.len())];
            let stage = &stages[self.rng.random_range(0..stages.len())];
            let stage = (self.rng.random_range(0..8) > 0).then_some(stage.as_str());
            let path = ["", "v1", "v2/orders", "v3"][at];
            self.add_mapping(place, key, path, api, stage);
        }
        for _ in 0..self.rng.random_range(0..3) {
            if self.rng.random_bool(0.5) {
                let (api, stages) = &apis[self.rng.random_range(0..apis.len())];
                self.add_routing_rule(place, key, Some("orders"), api, &stages[0]);
            }
        }
    }

    fn seed_domain_certificate(&mut self, place: Place<'_>, kind: &str) -> String {
        let days = match self.rng.random_range(0..12) {
            0 => -400,
            1 => -390,
            2 => -370,
            _ => -30,
        };
        let hours = |days: i64| SignedDuration::from_hours(24 * days);
        self.add_acm_certificate(place.0, place.1, kind, hours(days), hours(395), Tags::new())
    }

    fn seed_truststore(&mut self, place: Place<'_>, number: usize) -> MutualTls {
        let key = format!("truststores/{number}.pem");
        let content = self.seed_bundle(number);
        let (name, unpinned, newer) = match self.rng.random_range(0..16) {
            0 => ("denied", false, false),
            1 => ("elsewhere", false, false),
            2 => ("foreign", false, false),
            3 => ("unversioned", true, false),
            4 => ("truststores", true, false),
            5 => ("truststores", false, true),
            _ => ("truststores", false, false),
        };
        let bucket = bucket(place, name);
        let version = self.put_object(&bucket, &key, Some(content));
        if newer {
            let now = self.clock.certificates_now();
            self.put_object(
                &bucket,
                &key,
                Some(Content::generated([CaCertificate::root("Newer Root", now)])),
            );
        }
        let warnings =
            if self.rng.random_range(0..15) == 0 { vec!["a certificate is invalid".into()] } else { vec![] };
        MutualTls {
            truststore_uri: format!("s3://{bucket}/{key}"),
            truststore_version: (!unpinned).then_some(version),
            truststore_warnings: warnings,
        }
    }

    /// A truststore or bundle: half of them fine.
    fn seed_bundle(&mut self, number: usize) -> Content {
        let now = self.clock.certificates_now();
        let days = |days: i64| now + SignedDuration::from_hours(24 * days);
        let root = CaCertificate::root(&format!("Root {number}"), now);
        let issuing = CaCertificate::issued_by(&format!("Issuing {number}"), &root, now);
        let fixed = |text: &str| {
            let entries = [PemEntry::Generated(root.clone()), PemEntry::Fixed(text.into())];
            Content::Certificates(entries.into())
        };
        match self.rng.random_range(0..20) {
            0 => Content::generated([root.clone().until(days(-1))]),
            1 => Content::generated([root.clone().until(days(30))]),
            2 => Content::generated([issuing]),
            3 => Content::generated(chain(&root, 4, now)),
            4 => fixed(SHA1_CA),
            5 => fixed(RSA1024_CA),
            6 => fixed(PUBLIC_CA),
            7 => Content::generated([CaCertificate { kind: KeyKind::Ed25519, ..root }]),
            8 => Content::text("not a PEM file"),
            9 => fixed("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"),
            10..=13 => Content::generated([issuing, root]),
            14 => Content::generated(chain(&root, 3, now)),
            _ => Content::generated([root]),
        }
    }

    fn seed_private_api(&mut self, place: Place<'_>, number: usize) {
        let vpc = format!("vpc-{number:017x}");
        let balancer_group =
            self.add_security_group(place, "balancer", &vpc, vec![Permission::from_range(443, "10.0.0.0/8")]);
        let ingress = match self.rng.random_range(0..6) {
            0 => vec![Permission::from_range(443, "10.0.0.0/16")],
            1 => vec![Permission::from_group(443, &balancer_group), Permission::from_range(443, "0.0.0.0/0")],
            _ => vec![Permission::from_group(443, &balancer_group)],
        };
        let endpoint_group = self.add_security_group(place, "endpoint", &vpc, ingress);
        let endpoint = self.add_endpoint(place, &vpc, &[&endpoint_group], 2);
        let api = self.create_api(place.0, place.1, ApiKind::Rest, &format!("private-{number}"), &["HTTP"]);
        self.create_stage(&api, "prod");
        let policy = match self.rng.random_range(0..10) {
            0 => None,
            1 => Some(policies::open()),
            2 => Some(policies::allow_vpc(&vpc)),
            3 => Some(policies::allow_if("StringLike", "aws:SourceVpce", &["vpce-*"])),
            4 => Some(policies::deny_other_endpoints(&[&endpoint, "vpce-0123456789abcdef0"])),
            5 | 6 => Some(policies::allow_endpoints(&[&endpoint])),
            _ => Some(policies::deny_other_endpoints(&[&endpoint])),
        };
        self.set_deployed_access(&api, |access| {
            access.endpoint_types = vec!["PRIVATE".into()];
            access.vpc_endpoint_ids = vec![endpoint.clone()];
            access.policy.clone_from(&policy);
        });
        if self.rng.random_range(0..8) > 0 {
            self.seed_balancer(place, number, &vpc, &endpoint, &balancer_group);
        }
        if self.rng.random_range(0..3) == 0 {
            let key = self.add_domain(place, &format!("p{number}.example.internal"), "PRIVATE");
            let certificate = self.seed_domain_certificate(place, "PRIVATE");
            let domain = self.domain_mut(place, &key);
            domain.certificate = Some(certificate);
            domain.policy = Some(policies::deny_other_endpoints(&[&endpoint]));
            self.add_mapping(place, &key, "", &api, Some("prod"));
            self.associate(place, &key, &endpoint);
        }
    }

    fn seed_balancer(&mut self, place: Place<'_>, number: usize, vpc: &str, endpoint: &str, group: &str) {
        let now = self.clock.certificates_now();
        let addresses = self.endpoint_addresses(place, endpoint);
        let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
        let targets = self.add_target_group(place, "ip", &format!("api-{number}"), vpc, 443, &addresses);
        let balancer = self.add_load_balancer(place, "application", &format!("alb-{number}"), vpc, &[group]);
        let forward = vec![Action::forward(&targets)];
        let listener = self.add_listener(place, &balancer, "HTTPS", 443, forward.clone());
        let bundle = self.seed_bundle(number + 1_000_000);
        let store = self.add_trust_store(place, &format!("store-{number}"), bundle);
        let mut own = MutualAuthentication::verify(&store);
        match self.rng.random_range(0..12) {
            0 => own.mode = "passthrough".into(),
            1 => own.ignore_expiry = Some(true),
            2 => own.association = Some("removed".into()),
            3 => own = MutualAuthentication { mode: "off".into(), trust_store: None, ..own },
            _ => {}
        }
        self.listener_mut(place, &listener).mutual_authentication = Some(own);
        match self.rng.random_range(0..8) {
            0 => drop(self.add_listener(place, &balancer, "HTTP", 80, forward)),
            1 => drop(self.add_listener(
                place,
                &balancer,
                "HTTP",
                80,
                vec![Action::Redirect("HTTPS".into(), 443)],
            )),
            2 => drop(self.add_listener_rule(place, &listener, "/orders*", forward)),
            3 => {
                let network = self.add_load_balancer(place, "network", &format!("nlb-{number}"), vpc, &[]);
                let chained =
                    self.add_target_group(place, "alb", &format!("alb-{number}"), vpc, 443, &[&balancer]);
                self.add_listener(place, &network, "TCP", 443, vec![Action::forward(&chained)]);
            }
            _ => {}
        }
        if self.rng.random_bool(0.5) {
            let days = if self.rng.random_range(0..3) == 0 { -1 } else { 30 };
            let list = RevocationList {
                issuer: format!("Root {}", number + 1_000_000),
                issuer_key: format!("Root {}", number + 1_000_000),
                this_update: now - SignedDuration::from_hours(24 * 40),
                next_update: now + SignedDuration::from_hours(24 * days),
                revoked: 3,
                der: self.rng.random_bool(0.5),
            };
            self.add_revocation(place, &store, Content::Revocations(list), 3);
        }
    }
}

/// The name of one of the account's seeded buckets.
fn bucket(place: Place<'_>, name: &str) -> String {
    format!("{name}-{}-{}", place.0, place.1)
}

/// A root and this many CAs below it, each issued by the one above.
fn chain(root: &CaCertificate, below: usize, now: Timestamp) -> Vec<CaCertificate> {
    let mut all = vec![root.clone()];
    for number in 0..below {
        let name = format!("{} level {number}", root.subject);
        let next = CaCertificate::issued_by(&name, all.last().unwrap_or(root), now);
        all.push(next);
    }
    all
}
