use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};

use crate::account::export;
use crate::account::integrations::{HttpIntegrations, INTEGRATION, StageVariables};
use crate::resources::backends::Backends;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::{StageArn, StageType};
use crate::snapshot::pseudonyms::Form;
use crate::snapshot::redaction::Redaction;

impl Redaction<'_> {
    /// Minimal exports with the same backends as the originals, with stage variables resolved.
    ///
    /// Only exports of stages in `stages` are kept.
    pub(crate) fn exports(&mut self, stages: &[Stage]) -> BTreeMap<String, Value> {
        let values: HashMap<StageArn, StageVariables> = self.original.stage_variables("").collect();
        let none = StageVariables::new();
        let mut exports = BTreeMap::new();
        for stage in stages.iter().filter(|stage| stage.arn.stage_type() == StageType::RestApi) {
            let Some(document) = self.original.exports.get(stage.arn.as_str()) else { continue };
            let integrations = HttpIntegrations::of_export(document.to_string().as_bytes());
            let values = values.get(&stage.arn).unwrap_or(&none);
            let redacted = match integrations.map(|it| it.map(|it| it.backends(values))) {
                Ok(Some(backends)) if backends.is_empty() => {
                    let integration = json!({INTEGRATION: {"type": "aws_proxy"}});
                    json!({"openapi": "3.0.1", "paths": {"/": {"x-amazon-apigateway-any-method": integration}}})
                }
                Ok(Some(backends)) => json!({"openapi": "3.0.1", "paths": self.paths_of(&backends)}),
                // An empty document counts as having HTTP backends, as the original did.
                Ok(None) | Err(_) => json!({}),
            };
            exports.insert(self.stage_arn(&stage.arn), redacted);
        }
        exports
    }

    /// One integration type per API: `AWS_PROXY` if the API's resources have no HTTP integration,
    /// `HTTP_PROXY` otherwise.
    pub(crate) fn current_integrations(&mut self, stages: &[Stage]) -> BTreeMap<String, Vec<String>> {
        let apis: BTreeSet<&str> = stages.iter().map(|stage| stage.arn.api_id()).collect();
        let original = self.original.current_integrations.iter();
        let known: Vec<_> = original.filter(|(api, _)| apis.contains(api.as_str())).collect();
        let redacted = known.into_iter().map(|(api, types)| {
            let types = types.iter().map(|known| Some(known.as_str()));
            let without_http = matches!(export::current_integrations(types), Backends::NoHttp { .. });
            let integration_type = if without_http { "AWS_PROXY" } else { "HTTP_PROXY" };
            (self.names.of(Form::Api, api), vec![integration_type.to_owned()])
        });
        redacted.collect()
    }
}
