//! The reads of custom domain names, and of what leads from them to APIs.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use stagecert::account::front_door::FrontDoor;
use stagecert::resources::domain_name::{DomainKey, DomainName, Route, RouteKind};

use crate::bodies::rows;
use crate::replay::{Response, Wire};

fn domain(name: &str, id: Option<&str>, endpoint: &str) -> DomainName {
    let item = json!({
        "domainName": name, "domainNameId": id, "endpointConfiguration": {"types": [endpoint]},
    });
    serde_json::from_value(item).unwrap()
}

fn key(name: &str, id: Option<&str>) -> DomainKey {
    DomainKey { name: name.into(), id: id.map(Into::into) }
}

fn mapping(api_id: &str, stage: Option<&str>, path: &str) -> Route {
    Route { api_id: api_id.into(), stage: stage.map(Into::into), kind: RouteKind::Mapping(path.into()) }
}

fn not_found() -> Response {
    Response::rest_error(404, "NotFoundException", "Invalid domain name identifier specified")
}

#[tokio::test(start_paused = true)]
async fn all_pages_of_domain_names_are_read() {
    let wire = Wire::responding(|sent, _| {
        if sent.query.contains("position=p2") {
            return Response::ok(json!({"item": [
                {"domainName": "api.example.com", "domainNameId": "abc123", "endpointConfiguration": {"types": ["PRIVATE"]}},
            ]}));
        }
        Response::ok(json!({"position": "p2", "item": [{
            "domainName": "api.example.com",
            "domainNameArn": "arn:aws:apigateway:eu-west-1::/domainnames/api.example.com",
            "certificateUploadDate": 1_750_000_000,
            "regionalDomainName": "d-1.execute-api.eu-west-1.amazonaws.com",
            "regionalCertificateArn": "arn:aws:acm:eu-west-1:111122223333:certificate/1",
            "endpointConfiguration": {"types": ["REGIONAL"], "ipAddressType": "ipv4", "vpcEndpointIds": null},
            "domainNameStatus": "AVAILABLE",
            "securityPolicy": "TLS_1_2",
            "mutualTlsAuthentication": {
                "truststoreUri": "s3://bucket/key", "truststoreVersion": "v1", "truststoreWarnings": null,
            },
            "routingMode": "BASE_PATH_MAPPING_ONLY",
            "tags": {"a": "b"},
        }]}))
    });
    let (account, _) = wire.open().await;
    let [public, private] = account.domain_names().await.unwrap().try_into().unwrap();
    assert_eq!(
        (public.key(), private.key()),
        (key("api.example.com", None), key("api.example.com", Some("abc123")))
    );
    assert_eq!(public.mutual_tls().unwrap().truststore_version.as_deref(), Some("v1"));
    assert_eq!(private.mutual_tls(), None);
    let queries: Vec<_> = wire.sent().iter().map(|sent| sent.query.clone()).collect();
    assert_eq!(queries, ["limit=500&resourceOwner=SELF", "limit=500&resourceOwner=SELF&position=p2"]);
}

#[tokio::test(start_paused = true)]
async fn a_domain_is_read_by_its_name_and_id() {
    let public = json!({"domainName": "a.example", "endpointConfiguration": {"types": ["REGIONAL"]}});
    let private = json!({
        "domainName": "a.example", "domainNameId": "id1", "endpointConfiguration": {"types": ["PRIVATE"]},
    });
    for (asked, response, expected) in [
        (key("a.example", None), Response::ok(&public), Some(key("a.example", None))),
        (key("a.example", None), Response::ok(&private), None),
        (key("a.example", Some("id1")), Response::ok(&private), Some(key("a.example", Some("id1")))),
        (key("a.example", Some("id2")), Response::ok(&private), None),
        (key("a.example", Some("id1")), Response::ok(&public), None),
        (key("a.example", None), not_found(), None),
    ] {
        let wire = Wire::responding(move |_, _| response.clone());
        let (account, _) = wire.open().await;
        let found = account.domain_name(&asked).await.unwrap();
        assert_eq!(found.map(|found| found.key()), expected, "{asked}");
        let query = asked.id.map(|id| format!("domainNameId={id}")).unwrap_or_default();
        assert_eq!(
            (wire.sent()[0].path.as_str(), wire.sent()[0].query.as_str()),
            ("/domainnames/a.example", query.as_str())
        );
    }
    for response in [
        Response::ok(json!({"domainName": "b.example"})),
        Response::rest_error(403, "AccessDeniedException", "no"),
    ] {
        let wire = Wire::responding(move |_, _| response.clone());
        let (account, _) = wire.open().await;
        account.domain_name(&key("a.example", None)).await.unwrap_err();
    }
    let wire = Wire::responding(|_, _| not_found());
    let (account, _) = wire.open().await;
    account.domain_name(&key("*.a/b?c", None)).await.unwrap();
    assert_eq!(wire.sent()[0].path, "/domainnames/%2A.a%2Fb%3Fc");
}

