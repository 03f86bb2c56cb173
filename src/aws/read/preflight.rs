//! What a deployment needs in each account and Region.

use aws_sdk_config::types::{ConfigurationRecorder, RecordingFrequency, RecordingStrategyType};
use serde::Deserialize;

use crate::Failure;
use crate::aws::connect::call::Call;
use crate::aws::connect::service_endpoint::LAMBDA;
use crate::aws::{AssumedAccount, RegionalConfig};
use crate::resources::account_region::AccountRegion;
use crate::scan::coverage::preflight::Recording;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetAccountSettingsResponse {
    account_limit: AccountLimit,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AccountLimit {
    unreserved_concurrent_executions: u32,
}

impl AssumedAccount<'_> {
    /// The concurrent executions of Lambda functions that are not reserved in a Region.
    ///
    /// # Errors
    /// `Operation` of `GetAccountSettings`.
    pub async fn unreserved_concurrency(&self, region: &str) -> Result<u32, Failure> {
        let account_region = AccountRegion { region: region.into(), ..self.account_region.clone() };
        let call = Call {
            operation: "GetAccountSettings",
            resource: "the Lambda quotas",
            account_region: &account_region,
            limit: None,
        };
        let service = self.service(LAMBDA, region);
        let sent =
            service.get::<GetAccountSettingsResponse>(call.operation, "/2016-08-19/account-settings", None);
        Ok(call.send(sent).await?.account_limit.unreserved_concurrent_executions)
    }
}

impl RegionalConfig {
    /// The state of the customer's recorder and what it records; `None` if there is no recorder.
    ///
    /// # Errors
    /// `Operation` of `DescribeConfigurationRecorderStatus` or `DescribeConfigurationRecorders`.
    pub async fn recording(&self) -> Result<Recording, Failure> {
        let state = self.recorder().await?;
        let call = self.call("DescribeConfigurationRecorders", "the configuration recorder");
        let output = call.send(self.client.describe_configuration_recorders().send()).await?;
        let recorders = output.configuration_recorders.unwrap_or_default().into_iter();
        let mut own = recorders.filter(|recorder| recorder.service_principal.is_none());
        Ok(own.next().map_or_else(
            || Recording { state, ..Recording::default() },
            |recorder| {
                let is_daily = recorder
                    .recording_mode
                    .as_ref()
                    .is_some_and(|mode| mode.recording_frequency == RecordingFrequency::Daily);
                Recording { state, is_daily, included: included(&recorder), excluded: excluded(&recorder) }
            },
        ))
    }
}

/// The only resource types that are recorded; `None` for all.
fn included(recorder: &ConfigurationRecorder) -> Option<Vec<String>> {
    let group = recorder.recording_group.as_ref()?;
    let uses_list = match group.recording_strategy.as_ref().and_then(|strategy| strategy.use_only.as_ref()) {
        Some(strategy) => *strategy == RecordingStrategyType::InclusionByResourceTypes,
        None => !group.all_supported,
    };
    let types = group.resource_types.as_deref().unwrap_or_default();
    uses_list.then(|| types.iter().map(|kind| kind.as_str().to_owned()).collect())
}

fn excluded(recorder: &ConfigurationRecorder) -> Vec<String> {
    let group = recorder.recording_group.as_ref();
    let excluded = group.and_then(|group| group.exclusion_by_resource_types.as_ref());
    let types = excluded.and_then(|excluded| excluded.resource_types.as_deref()).unwrap_or_default();
    types.iter().map(|kind| kind.as_str().to_owned()).collect()
}
