//! No failure message, for users or for developers, contains a secret, whatever AWS responded.

use std::collections::BTreeSet;
use std::error::Error;
use std::time::Duration;

use aws_smithy_http_client::test_util::{NeverClient, StaticReplayClient};
use serde_json::json;
use stagecert::Failure;
use stagecert::account::Account;
use stagecert::account::listing::Freshness;
use stagecert::aws::Aws;
use stagecert::deadline::Deadline;
use stagecert::evaluation::compliance::ComplianceType;
use stagecert::parameters::settings::Settings;
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::certificate_id::CertificateId;
use stagecert::rule::put::{PutRequest, Results};
use stagecert::telemetry::invocation_log::InvocationLog;
use stagecert::telemetry::metrics::metrics;

use crate::account::{Size, answers};
use crate::bodies::{client_certificate, owned, stage_arn};
use crate::events::{changed, event, run, run_recorded, scheduled, token};
use crate::puts::evaluation;
use crate::replay::{Response, SECRET_KEY, SESSION_TOKEN, Wire, account_region, aws_over, noon, open};
use crate::roles::{assumed, refused};

const TAG_VALUE: &str = "TagValueNeverShown";
const RESULT_TOKEN: &str = "ResultTokenNeverShown==.1";

/// Checks that neither form of the failure, nor of any of its causes, contains a secret.
fn assert_no_secret(failure: &Failure) {
    let mut texts = vec![format!("{failure:?}"), format!("{failure:#?}")];
    let mut cause: Option<&dyn Error> = Some(failure);
    while let Some(error) = cause {
        texts.push(error.to_string());
        texts.push(format!("{error:?}"));
        cause = error.source();
    }
    for secret in
        [TAG_VALUE, RESULT_TOKEN, SECRET_KEY, SESSION_TOKEN, "assumed-secret-key", "assumed-session-token"]
    {
        assert!(texts.iter().all(|text| !text.contains(secret)), "{secret} in {texts:#?}");
    }
}

