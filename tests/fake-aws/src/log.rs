//! The log of all calls, including whether a call crossed into another account.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::world::World;

/// A logged call.
#[derive(Clone, Debug)]
pub struct LoggedCall {
    /// For example `PutEvaluations`; `?` for unsupported operations.
    pub operation: &'static str,
    /// The service of the credential scope, such as `apigateway`; both it and `tagging` have a
    /// `GetResources`.
    pub service: String,
    /// The account of the credentials, or as much as is known about them.
    pub account: String,
    /// The Region of the credential scope.
    pub region: String,
    /// The access key id.
    pub key_id: String,
    /// The assumed role; `None` for the account's own credentials.
    pub role: Option<String>,
    /// When the call arrived.
    pub at: Instant,
    /// The response status; 0 if there was no response.
    pub status: u16,
    /// The error code.
    pub error: Option<String>,
    /// The operation's input; for unsupported operations, a line that describes the request.
    pub input: Value,
    /// The part of the input that belongs to another account or Region.
    pub crossed: Option<String>,
}

/// The calls in order of arrival.
#[derive(Debug, Default)]
pub struct Log {
    calls: Mutex<Vec<LoggedCall>>,
}

impl Log {
    /// All calls.
    pub fn calls(&self) -> Vec<LoggedCall> {
        self.lock().clone()
    }

    /// The calls of one operation.
    pub fn of(&self, operation: &str) -> Vec<LoggedCall> {
        self.lock().iter().filter(|call| call.operation == operation).cloned().collect()
    }

    /// The number of calls of one operation.
    pub fn count(&self, operation: &str) -> usize {
        self.lock().iter().filter(|call| call.operation == operation).count()
    }

    /// The number of calls by operation.
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        self.count_by(|_| true)
    }

    /// The number of calls by operation in one account.
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

    /// The highest number of API Gateway calls within one second in one account.
    pub fn max_per_second(&self, account: &str, operations: &[&str]) -> usize {
        let calls = self.lock();
        let meant = |call: &&LoggedCall| call.account == account && operations.contains(&call.operation);
        let at: Vec<Instant> = calls.iter().filter(meant).map(|call| call.at).collect();
        let within = |from: usize| {
            at[from..].iter().take_while(|one| one.duration_since(at[from]).as_secs() < 1).count()
        };
        (0..at.len()).map(within).max().unwrap_or_default()
    }

    /// The time between the first and the last call.
    pub fn span(&self) -> Duration {
        let calls = self.lock();
        let ends = calls.first().zip(calls.last());
        ends.map_or(Duration::ZERO, |(first, last)| last.at.duration_since(first.at))
    }

    /// The calls that named a resource of another account or Region than their credentials'.
    pub fn crossings(&self) -> Vec<LoggedCall> {
        self.lock().iter().filter(|call| call.crossed.is_some()).cloned().collect()
    }

    /// Whether no call named a resource of another account or Region than its credentials'.
    pub fn never_crossed_accounts(&self) -> bool {
        self.crossings().is_empty()
    }

    /// Clears the log.
    pub fn clear(&self) {
        self.lock().clear();
    }

    pub(crate) fn push(&self, call: LoggedCall) {
        self.lock().push(call);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<LoggedCall>> {
        self.calls.lock().expect("no thread panics while logging")
    }
}

/// The part of an input that belongs to another account or Region. `AssumeRole` is exempt, because
/// it is how callers cross accounts.
pub(crate) fn crossed(world: &World, account: &str, region: &str, input: &Value) -> Option<String> {
    match input {
        Value::String(text) => {
            // A trust store of another account can be shared with this one.
            let home = world.try_region(account, region);
            if home.is_some_and(|home| home.front_door.trust_stores.contains_key(text)) {
                return None;
            }
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
