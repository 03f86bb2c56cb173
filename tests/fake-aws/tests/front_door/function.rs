//! The function as Lambda runs it: the real program, a Runtime API, and the fake AWS.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fake_aws::{FakeAws, Outcome, RuntimeApi, World};

use crate::generate::{REGION, RULE, Rule, account};
use crate::oracle::{self, Findings, Resource, Stored};

/// A deadline that no invocation reaches, even at API Gateway's rate limit.
pub const DEADLINE: Duration = Duration::from_secs(300);

/// The scale factor of the tests: `STAGECERT_PROOF`, which `make soak` sets.
pub fn times() -> usize {
    std::env::var("STAGECERT_PROOF").ok().and_then(|times| times.parse().ok()).unwrap_or(1)
}

/// The program under test, in one account and Region.
pub struct Function {
    pub fake_aws: FakeAws,
    api: RuntimeApi,
    program: Child,
    rule: Rule,
}

impl Function {
    /// Starts the function in a world that has the rule.
    pub fn start(world: World, rule: &Rule) -> Self {
        let credentials = world.credentials(&account());
        let (fake_aws, api) = (FakeAws::spawn(world), RuntimeApi::spawn());
        let built = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/debug/bootstrap");
        let stderr =
            if std::env::var_os("ORACLE_SHOW_STDERR").is_some() { Stdio::inherit() } else { Stdio::null() };
        let program = Command::new(std::env::var("STAGECERT_BOOTSTRAP").unwrap_or_else(|_| built.into()))
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", api.address())
            .env("AWS_LAMBDA_FUNCTION_NAME", "stagecert")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_REGION", REGION)
            .env("AWS_ACCESS_KEY_ID", credentials.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key)
            .env("AWS_ENDPOINT_URL", fake_aws.url())
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn()
            .unwrap();
        Self { fake_aws, api, program, rule: rule.clone() }
    }

    /// Sends the rule's scheduled event.
    pub fn sweep(&self) -> Outcome {
        self.sweep_within(DEADLINE)
    }

    /// The same with another deadline.
    pub fn sweep_within(&self, deadline: Duration) -> Outcome {
        let event = self.fake_aws.world().scheduled_event(&account(), REGION, RULE);
        let arn = format!("arn:aws:lambda:{REGION}:{}:function:stagecert", account());
        self.api.invoke(&arn, &event, deadline)
    }

    /// The results that Config stores.
    pub fn stored(&self) -> BTreeMap<Resource, Stored> {
        let world = self.fake_aws.world();
        let evaluations = &world.region(&account(), REGION).rules[RULE].evaluations;
        evaluations.iter().map(|(resource, stored)| (resource.clone(), Stored::read(stored))).collect()
    }

    /// What the oracle accepts as results.
    pub fn expected(&self) -> BTreeMap<Resource, Findings> {
        oracle::results(&self.fake_aws.world(), &account(), REGION, &self.rule)
    }

    /// The number of evaluations that Config has accepted.
    pub fn accepted(&self) -> u64 {
        self.fake_aws.world().region(&account(), REGION).rules[RULE].accepted
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}
