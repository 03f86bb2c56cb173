//! Complete change events: the number of calls by operation, and that nothing is read that the rule
//! doesn't need.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use stagecert::parameters::settings::{ChangeExports, Settings};

use crate::account::{Size, account};
use crate::acm_certificates::ARN;
use crate::bodies::stage_arn;
use crate::events::{calls, changed, event, expected, run, run_with, scheduled};
use crate::history::oversized;
use crate::replay::Wire;

/// Config's latest item, which confirms a result that may improve on the stored one.
const BATCH_GET: (&str, usize) = ("BatchGetResourceConfig", 1);
/// The certificates aren't valid yet, and a failed certificate-expiry names what is deployed: no
/// HTTP.
const EXPORT: (&str, usize) = ("GetExport", 1);
const BEFORE_AND_AFTER: (&str, usize) = ("GetStage", 2);
const ONE: Size = Size { stages: 3, certified: 1 };

#[tokio::test(start_paused = true)]
async fn a_change_of_a_stage_with_a_certificate() {
    let now = json!({"clientCertificateId": "cert0000", "deploymentId": "dep1"});
    let all = [
        ("GetClientCertificates", 1),
        EXPORT,
        ("GetResources", 1),
        BEFORE_AND_AFTER,
        ("PutEvaluations", 1),
        ("SelectResourceConfig", 1),
    ];
    for (parameters, expected_calls) in [
        (json!({}), &all[..]),
        // It passes, which Config's latest item must confirm.
        (
            json!({"checks": "certificate-attached"}),
            &[BATCH_GET, ("GetClientCertificates", 1), ("PutEvaluations", 1)],
        ),
        (
            json!({"checks": "certificate-expiry"}),
            &[("GetClientCertificates", 1), EXPORT, BEFORE_AND_AFTER, ("PutEvaluations", 1)],
        ),
        (
            json!({"checks": "certificate-unique"}),
            &[BATCH_GET, ("PutEvaluations", 1), ("SelectResourceConfig", 1)],
        ),
        (
            json!({"checks": "owner-tag"}),
            &[BATCH_GET, ("GetClientCertificates", 1), ("GetResources", 1), ("PutEvaluations", 1)],
        ),
        (
            json!({"checks": "owner-tag", "ownerTagOn": "stage"}),
            &[BATCH_GET, ("GetResources", 1), ("PutEvaluations", 1)],
        ),
        (
            json!({"checks": "owner-tag", "ownerTagOn": "certificate"}),
            &[BATCH_GET, ("GetClientCertificates", 1), ("PutEvaluations", 1)],
        ),
    ] {
        let calls = calls(ONE, &event(&changed(&now, &json!({})), &parameters)).await;
        assert_eq!(calls, expected(expected_calls), "{parameters}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_of_a_stage_without_a_certificate() {
    let now = json!({"deploymentId": "dep1"});
    for (parameters, expected_calls) in [
        (json!({}), &[BATCH_GET, EXPORT, BEFORE_AND_AFTER, ("GetResources", 1), ("PutEvaluations", 1)][..]),
        // It fails, which needs no confirmation.
        (json!({"appliesTo": "all-stages"}), &[("GetResources", 1), ("PutEvaluations", 1)]),
        (
            json!({"checks": "certificate-attached"}),
            &[BATCH_GET, EXPORT, BEFORE_AND_AFTER, ("PutEvaluations", 1)],
        ),
        (json!({"checks": "certificate-expiry,certificate-unique"}), &[BATCH_GET, ("PutEvaluations", 1)]),
    ] {
        let calls = calls(ONE, &event(&changed(&now, &json!({})), &parameters)).await;
        assert_eq!(calls, expected(expected_calls), "{parameters}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_exports_a_change_reads_its_earlier_result_and_nothing_of_api_gateway() {
    let settings = Settings { change_exports: ChangeExports::Off, ..Settings::default() };
    let wire = account(ONE);
    let aws = wire.aws();
    // The second stage has no certificate; a sweep finds that it has no HTTP backends.
    let parameters = json!({"checks": "certificate-attached"});
    run(&aws, &event(&scheduled(), &parameters)).await.unwrap();
    let mut seen = wire.counts();
    for (deployment, compliance, is_confirmed) in
        [("dep1", "NOT_APPLICABLE", true), ("dep2", "NON_COMPLIANT", false)]
    {
        let change = event(&changed(&json!({"deploymentId": deployment}), &json!({})), &parameters);
        let change = change.replace("api0000/stages/s0", "api0000/stages/s1");
        run_with(&settings, &aws, &change).await.0.unwrap();
        let counts = wire.counts();
        let made: BTreeMap<String, usize> = counts
            .iter()
            .map(|(operation, count)| (operation.clone(), count - seen.get(operation).unwrap_or(&0)))
            .filter(|(_, count)| *count > 0)
            .collect();
        seen = counts;
        let mut calls = vec![("GetComplianceDetailsByResource", 1), ("PutEvaluations", 1)];
        calls.extend(is_confirmed.then_some(BATCH_GET));
        assert_eq!(made, expected(&calls), "{deployment}");
        let put = wire.sent().pop().unwrap().json();
        assert_eq!(put["Evaluations"][0]["ComplianceType"], compliance, "{put}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_from_one_certificate_to_another_queries_the_stages_of_both() {
    let now = json!({"clientCertificateId": "cert0000"});
    let diff = json!({"Configuration.ClientCertificateId": {"previousValue": "cert0001", "updatedValue": "cert0000"}});
    let size = Size { stages: 3, certified: 3 };
    let calls = calls(size, &event(&changed(&now, &diff), &json!({}))).await;
    let expected_calls = [
        // For the one peer.
        BATCH_GET,
        EXPORT,
        BEFORE_AND_AFTER,
        ("GetClientCertificates", 1),
        ("GetResources", 1),
        ("PutEvaluations", 1),
        ("SelectResourceConfig", 2),
    ];
    assert_eq!(calls, expected(&expected_calls));
}

#[tokio::test(start_paused = true)]
async fn a_change_event_without_its_item() {
    let calls = calls(ONE, &event(&oversized("2026-11-21T12:00:00.123Z"), &json!({}))).await;
    let expected_calls = [
        BATCH_GET,
        EXPORT,
        BEFORE_AND_AFTER,
        ("GetClientCertificates", 1),
        ("GetResourceConfigHistory", 1),
        ("GetResources", 1),
        ("PutEvaluations", 1),
        ("SelectResourceConfig", 1),
    ];
    assert_eq!(calls, expected(&expected_calls));
}

#[tokio::test(start_paused = true)]
async fn a_change_of_a_stage_that_is_not_evaluated_is_only_confirmed() {
    for (field, value) in [
        ("configurationItemStatus", "ResourceDeleted"),
        ("configurationItemStatus", "ResourceDeletedNotRecorded"),
        ("configurationItemStatus", "ResourceNotRecorded"),
        ("resourceType", "AWS::ApiGateway::RestApi"),
    ] {
        let mut change = changed(&json!({"deploymentId": "dep1"}), &json!({}));
        change["configurationItem"][field] = value.into();
        let calls = calls(ONE, &event(&change, &json!({}))).await;
        let confirmed = usize::from(field != "resourceType");
        assert_eq!(calls.get("BatchGetResourceConfig").copied().unwrap_or_default(), confirmed, "{value}");
        assert_eq!((calls.get("PutEvaluations"), calls.len()), (Some(&1), 1 + confirmed), "{value}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_of_a_stage_with_an_acm_certificate() {
    let now = json!({"clientCertificateId": ARN});
    let wire = account(ONE);
    run(&wire.aws(), &event(&changed(&now, &json!({})), &json!({}))).await.unwrap();
    let expected_calls = [
        BATCH_GET,
        ("DescribeCertificate", 1),
        ("GetResources", 1),
        ("PutEvaluations", 1),
        ("SelectResourceConfig", 1),
    ];
    assert_eq!(wire.counts(), expected(&expected_calls));
    assert_eq!(tagged(&wire), [json!([ARN, stage_arn("api0000", "s0")])]);
}

#[tokio::test(start_paused = true)]
async fn a_certificate_of_another_account_is_not_read() {
    let elsewhere = ARN.replace("111122223333", "444455556666");
    let wire = account(ONE);
    let now = json!({"clientCertificateId": elsewhere});
    run(&wire.aws(), &event(&changed(&now, &json!({})), &json!({}))).await.unwrap();
    // The certificate doesn't exist, so the deployed backends decide.
    let expected_calls = [
        BATCH_GET,
        EXPORT,
        BEFORE_AND_AFTER,
        ("GetResources", 1),
        ("PutEvaluations", 1),
        ("SelectResourceConfig", 1),
    ];
    assert_eq!(wire.counts(), expected(&expected_calls));
}

#[tokio::test(start_paused = true)]
async fn the_tags_of_a_certificate_of_another_account_are_not_read() {
    let wire = account(ONE);
    let now = json!({"clientCertificateId": ARN.replace("111122223333", "444455556666")});
    run(&wire.aws(), &event(&changed(&now, &json!({})), &json!({}))).await.unwrap();
    assert_eq!(tagged(&wire), [json!([stage_arn("api0000", "s0")])]);
}

/// The ARNs in each call of `GetResources`.
fn tagged(wire: &Wire) -> Vec<Value> {
    let calls = wire.sent().into_iter().filter(|sent| sent.operation == "GetResources");
    calls.map(|sent| sent.json()["ResourceARNList"].clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_change_in_another_account_is_read_and_reported_by_the_role_there() {
    let now = json!({"clientCertificateId": "cert0000"});
    let there =
        |parameters| event(&changed(&now, &json!({})), &parameters).replace("111122223333", "444455556666");
    let wire = account(ONE);
    let aws = wire.aws();
    run(&aws, &there(json!({"executionRoleName": "stagecert-reader"}))).await.unwrap();
    let sent = wire.sent();
    assert_eq!(sent[0].operation, "AssumeRole");
    assert_eq!(sent[1..].len(), 7);
    assert!(sent[1..].iter().all(|sent| sent.is_signed_by("ASIA444455556666", "eu-west-1")));

    let failure = run(&aws, &there(json!({}))).await.unwrap_err();
    assert_eq!(failure.kind(), "Disagreement");
    assert_eq!(wire.sent().len(), sent.len());
}

#[tokio::test(start_paused = true)]
async fn a_burst_of_changes_shares_the_certificates_and_nothing_else() {
    let wire = account(Size { stages: 20, certified: 20 });
    let aws = wire.aws();
    for n in 0..20 {
        let now = json!({"clientCertificateId": format!("cert{n:04}")});
        let stage = format!("api{:04}/stages/s{}", n / 10, n % 10);
        let event = event(&changed(&now, &json!({})), &json!({})).replace("api0000/stages/s0", &stage);
        run(&aws, &event).await.unwrap();
    }
    let expected_calls = [
        ("GetClientCertificates", 1),
        ("GetExport", 20),
        ("GetStage", 40),
        ("GetResources", 20),
        ("PutEvaluations", 20),
        ("SelectResourceConfig", 20),
    ];
    assert_eq!(wire.counts(), expected(&expected_calls));
}

#[tokio::test(start_paused = true)]
async fn a_sweep_never_uses_cached_certificates() {
    let wire = account(Size { stages: 2, certified: 2 });
    let aws = wire.aws();
    let change = event(&changed(&json!({"clientCertificateId": "cert0000"}), &json!({})), &json!({}));
    let sweep = event(&scheduled(), &json!({}));
    for (event, expected_calls) in [(&change, 1), (&change, 1), (&sweep, 2), (&change, 2)] {
        run(&aws, event).await.unwrap();
        assert_eq!(wire.counts()["GetClientCertificates"], expected_calls);
    }
}
