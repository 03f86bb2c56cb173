//! The settings in the export of a stage.

use serde::Deserialize;
use serde_json::Value;

use crate::Failure;
use crate::account::front_door::DeployedSettings;
use crate::aws::LiveAccount;
use crate::aws::read::exports::Exported;
use crate::resources::account_region::AccountRegion;
use crate::resources::api::{ApiArn, ApiType};
use crate::resources::stage_arn::StageArn;

impl LiveAccount {
    /// What is deployed on the stage of a REST API, from `GetExport`. Nothing is known of a stage
    /// that can't be exported, such as that of a V2 API.
    pub(super) async fn exported_settings(
        &self,
        api: &ApiArn,
        stage: &str,
    ) -> Result<DeployedSettings, Failure> {
        let unknown = DeployedSettings { is_found: true, ..DeployedSettings::default() };
        if api.api_type() == ApiType::V2 {
            return Ok(unknown);
        }
        let AccountRegion { partition, region, .. } = &self.account_region;
        let call = self.call("GetExport", api.as_str());
        let stage = StageArn::of_rest_api(partition, region, api.id(), stage)
            .map_err(|problem| call.invalid_response(problem))?;
        match self.export(&stage, "apigateway").await? {
            Exported::NotFound => Ok(DeployedSettings::default()),
            Exported::Refused(_) => Ok(unknown),
            Exported::Document(document) => settings(&document).map_err(|error| {
                let (line, column) = (error.line(), error.column());
                let call = self.call("GetExport", stage.as_str());
                call.invalid_response(format!("the export can't be read: line {line}, column {column}"))
            }),
        }
    }
}

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "x-amazon-apigateway-policy")]
    policy: Option<Value>,
    #[serde(rename = "x-amazon-apigateway-endpoint-configuration")]
    endpoint: Option<Endpoint>,
    /// Where OpenAPI 3 documents have the endpoint's configuration.
    #[serde(default)]
    servers: Vec<Server>,
}

#[derive(Deserialize)]
struct Server {
    #[serde(rename = "x-amazon-apigateway-endpoint-configuration")]
    endpoint: Option<Endpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Endpoint {
    disable_execute_api_endpoint: Option<bool>,
}

fn settings(export: &[u8]) -> Result<DeployedSettings, serde_json::Error> {
    let document: Document = serde_json::from_slice(export)?;
    let endpoints = document.servers.into_iter().filter_map(|server| server.endpoint);
    let values = endpoints.chain(document.endpoint).filter_map(|it| it.disable_execute_api_endpoint);
    Ok(DeployedSettings {
        // The endpoint is disabled only if nothing in the document says otherwise.
        disables_default_endpoint: values.reduce(|one, other| one && other),
        policy: document.policy.filter(|policy| !policy.is_null()).map(|policy| match policy {
            Value::String(text) => text,
            policy => policy.to_string(),
        }),
        is_found: true,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_settings_are_read_wherever_they_are() {
        const ENDPOINT: &str = "x-amazon-apigateway-endpoint-configuration";
        let disabled =
            |value: bool| json!({"disableExecuteApiEndpoint": value, "vpcEndpointIds": ["vpce-1"]});
        for (document, expected) in [
            (json!({"openapi": "3.0.1", "paths": {}}), None),
            (json!({"servers": [{"url": "/"}]}), None),
            (json!({ENDPOINT: {"vpcEndpointIds": ["vpce-1"]}}), None),
            (json!({ENDPOINT: disabled(true)}), Some(true)),
            (json!({ENDPOINT: disabled(false)}), Some(false)),
            (json!({"servers": [{"url": "/", ENDPOINT: disabled(true)}]}), Some(true)),
            (json!({"servers": [{ENDPOINT: disabled(true)}, {ENDPOINT: disabled(false)}]}), Some(false)),
            (json!({ENDPOINT: disabled(true), "servers": [{ENDPOINT: disabled(false)}]}), Some(false)),
        ] {
            let found = settings(document.to_string().as_bytes()).unwrap();
            assert_eq!((found.disables_default_endpoint, found.is_found), (expected, true), "{document}");
            assert_eq!(found.policy, None, "{document}");
        }
    }

    #[test]
    fn a_policy_is_a_document_or_its_text() {
        let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]});
        for written in [policy.clone(), policy.to_string().into()] {
            let document = json!({"x-amazon-apigateway-policy": written}).to_string();
            let found = settings(document.as_bytes()).unwrap().policy.unwrap();
            assert_eq!(serde_json::from_str::<Value>(&found).unwrap(), policy);
        }
        assert_eq!(settings(br#"{"x-amazon-apigateway-policy": null}"#).unwrap().policy, None);
    }

    #[test]
    fn a_document_that_can_not_be_read_says_nothing() {
        for document in [
            "",
            "{",
            "[1]",
            r#"{"servers": {}}"#,
            r#"{"x-amazon-apigateway-endpoint-configuration": {"disableExecuteApiEndpoint": "true"}}"#,
        ] {
            assert!(settings(document.as_bytes()).is_err(), "{document}");
        }
    }
}
