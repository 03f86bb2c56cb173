//! `GetExport`.

use serde_json::json;
use stagecert::Failure;
use stagecert::account::Account;
use stagecert::checks::stage::certificate_attached::{Backends, Undetermined};
use stagecert::resources::stage_arn::StageArn;

use crate::bodies::{export, stage_arn};
use crate::replay::{Response, Wire};

async fn exported(
    response: impl Fn(usize) -> Response + Send + Sync + 'static,
) -> (Wire, Result<Option<Backends>, Failure>) {
    let wire = Wire::responding(move |_, before| response(before));
    let (account, _) = wire.open().await;
    let backends = account.exported(&StageArn::parse(&stage_arn("a1b2", "v_1-x")).unwrap()).await;
    (wire, backends)
}

#[tokio::test(start_paused = true)]
async fn the_deployed_api_is_exported_with_its_integrations() {
    let (wire, _) = exported(|_| Response::ok(export("mock"))).await;
    let [sent] = wire.sent().try_into().unwrap();
    assert_eq!(sent.path, "/restapis/a1b2/stages/v_1-x/exports/oas30");
    assert_eq!(sent.query, "extensions=integrations");
    assert_eq!(sent.header("accept"), "application/json");
    assert_eq!(sent.host, "apigateway.eu-west-1.amazonaws.com");
}

#[tokio::test(start_paused = true)]
async fn the_export_decides_and_unexpected_json_is_undetermined() {
    let (http, none) = (Backends::http(None), Backends::no_http(None));
    let undetermined = Backends::undetermined(Undetermined::NotExportable);
    for (body, expected) in [
        (export("http_proxy").to_string(), &http),
        (export("http").to_string(), &http),
        (export("aws_proxy").to_string(), &none),
        (export("mock").to_string(), &none),
        ("{}".into(), &undetermined),
        (r#"{"openapi":"3.0.1","paths":[]}"#.into(), &undetermined),
    ] {
        let response = Response::ok(&body);
        let (_, backends) = exported(move |_| response.clone()).await;
        assert_eq!(backends.unwrap(), Some(expected.clone()), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_not_json_is_a_failure_that_names_the_export() {
    for body in ["openapi: 3.0.1", "<html>sorry</html>", "", r#"{"openapi":"3.0.1","paths":{"#] {
        let response = Response::ok(body);
        let (_, backends) = exported(move |_| response.clone()).await;
        let failure = backends.unwrap_err().to_string();
        assert!(
            failure.starts_with("GetExport of arn:aws:apigateway:eu-west-1::/restapis/a1b2/"),
            "{failure}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_export_is_an_answer_and_a_permanent_refusal_keeps_its_message() {
    const WHY: &str = "Unable to build exporter with provided input";
    let undetermined = |refusal: Option<&str>| Backends::Undetermined {
        why: Undetermined::NotExportable,
        deployment: None,
        refusal: refusal.map(Into::into),
    };
    for (status, code, expected) in [
        (400, "BadRequestException", Some(undetermined(Some(&format!("BadRequestException: {WHY}"))))),
        (409, "ConflictException", Some(undetermined(None))),
        (404, "NotFoundException", None),
    ] {
        let (wire, backends) = exported(move |_| Response::rest_error(status, code, WHY)).await;
        assert_eq!(backends.unwrap(), expected, "{code}");
        assert_eq!(wire.sent().len(), 1, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_current_integrations_of_an_api_are_read_from_all_pages_of_its_resources() {
    for (last, has_http) in [
        (json!({"GET": {"methodIntegration": {"type": "MOCK"}}}), false),
        (json!({"GET": {"methodIntegration": {"type": "HTTP_PROXY"}}}), true),
        (json!({"GET": {}}), true),
    ] {
        let wire = Wire::responding(move |_, page| {
            let lambda = json!({"ANY": {"methodIntegration": {"type": "AWS_PROXY"}}});
            Response::ok(match page {
                0 => json!({
                    "item": [{"id": "r0", "path": "/"}, {"id": "r1", "resourceMethods": lambda}],
                    "position": "p2",
                }),
                _ => json!({"item": [{"id": "r2", "resourceMethods": last.clone()}]}),
            })
        });
        let (account, _) = wire.open().await;
        let stage = StageArn::parse(&stage_arn("a1b2", "v_1-x")).unwrap();
        let found = account.current_integrations(&stage).await.unwrap();
        assert_eq!(matches!(found, Backends::Http { current: true, .. }), has_http, "{found:?}");
        assert_eq!(matches!(found, Backends::NoHttp { current: true, .. }), !has_http, "{found:?}");
        let sent = wire.sent();
        assert_eq!(sent.len(), 2);
        assert!(sent.iter().all(|sent| sent.path == "/restapis/a1b2/resources"));
        assert!(sent[0].query.contains("embed=methods") && sent[0].query.contains("limit=500"));
        assert!(sent[1].query.contains("position=p2"), "{}", sent[1].query);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_any_status_is_a_failure() {
    for (status, code) in [
        (403, "AccessDeniedException"),
        (403, "ExpiredTokenException"),
        (403, "UnrecognizedClientException"),
        (401, "UnauthorizedException"),
        (400, "SomethingNewException"),
        (404, "UnknownOperationException"),
    ] {
        let (wire, backends) = exported(move |_| Response::rest_error(status, code, "no")).await;
        let failure = backends.unwrap_err();
        assert_eq!(failure.code(), Some(code));
        let expected = "GetExport of arn:aws:apigateway:eu-west-1::/restapis/a1b2/stages/v_1-x in account 111122223333, \
            Region eu-west-1: ";
        assert!(failure.to_string().starts_with(expected), "{failure}");
        assert_eq!(wire.sent().len(), 1, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn throttling_and_server_errors_are_retried_and_never_an_answer() {
    for (status, code) in
        [(429, "TooManyRequestsException"), (500, "InternalFailure"), (503, "ServiceUnavailableException")]
    {
        let error = move |_| Response::rest_error(status, code, "later");
        let (wire, backends) = exported(error).await;
        assert_eq!(backends.unwrap_err().kind(), "Operation", "{status} {code}");
        assert_eq!(wire.sent().len(), 6, "{status} {code}");

        let then = move |before| if before < 2 { error(before) } else { Response::ok(export("http")) };
        let (wire, backends) = exported(then).await;
        assert_eq!(backends.unwrap(), Some(Backends::http(None)));
        assert_eq!(wire.sent().len(), 3, "{status} {code}");
    }
}
