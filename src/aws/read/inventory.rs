//! The list of stages, from Config, from API Gateway, or from both.

use std::collections::{BTreeSet, HashMap};
use std::pin::pin;

use futures_util::{StreamExt, stream};
use serde_json::Value;

use crate::Failure;
use crate::account::listing::{ListedFrom, Listing, Unreadable};
use crate::account::rows;
use crate::aws::LiveAccount;
use crate::aws::read::gateway::V1;
use crate::parameters::Inventory;
use crate::resources::account_region::AccountRegion;
use crate::resources::stage_arn::StageType;

/// The number of concurrent `GetStages` calls, below the rate limit of the client.
const CONCURRENCY: usize = 4;
/// The number of APIs above which the names of all APIs are read: a page has 100 rows, and a query
/// for named APIs at most [`rows::MAX_NAMED_APIS`].
const MAX_NAMED_APIS: usize = 100;
/// The number of failed `GetStages` calls, without a success, after which the listing is given up.
const MAX_REFUSALS: usize = 10;

impl LiveAccount {
    pub(crate) async fn listing(&self, inventory: Inventory) -> Result<Listing, Failure> {
        match inventory {
            Inventory::Config => self.config_listing().await,
            Inventory::ApiGateway => {
                let expression = rows::stages_of(StageType::ApiV2);
                let (rest_apis, v2_apis) =
                    tokio::join!(self.rest_stages(), self.select_stages("stages of V2 APIs", &expression));
                Ok(with_rest_stages(v2_apis?, rest_apis?))
            }
            Inventory::Auto => self.auto_listing().await,
        }
    }

    async fn config_listing(&self) -> Result<Listing, Failure> {
        let listing = self.select_stages("all stages", &rows::all_stages()).await?;
        Ok(Listing { from: Some(ListedFrom::Config), ..listing })
    }

    /// Config's list of stages, with the stages of REST APIs from API Gateway if Config has none.
    ///
    /// Config reports no error for a recorder that is off or does not record stages, so an empty
    /// list is only trusted if API Gateway returns one too.
    async fn auto_listing(&self) -> Result<Listing, Failure> {
        let recorded = match self.config_listing().await {
            Err(failure) if failure.code().is_some_and(is_missing_recorder) => Listing::default(),
            listing => listing?,
        };
        let has_rest_stages =
            recorded.stages.iter().any(|stage| stage.arn.stage_type() == StageType::RestApi);
        if has_rest_stages || !recorded.unreadable.is_empty() {
            return Ok(recorded);
        }
        Ok(with_rest_stages(recorded, self.rest_stages().await?))
    }

    /// The stages of all REST APIs, from API Gateway.
    ///
    /// If the stages of an API can't be read, only that API's stages are missing.
    async fn rest_stages(&self) -> Result<Listing, Failure> {
        let call = self.call("GetRestApis", "all REST APIs");
        let listed = self.gateway_list(&call, V1, "/restapis", "").await?;
        let listed = listed.ok_or_else(|| call.invalid_response("not found".into()))?;
        let mut apis: Vec<String> = Vec::new();
        let (mut listing, mut any_succeeded) = (Listing::default(), false);
        for api in listed {
            let text = |field: &str| api.get(field).and_then(Value::as_str).map(ToOwned::to_owned);
            let Some(id) = text("id") else { continue };
            listing.api_names.extend(text("name").map(|name| (self.rest_api_arn(&id), name)));
            apis.push(id);
        }
        let read = |api: String| async move {
            let arn = self.rest_api_arn(&api);
            (self.current_stages(StageType::RestApi, &api, &arn).await, api)
        };
        let mut listed = pin!(stream::iter(apis).map(read).buffered(CONCURRENCY));
        while let Some((stages, api)) = listed.next().await {
            match stages {
                Ok(stages) => {
                    any_succeeded = true;
                    listing.stages.extend(stages);
                }
                // All calls of a role without the permission fail, and would use up the quota.
                Err(failure) if !any_succeeded && listing.unreadable.len() + 1 >= MAX_REFUSALS => {
                    return Err(failure);
                }
                Err(failure) => listing.unreadable.push(self.unreadable_api(&api, failure)),
            }
        }
        Ok(listing)
    }

    /// The names of APIs, read from Config in queries of limited length, or of all APIs in one
    /// query of several pages if many are wanted.
    pub(crate) async fn names_of_apis(
        &self,
        api_arns: &BTreeSet<&str>,
    ) -> Result<HashMap<String, String>, Failure> {
        let mut names = HashMap::new();
        if api_arns.len() > MAX_NAMED_APIS {
            let rows = self.select("names of APIs", &rows::all_api_names()).await?;
            names = rows::read_api_names(&rows);
            names.retain(|arn, _| api_arns.contains(arn.as_str()));
            return Ok(names);
        }
        let api_arns: Vec<&str> = api_arns.iter().copied().collect();
        for api_arns in api_arns.chunks(rows::MAX_NAMED_APIS) {
            let rows = self.select("names of APIs", &rows::api_names(api_arns)).await?;
            names.extend(rows::read_api_names(&rows));
        }
        Ok(names)
    }

    /// The entry for all stages of an API that could not be listed.
    fn unreadable_api(&self, api: &str, failure: Failure) -> Unreadable {
        Unreadable { resource_id: None, api_arn: Some(self.rest_api_arn(api)), certificates: None, failure }
    }

    fn rest_api_arn(&self, api: &str) -> String {
        let AccountRegion { partition, region, .. } = &self.account_region;
        format!("arn:{partition}:apigateway:{region}::/restapis/{api}")
    }
}

fn with_rest_stages(mut listing: Listing, rest_apis: Listing) -> Listing {
    listing.stages.extend(rest_apis.stages);
    listing.unreadable.extend(rest_apis.unreadable);
    listing.api_names.extend(rest_apis.api_names);
    Listing { from: Some(ListedFrom::ApiGateway), ..listing }
}

/// Whether this error code of Config means that no configuration recorder is set up or running.
pub(super) fn is_missing_recorder(code: &str) -> bool {
    [
        "NoAvailableConfigurationRecorderException",
        "NoAvailableConfigurationRecorder",
        "NoRunningConfigurationRecorderException",
        "NoSuchConfigurationRecorderException",
    ]
    .contains(&code)
}
