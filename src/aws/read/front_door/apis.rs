//! APIs and the names of their stages.

use serde_json::Value;

use crate::Failure;
use crate::aws::LiveAccount;
use crate::aws::connect::call::Call;
use crate::aws::read::gateway::{V1, V2, parsed};
use crate::resources::account_region::AccountRegion;
use crate::resources::api::{Api, ApiArn, ApiType, RestApiItem, V2ApiItem};
use crate::resources::stage_arn::StageType;

impl LiveAccount {
    /// All APIs, from `GetRestApis` and `GetApis`.
    pub(super) async fn all_apis(&self) -> Result<Vec<Api>, Failure> {
        let (rest, v2) = tokio::join!(self.apis_of(ApiType::Rest), self.apis_of(ApiType::V2));
        let mut apis = rest?;
        apis.extend(v2?);
        Ok(apis)
    }

    async fn apis_of(&self, kind: ApiType) -> Result<Vec<Api>, Failure> {
        let (call, form, path) = match kind {
            ApiType::Rest => (self.call("GetRestApis", "all REST APIs"), V1, "/restapis"),
            ApiType::V2 => (self.call("GetApis", "all V2 APIs"), V2, "/v2/apis"),
        };
        let items = self.gateway_list(&call, form, path, "").await?;
        let items = items.ok_or_else(|| call.invalid_response("not found".into()))?;
        items.into_iter().map(|item| self.api_of(&call, kind, item)).collect()
    }

    /// The current API, from `GetRestApi` or `GetApi`; `None` if it does not exist.
    pub(super) async fn current_api(&self, api: &ApiArn) -> Result<Option<Api>, Failure> {
        let (operation, form, collection) = match api.api_type() {
            ApiType::Rest => ("GetRestApi", V1, "/restapis"),
            ApiType::V2 => ("GetApi", V2, "/v2/apis"),
        };
        let call = self.call(operation, api.as_str());
        let path = format!("{collection}/{}", api.id());
        let Some(item) = self.gateway_resource(&call, form.service, &path).await? else { return Ok(None) };
        let found = self.api_of(&call, api.api_type(), item)?;
        if found.arn == *api { Ok(Some(found)) } else { Err(call.invalid_response("another API".into())) }
    }

    fn api_of(&self, call: &Call<'_>, kind: ApiType, item: Value) -> Result<Api, Failure> {
        let AccountRegion { partition, region, .. } = &self.account_region;
        let api = match kind {
            ApiType::Rest => parsed::<RestApiItem>(call, item)?.api(partition, region),
            ApiType::V2 => parsed::<V2ApiItem>(call, item)?.api(partition, region),
        };
        api.map_err(|problem| call.invalid_response(format!("invalid response: {problem}")))
    }

    /// The names of all stages of an API; none if the API does not exist.
    pub(super) async fn stage_names_of(&self, api: &ApiArn) -> Result<Vec<String>, Failure> {
        let call = self.call("GetStages", api.as_str());
        let kind = match api.api_type() {
            ApiType::Rest => StageType::RestApi,
            ApiType::V2 => StageType::ApiV2,
        };
        let stages = self.listed_stages(kind, api.id()).await?;
        let name = |stage: &Value| stage.get("stageName").and_then(Value::as_str).map(str::to_owned);
        let names: Option<Vec<String>> = stages.iter().map(name).collect();
        names.ok_or_else(|| call.invalid_response("a stage without a name".into()))
    }
}
