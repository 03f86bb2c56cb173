//! What happens in an account over a year: certificates expire and are rotated in time, late or
//! never; stages are created and deleted; tags change.

use std::cell::{RefCell, RefMut};
use std::collections::{BTreeMap, BTreeSet};

use fake_aws::event_bus::EventBus;
use fake_aws::model::{Api, Region, Stage};
use fake_aws::security_hub::SecurityHub;
use fake_aws::{ApiKind, Tags, World};
use jiff::{SignedDuration, Timestamp};
use stagecert::evaluation::compliance::ComplianceType;
use stagecert::resources::account_region::AccountRegion;

use crate::burst::HubLimit;
use crate::config_events::Rule;

pub const ACCOUNT: &str = "111122223333";
pub const REGION: &str = "eu-west-1";
pub const OWNER: &str = "owner";

/// An account and Region of the fake AWS in simulated time, with faults and people.
pub struct Simulation {
    state: RefCell<State>,
    pub account_region: AccountRegion,
}

pub struct State {
    pub world: World,
    /// The rule that evaluates the account.
    pub rule: Rule,
    /// Whether `GetClientCertificates` fails.
    pub unreadable: bool,
    /// Whether `BatchImportFindings` fails.
    pub import_fails: bool,
    /// Whether `GetResources` fails.
    pub tags_fail: bool,
    pub hub_limit: HubLimit,
    /// Whether reading earlier results fails.
    pub results_unreadable: bool,
    /// Whether `PutEvaluations` fails.
    pub puts_fail: bool,
    /// The number of calls of `PutEvents` that succeed before the others fail.
    pub bus_calls: Option<usize>,
    /// The results that Config returns while it lags behind its own puts.
    pub stale_results: Option<BTreeMap<String, StoredResult>>,
    /// The capture time of each stage's latest configuration item.
    pub captured: BTreeMap<String, Timestamp>,
    /// The stages that only a script changes.
    pub scripted: BTreeSet<String>,
    /// The results that Config holds, by resource ID.
    pub results: BTreeMap<String, StoredResult>,
    /// The number of results put so far, so that no two have the same time.
    puts: i64,
    pub now: Timestamp,
    /// Days before expiry at which a stage's owners act; negative if after.
    acts_at: BTreeMap<String, i64>,
    /// The number of stages and certificates created so far.
    created: u64,
}

/// A result as Config holds it.
#[derive(Clone)]
pub struct StoredResult {
    pub compliance_type: ComplianceType,
    pub annotation: String,
    pub recorded: Timestamp,
}

impl Simulation {
    pub fn new(stages: usize, now: Timestamp) -> Self {
        let mut world = World::new(1);
        world.add_account("aws", ACCOUNT, REGION);
        let mut state = State {
            world,
            rule: Rule::default(),
            unreadable: false,
            import_fails: false,
            tags_fail: false,
            hub_limit: HubLimit::default(),
            results_unreadable: false,
            puts_fail: false,
            bus_calls: None,
            stale_results: None,
            captured: BTreeMap::new(),
            scripted: BTreeSet::new(),
            results: BTreeMap::new(),
            puts: 0,
            now,
            acts_at: BTreeMap::new(),
            created: 0,
        };
        for _ in 0..stages {
            // Expiry dates are spread over the year, to the second.
            let age = i64::try_from(state.created * 7_919 * 61 % 31_000_000).unwrap();
            state.create_stage(now, SignedDuration::from_secs(age));
        }
        let account_region =
            AccountRegion { partition: "aws".into(), account: ACCOUNT.into(), region: REGION.into() };
        Self { state: RefCell::new(state), account_region }
    }

    pub fn state(&self) -> RefMut<'_, State> {
        self.state.borrow_mut()
    }
}

impl State {
    pub fn region(&self) -> &Region {
        self.world.region(ACCOUNT, REGION)
    }

    pub fn region_mut(&mut self) -> &mut Region {
        self.world.region_mut(ACCOUNT, REGION)
    }

    pub fn hub(&mut self) -> &mut SecurityHub {
        &mut self.region_mut().security_hub
    }

    pub fn parameters(&mut self) -> &mut BTreeMap<String, String> {
        &mut self.region_mut().parameters
    }

    pub fn bus(&mut self) -> &mut EventBus {
        &mut self.region_mut().event_bus
    }

    /// The number of existing stages.
    pub fn stages(&self) -> usize {
        self.region().stages().count()
    }

