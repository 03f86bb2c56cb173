use serde_json::json;

use super::*;
use crate::account::export;
use crate::resources::backends::Backends;
use crate::resources::origin::Scheme;

fn read(paths: &Value) -> HttpIntegrations {
    let export = json!({"openapi": "3.0.1", "paths": paths});
    HttpIntegrations::of_export(export.to_string().as_bytes()).unwrap().unwrap()
}

fn http(uri: &str) -> Value {
    json!({INTEGRATION: {"type": "http_proxy", "uri": uri}})
}

fn values(pairs: &[(&str, &str)]) -> StageVariables {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// `SCHEME HOST PORT methods/paths` and what is special.
fn shown(backends: &[Backend]) -> Vec<String> {
    let shown = |it: &Backend| {
        let scheme = it.server.scheme().map_or("-", Scheme::as_str);
        let mut text = format!("{scheme} {} {}/{}", it.server, it.methods, it.paths);
        text += &it.vpc_link.as_ref().map(|link| format!(" link={link}")).unwrap_or_default();
        text += if it.insecure_skip_verification { " insecure" } else { "" };
        let unresolved: Vec<String> = it.unresolved.iter().map(|name| format!(" ?{name}")).collect();
        text + &unresolved.concat()
    };
    backends.iter().map(shown).collect()
}

#[test]
fn integrations_with_the_same_server_are_one_backend() {
    let paths = json!({
        "/": {"get": http("https://a.example.com"), "post": http("HTTPS://A.example.com:443/x?y=1")},
        "/x": {"get": http("https://a.example.com/{id}"), "parameters": [], "options": {INTEGRATION: {"type": "mock"}}},
        "/y": {ANY_METHOD: http("http://b.example.com:8080/"), "put": {INTEGRATION: {"type": "AWS_PROXY", "uri": "arn:x"}}},
        "/z": {"get": {INTEGRATION: {
            "type": "HTTP", "uri": "https://a.example.com/z", "tlsConfig": {"insecureSkipVerification": true},
        }}},
    });
    let expected = [
        "http b.example.com:8080 1/1",
        "https a.example.com:443 2/2",
        "https a.example.com:443 1/1 insecure",
    ];
    assert_eq!(shown(&read(&paths).backends(&StageVariables::new())), expected);
}

#[test]
fn stage_variables_are_resolved_in_the_host_and_the_vpc_link() {
    let private = |uri: &str, link: &str| {
        json!({"/": {"get": {INTEGRATION: {
            "type": "http_proxy", "uri": uri, "connectionType": "VPC_LINK", "connectionId": link,
        }}}})
    };
    let values =
        values(&[("host", "a.example.com"), ("link", "l1"), ("url", "https://b.example.com:8443/v1")]);
    for (paths, expected) in [
        (json!({"/": {"get": http("https://${stageVariables.host}/x")}}), "https a.example.com:443 1/1"),
        (
            json!({"/": {"get": http("http://api.${stageVariables.host}:81")}}),
            "http api.a.example.com:81 1/1",
        ),
        (json!({"/": {"get": http("${stageVariables.url}/x")}}), "https b.example.com:8443 1/1"),
        (
            json!({"/": {"get": http("https://a.example.com/${stageVariables.none}")}}),
            "https a.example.com:443 1/1",
        ),
        (
            json!({"/": {"get": http("https://${stageVariables.none}/x")}}),
            "https ${stageVariables.none} 1/1 ?none",
        ),
        (
            json!({"/": {"get": http("https://${stageVariables.none}.${stageVariables.host}/x")}}),
            "https ${stageVariables.none}.${stageVariables.host} 1/1 ?host ?none",
        ),
        (private("https://n.example.com", "${stageVariables.link}"), "https n.example.com:443 1/1 link=l1"),
        (
            private("https://n.example.com", "${stageVariables.none}"),
            "https n.example.com:443 1/1 link=${stageVariables.none} ?none",
        ),
        (private("http://n.example.com", ""), "http n.example.com:80 1/1 link="),
    ] {
        assert_eq!(shown(&read(&paths).backends(&values)), [expected], "{paths}");
    }
}

#[test]
fn a_variable_that_makes_no_url_is_shown_as_written() {
    for value in ["", "a b", "a\n", "\u{202e}x", "${stageVariables.host}", "a:99999", &"a".repeat(70_000)] {
        let backends = read(&json!({"/": {"get": http("https://${stageVariables.host}/x")}}))
            .backends(&values(&[("host", value)]));
        assert_eq!(shown(&backends), ["https ${stageVariables.host} 1/1 ?host"], "{value:.20?}");
    }
}

#[test]
fn every_operation_that_counts_as_http_is_listed() {
    for (paths, expected) in [
        (json!({"/": {"get": {"responses": {}}}}), "- no URI 1/1"),
        (json!({"/": {"get": {INTEGRATION: {"type": "http"}}}}), "- no URI 1/1"),
        (json!({"/": {"get": {INTEGRATION: 7}}}), "- no URI 1/1"),
        (json!({"/": {"get": {INTEGRATION: {"type": "http", "uri": 7}}}}), "- no URI 1/1"),
        (json!({"/": {"$ref": "#/elsewhere"}}), "- no URI 0/1"),
        (json!({"/": {"get": {INTEGRATION: {"type": "new", "uri": "x:y"}}}}), "- x:y 1/1"),
        (json!({"/": {"get": http("https://{host}/x")}}), "https {host} 1/1"),
        (json!({"/": {"get": http("https://${stageVariables.x/y")}}), "https ${stageVariables.x 1/1"),
    ] {
        assert_eq!(shown(&read(&paths).backends(&StageVariables::new())), [expected], "{paths}");
        let export = json!({"openapi": "3.0.1", "paths": paths}).to_string();
        assert_eq!(export::backends(export.as_bytes()).unwrap(), Backends::http(None), "{paths}");
    }
    assert_eq!(read(&json!({"/": {"get": {INTEGRATION: {"type": "mock"}}}})), HttpIntegrations::default());
}

#[test]
fn only_exports_are_read_in_either_version() {
    let paths = json!({"/": {"get": http("https://a.example.com")}});
    let swagger = json!({"swagger": "2.0", "paths": paths}).to_string();
    let read = |text: &str| HttpIntegrations::of_export(text.as_bytes());
    let backends = read(&swagger).unwrap().unwrap().backends(&StageVariables::new());
    assert_eq!(shown(&backends), ["https a.example.com:443 1/1"]);
    for text in ["{}", "[]", r#"{"swagger":"1.2","paths":{}}"#, r#"{"openapi":"3.0.1","paths":{"/":7}}"#] {
        assert_eq!(read(text).unwrap(), None, "{text}");
    }
    for text in ["", "openapi: 3.0.1", r#"{"openapi":"3.0.1","paths":{"#] {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn the_variables_that_determine_backends_are_named() {
    let paths = json!({
        "/": {"get": http("https://${stageVariables.a}:${stageVariables.b}/${stageVariables.c}")},
        "/x": {"get": {INTEGRATION: {
            "type": "http", "uri": "https://h/", "connectionType": "vpc_link", "connectionId": "${stageVariables.d}",
        }}},
        "/y": {"get": {INTEGRATION: {"type": "aws_proxy", "uri": "arn:${stageVariables.e}"}}},
    });
    assert_eq!(read(&paths).variables(), BTreeSet::from(["a", "b", "d"]));
}

#[test]
fn integrations_of_v2_apis_are_read_with_field_names_in_any_case() {
    let rows = [
        json!({"configuration": {
            "ApiId": "a1", "IntegrationType": "HTTP_PROXY", "IntegrationUri": "https://h.example.com/x", "IntegrationMethod": "GET",
        }}),
        json!({"configuration": {
            "apiId": "a1", "integrationType": "http_proxy", "integrationUri": "arn:aws:elasticloadbalancing:x:1:listener/app/l/1/2",
            "connectionType": "VPC_LINK", "connectionId": "v1", "tlsConfig": {"serverNameToVerify": "h"},
        }}),
        json!({"configuration": {"apiId": "a1", "integrationType": "AWS_PROXY", "integrationUri": "arn:aws:lambda"}}),
        json!({"configuration": {"APIID": "a2", "integrationType": "MOCK"}}),
        json!({"configuration": {"apiid": "a3", "integrationUri": "http://${stageVariables.h}"}}),
    ];
    let integrations = V2Integrations::of_rows(&rows);
    let of_api = |api: &str| {
        let (known, is_complete) = integrations.of_api(api);
        (shown(&known.backends(&StageVariables::new())), is_complete)
    };
    let listener = "- arn:aws:elasticloadbalancing:x:1:listener/app/l/1/2 0/0 link=v1".to_owned();
    assert_eq!(of_api("a1"), (vec!["https h.example.com:443 0/0".into(), listener], true));
    assert_eq!(of_api("a2"), (vec![], true));
    assert_eq!(of_api("a3"), (vec!["http ${stageVariables.h} 0/0 ?h".into()], true));
    assert_eq!(of_api("a4"), (vec![], false));
    assert_eq!(integrations.apis_with_variables(), HashSet::from(["a3"]));
}

#[test]
fn an_integration_of_an_unknown_api_may_belong_to_any() {
    for (row, is_complete) in [
        (json!({"configuration": {"integrationType": "HTTP_PROXY"}}), false),
        (json!({"configuration": null}), false),
        (json!({}), false),
        (json!({"configuration": {"integrationType": "MOCK"}}), true),
    ] {
        let mock = json!({"configuration": {"apiId": "a1", "integrationType": "MOCK"}});
        assert_eq!(V2Integrations::of_rows([&mock, &row]).of_api("a1").1, is_complete, "{row}");
    }
}
