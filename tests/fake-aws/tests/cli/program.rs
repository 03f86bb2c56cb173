//! The program as a user runs it, against the fake AWS.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use fake_aws::{FakeAws, Fleet, World};
use serde_json::Value;

use crate::oracle;

pub const ROLE: &str = "stagecert-reader";
pub const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];

/// Compliance types by account, Region and resource id.
pub type Results = BTreeMap<(String, String), BTreeMap<String, String>>;

/// An organization with this many accounts in two Regions each. The first account is the management
/// account, and the program uses its credentials.
pub fn organization(accounts: usize) -> World {
    let stages = accounts * REGIONS.len() * 9;
    let mut world =
        World::fleet(&Fleet { seed: 5, accounts, stages, regions: REGIONS.len(), ..Fleet::default() });
    for number in 1..accounts {
        world.trust(&Fleet::account(number), ROLE, &Fleet::account(0));
    }
    world
}

/// The result of running the program.
pub struct ProgramRun {
    pub status: i32,
    pub out: String,
    pub err: String,
}

impl ProgramRun {
    /// The JSON document on standard output.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }

    pub fn results(&self) -> Results {
        let document = self.json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let places = document["places"].as_array().unwrap().iter();
        let of_place = |account_region: &Value| {
            let stages = account_region["stages"].as_array().unwrap().iter();
            let results = stages.map(|stage| (text(&stage["resourceId"]), text(&stage["complianceType"])));
            ((text(&account_region["accountId"]), text(&account_region["awsRegion"])), results.collect())
        };
        places.map(of_place).collect()
    }

    /// All error messages, with and without an account and Region.
    pub fn errors(&self) -> Vec<String> {
        let document = self.json();
        let of_places = document["places"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|account_region| errors(&account_region["errors"]));
        errors(&document["errors"]).into_iter().chain(of_places).collect()
    }
}

fn errors(rows: &Value) -> Vec<String> {
    rows.as_array().unwrap().iter().map(|row| row["message"].as_str().unwrap().to_owned()).collect()
}

/// Runs `stagecert scan` as the first account.
pub fn scan(fake_aws: &FakeAws, arguments: &str) -> ProgramRun {
    scan_with(fake_aws, arguments, &[])
}

pub fn scan_with(fake_aws: &FakeAws, arguments: &str, environment: &[(&str, &str)]) -> ProgramRun {
    stagecert(fake_aws, &format!("scan {arguments}"), environment)
}

/// Runs `stagecert` as the first account.
pub fn stagecert(fake_aws: &FakeAws, arguments: &str, environment: &[(&str, &str)]) -> ProgramRun {
    let output = command(fake_aws, arguments, environment).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    ProgramRun { status: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

/// The command that runs `stagecert` as the first account.
pub fn command(fake_aws: &FakeAws, arguments: &str, environment: &[(&str, &str)]) -> Command {
    let credentials = fake_aws.world().credentials(&Fleet::account(0));
    let mut command = Command::new(program());
    command
        .args(arguments.split_whitespace())
        .env_clear()
        .env("AWS_REGION", REGIONS[0])
        .env("AWS_ACCESS_KEY_ID", credentials.access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key)
        .env("AWS_ENDPOINT_URL", fake_aws.url())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(environment.iter().copied());
    command
}

/// The program is built into the tests' own target directory, unless a measurement names another.
fn program() -> PathBuf {
    if let Some(program) = std::env::var_os("STAGECERT_PROGRAM") {
        return program.into();
    }
    let tests = std::env::current_exe().unwrap();
    tests.parent().and_then(|deps| deps.parent()).unwrap().join("stagecert")
}

/// The expected results for every account and Region that isn't excluded.
pub fn expected(fake_aws: &FakeAws, excluded: &[String]) -> Results {
    let world = fake_aws.world();
    let now = world.clock.certificates_now();
    let accounts = world.accounts().filter(|account| !excluded.contains(&account.id));
    let places =
        accounts.flat_map(|account| account.regions.iter().map(|(name, region)| (&account.id, name, region)));
    let results = |region| oracle::results(region, now).into_iter().map(|(arn, kind)| (arn, kind.to_owned()));
    places
        .map(|(account, name, region)| ((account.clone(), name.clone()), results(region).collect()))
        .collect()
}
