use crate::Failure;
use crate::deadline::Deadline;
use crate::event::eventbridge::Invocation as Told;
use crate::notify::compliance_change;
use crate::notify::reminders::remind;
use crate::rule::Report;
use crate::rule::connect::Connect;
use crate::telemetry::invocation_log::Record;

/// What EventBridge asks for.
pub(crate) async fn tell<C: Connect>(
    told: Told,
    connect: &C,
    deadline: Deadline,
    record: &mut Record,
) -> Result<Report, Failure> {
    let (kind, account_region, rule_name, parameters) = match &told {
        Told::Reminders(run) => ("reminders", &run.account_region, &run.rule_name, &run.parameters),
        Told::ComplianceChange(change) => {
            ("compliance-change", &change.account_region, &change.rule_name, &change.parameters)
        }
    };
    record.kind = kind.into();
    record.account_region = Some(account_region.clone());
    record.rule_name = Some(rule_name.clone());
    record.parameters = Some(parameters.clone());
    let role = parameters.execution_role_name.as_deref();
    let (account, results) = connect.connect(account_region, role, deadline).await?;
    match &told {
        Told::Reminders(run) => {
            let reminded = remind(run, &account, &results, deadline).await?;
            record.told = Some(reminded.told);
            if let Some(failure) = Failure::from_all(reminded.failures) {
                return Err(failure);
            }
        }
        Told::ComplianceChange(change) => {
            record.told = Some(compliance_change::tell(change, &account, &results, deadline).await?);
        }
    }
    Ok(Report::of(record))
}
