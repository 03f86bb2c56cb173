//! Runs events on a snapshot and returns the requests that would be put. Shared with the fuzz
//! targets.

use std::sync::LazyLock;

use serde_json::Value;
use stagecert::deadline::Deadline;
use stagecert::snapshot::{RecordedResults, Snapshot, SnapshotAccount, SnapshotConnection};
use stagecert::telemetry::invocation_log::InvocationLog;
use stagecert::{Failure, rule};

/// The repository's example account.
pub(crate) static EXAMPLE: LazyLock<Snapshot> =
    LazyLock::new(|| Snapshot::parse(include_str!("../../examples/account.json")).unwrap());

/// The outcome of an event.
pub(crate) struct Evaluated {
    pub requests: Vec<Value>,
    pub outcome: Result<InvocationLog, Failure>,
}

/// Runs the rule on a snapshot, its only source of data.
pub(crate) fn evaluate(event: &str, snapshot: &Snapshot) -> Evaluated {
    let account_region = snapshot.account_region();
    let results = RecordedResults::default();
    let connection = SnapshotConnection {
        account: SnapshotAccount::new(snapshot, &account_region),
        results: &results,
        exemptions: None,
    };
    let outcome = at_once(rule::run(event, &connection, snapshot.taken_at, Deadline::none()));
    Evaluated { requests: results.requests(), outcome }
}

/// Runs a future that needs no timer and no socket, which holds for snapshots, so a plain runtime
/// is enough.
pub(crate) fn at_once<T>(work: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    }
    RUNTIME.with(|runtime| runtime.block_on(work))
}
