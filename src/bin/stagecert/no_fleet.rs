//! Replaces `fleet.rs` in a program that is built without the feature `fleet`.

use std::future::ready;

use stagecert::Failure;
use stagecert::failure::Unsupported;
use stagecert::snapshot::Snapshot;

use crate::args::{LiveArgs, ParameterArgs, SnapshotArgs};
use crate::scan_results::ScannedAccountRegion;

pub(crate) async fn scan(
    _: &LiveArgs,
    _: &ParameterArgs,
    _: bool,
) -> Result<(Vec<ScannedAccountRegion>, Vec<Failure>), Failure> {
    ready(Err(without())).await
}

pub(crate) async fn snapshot(_: &SnapshotArgs) -> Result<Snapshot, Failure> {
    ready(Err(without())).await
}

/// The failure of every command that needs live accounts.
pub(crate) fn without() -> Failure {
    Failure::NotSupported(Unsupported::LiveAccounts { feature: "fleet" })
}
