//! Random accounts with front doors: the same seed gives the same account. Sparse accounts have one
//! to three APIs, dense ones up to sixteen that share domain names, networks and buckets.

mod certificates;
mod contents;
mod domains;
mod network;
mod policies;

use fake_aws::front_door::{ConfigDomainNames, ExportedAccess, NoStage};
use fake_aws::{ApiKind, Fleet, World};
use jiff::Timestamp;
use serde_json::json;

use crate::random::Random;

pub const REGION: &str = "eu-west-1";
/// Where certificates of edge-optimized domain names are.
pub const EDGE_REGION: &str = "us-east-1";
/// The rule's name.
pub const RULE: &str = "stagecert-front-door";
/// The windows of the rule.
pub const EXPIRY_WINDOW_DAYS: i64 = 60;
pub const TRUSTSTORE_WINDOW_DAYS: i64 = 90;

/// The account under test.
pub fn account() -> String {
    Fleet::account(0)
}

/// The part of the rule's parameters that differs between accounts.
#[derive(Clone, Debug, Default)]
pub struct Rule {
    /// `requireMutualTls`.
    pub required: Vec<String>,
}

impl Rule {
    /// `ruleParameters`.
    pub fn parameters(&self) -> String {
        let mut parameters = json!({
            "checks": "mutual-tls,truststore,domain-certificate,tls-policy,private-front-door",
            "truststoreWindowDays": TRUSTSTORE_WINDOW_DAYS.to_string(),
            "apiGatewayCallsPerSecond": "8",
        });
        if !self.required.is_empty() {
            parameters["requireMutualTls"] = self.required.join(",").into();
        }
        parameters.to_string()
    }
}

/// A world with one account that has a front door, and its rule.
pub struct Generated {
    pub world: World,
    pub rule: Rule,
}

/// What a generator has made so far.
struct Generator {
    world: World,
    random: Random,
    account: String,
    now: Timestamp,
    /// IDs of REST APIs that aren't private and of HTTP APIs, of WebSocket APIs, of private APIs.
    public: Vec<String>,
    web_socket: Vec<String>,
    private: Vec<String>,
    certificates: usize,
    contents: usize,
    versions: usize,
}

/// The account of a seed.
pub fn account_of(seed: usize) -> Generated {
    let dense = seed % 4 == 3;
    let random = Random::seeded(seed as u64 * 7919 + 13);
    for _ in 0..5 {
        random.below(2);
    }
    let apis = if dense { 8 + random.below(9) } else { 1 + random.below(4) };
    let domains = if dense { 4 + random.below(7) } else { random.below(4) };
    with(seed, random, apis, domains)
}

fn with(seed: usize, random: Random, apis: usize, domains: usize) -> Generated {
    let mut generator = Generator::new(seed, random);
    for n in 0..apis {
        generator.api(n);
    }
    for n in 0..domains {
        generator.domain(n);
    }
    let rule = generator.rule();
    let mut world = generator.world;
    world.add_scheduled_rule(&account(), REGION, RULE, Some(&rule.parameters()));
    Generated { world, rule }
}

impl Generator {
    fn new(seed: usize, random: Random) -> Self {
        let mut world = World::new(seed as u64);
        let account = account();
        world.add_account("aws", &account, EDGE_REGION);
        let options = &mut world.add_account("aws", &account, REGION).front_door.options;
        options.exported_access = match random.below(6) {
            0 => ExportedAccess::Current,
            1 => ExportedAccess::Absent,
            _ => ExportedAccess::Deployed,
        };
        options.exports_endpoint_at_top = random.below(2) == 0;
        options.no_stage = [NoStage::Absent, NoStage::Empty, NoStage::None][random.below(3)];
        options.v2_refuses_edge = random.below(2) == 0;
        options.v1_hides_multi_level = random.below(2) == 0;
        options.plain_domain_policies = random.below(2) == 0;
        options.page_limit = [None, Some(1), Some(3)][random.below(3)];
        options.config_domain_names =
            [ConfigDomainNames::Unlisted, ConfigDomainNames::ByName, ConfigDomainNames::ByArn]
                [random.below(3)];
        let now = world.clock.certificates_now();
        let mut generator = Self {
            world,
            random,
            account,
            now,
            public: Vec::new(),
            web_socket: Vec::new(),
            private: Vec::new(),
            certificates: 0,
            contents: 0,
            versions: 0,
        };
        generator.buckets();
        generator
    }

    /// Whether something happens that happens `percent` times in a hundred.
    fn chance(&self, percent: usize) -> bool {
        self.random.below(100) < percent
    }

    fn one<'a, T>(&self, all: &'a [T]) -> &'a T {
        &all[self.random.below(all.len())]
    }

    fn place(&self) -> (String, &'static str) {
        (self.account.clone(), REGION)
    }

    fn api(&mut self, n: usize) {
        let kind = match self.random.below(10) {
            0..=5 => ApiKind::Rest,
            6 | 7 => ApiKind::Http,
            8 => ApiKind::WebSocket,
            _ => return self.private_api(n),
        };
        if kind == ApiKind::Rest && self.chance(40) {
            return self.private_api(n);
        }
        let id = self.world.create_api(&self.account, REGION, kind, &format!("api-{n}"), &["HTTP"]);
        let edge = kind == ApiKind::Rest && self.chance(20);
        let disabled = self.chance(75);
        self.world.set_deployed_access(&id, |access| {
            access.disable_execute_api_endpoint = disabled;
            if edge {
                access.endpoint_types = vec!["EDGE".into()];
            }
        });
        if !self.chance(5) {
            self.world.create_stage(&id, "prod");
        }
        if self.chance(30) {
            let (dev, _) = self.world.create_stage(&id, "dev");
            if self.chance(50) {
                let disabled = self.chance(50);
                self.world.set_access(&id, |access| access.disable_execute_api_endpoint = disabled);
                self.world.redeploy(&dev, &["HTTP"]);
            }
        }
        if self.chance(25) {
            let disabled = self.chance(60);
            self.world.set_access(&id, |access| access.disable_execute_api_endpoint = disabled);
        }
        if kind == ApiKind::Rest && self.chance(6) {
            let apis = &mut self.world.region_mut(&self.account, REGION).apis;
            apis.get_mut(&id).unwrap().unexportable = true;
        }
        if kind == ApiKind::WebSocket { self.web_socket.push(id) } else { self.public.push(id) }
    }

    /// Names some domain names and APIs.
    fn rule(&self) -> Rule {
        let region = self.world.region(&self.account, REGION);
        let apis: Vec<&String> = region.apis.keys().collect();
        let mut required = Vec::new();
        if self.chance(45) {
            required.push((*self.one(&apis)).clone());
        }
        if !self.private.is_empty() && self.chance(35) {
            let id = self.one(&self.private).clone();
            if !required.contains(&id) {
                required.push(id);
            }
        }
        if self.chance(30) {
            required.push(self.one(&["*.example.net", "d1.example.*", "*1.example.com", "d2*"]).to_string());
        }
        if self.chance(15) && apis.len() > 1 {
            let id = self.one(&apis);
            let glob = format!("{}*", &id[..5]);
            if !required.contains(&glob) {
                required.push(glob);
            }
        }
        Rule { required }
    }
}
