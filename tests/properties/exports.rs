use proptest::prelude::*;
use serde_json::{Map, Value, json};
use stagecert::account::export::backends;
use stagecert::checks::stage::certificate_attached::Backends;

use crate::cases::cases;
use crate::mutation::{any_json, mutation};

const METHODS: [&str; 9] =
    ["get", "put", "post", "delete", "options", "head", "patch", "trace", "x-amazon-apigateway-any-method"];

/// Whether each operation of the document has an integration known not to be HTTP, checked
/// independently.
fn has_nothing_but_other_integrations(document: &Value) -> bool {
    let (Some(_), Some(paths)) = (document.get("openapi"), document.get("paths").and_then(Value::as_object))
    else {
        return false;
    };
    paths.values().all(|path| {
        let is_without_http = |method: &str| match path.get(method) {
            None | Some(Value::Null) => true,
            Some(operation) => {
                operation["x-amazon-apigateway-integration"]["type"].as_str().is_some_and(|kind| {
                    ["AWS", "AWS_PROXY", "MOCK"].contains(&kind.to_ascii_uppercase().as_str())
                })
            }
        };
        path.is_object() && METHODS.into_iter().all(is_without_http)
    })
}

fn assert_no_http_only_where_seen(document: &Value) {
    let read = backends(document.to_string().as_bytes()).unwrap();
    if matches!(read, Backends::NoHttp { .. }) {
        assert!(has_nothing_but_other_integrations(document), "{document}");
    }
}

fn integration_type() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "aws|aws_proxy|mock|AWS|AWS_PROXY|MOCK|Mock",
        1 => "http|http_proxy|HTTP|HTTP_PROXY|aws_|awſ|new",
    ]
}

/// An export in API Gateway's format, mostly without HTTP.
fn export() -> impl Strategy<Value = Value> {
    let operation = integration_type().prop_map(|kind| {
        json!({"responses": {}, "x-amazon-apigateway-integration": {"type": kind, "httpMethod": "POST"}})
    });
    let method = prop::sample::select(METHODS.to_vec()).prop_map(str::to_owned);
    let path = prop::collection::btree_map(method, operation, 0..3)
        .prop_map(|operations| Value::Object(operations.into_iter().collect()));
    prop::collection::btree_map("/[a-z{}+/]{0,8}", path, 0..4).prop_map(|paths| {
        json!({"openapi": "3.0.1", "info": {"title": "x"}, "paths": paths.into_iter().collect::<Map<_, _>>()})
    })
}

proptest! {
    #![proptest_config(cases(1024))]

    #[test]
    fn an_export_has_no_http_only_if_no_operation_has(document in export()) {
        let read = backends(document.to_string().as_bytes()).unwrap();
        let expected = has_nothing_but_other_integrations(&document);
        prop_assert_eq!(matches!(read, Backends::NoHttp { .. }), expected, "{}", document);
    }

    #[test]
    fn a_changed_export_is_not_mistaken_for_one_without_http(document in export(), change in mutation()) {
        assert_no_http_only_where_seen(&change.of(&document));
    }

    #[test]
    fn no_json_is_mistaken_for_an_export_without_http(document in any_json(), paths in any_json()) {
        assert_no_http_only_where_seen(&document);
        assert_no_http_only_where_seen(&json!({"openapi": "3.0.1", "paths": paths}));
        assert_no_http_only_where_seen(&json!({"openapi": "3.0.1", "paths": {"/": {"get": paths}}}));
    }

    #[test]
    fn no_bytes_are_mistaken_for_an_export_without_http(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let without_http = matches!(backends(&bytes), Ok(Backends::NoHttp { .. }));
        prop_assert!(!without_http);
    }
}

/// Serde reads an array as a struct by the order of its fields.
#[test]
fn an_array_instead_of_an_object_is_not_mistaken_for_without_http() {
    for document in [
        json!(["3.0.1", {}]),
        json!({"openapi": "3.0.1", "paths": {"/": [null, null, null, null, null, null, null, null, null]}}),
        json!({"openapi": "3.0.1", "paths": {"/": {"get": [["aws"]]}}}),
        json!({"openapi": "3.0.1", "paths": {"/": {"get": {"x-amazon-apigateway-integration": ["aws"]}}}}),
    ] {
        assert_no_http_only_where_seen(&document);
    }
}

#[test]
fn misplaced_operations_are_not_mistaken_for_without_http() {
    for text in [
        r##"{"openapi":"3.0.1","paths":{"/":{"$ref":"#/components/pathItems/x"}}}"##,
        r#"{"openapi":"3.0.1","paths":{"/":{"GET":{"x-amazon-apigateway-integration":{"type":"http"}}}}}"#,
        r#"{"openapi":"3.0.1","paths":{"/":{"get":{"x-amazon-apigateway-integration":{"type":"http"}}},"/":{}}}"#,
    ] {
        assert!(!matches!(backends(text.as_bytes()), Ok(Backends::NoHttp { .. })), "{text}");
    }
}
