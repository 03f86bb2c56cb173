use aws_sdk_account::operation::list_regions::ListRegionsOutput;
use aws_sdk_account::types::RegionOptStatus;

use crate::Failure;
use crate::aws::AssumedAccount;
use crate::aws::connect::call::Call;
use crate::resources::account_region::is_region;

/// The maximum page size of `ListRegions` (botocore).
const PAGE_SIZE: i32 = 50;

impl AssumedAccount<'_> {
    /// The sorted names of the Regions that are enabled in the account.
    ///
    /// # Errors
    /// `Operation` of `ListRegions`, also for an empty list, because every account has Regions.
    pub async fn regions(&self) -> Result<Vec<String>, Failure> {
        let call = Call {
            operation: "ListRegions",
            resource: "the enabled Regions",
            account_region: &self.account_region,
            limit: None,
        };
        let client = aws_sdk_account::Client::new(&self.config);
        let request = client
            .list_regions()
            .max_results(PAGE_SIZE)
            .region_opt_status_contains(RegionOptStatus::Enabled)
            .region_opt_status_contains(RegionOptStatus::EnabledByDefault);
        let mut pages = request.into_paginator().send();
        let (mut regions, mut seen) = (Vec::new(), None);
        while let Some(page) = call.page(pages.next(), ListRegionsOutput::next_token, &mut seen).await? {
            for region in page.regions.unwrap_or_default() {
                let name = region.region_name.filter(|name| is_region(name));
                regions.push(name.ok_or_else(|| call.invalid_response("a Region has no valid name".into()))?);
            }
        }
        regions.sort();
        regions.dedup();
        if regions.is_empty() {
            return Err(call.invalid_response("no Region is enabled".into()));
        }
        Ok(regions)
    }
}
