//! `inventory=apigateway`: `GetRestApis` and `GetStages`; V2 stages still come from Config.

use serde_json::{Value, json};
use stagecert::account::Account;
use stagecert::account::listing::ListedFrom;
use stagecert::parameters::Inventory;
use stagecert::resources::certificate_id::CertificateId;

use crate::bodies::rows;
use crate::replay::{Response, Sent, Wire, noon};

const V2_STAGE: &str = "arn:aws:apigateway:eu-west-1::/apis/w1/stages/live";

fn apis(ids: &[&str], position: Option<&str>) -> Response {
    let items: Vec<Value> =
        ids.iter().map(|id| json!({"id": id, "name": "orders", "createdDate": 1_608_836_090})).collect();
    Response::ok(json!({"item": items, "position": position}))
}

fn v2_stages() -> Response {
    let row = json!({
        "resourceId": V2_STAGE,
        "resourceType": "AWS::ApiGatewayV2::Stage",
        "configuration": {"clientCertificateId": "cert02", "deploymentId": "dep9"},
    });
    Response::ok(rows(&[row], None))
}

/// Two pages of APIs; the second API was deleted after it was listed.
fn account(sent: &Sent, before: usize) -> Response {
    match (sent.operation.as_str(), sent.path.as_str()) {
        ("GetRestApis", _) if before == 0 => apis(&["a1", "gone"], Some("p 2")),
        ("GetRestApis", _) => apis(&["b2", "empty"], None),
        ("GetStages", "/restapis/a1/stages") => Response::ok(json!({"item": [
            {"stageName": "prod", "deploymentId": "dep1", "clientCertificateId": "cert01", "createdDate": 1_608_836_092,
             "canarySettings": {"deploymentId": "dep2", "percentTraffic": 5.0}},
            {"stageName": "dev", "deploymentId": "dep1", "tags": {"owner": "team-a"}},
        ]})),
        ("GetStages", "/restapis/gone/stages") => {
            Response::rest_error(404, "NotFoundException", "Invalid API identifier")
        }
        ("GetStages", "/restapis/b2/stages") => Response::ok(json!({"item": [{"stageName": "test"}]})),
        ("GetStages", "/restapis/empty/stages") => Response::ok(json!({"item": []})),
        ("SelectResourceConfig", _) => v2_stages(),
        other => panic!("unexpected call: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn all_stages_are_read_and_those_of_v2_apis_from_config() {
    let wire = Wire::responding(account);
    let (opened, _) = wire.open().await;
    let listing = opened.stages(Inventory::ApiGateway).await.unwrap();
    assert!(listing.unreadable.is_empty());
    let name = |id: &str| (format!("arn:aws:apigateway:eu-west-1::/restapis/{id}"), "orders".to_owned());
    assert_eq!(listing.api_names, ["a1", "b2", "empty", "gone"].map(name).into());

    let mut found: Vec<_> = listing
        .stages
        .iter()
        .map(|stage| {
            let certificate = stage.certificate.as_ref().map(CertificateId::as_str);
            let deployment = stage.deployment.as_ref().map(ToString::to_string);
            (stage.arn.as_str(), certificate, deployment, stage.has_canary())
        })
        .collect();
    found.sort();
    let rest = |label: &str| {
        let (api, name) = label.split_once('/').unwrap();
        crate::bodies::stage_arn(api, name)
    };
    let (prod, dev, test) = (rest("a1/prod"), rest("a1/dev"), rest("b2/test"));
    assert_eq!(
        found,
        [
            (V2_STAGE, Some("cert02"), Some("dep9".to_owned()), false),
            (dev.as_str(), None, Some("dep1".to_owned()), false),
            (prod.as_str(), Some("cert01"), Some("dep1".to_owned()), true),
            (test.as_str(), None, None, false),
        ]
    );

    let sent = wire.sent();
    let of = |operation: &str| sent.iter().filter(|sent| sent.operation == operation).collect::<Vec<_>>();
    let queries: Vec<&str> = of("GetRestApis").iter().map(|sent| sent.query.as_str()).collect();
    assert_eq!(queries, ["limit=500", "limit=500&position=p%202"]);
    assert_eq!(of("GetStages").len(), 4);
    let [select] = of("SelectResourceConfig").try_into().unwrap();
    let expression = select.json()["Expression"].as_str().unwrap().to_owned();
    assert!(expression.ends_with("WHERE resourceType = 'AWS::ApiGatewayV2::Stage'"), "{expression}");
}

#[tokio::test(start_paused = true)]
async fn both_inventories_give_the_same_stage() {
    let by_api = Wire::responding(account);
    let by_config = Wire::responding(|_, _| {
        let configuration = json!({
            "clientCertificateId": "cert01",
            "deploymentId": "dep1",
            "canarySettings": {"deploymentId": "dep2"},
            "createdDate": "Dec 24, 2020 6:54:52 PM",
        });
        let arn = crate::bodies::stage_arn("a1", "prod");
        let row = json!({"resourceId": arn, "resourceType": "AWS::ApiGateway::Stage", "configuration": configuration});
        Response::ok(rows(&[row], None))
    });
    let listing = by_config.open().await.0.stages(Inventory::Config).await.unwrap();
    let [one] = listing.stages.as_slice() else { panic!("{listing:?}") };
    let other = by_api.open().await.0.stages(Inventory::ApiGateway).await.unwrap();
    let same = other.stages.iter().find(|other| other.has_same_facts(one));
    assert_eq!(same.map(|other| other.created), Some(one.created), "{one:?} {other:?}");
    // Config reports when it captured its item, and this row doesn't; API Gateway was called at
    // noon.
    assert_eq!((one.captured, same.unwrap().captured), (None, Some(noon())));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_a_failure_and_never_a_missing_stage() {
    for (refused, resource) in [
        ("GetRestApis", "all REST APIs"),
        ("GetStages", "gone"),
        ("SelectResourceConfig", "stages of V2 APIs"),
    ] {
        let wire = Wire::responding(move |sent, before| {
            if sent.operation == refused && (refused != "GetStages" || sent.path.contains("/gone/")) {
                Response::rest_error(403, "AccessDeniedException", "no")
            } else {
                account(sent, before)
            }
        });
        let (opened, _) = wire.open().await;
        let listed = opened.stages(Inventory::ApiGateway).await;
        let failure = match refused {
            // Stages of the other APIs continue without it.
            "GetStages" => {
                let mut listing = listed.unwrap();
                assert_eq!(listing.stages.len(), 4);
                let unreadable = listing.unreadable.pop().unwrap();
                let gone = "arn:aws:apigateway:eu-west-1::/restapis/gone";
                assert_eq!((unreadable.api_arn.as_deref(), unreadable.certificates), (Some(gone), None));
                unreadable.failure
            }
            _ => listed.unwrap_err(),
        };
        assert_eq!(failure.code(), Some("AccessDeniedException"));
        assert!(failure.to_string().starts_with(&format!("{refused} of {resource} in account")), "{failure}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stage_without_a_name_is_a_failure() {
    let wire = Wire::responding(|sent, before| match sent.path.as_str() {
        "/restapis/b2/stages" => Response::ok(json!({"item": [{"deploymentId": "dep1"}]})),
        _ => account(sent, before),
    });
    let (opened, _) = wire.open().await;
    let listing = opened.stages(Inventory::ApiGateway).await.unwrap();
    let [unreadable] = listing.unreadable.as_slice() else { panic!("{listing:?}") };
    let message = unreadable.failure.to_string();
    assert!(message.starts_with("GetStages of b2 in account"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_missing_permission_is_not_tried_a_thousand_times() {
    let ids: Vec<String> = (0..1000).map(|n| format!("api{n}")).collect();
    for (answers, expected_calls) in [(false, 10), (true, 1000)] {
        let ids = ids.clone();
        let wire = Wire::responding(move |sent, _| match sent.operation.as_str() {
            "GetRestApis" => apis(&ids.iter().map(String::as_str).collect::<Vec<_>>(), None),
            "GetStages" if answers && sent.path == "/restapis/api0/stages" => {
                Response::ok(json!({"item": []}))
            }
            "GetStages" => Response::rest_error(403, "AccessDeniedException", "no"),
            _ => v2_stages(),
        });
        let (opened, _) = wire.open().await;
        let listed = opened.stages(Inventory::ApiGateway).await;
        let count = wire.sent().iter().filter(|sent| sent.operation == "GetStages").count();
        assert_eq!(listed.is_ok(), answers);
        assert!((expected_calls..expected_calls + 4).contains(&count), "{count}");
    }
}

fn of_config(rows_of: &'static [&'static str]) -> impl Fn(&Sent, usize) -> Response {
    move |sent, before| match sent.operation.as_str() {
        "SelectResourceConfig" => {
            let row = |arn: &&str| {
                let kind = if arn.contains("/apis/") {
                    "AWS::ApiGatewayV2::Stage"
                } else {
                    "AWS::ApiGateway::Stage"
                };
                json!({"resourceId": arn, "resourceType": kind})
            };
            Response::ok(rows(&rows_of.iter().map(row).collect::<Vec<_>>(), None))
        }
        _ => account(sent, before),
    }
}

const REST_STAGE: &str = "arn:aws:apigateway:eu-west-1::/restapis/a1/stages/prod";

#[tokio::test(start_paused = true)]
async fn api_gateway_is_read_only_if_config_shows_no_rest_stage() {
    for (recorded, stages, expected_calls) in [
        (&[REST_STAGE][..], 1, false),
        (&[REST_STAGE, V2_STAGE], 2, false),
        // A row of an unreadable stage still counts as a stage.
        (&["arn:aws:apigateway:eu-west-1::/restapis/a1/stages/"], 0, false),
        (&[V2_STAGE], 4, true),
        (&[], 3, true),
    ] {
        let wire = Wire::responding(of_config(recorded));
        let listing = wire.open().await.0.stages(Inventory::Auto).await.unwrap();
        assert_eq!(listing.stages.len(), stages, "{recorded:?}");
        assert_eq!(wire.counts().contains_key("GetRestApis"), expected_calls, "{recorded:?}");
        let from = if expected_calls { ListedFrom::ApiGateway } else { ListedFrom::Config };
        assert_eq!(listing.from, Some(from), "{recorded:?}");
        assert_eq!(wire.counts()["SelectResourceConfig"], 1, "{recorded:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_without_a_recorder_is_read_from_api_gateway_unless_config_refuses() {
    for (code, found) in [
        ("NoAvailableConfigurationRecorderException", Some(3)),
        ("NoSuchConfigurationRecorderException", Some(3)),
        ("AccessDeniedException", None),
    ] {
        let wire = Wire::responding(move |sent, before| match sent.operation.as_str() {
            "SelectResourceConfig" => Response::error(400, code, "no"),
            _ => account(sent, before),
        });
        let listing = wire.open().await.0.stages(Inventory::Auto).await;
        assert_eq!(listing.ok().map(|listing| listing.stages.len()), found, "{code}");
    }
    let wire = Wire::responding(|sent, before| match sent.operation.as_str() {
        "GetRestApis" => Response::rest_error(403, "AccessDeniedException", "no"),
        _ => of_config(&[V2_STAGE])(sent, before),
    });
    let failure = wire.open().await.0.stages(Inventory::Auto).await.unwrap_err();
    assert!(failure.to_string().starts_with("GetRestApis of all REST APIs in account"), "{failure}");
}
