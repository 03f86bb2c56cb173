//! The current stages, from API Gateway. Config's items can be outdated or missing.

use aws_sdk_apigateway::operation::get_stage::GetStageError;
use aws_sdk_apigateway::types;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::json;

use crate::Failure;
use crate::aws::LiveAccount;
use crate::aws::read::convert;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::{StageArn, StageType};

/// The error code for a stage or API that does not exist.
const NOT_FOUND: &str = "NotFoundException";

/// A stage as the V2 `GetStage` and `GetStages` return it (botocore, apigatewayv2).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct V2Stage {
    stage_name: String,
    client_certificate_id: Option<String>,
    deployment_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct V2Stages {
    #[serde(default)]
    items: Vec<V2Stage>,
    next_token: Option<String>,
}

impl LiveAccount {
    /// The current stage, from API Gateway; `None` if the stage or its API does not exist.
    pub(crate) async fn stage_of_api(&self, stage: &StageArn) -> Result<Option<Stage>, Failure> {
        let call = self.call("GetStage", stage.as_str());
        if stage.stage_type() == StageType::ApiV2 {
            let path = format!("/v2/apis/{}/stages/{}", stage.api_id(), escaped(stage.stage_name()));
            let limiter = Some(&self.clients.apigateway_limiter);
            let sent = self.clients.apigateway_v2.get::<V2Stage>("GetStage", &path, limiter);
            return match call.send_raw(sent).await? {
                Ok(found) => {
                    self.v2_stage(&found, stage).map(Some).map_err(|problem| call.invalid_response(problem))
                }
                Err(error) => none_if_not_found(call.sdk_failure(error), None),
            };
        }
        let request = self.clients.apigateway.get_stage();
        let sent = request.rest_api_id(stage.api_id()).stage_name(stage.stage_name()).send();
        match call.send_raw(sent).await? {
            Ok(found) => {
                // The requested name, and not the one in the response, identifies the stage.
                let listed = types::Stage::builder()
                    .stage_name(stage.stage_name())
                    .set_client_certificate_id(found.client_certificate_id)
                    .set_deployment_id(found.deployment_id)
                    .set_canary_settings(found.canary_settings)
                    .set_created_date(found.created_date)
                    .build();
                let read = convert::rest_stage(listed, stage.api_id(), &self.account_region, self.now);
                read.map(Some).map_err(|problem| call.invalid_response(problem))
            }
            Err(error) if error.as_service_error().is_some_and(GetStageError::is_not_found_exception) => {
                Ok(None)
            }
            Err(error) => Err(call.sdk_failure(error)),
        }
    }

    /// The current stages of the API of `stage`, from API Gateway; none if the API does not exist.
    pub(crate) async fn stages_of_api(&self, stage: &StageArn) -> Result<Vec<Stage>, Failure> {
        if stage.stage_type() == StageType::RestApi {
            return self.stages_of_rest_api(stage.api_id()).await;
        }
        let call = self.call("GetStages", stage.api_arn());
        let limiter = Some(&self.clients.apigateway_limiter);
        let mut stages = Vec::new();
        let mut tokens: Vec<String> = Vec::new();
        loop {
            let mut path = format!("/v2/apis/{}/stages?maxResults=500", stage.api_id());
            if let Some(token) = tokens.last() {
                path = format!("{path}&nextToken={}", escaped(token));
            }
            let sent = self.clients.apigateway_v2.get::<V2Stages>("GetStages", &path, limiter);
            let page = match call.send_raw(sent).await? {
                Ok(page) => page,
                Err(error) => return none_if_not_found(call.sdk_failure(error), Vec::new()),
            };
            for listed in page.items {
                stages.push(self.v2_stage(&listed, stage).map_err(|problem| call.invalid_response(problem))?);
            }
            let Some(next) = page.next_token.filter(|token| !token.is_empty()) else { return Ok(stages) };
            if tokens.contains(&next) {
                return Err(
                    call.invalid_response("the same page token twice: the list would never end".into())
                );
            }
            tokens.push(next);
        }
    }

    /// The listed stage, which belongs to the same API as `sibling`.
    fn v2_stage(&self, listed: &V2Stage, sibling: &StageArn) -> Result<Stage, String> {
        let arn = StageArn::parse(&format!("{}/stages/{}", sibling.api_arn(), listed.stage_name))?;
        let configuration = json!({
            "clientCertificateId": listed.client_certificate_id,
            "deploymentId": listed.deployment_id,
        });
        Ok(Stage { captured: Some(self.now), ..Stage::from_configuration(arn, &configuration)? })
    }
}

fn none_if_not_found<T>(failure: Failure, none: T) -> Result<T, Failure> {
    if failure.code() == Some(NOT_FOUND) { Ok(none) } else { Err(failure) }
}

/// The text percent-encoded for a path segment or a query: all but unreserved characters (RFC
/// 3986).
pub(crate) fn escaped(text: &str) -> String {
    const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, ESCAPED).to_string()
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn only_unreserved_characters_are_not_encoded() {
        assert_eq!(escaped("v1.0_a-b~"), "v1.0_a-b~");
        assert_eq!(escaped("$default/../x?y=1&z"), "%24default%2F..%2Fx%3Fy%3D1%26z");
    }
}
