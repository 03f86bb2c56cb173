//! Snapshots of live accounts.

use stagecert::Failure;
use stagecert::aws::{Aws, SnapshotOptions};
use stagecert::deadline::Deadline;
use stagecert::scan::Observer;
use stagecert::snapshot::Snapshot;

use crate::args::SnapshotArgs;
use crate::deployed_rule::with_inventory;
use crate::progress::Progress;
use crate::region::ensure_region;

/// Takes a snapshot of one account and Region.
pub(crate) async fn snapshot(args: &SnapshotArgs) -> Result<Snapshot, Failure> {
    if !args.quiet {
        args.parameters.note_origin()?;
    }
    let parameters = with_inventory(&args.parameters.raw()?)?;
    let aws = Aws::load_profile(args.region.as_deref(), args.profile.as_deref()).await?;
    ensure_region(&aws)?;
    let home = aws.home(None, Deadline::none()).await?;
    let account = args.account.as_deref().unwrap_or(&home.account);
    let reached = aws.assume_account(&home, account, args.role_name.as_deref()).await?;
    let account = reached.open(&home.region, crate::clock::now());
    account.limit_api_gateway_calls(parameters.api_gateway_calls_per_second);
    let mut progress = Progress::over(1, args.quiet);
    let activity = progress.activity(1, args.quiet);
    let observe = |step| activity.add(step, parameters.api_gateway_calls_per_second);
    let options = SnapshotOptions {
        with_backends: !args.without_backends,
        with_front_door: args.front_door,
        observer: Observer::new(&observe),
    };
    let snapshot = account.snapshot(&parameters, options).await;
    progress.advance(1, "");
    snapshot
}
