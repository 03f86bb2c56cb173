//! A small account, built by hand, for faults and histories: one resource of each kind of result.

use fake_aws::certificates::AcmCertificate;
use fake_aws::front_door::ConfigDomainNames;
use fake_aws::front_door::contents::{CaCertificate, Content, RevocationList};
use fake_aws::front_door::domains::MutualTls;
use fake_aws::front_door::load_balancers::{Action, MutualAuthentication};
use fake_aws::front_door::network::Permission;
use fake_aws::{ApiKind, World};
use jiff::SignedDuration;
use serde_json::json;

use crate::generate::{REGION, RULE, Rule, account};

pub const BUCKET: &str = "truststores";

/// The account and its Region.
pub fn place() -> (String, &'static str) {
    (account(), REGION)
}

/// A scene and the names in it.
pub struct Scene {
    pub world: World,
    pub rule: Rule,
    /// Its domain name has mutual TLS, and nothing else leads to it.
    pub good: String,
    /// As good, but its default endpoint is enabled.
    pub open: String,
    /// An HTTP API that a second domain name without mutual TLS leads to, too.
    pub twice: String,
    /// A private API behind a load balancer that verifies.
    pub private: String,
    /// As private, but its endpoint's security group admits the VPC.
    pub private_open: String,
}

/// The scene, with the domain names recorded by Config or not.
pub fn scene(listed: ConfigDomainNames) -> Scene {
    let (account, region) = place();
    let mut world = World::new(41);
    world.add_account("aws", &account, region).front_door.options.config_domain_names = listed;
    world.add_bucket((&account, region), BUCKET, true);
    let good = api(&mut world, ApiKind::Rest, "good", true);
    let open = api(&mut world, ApiKind::Rest, "open", false);
    let twice = api(&mut world, ApiKind::Http, "twice", true);
    domain(&mut world, "good.example.com", &good, Some(3650));
    domain(&mut world, "open.example.com", &open, Some(3650));
    domain(&mut world, "twice.example.com", &twice, Some(3650));
    domain(&mut world, "expired.example.com", &good, Some(-1));
    domain(&mut world, "plain.example.com", &twice, None);
    let private = private_api(&mut world, "private", false);
    let private_open = private_api(&mut world, "private-open", true);
    let rule = Rule { required: vec![private.clone()] };
    world.add_scheduled_rule(&account, region, RULE, Some(&rule.parameters()));
    Scene { world, rule, good, open, twice, private, private_open }
}

/// An API with a stage, and its default endpoint enabled or not.
pub fn api(world: &mut World, kind: ApiKind, name: &str, disabled: bool) -> String {
    let (account, region) = place();
    let id = world.create_api(&account, region, kind, name, &["HTTP"]);
    world.set_deployed_access(&id, |access| access.disable_execute_api_endpoint = disabled);
    world.create_stage(&id, "prod");
    id
}

/// A domain name that leads to an API; with mutual TLS, its CA expires after so many days.
pub fn domain(world: &mut World, name: &str, api: &str, ca_days: Option<i64>) -> (String, String) {
    let (account, region) = place();
    let place = (account.as_str(), region);
    let key = world.add_domain(place, name, "REGIONAL");
    world.add_mapping(place, &key, "", api, Some("prod"));
    let certificate = certificate(world, name);
    let own = ca_days.map(|days| {
        let now = world.clock.certificates_now();
        let root = CaCertificate::root(name, now).until(now + SignedDuration::from_hours(24 * days));
        let object = format!("{name}.pem");
        let version = world.put_object(BUCKET, &object, Some(Content::generated([root])));
        let uri = format!("s3://{BUCKET}/{object}");
        MutualTls { truststore_uri: uri, truststore_version: Some(version), truststore_warnings: Vec::new() }
    });
    let domain = world.domain_mut(place, &key);
    (domain.certificate, domain.mutual_tls) = (Some(certificate), own);
    key
}

fn certificate(world: &mut World, name: &str) -> String {
    let (account, region) = place();
    let now = world.clock.certificates_now();
    let arn = format!("arn:aws:acm:{region}:{account}:certificate/{name}");
    let certificate = AcmCertificate {
        arn: arn.clone(),
        status: "ISSUED".into(),
        kind: "AMAZON_ISSUED".into(),
        renewal_eligibility: "ELIGIBLE".into(),
        renewal_status: None,
        not_before: now - SignedDuration::from_hours(24 * 30),
        not_after: now + SignedDuration::from_hours(24 * 365),
    };
    world.region_mut(&account, region).acm.insert(arn.clone(), certificate);
    arn
}

/// A private API with an endpoint behind a load balancer that verifies, with a valid CRL.
pub fn private_api(world: &mut World, name: &str, open: bool) -> String {
    let (account, region) = place();
    let place = (account.as_str(), region);
    let vpc = format!("vpc-{name}");
    let id = world.create_api(&account, region, ApiKind::Rest, name, &["HTTP"]);
    let anyone = Permission::from_range(443, "0.0.0.0/0");
    let balancer_group = world.add_security_group(place, "balancer", &vpc, vec![anyone.clone()]);
    let mut ingress = vec![Permission::from_group(443, &balancer_group)];
    ingress.extend(open.then_some(anyone));
    let group = world.add_security_group(place, "endpoint", &vpc, ingress);
    let endpoint = world.add_endpoint(place, &vpc, &[&group], 2);
    let addresses = world.endpoint_addresses(place, &endpoint);
    let targets: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let to = world.add_target_group(place, "ip", name, &vpc, 443, &targets);
    let balancer = world.add_load_balancer(place, "application", name, &vpc, &[&balancer_group]);
    let listener = world.add_listener(place, &balancer, "HTTPS", 443, vec![Action::forward(&to)]);
    let now = world.clock.certificates_now();
    let root = CaCertificate::root(name, now);
    let store = world.add_trust_store(place, name, Content::generated([root]));
    let list = RevocationList {
        issuer: name.into(),
        issuer_key: name.into(),
        this_update: now,
        next_update: now + SignedDuration::from_hours(24 * 30),
        revoked: 1,
        der: false,
    };
    world.add_revocation(place, &store, Content::Revocations(list), 1);
    world.listener_mut(place, &listener).mutual_authentication = Some(MutualAuthentication::verify(&store));
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": "*",
        "Action": "execute-api:Invoke",
        "Resource": "execute-api:/*",
        "Condition": {"StringEquals": {"aws:SourceVpce": endpoint}},
    }]});
    world.set_deployed_access(&id, |access| {
        access.endpoint_types = vec!["PRIVATE".into()];
        access.policy = Some(policy.to_string());
    });
    world.create_stage(&id, "prod");
    id
}
