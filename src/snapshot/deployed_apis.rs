use std::collections::HashMap;

use serde_json::Value;

use crate::Failure;
use crate::account::deployed_apis::{Deployed, DeployedApis};
use crate::account::integrations::{HttpIntegrations, StageVariables, V2Integrations, stage_variables};
use crate::resources::stage_arn::{StageArn, StageType};
use crate::snapshot::{Snapshot, SnapshotAccount};

/// Why a stage without an export has no backends.
const WITHOUT_EXPORT: &str = "the snapshot has no export of the stage";

impl DeployedApis for SnapshotAccount<'_> {
    async fn deployed_integrations(&self, stage: &StageArn) -> Result<Deployed, Failure> {
        let Some(document) = self.snapshot.exports.get(stage.as_str()) else {
            return Ok(Deployed::NotExportable(Some(WITHOUT_EXPORT.into())));
        };
        let integrations = HttpIntegrations::of_export(document.to_string().as_bytes())
            .map_err(|error| Failure::malformed(format!("snapshot.exports.{stage}"), error.to_string()))?;
        Ok(integrations.map_or(Deployed::NotExportable(None), Deployed::Http))
    }

    async fn v2_integrations(&self) -> Result<V2Integrations, Failure> {
        Ok(V2Integrations::of_rows(&self.snapshot.integrations))
    }

    async fn rest_stage_variables(
        &self,
        stage: &StageArn,
    ) -> Result<HashMap<String, StageVariables>, Failure> {
        let all = self.snapshot.stage_variables(StageType::RestApi);
        let of_api = all.filter(|(arn, _)| arn.api_arn() == stage.api_arn());
        Ok(of_api.map(|(arn, variables)| (arn.stage_name().to_owned(), variables)).collect())
    }

    async fn v2_stage_variables(&self) -> Result<HashMap<String, StageVariables>, Failure> {
        let all = self.snapshot.stage_variables(StageType::ApiV2);
        Ok(all.map(|(arn, variables)| (arn.as_str().to_owned(), variables)).collect())
    }
}

impl Snapshot {
    /// The variables of all stages of a type that have any.
    fn stage_variables(&self, of: StageType) -> impl Iterator<Item = (StageArn, StageVariables)> {
        self.stages.iter().filter_map(move |row| {
            let arn = row.get("resourceId").and_then(Value::as_str)?;
            let arn = StageArn::parse(arn).ok().filter(|arn| arn.stage_type() == of)?;
            Some((arn, stage_variables(of, row.get("configuration")?)?))
        })
    }
}
