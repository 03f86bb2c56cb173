//! The Region of the settings.

use stagecert::Failure;
use stagecert::aws::Aws;

use crate::hint::NO_REGION;

/// Fails if neither an option nor the settings name a Region.
pub(crate) fn ensure_region(aws: &Aws) -> Result<(), Failure> {
    if aws.default_region().is_some() {
        return Ok(());
    }
    Err(Failure::Malformed {
        field: NO_REGION.into(),
        problem: "none of --region, AWS_REGION, AWS_DEFAULT_REGION and the profile's `region` is set".into(),
    })
}
