//! The deployed backends of a stage, from the document that `GetExport` returns.

use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use crate::resources::backends::{Backends, Undetermined};

/// The backends in an export (`oas30` or `swagger`, `extensions=integrations`), without the
/// deployment's id, which an export does not include.
///
/// Operations without an integration, integrations of unknown types and anything else that can't be
/// read count as HTTP. There is no HTTP backend only if every operation has an integration of
/// another type.
///
/// # Errors
/// If the export isn't valid JSON: a truncated response says nothing about the API.
pub fn backends(export: &[u8]) -> Result<Backends, serde_json::Error> {
    let document: Document = match serde_json::from_slice(export) {
        Ok(document) => document,
        Err(error) if error.is_data() => {
            return Ok(Backends::undetermined(Undetermined::NotExportable));
        }
        Err(error) => return Err(error),
    };
    let Entries(paths) = document.paths;
    let members = paths.iter().flat_map(|(_, Entries(members))| members);
    let http: Vec<&Value> = members
        .filter(|(name, member)| !is_member_without_http(name, member))
        .map(|(_, member)| member)
        .collect();
    Ok(if http.is_empty() {
        Backends::no_http(None)
    } else {
        let private = http.into_iter().all(is_private);
        Backends::Http { deployment: None, private, current: false }
    })
}

/// The backends in the integration types of an API's current resources; `None`, a method without an
/// integration, counts as HTTP.
pub fn current_integrations<'a>(types: impl IntoIterator<Item = Option<&'a str>>) -> Backends {
    if types.into_iter().all(|known| known.is_some_and(is_without_http)) {
        Backends::NoHttp { deployment: None, canary: None, current: true }
    } else {
        Backends::Http { deployment: None, private: false, current: true }
    }
}

/// Whether an operation has an HTTP integration that uses a VPC link; any other counts as public.
fn is_private(member: &Value) -> bool {
    let integration = member.get("x-amazon-apigateway-integration");
    let text =
        |name: &str| integration.and_then(|it| it.get(name)).and_then(Value::as_str).unwrap_or_default();
    is_http(text("type")) && text("connectionType").eq_ignore_ascii_case("VPC_LINK")
}

/// Whether an integration type, in upper or lower case, is one with an HTTP backend.
pub(crate) fn is_http(integration_type: &str) -> bool {
    ["http", "http_proxy"].iter().any(|known| integration_type.eq_ignore_ascii_case(known))
}

/// Whether an integration type, in upper or lower case, is one without an HTTP backend.
#[must_use]
pub fn is_without_http(integration_type: &str) -> bool {
    ["aws", "aws_proxy", "mock"].iter().any(|known| integration_type.eq_ignore_ascii_case(known))
}

/// Whether a member of a path is an operation with an integration other than HTTP, or no operation.
///
/// Any unknown member, such as a `$ref` to operations elsewhere, counts as an operation with HTTP.
pub(crate) fn is_member_without_http(name: &str, member: &Value) -> bool {
    const OPERATIONS: [&str; 9] = [
        "get",
        "put",
        "post",
        "delete",
        "options",
        "head",
        "patch",
        "trace",
        "x-amazon-apigateway-any-method",
    ];
    const HARMLESS: [&str; 4] = ["parameters", "summary", "description", "servers"];
    if OPERATIONS.contains(&name) {
        let integration =
            member.get("x-amazon-apigateway-integration").and_then(|integration| integration.get("type"));
        return integration.and_then(Value::as_str).is_some_and(is_without_http);
    }
    HARMLESS.contains(&name) || name.starts_with("x-")
}

/// An OpenAPI document of version 3 or 2 (Swagger), reduced to its paths, whose format is the same
/// in both versions.
pub(crate) struct Document {
    pub(crate) paths: Entries<Entries<Value>>,
}

