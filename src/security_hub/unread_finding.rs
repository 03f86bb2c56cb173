//! The archived finding in which a rule remembers the stages, APIs and domains that it could not
//! read.

use jiff::Timestamp;

use crate::resources::account_region::AccountRegion;
use crate::security_hub::asff::{AwsSecurityFinding, ComplianceStatus, SeverityLabel};
use crate::security_hub::content::is_refresh_due;
use crate::security_hub::context::FindingStatus;
use crate::security_hub::existing::ExistingFinding;
use crate::security_hub::identity::{Source, id_prefix};
use crate::security_hub::of_account;
use crate::security_hub::unread::UnreadStages;

/// The kind of the finding, in its `GeneratorId`.
const CODE: &str = "unread";

/// The rule's finding, if there is one.
pub(crate) fn find<'e>(
    context: (&AccountRegion, &Source),
    existing: &'e [ExistingFinding],
) -> Option<&'e ExistingFinding> {
    let id = id(context);
    existing.iter().find(|it| it.id == id)
}

/// The update of the finding, if the stages have changed or it is due.
pub(crate) fn update(
    context: (&AccountRegion, &Source),
    stages: &UnreadStages,
    remembered: Option<&ExistingFinding>,
    at: Timestamp,
) -> Option<AwsSecurityFinding> {
    let fields = stages.fields();
    let is_due = match remembered {
        None => !stages.is_empty(),
        Some(it) => it.unread != fields || (!stages.is_empty() && is_refresh_due(&it.id, it.updated_at, at)),
    };
    if !is_due {
        return None;
    }
    let status = FindingStatus {
        compliance: ComplianceStatus::NotAvailable,
        severity: SeverityLabel::Informational,
        reason: CODE,
        text: match stages.len() {
            0 => "no resource is unreadable".to_owned(),
            1 => "since when 1 resource could not be read completely".to_owned(),
            count => format!("since when {count} resources could not be read completely"),
        },
    };
    let finding = of_account(context, (id(context), CODE), &status, fields, at);
    Some(finding.created_at(remembered.and_then(|it| it.created_at)))
}

fn id((account_region, source): (&AccountRegion, &Source)) -> String {
    format!("{}unread/{}/{}", id_prefix(account_region), source.deployment, source.rule)
}
