//! Every call that was made, and whether one reached for what is not its account's.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::world::World;

/// A call that was answered, or was to be.
#[derive(Clone, Debug)]
pub struct LoggedCall {
    /// Such as `PutEvaluations`; `?` for what the fake AWS does not know.
    pub operation: &'static str,
    /// The service of the credential scope, such as `apigateway`: both it and `tagging` have a `GetResources`.
    pub service: String,
    /// The account of the credentials, or what is known of them.
    pub account: String,
    /// The Region of the credential scope.
    pub region: String,
    /// The access key id.
    pub key_id: String,
    /// The role whose credentials they are; `None` for an account's own.
    pub role: Option<String>,
    /// When it came.
    pub at: Instant,
    /// The status that was answered; 0 where there was no answer.
    pub status: u16,
    /// The error's code.
    pub error: Option<String>,
    /// What was asked: the operation's input; of what the fake AWS does not know, a line that says what it was.
    pub input: Value,
    /// What in the input belongs to another account or Region.
    pub crossed: Option<String>,
}

/// The calls in the order in which they came.
#[derive(Debug, Default)]
pub struct Log {
    calls: Mutex<Vec<LoggedCall>>,
}

impl Log {
    /// All of them.
    pub fn calls(&self) -> Vec<LoggedCall> {
        self.lock().clone()
    }

    /// Those of one operation.
    pub fn of(&self, operation: &str) -> Vec<LoggedCall> {
        self.lock().iter().filter(|call| call.operation == operation).cloned().collect()
    }

    /// How often one operation was called.
    pub fn count(&self, operation: &str) -> usize {
        self.lock().iter().filter(|call| call.operation == operation).count()
    }

    /// How often each operation was called.
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        self.count_by(|_| true)
    }

    /// How often each operation was called in one account.
    pub fn counts_in(&self, account: &str) -> BTreeMap<&'static str, usize> {
        self.count_by(|call| call.account == account)
    }

    fn count_by(&self, counts: impl Fn(&LoggedCall) -> bool) -> BTreeMap<&'static str, usize> {
        let mut counted = BTreeMap::new();
        for call in self.lock().iter().filter(|call| counts(call)) {
            *counted.entry(call.operation).or_default() += 1;
        }
        counted
    }

    /// The most calls of API Gateway that came within one second in one account.
    pub fn most_in_a_second(&self, account: &str, operations: &[&str]) -> usize {
        let calls = self.lock();
        let meant = |call: &&LoggedCall| call.account == account && operations.contains(&call.operation);
        let at: Vec<Instant> = calls.iter().filter(meant).map(|call| call.at).collect();
        let within = |from: usize| {
            at[from..].iter().take_while(|one| one.duration_since(at[from]).as_secs() < 1).count()
        };
        (0..at.len()).map(within).max().unwrap_or_default()
    }

    /// The time from the first call to the last.
    pub fn span(&self) -> Duration {
        let calls = self.lock();
        let ends = calls.first().zip(calls.last());
        ends.map_or(Duration::ZERO, |(first, last)| last.at.duration_since(first.at))
    }

    /// The calls that named something of another account or Region than their credentials'.
    pub fn crossings(&self) -> Vec<LoggedCall> {
        self.lock().iter().filter(|call| call.crossed.is_some()).cloned().collect()
    }

    /// Whether no call named anything of another account or Region than its credentials'.
    pub fn never_crossed_accounts(&self) -> bool {
        self.crossings().is_empty()
    }

    /// Forgets what was logged.
    pub fn clear(&self) {
        self.lock().clear();
    }

    pub(crate) fn push(&self, call: LoggedCall) {
        self.lock().push(call);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<LoggedCall>> {
        self.calls.lock().expect("nobody panics while logging")
    }
}

/// What of an input belongs to another account or Region. `AssumeRole` is how one crosses, so it never counts.
pub(crate) fn crossed(world: &World, account: &str, region: &str, input: &Value) -> Option<String> {
    match input {
        Value::String(text) => {
            let foreign_api = world.home_of(text).is_some_and(|home| home != (account, region));
            let foreign_arn = match text.splitn(6, ':').collect::<Vec<_>>().as_slice() {
                ["arn", _, _, of_region, of_account, _] => {
                    !(of_account.is_empty() || *of_account == account)
                        || !(of_region.is_empty() || *of_region == region)
                }
                _ => false,
            };
            let foreign_token =
                world.tokens.get(text).is_some_and(|of| of.account != account || of.region != region);
            (foreign_api || foreign_arn || foreign_token).then(|| text.clone())
        }
        Value::Array(all) => all.iter().find_map(|one| crossed(world, account, region, one)),
        Value::Object(members) => members.iter().find_map(|(name, value)| {
            let api = value
                .as_str()
                .filter(|_| ["restApiId", "ApiId"].contains(&name.as_str()))
                .and_then(|id| world.api_homes.get(id));
            let foreign = api.is_some_and(|(of, at)| of != account || at != region);
            if foreign { value.as_str().map(Into::into) } else { crossed(world, account, region, value) }
        }),
        _ => None,
    }
}
