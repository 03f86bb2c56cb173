//! `SelectResourceConfig`.

use serde_json::{Value, json};
use stagecert::account::Account;
use stagecert::parameters::Inventory;
use stagecert::resources::certificate_id::CertificateId;

use crate::bodies::{rows, stage_arn, stage_row};
use crate::replay::{Response, Wire};

const STAGES: &str = "SELECT resourceId, resourceType, configuration.clientCertificateId, configuration.deploymentId, \
    configuration.canarySettings.deploymentId, configuration.createdDate, configurationItemCaptureTime WHERE resourceType IN ('AWS::ApiGateway::Stage', 'AWS::ApiGatewayV2::Stage')";

fn bodies(wire: &Wire) -> Vec<Value> {
    wire.sent().iter().map(crate::replay::Sent::json).collect()
}

#[tokio::test(start_paused = true)]
async fn all_pages_of_stages_are_read_and_invalid_rows_are_kept_separately() {
    let no_stage = json!({"resourceId": "arn:aws:apigateway:eu-west-1::/restapis/a1", "resourceType": "AWS::ApiGateway::Stage"});
    let wire = Wire::responding(move |_, page| {
        Response::ok(match page {
            0 => rows(&[stage_row("a1", "prod", Some("cert01")), no_stage.clone()], Some("page/2+=")),
            _ => rows(&[stage_row("a1", "dev", None)], None),
        })
    });
    let (account, _) = wire.open().await;
    let listing = account.stages(Inventory::Config).await.unwrap();

    let certificates: Vec<_> = listing
        .stages
        .iter()
        .map(|stage| (stage.arn.as_str(), stage.certificate.as_ref().map(CertificateId::as_str)))
        .collect();
    assert_eq!(
        certificates,
        [(stage_arn("a1", "prod").as_str(), Some("cert01")), (stage_arn("a1", "dev").as_str(), None)]
    );
    let [unreadable] = listing.unreadable.as_slice() else { panic!("{:?}", listing.unreadable) };
    assert_eq!(unreadable.resource_id.as_deref(), Some("arn:aws:apigateway:eu-west-1::/restapis/a1"));

    assert_eq!(
        bodies(&wire),
        [
            json!({"Expression": STAGES, "Limit": 100}),
            json!({"Expression": STAGES, "Limit": 100, "NextToken": "page/2+="}),
        ]
    );
    let [first, _] = wire.sent().try_into().unwrap();
    assert_eq!(first.host, "config.eu-west-1.amazonaws.com");
    assert!(first.is_signed_by(crate::replay::KEY_ID, "eu-west-1"));
}

