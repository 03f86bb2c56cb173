use super::Report;
use crate::Failure;
use crate::account::Connect;
use crate::compliance_change;
use crate::deadline::Deadline;
use crate::invocation::Invocation as Told;
use crate::reminders::remind;

/// What EventBridge asks for.
pub(super) async fn tell<C: Connect>(told: Told, connect: &C, deadline: Deadline) -> Result<Report, Failure> {
    let (place, parameters) = match &told {
        Told::Reminders(run) => (&run.place, &run.parameters),
        Told::ComplianceChange(change) => (&change.place, &change.parameters),
    };
    let role = parameters.execution_role_name.as_deref();
    let (account, results) = connect.connect(place, role, deadline).await?;
    match &told {
        Told::Reminders(run) => {
            let reminded = remind(run, &account, &results, deadline).await?;
            let report = Report {
                kind: "reminders".into(),
                evaluated: reminded.looked_at,
                told: reminded.told,
                ..Report::default()
            };
            Failure::from_all(reminded.failures).map_or(Ok(report), Err)
        }
        Told::ComplianceChange(change) => {
            let told = compliance_change::tell(change, &account, &results, deadline).await?;
            Ok(Report { kind: "compliance-change".into(), evaluated: 1, told, ..Report::default() })
        }
    }
}
