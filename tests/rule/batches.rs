//! Batching in a sweep: what is read while earlier batches are put, how often, and what happens if
//! a put fails.

use serde_json::{Value, json};

use crate::evaluate::{Evaluated, account_of, sample, with_parameters};
use crate::faulty::evaluate_with;

/// This many stages, sharing two generated certificates and one ACM certificate.
fn sharing(stages: usize) -> Value {
    let mut account = account_of(stages);
    let acm = "arn:aws:acm:eu-west-1:111122223333:certificate/1-2";
    let ids = ["cert1", "cert2", acm];
    for (stage, id) in account["stages"].as_array_mut().unwrap().iter_mut().zip(ids.iter().cycle()) {
        stage["configuration"]["clientCertificateId"] = (*id).into();
    }
    // Valid, so no stage needs an export.
    let end = "2027-11-21T12:00:00Z";
    account["clientCertificates"] = json!([
        {"clientCertificateId": "cert1", "expirationDate": end},
        {"clientCertificateId": "cert2", "expirationDate": end},
    ]);
    account["acmCertificates"] = json!([{"CertificateArn": acm, "Status": "ISSUED", "NotAfter": end}]);
    account
}

async fn sweep(account: &Value, fails: (&'static str, &'static str)) -> (Evaluated, Vec<&'static str>) {
    let event = with_parameters(sample("scheduled"), &json!({"reporting": "all"}));
    evaluate_with(&event, account, account, fails).await
}

fn count(calls: &[&str], operation: &str) -> usize {
    calls.iter().filter(|call| **call == operation).count()
}

#[tokio::test]
async fn a_shared_certificate_is_read_and_parsed_once() {
    for stages in [3, 300, 3_000] {
        let (evaluated, calls) = sweep(&sharing(stages), ("", "")).await;
        assert_eq!(evaluated.outcome.unwrap().evaluated(), stages);
        let read = ["client_certificates", "acm_certificate"].map(|operation| count(&calls, operation));
        assert_eq!(read, [1, 1], "{stages} stages");
    }
}

#[tokio::test]
async fn tags_of_stages_and_certificates_share_calls() {
    for (stages, expected) in [(99, 1), (100, 2), (199, 2), (200, 3)] {
        let (_, calls) = sweep(&sharing(stages), ("", "")).await;
        assert_eq!(count(&calls, "tags"), expected, "{stages} stages and a certificate");
    }
}

#[tokio::test]
async fn the_first_batch_is_put_before_the_tags_of_later_stages_are_read() {
    let (evaluated, calls) = sweep(&sharing(3_000), ("", "")).await;
    assert_eq!(evaluated.requests.len(), 30);
    let first_put = calls.iter().position(|call| *call == "put_evaluations").unwrap();
    let read_before = count(&calls[..first_put], "tags");
    // One stage is being evaluated, eight are waiting, and four are in flight.
    assert!(read_before <= 13, "{read_before} of {}", count(&calls, "tags"));
}

#[tokio::test]
async fn results_that_need_exports_are_put_in_batches_too() {
    let (evaluated, calls) = sweep(&account_of(450), ("", "")).await;
    let puts: Vec<usize> =
        evaluated.requests.iter().map(|request| request["Evaluations"].as_array().unwrap().len()).collect();
    assert_eq!((puts.as_slice(), count(&calls, "exported")), (&[100, 100, 100, 100, 50][..], 450));
}

#[tokio::test]
async fn a_refused_token_ends_the_sweep_and_every_unreported_stage_is_listed() {
    let account = sharing(3_000);
    let (evaluated, calls) = sweep(&account, ("put_evaluations", "InvalidResultTokenException")).await;
    assert!(evaluated.requests.is_empty());
    assert!(count(&calls, "tags") <= 20, "{} of 31", count(&calls, "tags"));
    let message = evaluated.outcome.unwrap_err().to_string();
    assert!(message.starts_with("no result in account 111122223333, Region eu-west-1 for "), "{message}");
    // Each failure lists its own stages: the put lists the first hundred, and the aborted sweep the
    // others.
    let counted: usize = message
        .split("no result in ")
        .skip(1)
        .map(|list| {
            let (listed, _) = list.split_once(';').unwrap_or((list, ""));
            let more = listed
                .rsplit_once(" and ")
                .map_or(0, |(_, more)| more.split(' ').next().unwrap().parse::<usize>().unwrap());
            more + 5
        })
        .sum();
    assert_eq!(counted, 3_000, "{message}");
}
