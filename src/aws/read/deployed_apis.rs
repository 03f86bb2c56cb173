//! What is deployed on stages in detail, and the variables of stages, for the command line.

use std::collections::HashMap;

use serde_json::Value;

use crate::Failure;
use crate::account::deployed_apis::{Deployed, DeployedApis};
use crate::account::integrations::{HttpIntegrations, StageVariables, V2Integrations, stage_variables};
use crate::account::rows;
use crate::aws::LiveAccount;
use crate::aws::read::exports::Exported;
use crate::resources::stage_arn::{StageArn, StageType};

impl DeployedApis for LiveAccount {
    async fn deployed_integrations(&self, stage: &StageArn) -> Result<Deployed, Failure> {
        match self.export(stage, "integrations").await? {
            Exported::Document(document) => {
                let integrations = HttpIntegrations::of_export(&document).map_err(|error| {
                    self.call("GetExport", stage.as_str())
                        .invalid_response(format!("the export is not JSON: {error}"))
                })?;
                Ok(integrations.map_or(Deployed::NotExportable(None), Deployed::Http))
            }
            Exported::Refused(message) => Ok(Deployed::NotExportable(message)),
            Exported::NotFound => Ok(Deployed::NotFound),
        }
    }

    async fn v2_integrations(&self) -> Result<V2Integrations, Failure> {
        let rows = self.select("integrations of V2 APIs", rows::INTEGRATIONS).await?;
        Ok(V2Integrations::of_rows(&rows))
    }

    async fn rest_stage_variables(
        &self,
        stage: &StageArn,
    ) -> Result<HashMap<String, StageVariables>, Failure> {
        let listed = self.listed_stages(StageType::RestApi, stage.api_id()).await?;
        let variables = listed.iter().filter_map(|stage| {
            let variables = stage.get("variables").and_then(Value::as_object).into_iter().flatten();
            let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
            Some((stage.get("stageName")?.as_str()?.to_owned(), variables.filter_map(text).collect()))
        });
        Ok(variables.collect())
    }

    async fn v2_stage_variables(&self) -> Result<HashMap<String, StageVariables>, Failure> {
        let mut variables = HashMap::new();
        let add = |row: Value| {
            let arn = row.get("resourceId").and_then(Value::as_str);
            let of_stage = row.get("configuration").and_then(|it| stage_variables(StageType::ApiV2, it));
            variables.extend(arn.map(str::to_owned).zip(of_stage));
        };
        self.select_each("variables of V2 stages", rows::V2_STAGE_VARIABLES, add).await?;
        Ok(variables)
    }
}
