use jiff::Timestamp;

use crate::Failure;
use crate::deadline::Deadline;
use crate::event::eventbridge::Invocation as EventBridgeEvent;
use crate::notify::reminders::remind;
use crate::parameters::settings::Settings;
use crate::rule::connect::Connect;
use crate::telemetry::invocation_log::InvocationLog;

/// Handles an event that EventBridge sends: the schedule of the reminders.
pub(crate) async fn handle<C: Connect>(
    event: &EventBridgeEvent,
    connect: &C,
    settings: &Settings,
    now: Timestamp,
    deadline: Deadline,
    log: &mut InvocationLog,
) -> Result<(), Failure> {
    let EventBridgeEvent::Reminders(run) = event;
    log.kind = "reminders".into();
    log.account_region = Some(run.account_region.clone());
    log.rule_name = Some(run.rule_name.clone());
    log.parameters = Some(run.parameters.clone());
    let (account, results) = connect.connect(&run.account_region, &run.parameters, deadline).await?;
    let name = settings.last_reminders(&run.parameters.checks);
    let stats = remind(run, &name, &account, &results, now, deadline).await;
    log.events_sent = Some(stats.sent);
    Failure::from_all(stats.failures).map_or(Ok(()), Err)
}
