//! Complete sweeps: the number of calls by operation, and that nothing is read that the rule
//! doesn't need.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::account::{Size, account, recording, rule};
use crate::acm_certificates::{ARN, detail};
use crate::bodies::{owned, rows, stage_row};
use crate::events::{calls, event, expected, run, scheduled};
use crate::latest::base_item;
use crate::replay::{Response, Sent, Wire};

/// These calls, plus those that every sweep makes once.
fn expected_of_sweep(expected_calls: &[(&str, usize)]) -> BTreeMap<String, usize> {
    let once = [("DescribeConfigRules", 1), ("DescribeConfigurationRecorderStatus", 1)];
    expected(&[expected_calls, &once].concat())
}

#[tokio::test(start_paused = true)]
async fn a_sweep() {
    let hundred_and_one = Size { stages: 101, certified: 101 };
    let details = ("GetComplianceDetailsByConfigRule", 1);
    for (size, parameters, expected_calls) in [
        (
            hundred_and_one,
            json!({}),
            &[
                ("GetClientCertificates", 1),
                details,
                ("GetExport", 101),
                ("GetStage", 202),
                ("GetResources", 2),
                ("PutEvaluations", 2),
                ("SelectResourceConfig", 2),
            ][..],
        ),
        (
            Size { stages: 501, certified: 501 },
            json!({}),
            &[
                ("GetClientCertificates", 2),
                details,
                ("GetExport", 501),
                ("GetStage", 1002),
                ("GetResources", 6),
                ("PutEvaluations", 6),
                ("SelectResourceConfig", 6),
            ],
        ),
        (
            hundred_and_one,
            json!({"checks": "certificate-unique"}),
            // All pass, which Config's latest items confirm, a hundred per call.
            &[("BatchGetResourceConfig", 2), details, ("PutEvaluations", 2), ("SelectResourceConfig", 2)],
        ),
        (
            hundred_and_one,
            json!({"checks": "certificate-expiry"}),
            // The certificates aren't valid yet, so the reason names what is deployed.
            &[
                ("GetClientCertificates", 1),
                details,
                ("GetExport", 101),
                ("GetStage", 202),
                ("PutEvaluations", 2),
                ("SelectResourceConfig", 2),
            ],
        ),
        (
            hundred_and_one,
            json!({"checks": "owner-tag", "ownerTagOn": "stage"}),
            &[
                ("BatchGetResourceConfig", 2),
                details,
                ("GetResources", 2),
                ("PutEvaluations", 2),
                ("SelectResourceConfig", 2),
            ],
        ),
        (
            Size { stages: 2, certified: 0 },
            json!({"appliesTo": "all-stages"}),
            &[details, ("GetResources", 1), ("PutEvaluations", 1), ("SelectResourceConfig", 1)],
        ),
        (
            Size { stages: 0, certified: 0 },
            json!({}),
            &[details, ("PutEvaluations", 1), ("SelectResourceConfig", 1)],
        ),
    ] {
        let calls = calls(size, &event(&scheduled(), &parameters)).await;
        assert_eq!(calls, expected_of_sweep(expected_calls), "{} stages, {parameters}", size.stages);
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_sweep_reads_previous_results_in_pages_and_exports_and_puts_nothing() {
    let wire = account(Size { stages: 101, certified: 90 });
    let aws = wire.aws();
    let event = event(&scheduled(), &json!({}));
    let first = run(&aws, &event).await.unwrap();
    assert_eq!((first.evaluated(), first.evaluations_put, wire.counts()["GetExport"]), (101, 101, 101));

    let before = wire.counts();
    let second = run(&aws, &event).await.unwrap();
    assert_eq!((second.evaluated(), second.evaluations_put), (101, 0));
    let more = |(operation, count): (String, usize)| {
        let more = count - before.get(&operation).copied().unwrap_or_default();
        (more > 0).then_some((operation, more))
    };
    let calls: BTreeMap<String, usize> = wire.counts().into_iter().filter_map(more).collect();
    // The only put is the empty one.
    let expected_calls = [
        ("GetClientCertificates", 1),
        ("GetComplianceDetailsByConfigRule", 2),
        ("GetResources", 2),
        ("PutEvaluations", 1),
        ("SelectResourceConfig", 2),
    ];
    assert_eq!(calls, expected_of_sweep(&expected_calls));
}

/// Two stages that share an ACM certificate, and a WebSocket API's stage without one.
fn mixed(sent: &Sent) -> Response {
    let v2 = json!({
        "resourceId": "arn:aws:apigateway:eu-west-1::/apis/w1/stages/live",
        "resourceType": "AWS::ApiGatewayV2::Stage",
        "configuration": {},
    });
    match sent.operation.as_str() {
        "SelectResourceConfig" => Response::ok(match sent.json()["Expression"].as_str().unwrap() {
            all if all.contains("'AWS::ApiGateway::Stage'") => rows(
                &[stage_row("a1", "prod", Some(ARN)), stage_row("b2", "prod", Some(ARN)), v2.clone()],
                None,
            ),
            _ => rows(&[], None),
        }),
        "DescribeCertificate" => detail(&json!({})),
        "GetResources" => Response::ok(owned(&sent.json()["ResourceARNList"], "team-a")),
        "DescribeConfigurationRecorderStatus" => recording(),
        "DescribeConfigRules" => rule(sent),
        "BatchGetResourceConfig" => {
            let items: Vec<Value> = sent.json()["resourceKeys"]
                .as_array()
                .unwrap()
                .iter()
                .map(|key| {
                    let certificate = if key["resourceId"] == v2["resourceId"] {
                        json!({})
                    } else {
                        json!({"clientCertificateId": ARN, "deploymentId": "dep1"})
                    };
                    base_item(&key["resourceId"], &certificate)
                })
                .collect();
            Response::ok(json!({"baseConfigurationItems": items, "unprocessedResourceKeys": []}))
        }
        _ => Response::ok("{}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_sweep_describes_an_acm_certificate_once_and_queries_v2_apis_once() {
    let stages_and_protocols = 2;
    for (parameters, expected_calls) in [
        (
            json!({}),
            &[
                ("DescribeCertificate", 1),
                ("GetComplianceDetailsByConfigRule", 1),
                ("GetResources", 1),
                // First the established results, then those that needed the integrations.
                ("PutEvaluations", 2),
                ("SelectResourceConfig", stages_and_protocols + 1),
            ][..],
        ),
        (
            json!({"checks": "certificate-expiry"}),
            &[
                ("BatchGetResourceConfig", 1),
                ("DescribeCertificate", 1),
                ("GetComplianceDetailsByConfigRule", 1),
                ("PutEvaluations", 1),
                ("SelectResourceConfig", stages_and_protocols),
            ],
        ),
    ] {
        let wire = Wire::responding(|sent, _| mixed(sent));
        let report = run(&wire.aws(), &event(&scheduled(), &parameters)).await.unwrap();
        assert_eq!((report.evaluated(), report.evaluations_put), (3, 3));
        assert_eq!(wire.counts(), expected_of_sweep(expected_calls), "{parameters}");
    }
}
