//! The reads of the front door from API Gateway: APIs, stages and what is deployed.

use serde_json::json;
use stagecert::account::front_door::{DeployedSettings, FrontDoor};
use stagecert::resources::api::{ApiArn, ApiProtocol};

use crate::replay::{Response, Wire};

fn arn(path: &str) -> ApiArn {
    ApiArn::parse(&format!("arn:aws:apigateway:eu-west-1::/{path}")).unwrap()
}

#[tokio::test(start_paused = true)]
async fn all_pages_of_both_kinds_of_apis_are_read() {
    let wire = Wire::responding(|sent, before| match (sent.operation.as_str(), before) {
        ("GetRestApis", 0) => Response::ok(json!({
            "item": [
                {"id": "rest1", "name": "orders", "endpointConfiguration": {"types": ["REGIONAL"]},
                 "disableExecuteApiEndpoint": true, "tags": {"owner": "a"}, "policy": null},
                {"id": "rest2", "endpointConfiguration": {"types": ["PRIVATE"], "vpcEndpointIds": ["vpce-1"]},
                 "policy": "{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":[]}"},
            ],
            "position": "a+b/c=",
        })),
        ("GetRestApis", 1) => Response::ok(json!({"item": [{"id": "rest3"}]})),
        ("GetApis", 0) => Response::ok(json!({
            "items": [{"apiId": "http1", "name": "h", "protocolType": "HTTP", "disableExecuteApiEndpoint": true}],
            "nextToken": "n&1",
        })),
        _ => Response::ok(json!({"items": [{"apiId": "ws1", "protocolType": "WEBSOCKET"}], "nextToken": ""})),
    });
    let (account, _) = wire.open().await;
    let apis = account.apis().await.unwrap();
    let found: Vec<_> = apis
        .iter()
        .map(|it| (it.arn.as_str().rsplit("::/").next().unwrap(), it.protocol, it.disables_default_endpoint))
        .collect();
    assert_eq!(
        found,
        [
            ("restapis/rest1", ApiProtocol::Rest, true),
            ("restapis/rest2", ApiProtocol::Rest, false),
            ("restapis/rest3", ApiProtocol::Rest, false),
            ("apis/http1", ApiProtocol::Http, true),
            ("apis/ws1", ApiProtocol::WebSocket, false),
        ]
    );
    assert_eq!(apis[0].name.as_deref(), Some("orders"));
    assert!(apis[1].is_private() && !apis[0].is_private());
    assert_eq!(apis[1].policy.as_deref(), Some(r#"{"Version":"2012-10-17","Statement":[]}"#));
    assert_eq!((apis[0].policy.as_deref(), apis[3].policy.as_deref()), (None, None));

    let sent = wire.sent();
    let mut queries: Vec<_> = sent.iter().map(|it| format!("{}?{}", it.path, it.query)).collect();
    queries.sort();
    let expected = [
        "/restapis?limit=500",
        "/restapis?limit=500&position=a%2Bb%2Fc%3D",
        "/v2/apis?maxResults=500",
        "/v2/apis?maxResults=500&nextToken=n%261",
    ];
    assert_eq!(queries, expected);
    for request in &sent {
        assert_eq!(request.host, "apigateway.eu-west-1.amazonaws.com");
        assert_eq!(request.header("accept"), "application/json");
        assert!(request.header("authorization").contains("/eu-west-1/apigateway/aws4_request"));
    }
    // One limiter for both: two calls per second.
    let span = sent.last().unwrap().at - sent[0].at;
    assert!(span.as_millis() >= 1000, "{span:?}");
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_can_not_be_read_completely_is_a_failure() {
    let endless = json!({"item": [], "position": "same"}).to_string();
    for (body, expected) in [
        (endless.as_str(), "twice"),
        ("{\"item\": [{\"id\": \"rest1\"}", "invalid response: line 1"),
        ("{\"item\": [{\"name\": \"Secret Name\"}]}", "not the expected JSON"),
        ("{\"item\": {\"id\": \"rest1\"}}", "not the expected JSON"),
        ("[]", "not the expected JSON"),
        ("{\"item\": [{\"id\": \"../x\"}]}", "is not the ARN of an API"),
        ("{\"item\": [{\"id\": \"\"}]}", "is not the ARN of an API"),
    ] {
        let body = body.to_owned();
        let wire = Wire::responding(move |sent, _| match sent.operation.as_str() {
            "GetRestApis" => Response::ok(&body),
            _ => Response::ok(json!({"items": []})),
        });
        let (account, _) = wire.open().await;
        let failure = account.apis().await.unwrap_err();
        let text = failure.to_string();
        assert!(text.starts_with("GetRestApis of all REST APIs in account 111122223333"), "{text}");
        assert!(text.contains(expected) && !format!("{failure:?}").contains("Secret Name"), "{text}");
    }
    for (status, code) in [(403, "AccessDeniedException"), (404, "NotFoundException")] {
        let wire = Wire::responding(move |_, _| Response::rest_error(status, code, "no"));
        let (account, _) = wire.open().await;
        account.apis().await.unwrap_err();
        account.domain_names().await.unwrap_err();
    }
}

#[tokio::test(start_paused = true)]
async fn throttled_calls_are_repeated() {
    let wire = Wire::responding(|sent, before| match (sent.operation.as_str(), before) {
        ("GetRestApis", 0) => Response::rest_error(429, "TooManyRequestsException", "Rate exceeded"),
        ("GetRestApis", _) => Response::ok(json!({"item": [{"id": "rest1"}]})),
        _ => Response::ok(json!({"items": []})),
    });
    let (account, _) = wire.open().await;
    assert_eq!(account.apis().await.unwrap().len(), 1);
    assert_eq!(wire.counts()["GetRestApis"], 2);
}

#[tokio::test(start_paused = true)]
async fn an_api_is_read_by_its_arn() {
    let wire = Wire::responding(|sent, _| match sent.path.as_str() {
        "/restapis/rest1" => Response::ok(json!({"id": "rest1", "disableExecuteApiEndpoint": true})),
        "/restapis/rest2" => Response::ok(json!({"id": "another"})),
        "/v2/apis/http1" => Response::ok(json!({"apiId": "http1", "protocolType": "HTTP"})),
        _ => Response::rest_error(404, "NotFoundException", "Invalid API identifier specified"),
    });
    let (account, _) = wire.open().await;
    assert!(account.api(&arn("restapis/rest1")).await.unwrap().unwrap().disables_default_endpoint);
    assert_eq!(account.api(&arn("apis/http1")).await.unwrap().unwrap().protocol, ApiProtocol::Http);
    for missing in ["restapis/gone", "apis/gone"] {
        assert_eq!(account.api(&arn(missing)).await.unwrap(), None, "{missing}");
    }
    account.api(&arn("restapis/rest2")).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn the_stages_of_an_api_are_listed() {
    let wire = Wire::responding(|sent, before| match (sent.path.as_str(), before) {
        ("/restapis/rest1/stages", _) => {
            Response::ok(json!({"item": [{"stageName": "live"}, {"stageName": "v_1"}]}))
        }
        ("/v2/apis/http1/stages", _) if sent.query.contains("nextToken=t") => {
            Response::ok(json!({"items": [{"stageName": "beta"}]}))
        }
        ("/v2/apis/http1/stages", _) => {
            Response::ok(json!({"items": [{"stageName": "$default"}], "nextToken": "t"}))
        }
        ("/v2/apis/bad/stages", _) => Response::ok(json!({"items": [{"autoDeploy": true}]})),
        _ => Response::rest_error(404, "NotFoundException", "Invalid API identifier specified"),
    });
    let (account, _) = wire.open().await;
    assert_eq!(account.stage_names(&arn("restapis/rest1")).await.unwrap(), ["live", "v_1"]);
    assert_eq!(account.stage_names(&arn("apis/http1")).await.unwrap(), ["$default", "beta"]);
    for missing in ["restapis/gone", "apis/gone"] {
        assert!(account.stage_names(&arn(missing)).await.unwrap().is_empty(), "{missing}");
    }
    account.stage_names(&arn("apis/bad")).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn the_deployed_settings_come_from_an_export_with_all_extensions() {
    let unknown = DeployedSettings { is_found: true, ..DeployedSettings::default() };
    let configuration = json!({"disableExecuteApiEndpoint": true});
    let deployed = json!({
        "openapi": "3.0.1",
        "servers": [{"url": "/", "x-amazon-apigateway-endpoint-configuration": configuration}],
        "x-amazon-apigateway-policy": {"Statement": []},
        "paths": {"/a": {"get": {"x-amazon-apigateway-integration": {"type": "mock"}}}},
    });
    for (response, expected) in [
        (
            Response::ok(deployed),
            Some(DeployedSettings {
                disables_default_endpoint: Some(true),
                policy: Some(r#"{"Statement":[]}"#.into()),
                is_found: true,
            }),
        ),
        (Response::ok(json!({"openapi": "3.0.1", "paths": {}})), Some(unknown.clone())),
        (Response::rest_error(404, "NotFoundException", "Invalid stage"), Some(DeployedSettings::default())),
        (Response::rest_error(400, "BadRequestException", "can't be exported"), Some(unknown.clone())),
        (Response::rest_error(403, "AccessDeniedException", "no"), None),
        (Response::ok("{\"openapi\":"), None),
        (Response::ok(""), None),
    ] {
        let text = format!("{response:?}");
        let wire = Wire::responding(move |_, _| response.clone());
        let (account, _) = wire.open().await;
        let found = account.deployed_settings(&arn("restapis/a1b2"), "live").await;
        assert_eq!(found.ok(), expected, "{text}");
        let [sent] = wire.sent().try_into().unwrap();
        assert_eq!(sent.path, "/restapis/a1b2/stages/live/exports/oas30");
        assert_eq!(sent.query, "extensions=apigateway");
    }
    // V2 APIs have no exports of their deployments.
    let wire = Wire::responding(|_, _| panic!("no call"));
    let (account, _) = wire.open().await;
    assert_eq!(account.deployed_settings(&arn("apis/h1"), "$default").await.unwrap(), unknown);
    account.deployed_settings(&arn("restapis/a1b2"), "no/stage").await.unwrap_err();
}
