//! What findings are known by: the same for the same stage and check, always.

use super::LONGEST_ID;
use super::text::cut;
use crate::checks::Check;
use crate::resources::account_region::Place;
use crate::resources::stage::StageArn;

/// The stage and the check that the finding of this `Id` is about, where it is one of `place`.
#[must_use]
pub fn subject(place: &Place, id: &str) -> Option<(StageArn, Check)> {
    let of = id.strip_prefix(&id_prefix(place))?;
    let (stage, check) = of.rsplit_once('/')?;
    Some((StageArn::parse(stage).ok()?, Check::from_code(check)?))
}

/// The `Id` of the finding about a stage and a check.
#[must_use]
pub fn id(place: &Place, stage: &StageArn, check: Check) -> String {
    cut(&format!("{}{stage}/{check}", id_prefix(place)), LONGEST_ID)
}

/// The `GeneratorId` of a check's findings.
#[must_use]
pub fn generator_id(check: Check) -> String {
    format!("stagecert/{check}")
}

/// The `ProductArn` of an account's own findings.
#[must_use]
pub fn product_arn(place: &Place) -> String {
    let Place { partition, account, region } = place;
    format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default")
}

pub(crate) fn id_prefix(place: &Place) -> String {
    let Place { partition, account, region } = place;
    format!("stagecert/{partition}/{account}/{region}/")
}