/// Responses that break off, or turn invalid, after a tag's value.
fn broken(before: &str, after: &str) -> Vec<String> {
    let whole = format!(r#"{before}"{TAG_VALUE}"{after}"#);
    let (start, _) = whole.split_once(TAG_VALUE).unwrap();
    vec![
        format!("{start}{TAG_VALUE}"),
        format!("{start}{TAG_VALUE}\""),
        format!("{start}{TAG_VALUE}\"]"),
        whole.replace(TAG_VALUE, &format!("{TAG_VALUE}\\q")),
        whole.replace(TAG_VALUE, &format!("{TAG_VALUE}\\ud800")),
        whole.replace(TAG_VALUE, &format!("{TAG_VALUE}\n")),
        whole.replace(&format!("\"{TAG_VALUE}\""), TAG_VALUE),
        whole.replace(&format!("\"{TAG_VALUE}\""), &format!("[\"{TAG_VALUE}\"]")),
        format!("{whole}{TAG_VALUE}"),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_broken_get_resources_response_reveals_no_tag_value() {
    let before = r#"{"PaginationToken":"","ResourceTagMappingList":[{"ResourceARN":"a","Tags":[{"Key":"owner","Value":"#;
    for body in broken(before, "}]}]}") {
        let wire = Wire::responding(move |_, _| Response::ok(&body));
        let (account, _) = wire.open().await;
        let failure = account.tags(&[stage_arn("a1", "prod")]).await.unwrap_err();
        assert!(failure.to_string().starts_with("GetResources of "), "{failure}");
        assert_no_secret(&failure);
    }
}

#[tokio::test(start_paused = true)]
async fn a_broken_get_client_certificates_response_reveals_no_tag_value() {
    for body in broken(r#"{"item":[{"clientCertificateId":"cert01","tags":{"owner":"#, "}}]}") {
        let wire = Wire::responding(move |_, _| Response::ok(&body));
        let (account, _) = wire.open().await;
        let wanted = BTreeSet::from([CertificateId::new("cert01".into())]);
        let failure = account.client_certificates(&wanted, Freshness::Fresh).await.unwrap_err();
        assert!(failure.to_string().starts_with("GetClientCertificates of "), "{failure}");
        assert_no_secret(&failure);
    }
}

async fn failed_put(aws: &Aws, deadline: Deadline) -> Failure {
    let there = AccountRegion { region: "ca-west-1".into(), ..account_region() };
    let (_, results) = aws.open(&there, &there, None, noon(), deadline).await.unwrap();
    let (evaluations, result_token) =
        ([evaluation("prod", ComplianceType::Compliant, noon())], token(RESULT_TOKEN));
    results
        .put_evaluations(PutRequest { evaluations: &evaluations, result_token: &result_token })
        .await
        .unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn no_failed_put_reveals_the_token_or_a_key() {
    let echo = format!("Value '{RESULT_TOKEN}' at 'resultToken' failed to satisfy constraint");
    for response in [
        Response::error(400, "InvalidResultTokenException", "The specified ResultToken is invalid."),
        Response::error(400, "AccessDeniedException", "no"),
        Response::error(500, "InternalFailure", "later"),
        Response::of(400, &echo),
        Response::of(413, format!("<html>{echo}</html>")),
        Response::ok(&echo),
        Response::ok(json!({"FailedEvaluations": echo})),
        Response::ok(json!({"FailedEvaluations": [{"Annotation": echo}]})),
        Response::ok(json!({"FailedEvaluations": [{"OrderingTimestamp": echo}]})),
    ] {
        let described = format!("{response:?}");
        let wire = Wire::responding(move |_, _| response.clone());
        let failure = failed_put(&wire.aws(), Deadline::none()).await;
        assert!(failure.to_string().starts_with("PutEvaluations of "), "{described}: {failure}");
        assert_no_secret(&failure);
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_message_that_contains_the_token_is_redacted() {
    let echo = format!("Value '{RESULT_TOKEN}' at 'resultToken' failed to satisfy constraint");
    for (status, code) in
        [(400, "ValidationException"), (400, "InvalidResultTokenException"), (500, "InternalFailure")]
    {
        let response = Response::error(status, code, &echo);
        let wire = Wire::responding(move |_, _| response.clone());
        let failure = failed_put(&wire.aws(), Deadline::none()).await;
        assert_eq!(failure.code(), Some(code));
        assert_no_secret(&failure);
    }
}

#[tokio::test(start_paused = true)]
async fn a_put_without_a_response_reveals_neither() {
    let failure = failed_put(&aws_over(NeverClient::new()), Deadline::after(Duration::from_mins(1))).await;
    assert_eq!(failure.kind(), "OutOfTime");
    assert_no_secret(&failure);
    // A network that fails immediately.
    let failure = failed_put(&aws_over(StaticReplayClient::new(Vec::new())), Deadline::none()).await;
    assert_eq!(failure.kind(), "Operation");
    assert_no_secret(&failure);
}

#[tokio::test(start_paused = true)]
async fn an_evaluation_that_config_rejects_is_reported_without_the_token() {
    let wire = Wire::responding(|sent, _| match sent.operation.as_str() {
        "PutEvaluations" => Response::ok(json!({"FailedEvaluations": sent.json()["Evaluations"]})),
        "GetResources" => Response::ok(owned(&sent.json()["ResourceARNList"], TAG_VALUE)),
        other => panic!("unexpected call: {other}"),
    });
    let change = changed(&json!({"deploymentId": "dep1"}), &json!({}));
    let event = event(&change, &json!({"checks": "owner-tag", "ownerTagPattern": "unknown"}));
    let event = event.replace(r#""resultToken":"token""#, &format!(r#""resultToken":"{RESULT_TOKEN}""#));
    let failure = run(&wire.aws(), &event).await.unwrap_err();
    assert_eq!((failure.kind(), wire.counts()["PutEvaluations"]), ("FailedEvaluations", 4));
    assert!(wire.sent().iter().any(|sent| sent.body.contains(RESULT_TOKEN)));
    assert!(wire.sent().iter().all(|sent| !sent.body.contains(TAG_VALUE)), "a tag value in an annotation");
    assert_no_secret(&failure);
}

#[tokio::test(start_paused = true)]
async fn a_broken_assume_role_response_reveals_no_credentials() {
    for (part, instead) in [
        ("2026-11-21T13:00:00Z", "assumed-session-token"),
        ("</SecretAccessKey>", "&bad;</SecretAccessKey>"),
        ("<SessionToken>", "<SessionToken><Value>"),
        ("<AssumeRoleResponse ", "assumed-secret-key <AssumeRoleResponse "),
        ("AssumeRoleResponse", "Other"),
        ("Credentials>", "Other>"),
    ] {
        let wire = Wire::responding(move |sent, _| {
            Response::ok(assumed(sent, "2026-11-21T13:00:00Z").body.replace(part, instead))
        });
        let failure = not_assumed(&wire).await;
        assert!(failure.to_string().starts_with("AssumeRole of "), "{part}: {failure}");
        assert_no_secret(&failure);
    }
    assert_no_secret(&not_assumed(&Wire::responding(|_, _| refused("AccessDenied", "no"))).await);
}

async fn not_assumed(wire: &Wire) -> Failure {
    let there = AccountRegion { account: "444455556666".into(), ..account_region() };
    let opened = wire.aws().open(&account_region(), &there, Some("reader"), noon(), Deadline::none()).await;
    opened.map(|_| "opened").unwrap_err()
}

/// The lines that an invocation logs: its log line and, for a sweep, its metrics.
fn lines(log: &InvocationLog, failure: Option<&Failure>) -> Vec<String> {
    let mut log = log.clone();
    log.finish("8f5c".into(), Duration::from_secs(1), failure);
    let mut lines = vec![serde_json::to_string(&log).unwrap()];
    lines.extend(metrics(&log, &Settings::default(), noon()).map(|document| document.to_string()));
    lines
}

#[tokio::test(start_paused = true)]
async fn no_log_line_of_an_invocation_reveals_a_secret() {
    let owned_stage = json!({"clientCertificateId": "cert0000", "deploymentId": "dep1"});
    for invoking in [scheduled(), changed(&owned_stage, &json!({}))] {
        let event = event(&invoking, &json!({"ownerTagPattern": "someone-else"}));
        let event = event.replace(r#""resultToken":"token""#, &format!(r#""resultToken":"{RESULT_TOKEN}""#));
        for refuses in
            ["nothing", "PutEvaluations", "GetResources", "SelectResourceConfig", "GetClientCertificates"]
        {
            let response = answers(Size { stages: 3, certified: 2 });
            let wire = Wire::responding(move |sent, _| match sent.operation.as_str() {
                operation if operation == refuses => {
                    Response::error(400, "AccessDeniedException", &sent.body)
                }
                "GetResources" => Response::ok(owned(&sent.json()["ResourceARNList"], TAG_VALUE)),
                _ => response(sent),
            });
            let (done, log) = run_recorded(&wire.aws(), &event).await;
            assert_eq!(done.is_ok(), refuses == "nothing", "{refuses}");
            let lines = lines(&log, done.as_ref().err());
            assert_eq!(lines.len(), if invoking == scheduled() { 2 } else { 1 });
            for secret in [TAG_VALUE, RESULT_TOKEN, SECRET_KEY, SESSION_TOKEN] {
                assert!(lines.iter().all(|line| !line.contains(secret)), "{secret} in {lines:#?}");
            }
            assert!(lines.iter().all(|line| !line.contains('\n')), "{lines:#?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_cached_value_reveals_a_secret() {
    let mut certificate = client_certificate("cert01");
    certificate["tags"]["owner"] = TAG_VALUE.into();
    let wire = Wire::responding(move |sent, _| match sent.operation.as_str() {
        "AssumeRole" => assumed(sent, "2026-11-21T13:00:00Z"),
        "GetClientCertificates" => Response::ok(json!({"item": [certificate]})),
        other => panic!("unexpected call: {other}"),
    });
    let aws = wire.aws();
    let there = AccountRegion { account: "444455556666".into(), ..account_region() };
    let (account, results) =
        aws.open(&account_region(), &there, Some("reader"), noon(), Deadline::none()).await.unwrap();
    account
        .client_certificates(&BTreeSet::from([CertificateId::new("cert01".into())]), Freshness::Fresh)
        .await
        .unwrap();
    let (own, _) = open(&aws, noon(), Deadline::none()).await;
    let debug = format!("{aws:?} {account:?} {results:?} {own:?}");
    assert!(debug.contains("cert01"));
    for secret in [TAG_VALUE, SECRET_KEY, SESSION_TOKEN, "assumed-secret-key", "assumed-session-token"] {
        assert!(!debug.contains(secret), "{secret}");
    }
}
