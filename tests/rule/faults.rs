//! An account in which one operation fails: results that need it are missing, all others are put.

use serde_json::Value;

use crate::evaluate::{Evaluated, evaluate, example, sample, with_parameters};
use crate::faulty;

async fn evaluate_with_fault(event: &Value, fails: &'static str) -> Evaluated {
    evaluate_with(event, &example(), &example(), fails).await
}

async fn evaluate_with(event: &Value, account: &Value, index: &Value, fails: &'static str) -> Evaluated {
    faulty::evaluate_with(event, account, index, (fails, "AccessDeniedException")).await.0
}

const OPERATIONS: [&str; 15] = [
    "stages",
    "stages_with",
    "latest",
    "live_stage",
    "live_stages",
    "is_recording",
    "rule_scope",
    "client_certificates",
    "acm_certificate",
    "tags",
    "exported",
    "protocols",
    "integrations",
    "earlier_results",
    "configuration_item",
];

#[tokio::test]
async fn no_fault_changes_a_result_and_each_is_reported() {
    let sweep = with_parameters(sample("scheduled"), &serde_json::json!({"reporting": "all"}));
    let names = [
        "change-ok",
        "change-attached-shared",
        "change-detached",
        "change-discovered",
        "change-websocket",
        "change-deleted",
        "oversized",
    ];
    let events = names.map(sample).into_iter().chain([sweep]);
    for event in events {
        let sound: Vec<_> = evaluate(&event, &example()).await.evaluations();
        for fails in OPERATIONS {
            let evaluated = evaluate_with_fault(&event, fails).await;
            let put = evaluated.evaluations();
            for evaluation in &put {
                assert!(sound.iter().any(|sound| is_same(evaluation, sound)), "{fails}: {evaluation}");
            }
            match &evaluated.outcome {
                // The operation wasn't needed: every result is there.
                Ok(_) => assert_eq!(put.len(), sound.len(), "{fails}"),
                Err(failure) => assert!(failure.to_string().contains(fails), "{failure}"),
            }
        }
    }
}

/// Whether two evaluations agree. For a certificate that fails certificate-expiry, the deployed
/// backends may be missing: the compliance type doesn't depend on them.
fn is_same(evaluation: &Value, sound: &Value) -> bool {
    let annotation = |evaluation: &Value| evaluation["Annotation"].as_str().unwrap().to_owned();
    let without_annotation = |evaluation: &Value| {
        let mut evaluation = evaluation.clone();
        evaluation.as_object_mut().unwrap().remove("Annotation");
        evaluation
    };
    let backends =
        ["HTTP backends", "no HTTP integration", "deployed API not exportable", "canary deployment"];
    let cut = |annotation: String| {
        let start = backends.iter().filter_map(|it| annotation.find(&format!(", {it}"))).min();
        let kept = start.map(|start| annotation.chars().take(start).collect::<String>());
        kept.filter(|kept| kept.starts_with("certificate-expiry")).unwrap_or(annotation)
    };
    without_annotation(evaluation) == without_annotation(sound)
        && (annotation(evaluation) == annotation(sound)
            || annotation(evaluation).starts_with(&cut(annotation(sound))))
}

#[tokio::test]
async fn a_sweep_puts_what_does_not_need_the_failed_read() {
    let event = with_parameters(sample("scheduled"), &serde_json::json!({"reporting": "all"}));
    let mut lines = Vec::new();
    for fails in OPERATIONS {
        let evaluated = evaluate_with_fault(&event, fails).await;
        let failure = evaluated.outcome.as_ref().err().map(ToString::to_string);
        lines.push(format!(
            "{fails}: {} put, {}",
            evaluated.evaluations().len(),
            failure.as_deref().unwrap_or("ok")
        ));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn a_peer_that_just_changed_too_is_left_to_its_own_event() {
    // catalog/prod has attached the certificate that customers/prod had; the index doesn't show yet
    // that customers/prod detached it.
    let index = example();
    let mut account = example();
    for stage in account["stages"].as_array_mut().unwrap() {
        if stage["resourceId"].as_str().unwrap().ends_with("/b81yx6fk0e/stages/prod") {
            stage["configuration"]["clientCertificateId"] = Value::Null;
        }
    }
    let evaluated = evaluate_with(&sample("change-attached-shared"), &account, &index, "").await;
    assert_eq!(evaluated.of("p5n0gc3rul/prod").unwrap().0, "COMPLIANT");
    assert_eq!(evaluated.of("b81yx6fk0e/prod"), None);
}

#[tokio::test]
async fn a_peer_whose_latest_item_cannot_be_read_stays_a_peer_and_is_not_evaluated() {
    let evaluated = evaluate_with(&sample("change-attached-shared"), &example(), &example(), "latest").await;
    assert_eq!(evaluated.of("p5n0gc3rul/prod").unwrap().0, "NON_COMPLIANT");
    assert_eq!(evaluated.of("b81yx6fk0e/prod"), None);
    assert!(evaluated.outcome.unwrap_err().to_string().starts_with("latest of it"));
}

#[tokio::test]
async fn a_failed_export_is_not_retried() {
    let evaluated = evaluate_with_fault(&sample("change-discovered"), "exported").await;
    let message = evaluated.outcome.unwrap_err().to_string();
    assert_eq!(message.matches("exported of it").count(), 1, "{message}");
}
