//! A seeded fleet of a given size that contains everything stagecert can encounter. The same seed
//! creates the same fleet.

use jiff::SignedDuration;
use rand::Rng;

use crate::certificates::Tags;
use crate::model::{Aggregator, ApiKind, StageState};
use crate::world::{Organization, World};

/// The size and location of a fleet.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// The same seed creates the same fleet.
    pub seed: u64,
    /// The number of stages in all accounts together.
    pub stages: usize,
    /// The number of REST, WebSocket and HTTP APIs per account and Region, 1 to 5 stages each;
    /// random if `None`.
    pub apis: Option<usize>,
    /// The number of client certificates per account and Region, at least 1, not counting ACM's;
    /// two per five stages if `None`.
    pub certificates: Option<usize>,
    /// The number of accounts, which share the stages equally.
    pub accounts: usize,
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The first Region of each account.
    pub region: String,
    /// The number of Regions per account, which share the account's stages equally.
    pub regions: usize,
    /// The name of each account's rule.
    pub rule: String,
    /// Its `ruleParameters`.
    pub parameters: Option<String>,
}

impl Default for Fleet {
    fn default() -> Self {
        Self {
            seed: 1,
            stages: 100,
            apis: None,
            certificates: None,
            accounts: 1,
            partition: "aws".into(),
            region: "eu-west-1".into(),
            regions: 1,
            rule: "stagecert".into(),
            parameters: Some("{}".into()),
        }
    }
}

impl Fleet {
    /// The ID of account number `number`, counted from 0.
    pub fn account(number: usize) -> String {
        format!("{:012}", 111_122_220_000 + number)
    }

    /// The Regions of each account.
    pub fn region_names(&self) -> Vec<String> {
        let others = OTHER_REGIONS.into_iter().filter(|name| *name != self.region).map(Into::into);
        std::iter::once(self.region.clone()).chain(others).take(self.regions).collect()
    }
}

const OTHER_REGIONS: [&str; 16] = [
    "us-east-1",
    "ap-northeast-1",
    "eu-central-1",
    "us-west-2",
    "ap-southeast-2",
    "sa-east-1",
    "us-east-2",
    "us-west-1",
    "ca-central-1",
    "eu-west-2",
    "eu-west-3",
    "eu-north-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
];
/// Maximum number of client certificates per account and Region: enough for more than two pages of
/// 500. (The quota is 60 and can be raised.)
const MAX_CERTIFICATES: usize = 1200;
/// Maximum number of stages per API.
const MAX_STAGES: usize = 5;
const DEPLOYMENTS: [&[&str]; 8] = [
    &["HTTP"],
    &["HTTP_PROXY", "MOCK"],
    &["HTTP", "AWS_PROXY"],
    &["HTTP_PROXY"],
    &["AWS_PROXY"],
    &["AWS", "MOCK"],
    &["MOCK"],
    &[],
];
const NAMES: [&str; 8] = ["dev", "test", "staging", "prod", "v1", "v2", "blue", "green"];

impl World {
    /// One account with this many stages.
    pub fn seeded(seed: u64, stages: usize) -> Self {
        Self::fleet(&Fleet { seed, stages, ..Fleet::default() })
    }

    /// Accounts that together have this many stages. The first is the management account, which has
    /// an aggregator `organization`.
    pub fn fleet(fleet: &Fleet) -> Self {
        let mut world = Self::new(fleet.seed);
        let names = fleet.region_names();
        let places = fleet.accounts * names.len();
        for number in 0..fleet.accounts {
            let account = Fleet::account(number);
            for (at, region) in names.iter().enumerate() {
                world.add_account(&fleet.partition, &account, region);
                world.add_rule(&account, region, &fleet.rule, fleet.parameters.as_deref());
                let account_region = number * names.len() + at;
                let share = fleet.stages / places + usize::from(account_region < fleet.stages % places);
                world.populate(&account, region, share, fleet.apis, fleet.certificates);
            }
        }
        let (management, aggregator) = (Fleet::account(0), Aggregator::default());
        if fleet.accounts > 0 {
            let home = world.region_mut(&management, &fleet.region);
            home.aggregators.insert("organization".into(), aggregator);
        }
        world.organization =
            Some(Organization { management, returns_status: true, ..Organization::default() });
        world
    }

