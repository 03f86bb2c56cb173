//! The deployed integrations of a REST API's stage, and the current integrations of its API.

use serde_json::Value;

use crate::Failure;
use crate::account::export;
use crate::aws::LiveAccount;
use crate::aws::read::gateway::V1;
use crate::checks::stage::certificate_attached::{Backends, Undetermined};
use crate::parameters::CallsPerSecond;
use crate::quote::quoted;
use crate::resources::stage_arn::StageArn;

/// The outcome of a `GetExport` call.
#[derive(Debug)]
pub(crate) enum Exported {
    /// The exported document.
    Document(Vec<u8>),
    /// The stage can't be exported, with API Gateway's message if that is permanent.
    Refused(Option<String>),
    /// The stage does not exist.
    NotFound,
}

impl LiveAccount {
    /// Limits all API Gateway calls of this process in this account and Region.
    pub fn limit_api_gateway_calls(&self, calls: CallsPerSecond) {
        self.clients.apigateway_limiter.set_period(calls.period());
    }

    /// The backends in the deployment of a stage; `None` if the stage does not exist.
    pub(crate) async fn exported_backends(&self, stage: &StageArn) -> Result<Option<Backends>, Failure> {
        match self.export(stage, "integrations").await? {
            Exported::Document(document) => export::backends(&document).map(Some).map_err(|error| {
                self.call("GetExport", stage.as_str())
                    .invalid_response(format!("the export is not JSON: {error}"))
            }),
            Exported::Refused(refusal) => {
                let why = Undetermined::NotExportable;
                Ok(Some(Backends::Undetermined { why, deployment: None, refusal }))
            }
            Exported::NotFound => Ok(None),
        }
    }

    /// The export of the API that is deployed to a stage, with these extensions: `integrations`, or
    /// `apigateway` for all.
    pub(crate) async fn export(&self, stage: &StageArn, extensions: &str) -> Result<Exported, Failure> {
        let call = self.call("GetExport", stage.as_str());
        let request = self.clients.apigateway.get_export();
        let request = request.rest_api_id(stage.api_id()).stage_name(stage.stage_name()).export_type("oas30");
        let sent = request.parameters("extensions", extensions).accepts("application/json").send();
        match call.send_raw(sent).await? {
            Ok(exported) => Ok(Exported::Document(exported.body.unwrap_or_default().into_inner())),
            // These errors are facts about the stage; a denied or throttled call is a failure.
            Err(error) => match error.as_service_error() {
                Some(known) if known.is_bad_request_exception() => {
                    let refusal = quoted(&call.sdk_failure(error).cause());
                    tracing::info!(stage = stage.as_str(), refusal, "not exportable");
                    Ok(Exported::Refused(Some(refusal)))
                }
                Some(known) if known.is_conflict_exception() => Ok(Exported::Refused(None)),
                Some(known) if known.is_not_found_exception() => Ok(Exported::NotFound),
                _ => Err(call.sdk_failure(error)),
            },
        }
    }

    /// The integration types of all methods of an API's current resources; `None` for a method
    /// without an integration.
    pub(crate) async fn integration_types(&self, stage: &StageArn) -> Result<Vec<Option<String>>, Failure> {
        let call = self.call("GetResources", stage.api_arn());
        let path = format!("/restapis/{}/resources", stage.api_id());
        let resources = self.gateway_list(&call, V1, &path, "&embed=methods").await?;
        let resources = resources.ok_or_else(|| call.invalid_response("the API does not exist".into()))?;
        let methods = resources
            .iter()
            .filter_map(|resource| resource.get("resourceMethods")?.as_object())
            .flat_map(|methods| methods.values());
        let integration =
            |method: &Value| Some(method.pointer("/methodIntegration/type")?.as_str()?.to_owned());
        Ok(methods.map(integration).collect())
    }
}