/// Accepts only an object with a single `paths`; serde's derived implementation would also accept
/// an array.
impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Document;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an OpenAPI document")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
                let (mut is_openapi, mut paths) = (false, None);
                while let Some(name) = map.next_key::<String>()? {
                    match name.as_str() {
                        "paths" if paths.is_some() => return Err(A::Error::duplicate_field("paths")),
                        "paths" => paths = Some(map.next_value()?),
                        "swagger" => is_openapi |= map.next_value::<Value>()? == "2.0",
                        _ => {
                            is_openapi |= name == "openapi";
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                let paths = paths.filter(|_| is_openapi);
                paths
                    .map(|paths| Document { paths })
                    .ok_or_else(|| A::Error::missing_field("openapi, swagger or paths"))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// The entries of an object in order; a repeated key is an error.
pub(crate) struct Entries<T>(pub(crate) Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Entries<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<T>, A::Error> {
                let (mut seen, mut entries) = (HashSet::new(), Vec::new());
                while let Some((name, value)) = map.next_entry::<String, T>()? {
                    if !seen.insert(name.clone()) {
                        return Err(A::Error::custom("the same path or operation twice"));
                    }
                    entries.push((name, value));
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Members(PhantomData))
    }
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
    fn there_is_no_http_only_if_every_operation_has_a_known_other_integration() {
        let (http, none) = (Backends::http(None), Backends::no_http(None));
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
    fn backends_are_private_only_if_all_use_a_vpc_link() {
        let link = |kind: &str, connection: &str| json!({"x-amazon-apigateway-integration": {"type": kind, "connectionType": connection}});
        let vpc = || link("http_proxy", "VPC_LINK");
        for (paths, expected) in [
            (json!({"/": {"get": vpc(), "put": link("HTTP", "vpc_link")}}), true),
            (json!({"/": {"get": vpc(), "put": operation("aws_proxy")}}), true),
            (json!({"/": {"get": vpc(), "put": operation("http")}}), false),
            (json!({"/": {"get": vpc(), "put": link("http", "INTERNET")}}), false),
            (json!({"/": {"get": vpc(), "put": {"responses": {}}}}), false),
            (json!({"/": {"get": vpc(), "put": link("new_kind", "VPC_LINK")}}), false),
            (json!({"/": {"get": vpc()}, "/x": {"$ref": "#/elsewhere"}}), false),
        ] {
            let private = Backends::Http { deployment: None, private: expected, current: false };
            assert_eq!(read(&paths), private, "{paths}");
        }
    }

    #[test]
    fn a_method_without_a_known_integration_counts_as_http() {
        let has_http = |types: &[Option<&str>]| {
            matches!(current_integrations(types.iter().copied()), Backends::Http { current: true, .. })
        };
        assert!(!has_http(&[]) && !has_http(&[Some("AWS_PROXY"), Some("MOCK"), Some("AWS")]));
        for other in [Some("HTTP"), Some("HTTP_PROXY"), Some("NEW"), None] {
            assert!(has_http(&[Some("AWS_PROXY"), other]), "{other:?}");
        }
    }

    #[test]
    fn only_version_2_of_swagger_is_read_like_openapi() {
        for (kind, expected) in [
            ("aws_proxy", Backends::no_http(None)),
            ("http", Backends::http(None)),
            ("HTTP_PROXY", Backends::http(None)),
        ] {
            let paths =
                json!({"/": {"get": operation("mock"), "x-amazon-apigateway-any-method": operation(kind)}});
            let read = |version: &Value| {
                backends(
                    json!({"swagger": version, "basePath": "/v1", "paths": paths}).to_string().as_bytes(),
                )
            };
            assert_eq!(read(&json!("2.0")).unwrap(), expected, "{kind}");
            for version in [json!("1.2"), json!(2.0), json!(null), json!(["2.0"])] {
                let undetermined = Backends::undetermined(Undetermined::NotExportable);
                assert_eq!(read(&version).unwrap(), undetermined, "{version}");
            }
        }
    }

    #[test]
    fn other_json_is_undetermined_and_invalid_json_is_an_error() {
        let undetermined = Backends::undetermined(Undetermined::NotExportable);
        for text in ["{}", "[]", r#"{"openapi":"3.0.1"}"#, r#"{"openapi":"3.0.1","paths":{"/":7}}"#] {
            assert_eq!(backends(text.as_bytes()).unwrap(), undetermined, "{text}");
        }
        for text in ["", "openapi: 3.0.1", r#"{"openapi":"3.0.1","paths":{"#, "<html>"] {
            assert!(backends(text.as_bytes()).is_err(), "{text}");
        }
    }
}