    /// Adds stages of every kind to an account and Region, with this many APIs and client
    /// certificates.
    ///
    /// # Panics
    /// If the APIs can't hold that many stages.
    pub fn populate(
        &mut self,
        account: &str,
        region: &str,
        stages: usize,
        apis: Option<usize>,
        certificates: Option<usize>,
    ) {
        let fits = apis.is_none_or(|apis| (apis..=apis * MAX_STAGES).contains(&stages));
        assert!(fits, "an API has 1 to {MAX_STAGES} stages: {stages} in {apis:?} APIs");
        let count = certificates.unwrap_or((stages * 2 / 5).clamp(8, MAX_CERTIFICATES)).max(1);
        let certificates: Vec<String> = (0..count).map(|_| self.seed_certificate(account, region)).collect();
        let acm: Vec<String> =
            (0..(stages / 50).clamp(4, 40)).map(|n| self.seed_acm(account, region, n)).collect();
        let quota = &mut self.region_mut(account, region).options.certificate_quota;
        *quota = (*quota).max(count + 60);
        self.clock.begin_past(3 * stages);
        let (mut left, mut apis) = (stages, apis);
        while left > 0 {
            apis = apis.map(|apis| apis - 1);
            let least = apis.map_or(1, |after| left.saturating_sub(after * MAX_STAGES));
            let most = left - apis.unwrap_or_default();
            let kind = match self.rng.random_range(0..10) {
                0 => ApiKind::Http,
                1 | 2 => ApiKind::WebSocket,
                _ => ApiKind::Rest,
            };
            let name = format!("api-{}", self.word(5));
            let deployed = DEPLOYMENTS[self.rng.random_range(0..DEPLOYMENTS.len())];
            let api = self.create_api(account, region, kind, &name, deployed);
            let unexportable = self.rng.random_range(0..50) == 0;
            self.region_mut(account, region).apis.get_mut(&api).expect("it was just created").unexportable =
                unexportable;
            let own = self.rng.random_range(0..certificates.len());
            for name in NAMES.iter().take(self.rng.random_range(1..=MAX_STAGES).max(least).min(most)) {
                let name = if kind == ApiKind::Http && *name == "dev" { "$default" } else { name };
                self.seed_stage(&api, kind, name, &certificates, &acm, own);
                left -= 1;
            }
        }
        self.clock.end_past();
    }

    fn seed_certificate(&mut self, account: &str, region: &str) -> String {
        let days = match self.rng.random_range(0..10) {
            0 => self.rng.random_range(-500..-366),
            1 | 2 => self.rng.random_range(-363..-306),
            3 => self.rng.random_range(1..60),
            _ => self.rng.random_range(-300..-1),
        };
        let tags = self.seed_tags();
        let from_now =
            SignedDuration::from_hours(days * 24) - SignedDuration::from_mins(self.rng.random_range(0..1440));
        self.generate_certificate_valid_from(account, region, from_now, tags)
    }

    fn seed_acm(&mut self, account: &str, region: &str, number: usize) -> String {
        let kind = if number % 4 < 2 { "IMPORTED" } else { "PRIVATE" };
        let days = if number.is_multiple_of(4) { -400 } else { self.rng.random_range(-393..-1) };
        let tags = self.seed_tags();
        let from =
            SignedDuration::from_hours(days * 24) - SignedDuration::from_mins(self.rng.random_range(1..1440));
        let valid_for = SignedDuration::from_hours(395 * 24);
        let arn = self.add_acm_certificate(account, region, kind, from, valid_for, tags);
        if number % 8 == 6 {
            let own = self.region_mut(account, region).acm.get_mut(&arn).expect("it was just added");
            own.renewal_status = Some(if number % 16 == 6 { "FAILED" } else { "SUCCESS" }.into());
        }
        arn
    }

    fn seed_stage(
        &mut self,
        api: &str,
        kind: ApiKind,
        name: &str,
        certificates: &[String],
        acm: &[String],
        own: usize,
    ) {
        let certificate = match self.rng.random_range(0..20) {
            _ if kind == ApiKind::Http => None,
            0..=5 => None,
            // The API's own certificate, shared by its stages.
            6..=8 => Some(certificates[own].clone()),
            // Any certificate: stages of several APIs, including WebSocket APIs, share it.
            9..=16 => Some(certificates[self.rng.random_range(0..certificates.len())].clone()),
            17 => Some(acm[self.rng.random_range(0..acm.len())].clone()),
            _ => Some(self.word(6)),
        };
        let state = StageState { certificate, tags: self.seed_tags(), ..StageState::default() };
        let arn = self.insert_stage(api, name, state);
        if kind == ApiKind::Rest && self.rng.random_range(0..20) == 0 {
            let deployed = DEPLOYMENTS[self.rng.random_range(0..DEPLOYMENTS.len())];
            self.set_canary(&arn, Some(deployed));
        }
    }

    fn seed_tags(&mut self) -> Tags {
        let team = format!("team-{}", self.rng.random_range(1..40));
        let owner = |key: &str, value: &str| Tags::from([(key.into(), value.into())]);
        match self.rng.random_range(0..10) {
            0 | 1 => Tags::new(),
            2 => owner("owner", " "),
            3 => owner("cost-center", &team),
            4 => owner("Owner", &team),
            _ => owner("owner", &team),
        }
    }
}