#[tokio::test(start_paused = true)]
async fn an_empty_page_with_a_token_is_not_the_last() {
    let wire = Wire::responding(|_, page| {
        Response::ok(match page {
            0 | 1 => rows(&[], Some(&format!("page{}", page + 1))),
            _ => rows(&[stage_row("a1", "prod", None)], Some("")),
        })
    });
    let (account, _) = wire.open().await;
    assert_eq!(account.stages(Inventory::Config).await.unwrap().stages.len(), 1);
    assert_eq!(wire.sent().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_repeated_token_is_a_failure_and_not_the_end() {
    let wire = Wire::responding(|_, _| Response::ok(rows(&[stage_row("a1", "prod", None)], Some("again"))));
    let (account, _) = wire.open().await;
    let failure = account.stages(Inventory::Config).await.unwrap_err();
    assert!(failure.to_string().starts_with("SelectResourceConfig of all stages in account"), "{failure}");
}

#[tokio::test(start_paused = true)]
async fn alternating_tokens_are_a_failure_and_not_an_endless_list() {
    let wire = Wire::responding(|_, page| {
        let token = if page % 2 == 0 { "even" } else { "odd" };
        assert!(page < 100, "the list does not end");
        Response::ok(rows(&[stage_row("a1", &format!("s{page}"), None)], Some(token)))
    });
    let (account, _) = wire.open().await;
    let failure = account.stages(Inventory::Config).await.unwrap_err();
    assert!(failure.to_string().contains("the same page token twice"), "{failure}");
    assert_eq!(wire.sent().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_row_that_is_not_json_is_a_failure_and_so_is_a_page_that_is_refused() {
    let truncated = json!({"Results": ["{\"resourceId\":\"arn:aws"]});
    for second in [Response::ok(truncated), Response::error(400, "InvalidExpressionException", "no")] {
        let wire = Wire::responding(move |_, page| match page {
            0 => Response::ok(rows(&[stage_row("a1", "prod", None)], Some("page2"))),
            _ => second.clone(),
        });
        let (account, _) = wire.open().await;
        let failure = account.stages(Inventory::Config).await.unwrap_err();
        let message = failure.to_string();
        assert_eq!(failure.kind(), "Operation");
        assert!(
            message.starts_with(
                "SelectResourceConfig of all stages in account 111122223333, Region eu-west-1: "
            )
        );
        assert_eq!(wire.sent().len(), 2, "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn stages_with_a_certificate_are_queried_by_its_exact_id() {
    let acm = "arn:aws:acm:eu-west-1:111122223333:certificate/12345678-90ab-cdef-1234-567890abcdef";
    for id in ["cert01", acm] {
        let wire = Wire::responding(move |_, page| {
            Response::ok(match page {
                0 => rows(&[stage_row("a1", "prod", Some(id))], Some("page2")),
                _ => rows(&[stage_row("b2", "prod", Some(id))], None),
            })
        });
        let (account, _) = wire.open().await;
        let stages = account.stages_with(&CertificateId::new(id.into())).await.unwrap();
        assert_eq!(stages.len(), 2);
        let expression = format!("{STAGES} AND configuration.clientCertificateId = '{id}'");
        assert_eq!(bodies(&wire)[0], json!({"Expression": expression, "Limit": 100}));
        assert_eq!(bodies(&wire)[1]["NextToken"], "page2");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_peer_is_a_failure_because_it_may_share_the_certificate() {
    let row = json!({"resourceId": "?", "resourceType": "AWS::ApiGateway::Stage"});
    let wire = Wire::responding(move |_, _| Response::ok(rows(std::slice::from_ref(&row), None)));
    let (account, _) = wire.open().await;
    assert!(account.stages_with(&CertificateId::new("cert01".into())).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn an_id_that_would_break_an_expression_is_never_sent() {
    let wire = Wire::responding(|_, _| Response::ok(rows(&[], None)));
    let (account, _) = wire.open().await;
    for id in [
        "",
        "x' OR resourceType = 'AWS::IAM::User",
        "a b",
        "cert01'",
        "cert-01",
        "arn:aws:acm:x:1:certificate/'",
    ] {
        let failure = account.stages_with(&CertificateId::new(id.into())).await.unwrap_err();
        assert!(failure.to_string().starts_with("SelectResourceConfig of stages with "), "{failure}");
    }
    assert_eq!(wire.sent().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn protocols_and_integrations_of_v2_apis_come_from_their_items() {
    let api = "arn:aws:apigateway:eu-west-1::/apis/w1";
    let wire = Wire::responding(move |_, before| {
        Response::ok(match before {
            0 | 1 => rows(&[json!({"resourceId": api, "configuration": {"protocolType": "HTTP"}})], None),
            _ => rows(&[json!({"configuration": {"apiId": "w1", "integrationType": "MOCK"}})], None),
        })
    });
    let (account, _) = wire.open().await;
    assert_eq!(account.protocols(Some(api)).await.unwrap().len(), 1);
    assert_eq!(account.protocols(None).await.unwrap().len(), 1);
    account.integrations().await.unwrap();
    let apis = "SELECT resourceId, configuration.protocolType WHERE resourceType = 'AWS::ApiGatewayV2::Api'";
    let expressions: Vec<Value> = bodies(&wire).iter().map(|body| body["Expression"].clone()).collect();
    assert_eq!(
        expressions,
        [
            &format!("{apis} AND resourceId = '{api}'"),
            apis,
            "SELECT resourceId, configuration WHERE resourceType = 'AWS::ApiGatewayV2::Integration'",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_names_of_apis_come_from_their_items_in_queries_that_config_accepts() {
    let arn = |n: usize| format!("arn:aws-us-gov:apigateway:us-gov-west-1::/restapis/{n:010}");
    let wire = Wire::responding(move |_, before| {
        let named = json!({"resourceId": arn(before * 25), "configuration": {"name": "Payments"}});
        let unnamed = json!({"resourceId": arn(before * 25 + 1), "configuration": {}});
        Response::ok(rows(&[named, unnamed], None))
    });
    let (account, _) = wire.open().await;
    let arns: Vec<String> = (0..30).map(arn).collect();
    let names = account.api_names(&arns.iter().map(String::as_str).collect()).await.unwrap();
    assert_eq!(names, [(arn(0), "Payments".to_owned()), (arn(25), "Payments".to_owned())].into());

    let start = "SELECT resourceId, configuration.name WHERE resourceType IN \
                 ('AWS::ApiGateway::RestApi', 'AWS::ApiGatewayV2::Api') AND resourceId IN ('";
    let expressions: Vec<String> =
        bodies(&wire).iter().map(|body| body["Expression"].as_str().unwrap().to_owned()).collect();
    let ids: Vec<usize> = expressions.iter().map(|it| it.matches("/restapis/").count()).collect();
    assert_eq!(ids, [25, 5]);

    // Many names are read in pages of all.
    let arns: Vec<String> = (0..101).map(arn).collect();
    let names = account.api_names(&arns.iter().map(String::as_str).collect()).await.unwrap();
    assert_eq!(names, [(arn(50), "Payments".to_owned())].into());
    let all = bodies(&wire).pop().unwrap()["Expression"].as_str().unwrap().to_owned();
    assert!(all.ends_with("('AWS::ApiGateway::RestApi', 'AWS::ApiGatewayV2::Api')"), "{all}");
    assert!(expressions.iter().all(|it| it.starts_with(start) && it.len() <= 4096), "{expressions:?}");
}
