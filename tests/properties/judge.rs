//! An event on a snapshot: what would be put. The fuzz targets judge by this very file.

use std::sync::LazyLock;

use serde_json::Value;
use stagecert::Failure;
use stagecert::deadline::Deadline;
use stagecert::rule::{self, Report};
use stagecert::snapshot::{RecordedResults, Snapshot, SnapshotAccount, SnapshotConnection};

/// The example account of the repository.
pub static EXAMPLE: LazyLock<Snapshot> =
    LazyLock::new(|| Snapshot::parse(include_str!("../../examples/account.json")).unwrap());

/// What an event came to.
pub struct Judged {
    pub requests: Vec<Value>,
    pub outcome: Result<Report, Failure>,
}

/// Runs the rule on a snapshot, which is all that it can read.
pub fn judge(event: &str, snapshot: &Snapshot) -> Judged {
    let account_region = snapshot.account_region();
    let results = RecordedResults::default();
    let connection =
        SnapshotConnection { account: SnapshotAccount::new(snapshot, &account_region), results: &results };
    let outcome = at_once(rule::run(event, &connection, snapshot.taken_at, Deadline::none()));
    Judged { requests: results.requests(), outcome }
}

/// Nothing waits for a snapshot: no timer and no socket, so a bare runtime does.
pub fn at_once<T>(work: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    }
    RUNTIME.with(|runtime| runtime.block_on(work))
}
