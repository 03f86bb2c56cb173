//! What findings are known by: the same for the same stage and check, always.

use super::MAX_ID;
use crate::checks::Check;
use crate::resources::account_region::AccountRegion;
use crate::resources::stage_arn::StageArn;
use crate::security_hub::text::cut;

/// The stage and the check that the finding of this `Id` is about, where it is one of `account_region`.
#[must_use]
pub fn subject(account_region: &AccountRegion, id: &str) -> Option<(StageArn, Check)> {
    let of = id.strip_prefix(&id_prefix(account_region))?;
    let (stage, check) = of.rsplit_once('/')?;
    Some((StageArn::parse(stage).ok()?, Check::from_code(check)?))
}

/// The `Id` of the finding about a stage and a check.
#[must_use]
pub fn id(account_region: &AccountRegion, stage: &StageArn, check: Check) -> String {
    cut(&format!("{}{stage}/{check}", id_prefix(account_region)), MAX_ID)
}

/// The `GeneratorId` of a check's findings.
#[must_use]
pub fn generator_id(check: Check) -> String {
    format!("stagecert/{check}")
}

/// The `ProductArn` of an account's own findings.
#[must_use]
pub fn product_arn(account_region: &AccountRegion) -> String {
    let AccountRegion { partition, account, region } = account_region;
    format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default")
}

pub(crate) fn id_prefix(account_region: &AccountRegion) -> String {
    let AccountRegion { partition, account, region } = account_region;
    format!("stagecert/{partition}/{account}/{region}/")
}