    pub fn create_stage(&mut self, now: Timestamp, age: SignedDuration) -> String {
        self.created += 1;
        let n = self.created;
        let integrations: &[&str] = if n.is_multiple_of(12) { &["MOCK"] } else { &["HTTP"] };
        let name = format!("api-{n}");
        let api = self.world.create_api(ACCOUNT, REGION, ApiKind::Rest, &name, integrations);
        let (arn, _) = self.world.create_stage(&api, "prod");
        let stages = &mut self.region_mut().apis.get_mut(&api).unwrap().stages;
        stages.get_mut("prod").unwrap().created = now;
        if !n.is_multiple_of(6) {
            let certificate = self.issue(now - age);
            self.world.attach_certificate(&arn, &certificate);
        }
        if !n.is_multiple_of(9) {
            self.world.tag(ACCOUNT, REGION, &arn, &[(OWNER, &format!("team-{}", n % 4))]);
        }
        let acts_at = [45, 20, 5, 0, -3, -400][usize::try_from(n % 6).unwrap()];
        self.acts_at.insert(arn.clone(), acts_at);
        arn
    }

    pub fn issue(&mut self, at: Timestamp) -> String {
        self.created += 1;
        let owner = (!self.created.is_multiple_of(8)).then(|| format!("team-{}", self.created % 5));
        let tags: Tags = owner.map(|owner| (OWNER.to_owned(), owner)).into_iter().collect();
        let id = self.world.generate_certificate(ACCOUNT, REGION, tags);
        let certificate = self.region_mut().certificates.get_mut(&id).unwrap();
        certificate.not_before = at;
        certificate.not_after = at + SignedDuration::from_hours(365 * 24);
        id
    }

    /// The owner that an event must name.
    pub fn owner(&self, arn: &str, certificate: &str) -> String {
        let region = self.region();
        let of_certificate = || owner(region, &region.certificates.get(certificate)?.arn);
        owner(region, arn).or_else(of_certificate).unwrap_or_default().to_owned()
    }

    /// The compliance types of existing stages that Config stores.
    pub fn results(&self) -> BTreeMap<String, &'static str> {
        let existing = self.results.iter().filter(|(arn, _)| self.region().stage(arn).is_some());
        existing.map(|(arn, result)| (arn.clone(), result.compliance_type.name())).collect()
    }

    /// Stores a result.
    pub fn store(&mut self, arn: String, compliance_type: ComplianceType, annotation: String) {
        self.puts += 1;
        let recorded = self.now + SignedDuration::from_millis(self.puts % 1_000);
        self.results.insert(arn, StoredResult { compliance_type, annotation, recorded });
    }

    /// Simulates what people do on one day. Returns the deleted stages, and whether Config sends an
    /// event for each.
    pub fn simulate_day(&mut self, day: i64, now: Timestamp) -> Vec<(String, bool)> {
        self.now = now;
        let arns: Vec<String> = self.region().stages().map(|(_, stage)| stage.arn.clone()).collect();
        let mut gone = Vec::new();
        for (n, arn) in arns.iter().enumerate() {
            if self.scripted.contains(arn) {
                continue;
            }
            let chance = (i64::try_from(n).unwrap() * 31 + day * 17) % 1009;
            let issued = certificate(self.region(), arn).and_then(|id| self.region().certificates.get(id));
            let expires = issued.map(|certificate| certificate.not_after);
            let left = expires.map(|at| (at.as_second() - now.as_second()).div_euclid(86_400));
            if left.is_some_and(|left| left == self.acts_at[arn]) {
                let next = self.issue(now);
                self.world.attach_certificate(arn, &next);
            }
            match chance {
                1 | 2 => {
                    let api = self.region().stage(arn).unwrap().0.id.clone();
                    self.world.delete_api(&api);
                    gone.push((arn.clone(), chance == 1 || day % 3 == 0));
                    self.create_stage(now, SignedDuration::ZERO);
                }
                3 => {
                    // From now on, it shares its neighbor's certificate.
                    let other = &arns[(n + 1) % arns.len()];
                    match certificate(self.region(), other).map(ToOwned::to_owned) {
                        Some(shared) => self.world.attach_certificate(arn, &shared),
                        None => self.world.detach_certificate(arn),
                    };
                }
                4 => drop(self.world.untag(ACCOUNT, REGION, arn, &[OWNER])),
                5 => drop(self.world.tag(ACCOUNT, REGION, arn, &[(OWNER, "team-new")])),
                _ => {}
            }
        }
        gone
    }
}

pub fn certificate<'r>(region: &'r Region, arn: &str) -> Option<&'r str> {
    region.stage(arn)?.1.state.certificate.as_deref()
}

/// The owner tag of a resource.
pub fn owner<'r>(region: &'r Region, arn: &str) -> Option<&'r str> {
    region.tags_of(arn)?.get(OWNER).map(String::as_str)
}

/// Whether the stage's deployment has an HTTP integration.
pub fn has_http(api: &Api, stage: &Stage) -> bool {
    api.deployments[&stage.state.deployment].iter().any(|integration| integration == "HTTP")
}
