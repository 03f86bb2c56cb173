//! The function as Lambda runs it: the real program, a Runtime API, and the fake AWS.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use fake_aws::{Credentials, FakeAws, Outcome, Put, RuntimeApi, World};
use serde_json::Value;

use crate::evidence::{self, COUNTS, Violation};
use crate::oracle;

/// The program under test, in one account and Region.
pub struct Function {
    pub fake_aws: Arc<FakeAws>,
    api: RuntimeApi,
    program: Child,
    arn: String,
    account: String,
    region: String,
    key: String,
}

/// The scale factor of the tests: `STAGECERT_PROOF`, which `make soak` sets.
pub fn times() -> usize {
    std::env::var("STAGECERT_PROOF").ok().and_then(|times| times.parse().ok()).unwrap_or(1)
}

/// A deadline that no invocation reaches, even at API Gateway's rate limit.
const DEADLINE: Duration = Duration::from_secs(300);

impl Function {
    /// Starts the function in `account` of `world`.
    pub fn start(world: World, account: &str, region: &str) -> Self {
        Self::start_with(world, account, region, &[])
    }

    /// Starts the function with more environment variables.
    pub fn start_with(world: World, account: &str, region: &str, variables: &[(&str, &str)]) -> Self {
        let credentials = world.credentials(account);
        Self::of(Arc::new(FakeAws::spawn(world)), account, region, credentials, variables)
    }

    /// Starts a second process of the function in the same world, as Lambda does if an event
    /// arrives while another is being handled.
    pub fn second_process(&self) -> Self {
        let credentials = self.fake_aws.world().another_key(&self.account);
        Self::of(Arc::clone(&self.fake_aws), &self.account, &self.region, credentials, &[])
    }

    fn of(
        fake_aws: Arc<FakeAws>,
        account: &str,
        region: &str,
        credentials: Credentials,
        variables: &[(&str, &str)],
    ) -> Self {
        let partition = fake_aws.world().region(account, region).partition.clone();
        let key = credentials.access_key_id.clone();
        let api = RuntimeApi::spawn();
        let built = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/debug/bootstrap");
        let program = Command::new(std::env::var("STAGECERT_BOOTSTRAP").unwrap_or_else(|_| built.into()))
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", api.address())
            .env("AWS_LAMBDA_FUNCTION_NAME", "stagecert")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_REGION", region)
            .env("AWS_ACCESS_KEY_ID", credentials.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key)
            .env("AWS_ENDPOINT_URL", fake_aws.url())
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let arn = format!("arn:{partition}:lambda:{region}:{account}:function:stagecert");
        let (account, region) = (account.to_owned(), region.to_owned());
        Self { fake_aws, api, program, arn, account, region, key }
    }

    /// Sends one event to the function.
    pub fn invoke(&self, event: &Value) -> Outcome {
        self.invoke_within(event, DEADLINE)
    }

    /// Sends one event with another deadline. Everything it puts must be based on confirmed facts.
    pub fn invoke_within(&self, event: &Value, deadline: Duration) -> Outcome {
        let (outcome, wrong) = self.invoke_and_check(event, deadline);
        let lines: Vec<String> = wrong.iter().map(|(wrong, put)| evidence::line(*wrong, put)).collect();
        assert!(wrong.is_empty(), "{} wrong puts, for example {}\n{outcome:?}", wrong.len(), lines[0]);
        outcome
    }

    /// Sends one event, and returns the puts that aren't based on confirmed facts.
    pub fn invoke_and_check(&self, event: &Value, deadline: Duration) -> (Outcome, Vec<(Violation, Put)>) {
        self.fake_aws.world().begin(&self.key, event);
        let outcome = self.api.invoke(&self.arn, event, deadline);
        let puts = self.fake_aws.world().take_puts(&self.key);
        puts.iter().for_each(|put| COUNTS.count(put));
        let wrong = puts.into_iter().filter_map(|put| evidence::violation(&put).map(|wrong| (wrong, put)));
        (outcome, wrong.collect())
    }

    /// Sends events in order; each must succeed.
    pub fn deliver(&self, events: impl IntoIterator<Item = Value>) {
        for event in events {
            let outcome = self.invoke(&event);
            assert!(matches!(outcome, Outcome::Success(_)), "{outcome:?}");
        }
    }

    /// The compliance types that Config stores, by resource.
    pub fn stored(&self, account: &str, region: &str) -> BTreeMap<String, &'static str> {
        let world = self.fake_aws.world();
        let evaluations = &world.region(account, region).rules["stagecert"].evaluations;
        evaluations.iter().map(|((_, id), stored)| (id.clone(), known(&stored.compliance_type))).collect()
    }

    /// The compliance types that Config stores for existing stages.
    pub fn stored_of_existing(&self, account: &str, region: &str) -> BTreeMap<String, &'static str> {
        let mut stored = self.stored(account, region);
        let world = self.fake_aws.world();
        stored.retain(|arn, _| world.stage(arn).is_some());
        stored
    }

    /// The expected compliance types of existing stages.
    pub fn expected(&self, account: &str, region: &str) -> BTreeMap<String, &'static str> {
        let world = self.fake_aws.world();
        oracle::results(world.region(account, region), world.clock.certificates_now())
    }

    /// The number of evaluations that Config has accepted.
    pub fn accepted(&self, account: &str, region: &str) -> u64 {
        self.fake_aws.world().region(account, region).rules["stagecert"].accepted
    }

    /// The program's peak memory in megabytes; `None` if the system doesn't report it.
    pub fn peak_memory(&self) -> Option<usize> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.program.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kilobytes: usize = line.split_whitespace().next()?.parse().ok()?;
        Some(kilobytes.div_ceil(1000))
    }

    /// Sends the rule's scheduled event.
    pub fn sweep(&self, account: &str, region: &str) -> Outcome {
        let event = self.fake_aws.world().scheduled_event(account, region, "stagecert");
        self.invoke(&event)
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn known(compliance_type: &str) -> &'static str {
    let types = ["COMPLIANT", "NON_COMPLIANT", "NOT_APPLICABLE"];
    types.into_iter().find(|known| *known == compliance_type).expect("one of the three")
}
