//! The identifiers of findings, which depend only on the stage and the check.

use super::MAX_ID;
use crate::checks::Check;
use crate::resources::account_region::AccountRegion;
use crate::resources::stage_arn::StageArn;
use crate::security_hub::text::cut;

/// The stage and the check of the finding with this `Id`; `None` if it isn't a finding in
/// `account_region`.
#[must_use]
pub(crate) fn subject(account_region: &AccountRegion, id: &str) -> Option<(StageArn, Check)> {
    let subject = id.strip_prefix(&id_prefix(account_region))?;
    let (stage, check) = subject.rsplit_once('/')?;
    Some((StageArn::parse(stage).ok()?, Check::from_code(check)?))
}

/// The `Id` of the finding about a stage and a check.
#[must_use]
pub(crate) fn id(account_region: &AccountRegion, stage: &StageArn, check: Check) -> String {
    cut(&format!("{}{stage}/{check}", id_prefix(account_region)), MAX_ID)
}

/// The `GeneratorId` of a check's findings.
#[must_use]
pub fn generator_id(check: Check) -> String {
    format!("stagecert/{check}")
}

/// The `ProductArn` of an account's default product.
#[must_use]
pub(crate) fn product_arn(account_region: &AccountRegion) -> String {
    let AccountRegion { partition, account, region } = account_region;
    format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default")
}

pub(crate) fn id_prefix(account_region: &AccountRegion) -> String {
    let AccountRegion { partition, account, region } = account_region;
    format!("stagecert/{partition}/{account}/{region}/")
}