#[tokio::test(start_paused = true)]
async fn the_mappings_of_a_regional_domain_come_from_the_second_api() {
    let wire = Wire::responding(|sent, _| {
        if sent.query.contains("nextToken=2") {
            return Response::ok(json!({"items": [{"apiId": "a3", "apiMappingKey": "", "stage": "(none)"}]}));
        }
        Response::ok(json!({"nextToken": "2", "items": [
            {"apiId": "a1", "apiMappingId": "m", "apiMappingKey": "v1/orders", "stage": "live"},
            {"apiId": "a2", "apiMappingId": "m", "stage": ""},
        ]}))
    });
    let (account, _) = wire.open().await;
    let found = account.mappings(&domain("a.example", None, "REGIONAL")).await.unwrap();
    assert_eq!(
        found,
        [mapping("a1", Some("live"), "v1/orders"), mapping("a2", None, ""), mapping("a3", None, "")]
    );
    let requests: Vec<_> = wire.sent().iter().map(|sent| format!("{}?{}", sent.path, sent.query)).collect();
    let path = "/v2/domainnames/a.example/apimappings?maxResults=500";
    assert_eq!(requests, [path.to_owned(), format!("{path}&nextToken=2")]);
}

#[tokio::test(start_paused = true)]
async fn the_mappings_of_other_domains_come_from_the_first_api() {
    for (domain, query) in [
        (domain("a.example", Some("id1"), "PRIVATE"), "limit=500&domainNameId=id1"),
        (domain("a.example", None, "EDGE"), "limit=500"),
    ] {
        let wire = Wire::responding(|_, _| {
            Response::ok(json!({"item": [
                {"basePath": "(none)", "restApiId": "a1", "stage": "live"},
                {"basePath": "orders", "restApiId": "a2"},
            ]}))
        });
        let (account, _) = wire.open().await;
        let found = account.mappings(&domain).await.unwrap();
        assert_eq!(found, [mapping("a1", Some("live"), ""), mapping("a2", None, "orders")]);
        let [sent] = wire.sent().try_into().unwrap();
        assert_eq!(
            (sent.path.as_str(), sent.query.as_str()),
            ("/domainnames/a.example/basepathmappings", query)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_actions_of_routing_rules_are_routes() {
    let wire = Wire::responding(|sent, _| {
        if sent.query.contains("nextToken=2") {
            let action = json!({"invokeApi": {"apiId": "a3", "stage": "live"}});
            return Response::ok(
                json!({"routingRules": [{"priority": 7, "actions": [action], "conditions": []}]}),
            );
        }
        Response::ok(json!({"nextToken": "2", "routingRules": [{
            "priority": 1,
            "routingRuleId": "r1",
            "conditions": [{"matchBasePaths": {"anyOf": ["orders"]}}],
            "actions": [
                {"invokeApi": {"apiId": "a1", "stage": "live", "stripBasePath": true}},
                {"invokeApi": {"apiId": "a2", "stage": "beta"}},
            ],
        }]}))
    });
    let (account, _) = wire.open().await;
    let route = |api: &str, stage: &str, priority| Route {
        api_id: api.into(),
        stage: Some(stage.into()),
        kind: RouteKind::RoutingRule(priority),
    };
    let found = account.routing_rules(&key("a.example", Some("id1"))).await.unwrap();
    assert_eq!(found, [route("a1", "live", 1), route("a2", "beta", 1), route("a3", "live", 7)]);
    let [first, second] = wire.sent().try_into().unwrap();
    assert_eq!(first.path, "/v2/domainnames/a.example/routingrules");
    assert_eq!(first.query, "maxResults=100&domainNameId=id1");
    assert_eq!(second.query, "maxResults=100&domainNameId=id1&nextToken=2");
}

#[tokio::test(start_paused = true)]
async fn a_route_that_can_not_be_understood_is_a_failure_and_not_no_route() {
    let rule = |rule: Value| json!({"routingRules": [rule]});
    for body in [
        json!({"items": [{"stage": "live"}]}),
        json!({"items": [{"apiId": "a/b", "stage": "live"}]}),
        json!({"items": [{"apiId": "", "stage": "live"}]}),
        json!({"items": ["x"]}),
    ] {
        let wire = Wire::responding(move |_, _| Response::ok(&body));
        let (account, _) = wire.open().await;
        account.mappings(&domain("a.example", None, "REGIONAL")).await.unwrap_err();
    }
    for body in [
        rule(json!({"actions": [{"invokeApi": {"apiId": "a1", "stage": "s"}}]})),
        rule(json!({"priority": 1})),
        rule(json!({"priority": 1, "actions": [{"forward": {}}]})),
        rule(json!({"priority": 1, "actions": [{"invokeApi": {"stage": "s"}}]})),
        rule(json!({"priority": 5_000_000_000_i64, "actions": []})),
    ] {
        let wire = Wire::responding(move |_, _| Response::ok(&body));
        let (account, _) = wire.open().await;
        account.routing_rules(&key("a.example", None)).await.unwrap_err();
    }
}

#[tokio::test(start_paused = true)]
async fn a_domain_that_is_gone_has_no_routes() {
    let wire = Wire::responding(|_, _| not_found());
    let (account, _) = wire.open().await;
    assert_eq!(account.mappings(&domain("a.example", None, "REGIONAL")).await.unwrap(), []);
    assert_eq!(account.mappings(&domain("a.example", Some("i"), "PRIVATE")).await.unwrap(), []);
    assert_eq!(account.routing_rules(&key("a.example", None)).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn the_domains_that_config_records_are_known_by_name() {
    let arn = |name: &str| format!("arn:aws:apigateway:eu-west-1::/domainnames/{name}");
    let listed = [
        json!({"resourceId": arn("a.example"), "resourceName": "a.example"}),
        json!({"resourceId": arn("b.example")}),
        json!({"resourceId": "c.example", "resourceName": ""}),
        json!({"resourceId": "x".repeat(800), "resourceName": "long.example"}),
        json!({"resourceId": "", "resourceName": "empty.example"}),
        json!({"resourceName": "none.example"}),
    ];
    let wire = Wire::responding(move |_, _| Response::ok(rows(&listed, None)));
    let (account, _) = wire.open().await;
    let expected =
        [("a.example", arn("a.example")), ("b.example", arn("b.example")), ("c.example", "c.example".into())];
    let expected: BTreeMap<String, String> =
        expected.into_iter().map(|(name, id)| (name.into(), id)).collect();
    assert_eq!(account.recorded_domain_names().await.unwrap(), expected);
    assert_eq!(
        wire.sent()[0].json()["Expression"],
        "SELECT resourceId, resourceName WHERE resourceType = 'AWS::ApiGateway::DomainName'"
    );
    for code in ["NoAvailableConfigurationRecorderException", "InvalidExpressionException"] {
        let wire = Wire::responding(move |_, _| Response::error(400, code, "no"));
        let (account, _) = wire.open().await;
        assert!(account.recorded_domain_names().await.unwrap().is_empty(), "{code}");
    }
    let wire = Wire::responding(|_, _| Response::error(400, "AccessDeniedException", "no"));
    let (account, _) = wire.open().await;
    account.recorded_domain_names().await.unwrap_err();
}
