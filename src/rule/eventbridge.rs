use jiff::Timestamp;

use crate::Failure;
use crate::deadline::Deadline;
use crate::event::eventbridge::Invocation as EventBridgeEvent;
use crate::notify::compliance_change;
use crate::notify::reminders::remind;
use crate::parameters::settings::Settings;
use crate::rule::connect::Connect;
use crate::telemetry::invocation_log::InvocationLog;

/// Handles an event that EventBridge sends: reminders, or a change of compliance.
pub(crate) async fn handle<C: Connect>(
    event: &EventBridgeEvent,
    connect: &C,
    settings: &Settings,
    now: Timestamp,
    deadline: Deadline,
    log: &mut InvocationLog,
) -> Result<(), Failure> {
    let (kind, account_region, rule_name, parameters) = match event {
        EventBridgeEvent::Reminders(run) => {
            ("reminders", &run.account_region, &run.rule_name, &run.parameters)
        }
        EventBridgeEvent::ComplianceChange(change) => {
            ("compliance-change", &change.account_region, &change.rule_name, &change.parameters)
        }
    };
    log.kind = kind.into();
    log.account_region = Some(account_region.clone());
    log.rule_name = Some(rule_name.clone());
    log.parameters = Some(parameters.clone());
    let role = parameters.execution_role_name.as_deref();
    let (account, results) = connect.connect(account_region, role, deadline).await?;
    match event {
        EventBridgeEvent::Reminders(run) => {
            let name = settings.last_reminders();
            let stats = remind(run, &name, &account, &results, now, deadline).await;
            log.events_sent = Some(stats.sent);
            if let Some(failure) = Failure::from_all(stats.failures) {
                return Err(failure);
            }
        }
        EventBridgeEvent::ComplianceChange(change) => {
            log.events_sent = Some(compliance_change::publish(change, &account, &results, deadline).await?);
        }
    }
    Ok(())
}
