//! `GetExport`.

use stagecert::Failure;
use stagecert::account::Account;
use stagecert::checks::certificate_attached::{Backends, Undetermined};
use stagecert::stage::StageArn;

use crate::bodies::{export, stage_arn};
use crate::replay::{Answer, Wire};

async fn exported(
    answer: impl Fn(usize) -> Answer + Send + Sync + 'static,
) -> (Wire, Result<Backends, Failure>) {
    let wire = Wire::answering(move |_, before| answer(before));
    let (account, _) = wire.open().await;
    let backends = account.exported(&StageArn::parse(&stage_arn("a1b2", "v_1-x")).unwrap()).await;
    (wire, backends)
}

#[tokio::test(start_paused = true)]
async fn the_deployed_api_is_asked_for_with_its_integrations() {
    let (wire, _) = exported(|_| Answer::ok(export("mock"))).await;
    let [sent] = wire.sent().try_into().unwrap();
    assert_eq!(sent.path, "/restapis/a1b2/stages/v_1-x/exports/oas30");
    assert_eq!(sent.query, "extensions=integrations");
    assert_eq!(sent.header("accept"), "application/json");
    assert_eq!(sent.host, "apigateway.eu-west-1.amazonaws.com");
}

#[tokio::test(start_paused = true)]
async fn what_the_export_shows_decides_and_json_of_another_form_is_undetermined() {
    let (http, none) = (Backends::Http { deployment: None }, Backends::NoHttp { deployment: None });
    let undetermined = Backends::Undetermined { why: Undetermined::NotExportable };
    for (body, expected) in [
        (export("http_proxy").to_string(), &http),
        (export("http").to_string(), &http),
        (export("aws_proxy").to_string(), &none),
        (export("mock").to_string(), &none),
        ("{}".into(), &undetermined),
        (r#"{"openapi":"3.0.1","paths":[]}"#.into(), &undetermined),
    ] {
        let answer = Answer::ok(&body);
        let (_, backends) = exported(move |_| answer.clone()).await;
        assert_eq!(backends.unwrap(), *expected, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_no_json_is_a_failure_that_names_the_export() {
    for body in ["openapi: 3.0.1", "<html>sorry</html>", "", r#"{"openapi":"3.0.1","paths":{"#] {
        let answer = Answer::ok(body);
        let (_, backends) = exported(move |_| answer.clone()).await;
        let failure = backends.unwrap_err().to_string();
        assert!(
            failure.starts_with("GetExport of arn:aws:apigateway:eu-west-1::/restapis/a1b2/"),
            "{failure}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn no_export_of_it_is_an_answer() {
    for (status, code) in
        [(400, "BadRequestException"), (404, "NotFoundException"), (409, "ConflictException")]
    {
        let (wire, backends) =
            exported(move |_| Answer::rest_error(status, code, "Invalid stage identifier")).await;
        assert_eq!(backends.unwrap(), Backends::Undetermined { why: Undetermined::NotExportable }, "{code}");
        assert_eq!(wire.sent().len(), 1, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_no_answer_whatever_its_status() {
    for (status, code) in [
        (403, "AccessDeniedException"),
        (403, "ExpiredTokenException"),
        (403, "UnrecognizedClientException"),
        (401, "UnauthorizedException"),
        (400, "SomethingNewException"),
        (404, "UnknownOperationException"),
    ] {
        let (wire, backends) = exported(move |_| Answer::rest_error(status, code, "no")).await;
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
        let error = move |_| Answer::rest_error(status, code, "later");
        let (wire, backends) = exported(error).await;
        assert_eq!(backends.unwrap_err().kind(), "Operation", "{status} {code}");
        assert_eq!(wire.sent().len(), 6, "{status} {code}");

        let then = move |before| if before < 2 { error(before) } else { Answer::ok(export("http")) };
        let (wire, backends) = exported(then).await;
        assert_eq!(backends.unwrap(), Backends::Http { deployment: None });
        assert_eq!(wire.sent().len(), 3, "{status} {code}");
    }
}
