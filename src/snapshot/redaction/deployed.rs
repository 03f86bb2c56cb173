use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::account::export;
use crate::resources::backends::Backends;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageType;
use crate::snapshot::pseudonyms::Form;
use crate::snapshot::redaction::Redaction;

impl Redaction<'_> {
    /// Minimal exports with the same backends as the originals: private HTTP, HTTP, none, or
    /// undetermined.
    ///
    /// Only exports of stages in `stages` are kept; paths, methods and URIs are dropped.
    pub(crate) fn exports(&mut self, stages: &[Stage]) -> BTreeMap<String, Value> {
        let with = |integration: Value| {
            let integration = json!({"x-amazon-apigateway-integration": integration});
            json!({"openapi": "3.0.1", "paths": {"/": {"x-amazon-apigateway-any-method": integration}}})
        };
        let rest = stages.iter().filter(|stage| stage.arn.stage_type() == StageType::RestApi);
        let exported = rest.filter_map(|stage| {
            let document = self.original.exports.get(stage.arn.as_str())?;
            let redacted = match export::backends(document.to_string().as_bytes()) {
                Ok(Backends::Http { private: true, .. }) => {
                    with(json!({"type": "http_proxy", "connectionType": "VPC_LINK"}))
                }
                Ok(Backends::Http { .. }) => with(json!({"type": "http_proxy"})),
                Ok(Backends::NoHttp { .. }) => with(json!({"type": "aws_proxy"})),
                // An empty document counts as having HTTP backends, as the original did.
                _ => json!({}),
            };
            Some((&stage.arn, redacted))
        });
        let exported: Vec<_> = exported.collect();
        exported.into_iter().map(|(arn, document)| (self.stage_arn(arn), document)).collect()
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
