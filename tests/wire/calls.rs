//! The function's own call counts, compared with what the network saw.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use stagecert::account::Account;
use stagecert::deadline::Deadline;
use stagecert::parameters::settings::Settings;
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::stage_arn::StageArn;
use stagecert::rule::put::Results;
use stagecert::telemetry::calls::Calls;
use stagecert::telemetry::metrics::metrics;

use crate::account::{Size, account, answers};
use crate::acm_certificates::{ARN, detail};
use crate::bodies::{export, owned, stage_arn};
use crate::events::{changed, event, run_recorded, scheduled};
use crate::puts::evaluation;
use crate::replay::{Response, Wire, account_region, noon};
use crate::roles::assumed;

fn by_operation(wire: &Wire) -> BTreeMap<String, u64> {
    wire.counts().into_iter().map(|(operation, count)| (operation, count as u64)).collect()
}

#[tokio::test(start_paused = true)]
async fn every_request_of_an_invocation_is_counted_by_operation() {
    let (certified, bare) = (Size { stages: 101, certified: 101 }, Size { stages: 12, certified: 4 });
    let with_certificate = json!({"clientCertificateId": "cert0000", "deploymentId": "dep1"});
    for (size, invoking) in [
        (certified, scheduled()),
        (bare, scheduled()),
        (bare, changed(&with_certificate, &json!({}))),
        (bare, changed(&json!({"deploymentId": "dep1"}), &json!({}))),
    ] {
        let wire = account(size);
        let aws = wire.aws();
        let (done, log) = run_recorded(&aws, &event(&invoking, &json!({}))).await;
        done.unwrap();
        let calls = log.calls;
        assert_eq!(calls, Calls { by_operation: by_operation(&wire), retries: 0, throttles: 0 });
        assert!(calls.by_operation.len() > 2, "{calls:?}");
        assert_eq!(aws.take_calls(), Calls::default(), "each invocation starts at nothing");
    }
}

#[tokio::test(start_paused = true)]
async fn the_log_record_includes_the_calls_of_failed_invocations() {
    for refuses in ["nothing", "SelectResourceConfig", "GetClientCertificates", "PutEvaluations"] {
        let response = answers(Size { stages: 12, certified: 4 });
        let wire = Wire::responding(move |sent, _| match sent.operation.as_str() {
            operation if operation == refuses => Response::error(403, "AccessDeniedException", "no"),
            _ => response(sent),
        });
        let aws = wire.aws();
        let (done, mut log) = run_recorded(&aws, &event(&scheduled(), &json!({}))).await;
        assert_eq!(done.is_ok(), refuses == "nothing", "{refuses}");
        assert_eq!(log.calls.by_operation, by_operation(&wire), "{refuses}");
        assert_eq!((log.kind.as_str(), log.rule_name.as_deref()), ("sweep", Some("stagecert")));
        assert_eq!(log.account_region, Some(account_region()));
        let found = (log.tally.stages, log.evaluations_put);
        let expected = match refuses {
            "SelectResourceConfig" => (0, 0),
            // Stages without a certificate need none to be read.
            "GetClientCertificates" => (8, 8),
            "PutEvaluations" => (12, 0),
            _ => (12, 12),
        };
        assert_eq!(found, expected, "{refuses}");
        log.finish("8f5c".into(), Duration::from_secs(1), done.as_ref().err());
        let document = metrics(&log, &Settings::default(), noon()).unwrap();
        assert_eq!(document["SweepsSucceeded"], u8::from(done.is_ok()), "{refuses}");
        let counted = wire.counts()["SelectResourceConfig"];
        assert_eq!(document["CallsSelectResourceConfig"], counted, "{refuses}");
    }
}

/// The first responses to every operation, and how many throttles and retries each of them counts
/// as.
fn faults() -> [(Response, u64, u64); 6] {
    [
        (Response::rest_error(429, "TooManyRequestsException", "slow down"), 1, 1),
        (Response::error(400, "ThrottlingException", "Rate exceeded"), 1, 1),
        (Response::error(400, "ThrottledException", "Rate exceeded"), 1, 1),
        (Response::error(500, "InternalFailure", "later"), 0, 1),
        (Response::of(503, "<html>later</html>"), 0, 1),
        (Response::error(403, "AccessDeniedException", "no"), 0, 0),
    ]
}

#[tokio::test(start_paused = true)]
async fn throttles_are_counted_separately_and_each_attempt_counts() {
    for (number, (fault, throttles, retries)) in faults().into_iter().enumerate() {
        let response = fault.clone();
        let wire = Wire::responding(move |sent, before| match sent.operation.as_str() {
            _ if before == 0 => response.clone(),
            "GetExport" => Response::ok(export("http")),
            "GetResources" => Response::ok(owned(&sent.json()["ResourceARNList"], "team-a")),
            "DescribeCertificate" => detail(&json!({})),
            _ => Response::ok("{}"),
        });
        let aws = wire.aws();
        // A separate Region: the SDK counts retries by process, service and Region.
        let there = AccountRegion { region: format!("xx-test-{number}"), ..account_region() };
        let (account, results) = aws.open(&there, &there, None, noon(), Deadline::none()).await.unwrap();
        let _ = account.exported(&StageArn::parse(&stage_arn("a1", "prod")).unwrap()).await;
        let _ = account.tags(&[stage_arn("a1", "prod")]).await;
        let _ = account.acm_certificate(&CertificateId::new(ARN.into())).await;
        let evaluations =
            [evaluation("prod", stagecert::evaluation::compliance::ComplianceType::Compliant, noon())];
        let request = stagecert::rule::put::PutRequest {
            evaluations: &evaluations,
            result_token: &crate::events::token("token"),
        };
        let _ = results.put_evaluations(request).await;

        let expected =
            Calls { by_operation: by_operation(&wire), retries: 4 * retries, throttles: 4 * throttles };
        assert_eq!(aws.take_calls(), expected, "{fault:?}");
        assert_eq!(wire.sent().len() as u64, 4 + 4 * retries, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_warm_process_counts_each_invocation_separately() {
    let wire = Wire::responding(|sent, before| match sent.operation.as_str() {
        "AssumeRole" if before == 0 => Response::of(500, "later"),
        "AssumeRole" => assumed(sent, "2026-11-21T13:00:00Z"),
        _ => Response::ok(export("http")),
    });
    let aws = wire.aws();
    let stage = StageArn::parse(&stage_arn("a1", "prod")).unwrap();
    let counted = |calls: Calls| (calls.by_operation.into_iter().collect::<Vec<_>>(), calls.retries);
    for (account, exports, calls) in [
        ("444455556666", 1, vec![("AssumeRole", 2), ("GetExport", 1)]),
        ("777788889999", 3, vec![("AssumeRole", 1), ("GetExport", 3)]),
        // Its clients are cached, and nothing is left from the other account's invocation.
        ("444455556666", 2, vec![("GetExport", 2)]),
    ] {
        let there = AccountRegion { account: account.into(), ..account_region() };
        let (account, _) =
            aws.open(&account_region(), &there, Some("reader"), noon(), Deadline::none()).await.unwrap();
        for _ in 0..exports {
            account.exported(&stage).await.unwrap();
        }
        let retries = u64::from(calls.contains(&("AssumeRole", 2)));
        let calls: Vec<(String, u64)> = calls.into_iter().map(|(name, count)| (name.into(), count)).collect();
        assert_eq!(counted(aws.take_calls()), (calls, retries));
    }
}
