//! Replaces `fleet.rs` in a program that is built without the feature `fleet`.

use std::future::ready;

use stagecert::Failure;
use stagecert::failure::Unsupported;
use stagecert::parameters::Parameters;
use stagecert::snapshot::Snapshot;

use crate::args::{DeploymentArgs, LiveArgs, ParameterArgs, SnapshotArgs};
use crate::exit_status::ExitStatus;
use crate::input;
use crate::reading::Reading;
use crate::scan_results::ScannedAccountRegion;

/// What a scan returns: never, in this program.
pub(crate) struct Evaluated {
    pub(crate) scanned: Vec<ScannedAccountRegion>,
    pub(crate) failures: Vec<Failure>,
    pub(crate) parameters: Parameters,
}

pub(crate) async fn scan(
    _: &LiveArgs,
    _: &ParameterArgs,
    _: Option<&str>,
    _: Reading,
    _: bool,
) -> Result<Evaluated, Failure> {
    ready(Err(without())).await
}

pub(crate) async fn snapshot(_: &SnapshotArgs) -> Result<Snapshot, Failure> {
    ready(Err(without())).await
}

/// Checks the deployment file, which needs no AWS, before the command fails.
pub(crate) fn deployment(args: &DeploymentArgs) -> Result<ExitStatus, Failure> {
    input::deployment(&args.deployment)?;
    Err(without())
}

pub(crate) fn findings() -> Result<ExitStatus, Failure> {
    Err(without())
}

fn without() -> Failure {
    Failure::NotSupported(Unsupported::LiveAccounts { feature: "fleet" })
}
