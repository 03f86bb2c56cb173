//! What `GetExport` says of the backends that are deployed on a stage.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::checks::certificate_attached::{Backends, Undetermined};

/// Reads an export (`oas30`, `extensions=integrations`) without its deployment's id, which an export does not tell.
///
/// What can't be read, an operation without integration and an integration of an unknown type all count as HTTP: nothing
/// but an export that shows another integration on each operation says that there is no HTTP backend.
///
/// # Errors
/// Where it isn't JSON at all: an answer that broke off says nothing about the API.
pub fn backends(export: &[u8]) -> Result<Backends, serde_json::Error> {
    let document: Document = match serde_json::from_slice(export) {
        Ok(document) => document,
        Err(error) if error.is_data() => {
            return Ok(Backends::Undetermined { why: Undetermined::NotExportable });
        }
        Err(error) => return Err(error),
    };
    let mut operations = document.paths.values().flat_map(Path::operations);
    if operations.all(Operation::is_without_http) {
        Ok(Backends::NoHttp { deployment: None })
    } else {
        Ok(Backends::Http { deployment: None })
    }
}

/// Whether an integration type, in either case, is one of those that call no HTTP backend.
#[must_use]
pub fn is_without_http(integration_type: &str) -> bool {
    ["aws", "aws_proxy", "mock"].iter().any(|known| integration_type.eq_ignore_ascii_case(known))
}

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "openapi")]
    _version: IgnoredAny,
    paths: BTreeMap<String, Path>,
}

#[derive(Deserialize)]
struct Path {
    get: Option<Operation>,
    put: Option<Operation>,
    post: Option<Operation>,
    delete: Option<Operation>,
    options: Option<Operation>,
    head: Option<Operation>,
    patch: Option<Operation>,
    trace: Option<Operation>,
    #[serde(rename = "x-amazon-apigateway-any-method")]
    any: Option<Operation>,
}

impl Path {
    fn operations(&self) -> impl Iterator<Item = &Operation> {
        let methods = [
            &self.get,
            &self.put,
            &self.post,
            &self.delete,
            &self.options,
            &self.head,
            &self.patch,
            &self.trace,
            &self.any,
        ];
        methods.into_iter().flatten()
    }
}

#[derive(Deserialize)]
struct Operation {
    #[serde(rename = "x-amazon-apigateway-integration")]
    integration: Option<Integration>,
}

impl Operation {
    fn is_without_http(&self) -> bool {
        let kind = self.integration.as_ref().and_then(|integration| integration.kind.as_deref());
        kind.is_some_and(is_without_http)
    }
}

#[derive(Deserialize)]
struct Integration {
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(paths: &Value) -> Backends {
        backends(json!({"openapi": "3.0.1", "paths": paths}).to_string().as_bytes()).unwrap()
    }

    fn operation(kind: &str) -> Value {
        json!({"responses": {}, "x-amazon-apigateway-integration": {"type": kind, "uri": "https://example.com"}})
    }

    #[test]
    fn only_known_other_integrations_on_every_operation_mean_no_http() {
        let (http, none) = (Backends::Http { deployment: None }, Backends::NoHttp { deployment: None });
        for (paths, expected) in [
            (json!({}), &none),
            (
                json!({"/": {"get": operation("aws_proxy"), "options": operation("MOCK")}, "/x": {"post": operation("aws")}}),
                &none,
            ),
            (json!({"/": {"parameters": [], "get": operation("mock")}}), &none),
            (json!({"/": {"get": operation("aws_proxy")}, "/x": {"post": operation("http")}}), &http),
            (json!({"/{proxy+}": {"x-amazon-apigateway-any-method": operation("http_proxy")}}), &http),
            (json!({"/": {"get": operation("HTTP_PROXY")}}), &http),
            (json!({"/": {"get": operation("new_kind")}}), &http),
            (json!({"/": {"get": {"responses": {}}}}), &http),
        ] {
            assert_eq!(&read(&paths), expected, "{paths}");
        }
    }

    #[test]
    fn json_of_another_form_is_undetermined_and_other_text_is_no_answer() {
        let undetermined = Backends::Undetermined { why: Undetermined::NotExportable };
        for text in ["{}", "[]", r#"{"openapi":"3.0.1"}"#, r#"{"openapi":"3.0.1","paths":{"/":{"get":7}}}"#] {
            assert_eq!(backends(text.as_bytes()).unwrap(), undetermined, "{text}");
        }
        for text in ["", "openapi: 3.0.1", r#"{"openapi":"3.0.1","paths":{"#, "<html>"] {
            assert!(backends(text.as_bytes()).is_err(), "{text}");
        }
    }
}
