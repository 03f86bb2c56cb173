//! The seam for what is deployed on stages in detail. Only people ask for it, so the function does
//! not have it.

use std::collections::HashMap;

use crate::Failure;
use crate::account::integrations::{HttpIntegrations, StageVariables, V2Integrations};
use crate::resources::stage_arn::StageArn;

/// What is deployed on the stage of a REST API.
#[derive(Debug)]
pub enum Deployed {
    /// The HTTP integrations of its deployment.
    Http(HttpIntegrations),
    /// The stage can't be exported, with API Gateway's message if there is one.
    NotExportable(Option<String>),
    /// The stage does not exist.
    NotFound,
}

/// Read access to the integrations and variables of one account and Region.
///
/// Every method fails with `Failure::Operation` or, for a snapshot, `Failure::Malformed`.
#[expect(async_fn_in_trait, reason = "the runtime is current-thread: no future crosses threads")]
pub trait DeployedApis {
    /// The HTTP integrations in the deployment of a REST API's stage.
    async fn deployed_integrations(&self, stage: &StageArn) -> Result<Deployed, Failure>;

    /// The HTTP integrations of all V2 APIs, as recorded by Config.
    async fn v2_integrations(&self) -> Result<V2Integrations, Failure>;

    /// The variables of all stages of the REST API that `stage` belongs to, by stage name.
    async fn rest_stage_variables(
        &self,
        stage: &StageArn,
    ) -> Result<HashMap<String, StageVariables>, Failure>;

    /// The variables of all stages of V2 APIs, as recorded by Config, by stage ARN.
    async fn v2_stage_variables(&self) -> Result<HashMap<String, StageVariables>, Failure>;
}
