//! A deployment to an organization with every kind of gap, and its file.

use std::path::PathBuf;

use fake_aws::model::{Recorder, Runs};
use fake_aws::{FakeAws, Fleet, Organization, StackInstance, World};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::program::{ProgramRun, REGIONS, ROLE, stagecert};

pub const RULE: &str = "stagecert-api-client-certificates";
pub const UNIT: &str = "ou-ab12-workload";
pub const CANARY: &str = "ou-ab12-canary00";

/// An organization with this many accounts, the last of which is the management account. The first
/// administers a StackSet that reaches all others.
pub fn deployed(accounts: usize, regions: usize) -> World {
    let mut world = World::new(7);
    let names = Fleet { regions, ..Fleet::default() }.region_names();
    for number in 0..accounts {
        for region in &names {
            world.add_account("aws", &Fleet::account(number), region);
            world.add_rule(&Fleet::account(number), region, RULE, Some("{}"));
        }
    }
    world.organization = Some(Organization { returns_status: true, ..Organization::default() });
    let all: Vec<String> = (0..accounts).map(Fleet::account).collect();
    let (management, members) = all.split_last().unwrap();
    for account in &all[1..] {
        world.trust(account, ROLE, &all[0]);
    }
    let organization = world.organization.as_mut().unwrap();
    organization.management.clone_from(management);
    organization.delegated.insert(all[0].clone());
    world.add_unit("r-ab12", None, std::slice::from_ref(management));
    world.add_unit(UNIT, Some("r-ab12"), members);
    world.add_unit(CANARY, Some("r-ab12"), &[]);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    world.add_stack_set("stagecert", &all[0], REGIONS[0], members, &names).delegated = true;
    world
}

/// The accounts of [`with_gaps`].
pub mod account {
    pub const COVERED: usize = 1;
    pub const NO_RULE: usize = 2;
    pub const NO_RECORDER: usize = 3;
    pub const NO_SWEEP: usize = 4;
    pub const FAILED: usize = 5;
    pub const UNREADABLE: usize = 6;
    pub const SUSPENDED: usize = 7;
}

/// An instant in the past, in whole seconds.
pub fn hours_ago(world: &World, hours: i64) -> Timestamp {
    let instant = world.clock.real() - SignedDuration::from_hours(hours);
    Timestamp::from_second(instant.as_second()).unwrap()
}

/// One account per kind of gap, in two Regions each. The second Region shows another way to have
/// it, or is covered.
pub fn with_gaps() -> World {
    let mut world = deployed(9, 2);
    let recent = Runs {
        activated: Some(hours_ago(&world, 800)),
        invoked: Some(hours_ago(&world, 2)),
        evaluated: Some(hours_ago(&world, 3)),
        ..Runs::default()
    };
    let set = |world: &mut World, number: usize, region: &str, runs: Runs| {
        let region = world.region_mut(&Fleet::account(number), region);
        region.rules.get_mut(RULE).unwrap().runs = runs;
    };
    for number in 0..9 {
        for region in REGIONS {
            set(&mut world, number, region, recent.clone());
        }
    }
    let of = Fleet::account;
    world.region_mut(&of(account::NO_RULE), REGIONS[0]).rules.clear();
    let place = (of(account::NO_RULE), REGIONS[1].to_owned());
    world.stack_sets.get_mut("stagecert").unwrap().instances.remove(&place);
    world.region_mut(&of(account::NO_RECORDER), REGIONS[0]).options.recorder = Recorder::Absent;
    world.region_mut(&of(account::NO_RECORDER), REGIONS[1]).options.recorder = Recorder::Stopped;
    let error = Some(("AccessDenied".to_owned(), "lambda:InvokeFunction".to_owned()));
    let old = Some(hours_ago(&world, 49));
    let overdue = Runs { invoked: old, evaluated: old, error, ..recent.clone() };
    set(&mut world, account::NO_SWEEP, REGIONS[0], overdue);
    let never = Runs { evaluated: None, ..recent };
    set(&mut world, account::NO_SWEEP, REGIONS[1], never.clone());
    let new = Runs { activated: Some(hours_ago(&world, 47)), invoked: None, ..never };
    set(&mut world, account::FAILED, REGIONS[1], new);
    let hostile = format!("NoAvailableConfigurationRecorder\n\u{1b}[2J<&\u{202e}{}", "x".repeat(5000));
    let place = (of(account::FAILED), REGIONS[0].to_owned());
    let instances = &mut world.stack_sets.get_mut("stagecert").unwrap().instances;
    instances.insert(place, StackInstance::failed(&hostile));
    world.remove_role(&of(account::UNREADABLE), ROLE);
    let organization = world.organization.as_mut().unwrap();
    organization.states.insert(of(account::SUSPENDED), "SUSPENDED".into());
    world
}

/// The deployment file of [`deployed`].
pub fn file() -> Value {
    json!({
        "deploymentVersion": 1, "name": "stagecert", "version": "0.1.0", "deploymentMode": "stack-set",
        "partition": "aws", "homeRegion": REGIONS[0], "regions": REGIONS,
        "administratorAccount": Fleet::account(0), "managementAccount": null,
        "includesManagementAccount": false, "callAs": "DELEGATED_ADMIN",
        "organizationalUnits": [UNIT], "accounts": null, "excludedAccounts": [],
        "stackSets": [{"name": "stagecert", "organizationalUnits": [UNIT], "regions": REGIONS, "reservedConcurrency": 1}],
        "stacks": [{"name": "stagecert-code-eu-west-1", "account": Fleet::account(0), "region": REGIONS[0]}],
        "rules": [{"name": RULE, "match": "exact"}], "frequency": "TwentyFour_Hours",
        "functionName": "stagecert-evaluator", "aggregator": null,
    })
}

/// A deployment file in a temporary folder, which is deleted when it is dropped.
pub struct DeploymentFile(PathBuf);

impl DeploymentFile {
    pub fn new(content: &Value) -> Self {
        let name = format!("stagecert-deployment-{}-{:?}", std::process::id(), std::thread::current().id());
        let path = std::env::temp_dir().join(name.replace(['(', ')'], "-"));
        std::fs::write(&path, content.to_string()).unwrap();
        Self(path)
    }
}

impl Drop for DeploymentFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Runs a command with a deployment file.
pub fn run(fake_aws: &FakeAws, command: &str, deployment: &Value) -> ProgramRun {
    let file = DeploymentFile::new(deployment);
    let mut words = command.splitn(2, ' ');
    let (name, options) = (words.next().unwrap(), words.next().unwrap_or_default());
    stagecert(fake_aws, &format!("{name} --deployment {} {options}", file.0.display()), &[])
}

/// Runs `coverage` with the role.
pub fn coverage(fake_aws: &FakeAws, deployment: &Value, options: &str) -> ProgramRun {
    run(fake_aws, &format!("coverage --role-name {ROLE} {options}"), deployment)
}
