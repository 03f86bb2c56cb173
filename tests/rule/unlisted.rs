//! An API whose stages can't be listed: its own stages have no result, and others lose only what
//! depends on them.

use serde_json::{Value, json};

use crate::evaluate::{Evaluated, evaluate, example, sample, with_parameters};
use crate::faulty;

async fn without(event: &Value, api: &'static str) -> Evaluated {
    faulty::evaluate_with(event, &example(), &example(), ("GetStages", api)).await.0
}

fn sweep(parameters: &Value) -> Value {
    let mut all = json!({"reporting": "all", "inventory": "apigateway"});
    all.as_object_mut().unwrap().extend(parameters.as_object().unwrap().clone());
    with_parameters(sample("scheduled"), &all)
}

fn is_of(evaluation: &Value, api: &str) -> bool {
    evaluation["ComplianceResourceId"].as_str().unwrap().contains(&format!("/{api}/"))
}

/// The certificate of the stage in an evaluation.
fn certificate(evaluation: &Value) -> Option<String> {
    let stages = example()["stages"].as_array().unwrap().clone();
    let stage = stages.into_iter().find(|it| it["resourceId"] == evaluation["ComplianceResourceId"])?;
    stage["configuration"]["clientCertificateId"].as_str().map(ToOwned::to_owned)
}

#[tokio::test]
async fn an_api_that_cannot_be_listed_affects_only_its_own_stages() {
    let api = "k3v9q0m2xa";
    for checks in ["certificate-attached", "certificate-expiry", "owner-tag"] {
        let event = sweep(&json!({ "checks": checks }));
        let mut sound = evaluate(&event, &example()).await.evaluations();
        sound.retain(|it| !is_of(it, api));
        let evaluated = without(&event, api).await;
        assert_eq!(evaluated.evaluations().len(), sound.len(), "{checks}");
        assert!(evaluated.evaluations().iter().all(|it| sound.contains(it)), "{checks}");
        let message = evaluated.outcome.unwrap_err().to_string();
        assert!(message.starts_with("GetStages of it in account 111122223333"), "{message}");
    }
}

#[tokio::test]
async fn its_stages_are_not_reported_as_gone_and_deleted_ones_still_are() {
    let gone = |evaluated: &Evaluated| {
        let mut gone = evaluated.evaluations();
        gone.retain(|it| it["Annotation"] == "no longer found");
        gone.iter().map(|it| it["ComplianceResourceId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let event = sweep(&json!({}));
    let deleted = gone(&evaluate(&event, &example()).await);
    let [shipping] = deleted.as_slice() else { panic!("{deleted:?}") };
    assert!(shipping.contains("/x2m7t9ajd4/"));
    // Config stores a result for orders/prod, which can't be listed either.
    assert_eq!(gone(&without(&event, "k3v9q0m2xa").await), deleted);
    assert_eq!(gone(&without(&event, "x2m7t9ajd4").await), Vec::<String>::new());
}

#[tokio::test]
async fn nothing_is_unique_while_an_api_cannot_be_listed() {
    let event = sweep(&json!({}));
    let sound = evaluate(&event, &example()).await.evaluations();
    for api in ["k3v9q0m2xa", "p5n0gc3rul"] {
        let evaluated = without(&event, api).await;
        let put = evaluated.evaluations();
        for evaluation in &sound {
            let now = put.iter().find(|it| it["ComplianceResourceId"] == evaluation["ComplianceResourceId"]);
            if is_of(evaluation, api) {
                assert_eq!(now, None);
            } else if certificate(evaluation).is_none() {
                assert_eq!(now, Some(evaluation));
            } else if evaluation["ComplianceType"] == "COMPLIANT" {
                assert_eq!(now, None, "it may be shared");
            } else if let Some(now) = now {
                assert_eq!(now["ComplianceType"], "NON_COMPLIANT");
            } else {
                // The stages that failed only certificate-unique, and share a certificate with the
                // API that can't be listed.
                assert!(evaluation["Annotation"].as_str().unwrap().starts_with("certificate-unique: "));
            }
        }
        let expired = evaluated.of("x2m7t9ajd4/v1").unwrap();
        assert!(expired.1.starts_with("certificate-expiry: "), "{expired:?}");
        let message = evaluated.outcome.unwrap_err().to_string();
        assert!(message.contains("GetStages") && message.contains("no result in account"), "{message}");
    }
    // Both have u7k1ed; the other has q9b2mx, as does its peer in the same API.
    let evaluated = without(&event, "p5n0gc3rul").await;
    assert_eq!(evaluated.of("b81yx6fk0e/prod"), None);
    assert_eq!(evaluated.of("k3v9q0m2xa/test").unwrap().0, "NON_COMPLIANT");
}
