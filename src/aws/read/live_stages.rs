//! The current stages, from API Gateway. Config's items can be outdated or missing.

use serde_json::Value;

use crate::Failure;
use crate::aws::LiveAccount;
use crate::aws::read::gateway::{ListForm, V1, V2, escaped};
use crate::resources::stage::Stage;
use crate::resources::stage_arn::{StageArn, StageType};

impl LiveAccount {
    /// The current stage, from API Gateway; `None` if the stage or its API does not exist.
    pub(crate) async fn stage_of_api(&self, stage: &StageArn) -> Result<Option<Stage>, Failure> {
        let call = self.call("GetStage", stage.as_str());
        let (form, stages) = stages_of(stage.stage_type(), stage.api_id());
        let path = format!("{stages}/{}", escaped(stage.stage_name()));
        let Some(found) = self.gateway_resource(&call, form.service, &path).await? else { return Ok(None) };
        // The requested name, and not the one in the response, identifies the stage.
        self.current_stage(stage.clone(), &found).map(Some).map_err(|problem| call.invalid_response(problem))
    }

    /// The current stages of the API of `stage`, from API Gateway; none if the API does not exist.
    pub(crate) async fn stages_of_api(&self, stage: &StageArn) -> Result<Vec<Stage>, Failure> {
        self.current_stages(stage.stage_type(), stage.api_id(), stage.api_arn()).await
    }

    /// The current stages of an API, from API Gateway; none if the API does not exist.
    pub(crate) async fn current_stages(
        &self,
        kind: StageType,
        api: &str,
        api_arn: &str,
    ) -> Result<Vec<Stage>, Failure> {
        let listed = self.listed_stages(kind, api).await?;
        let current = |listed: &Value| {
            let name = listed.get("stageName").and_then(Value::as_str).unwrap_or_default();
            let arn = StageArn::parse(&format!("{api_arn}/stages/{name}"))?;
            self.current_stage(arn, listed)
        };
        let stages: Result<_, String> = listed.iter().map(current).collect();
        stages.map_err(|problem| self.call("GetStages", api).invalid_response(problem))
    }

    /// The stages of an API as API Gateway describes them; none if the API does not exist, which
    /// can have been deleted after it was listed.
    pub(crate) async fn listed_stages(&self, kind: StageType, api: &str) -> Result<Vec<Value>, Failure> {
        let call = self.call("GetStages", api);
        let (form, path) = stages_of(kind, api);
        Ok(self.gateway_list(&call, form, &path, "").await?.unwrap_or_default())
    }

    fn current_stage(&self, arn: StageArn, described: &Value) -> Result<Stage, String> {
        Ok(Stage { captured: Some(self.now), ..Stage::from_configuration(arn, described)? })
    }
}

/// The form and the path of the list of an API's stages.
fn stages_of(kind: StageType, api: &str) -> (ListForm, String) {
    match kind {
        StageType::RestApi => (V1, format!("/restapis/{api}/stages")),
        StageType::ApiV2 => (V2, format!("/v2/apis/{api}/stages")),
    }
}
