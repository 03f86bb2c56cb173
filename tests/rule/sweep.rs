use serde_json::{Value, json};

use crate::evaluate::{Evaluated, account_of, evaluate, example, sample, stored, with_parameters};

fn sizes(evaluated: &Evaluated) -> Vec<usize> {
    evaluated.requests.iter().map(|request| request["Evaluations"].as_array().unwrap().len()).collect()
}

fn all() -> Value {
    with_parameters(sample("scheduled"), &json!({"reporting": "all"}))
}

#[tokio::test]
async fn evaluations_are_put_in_batches_of_a_hundred_and_none_are_an_empty_put() {
    for (stages, expected) in
        [(0, &[0][..]), (1, &[1]), (100, &[100]), (101, &[100, 1]), (250, &[100, 100, 50])]
    {
        let evaluated = evaluate(&all(), &account_of(stages)).await;
        assert_eq!(sizes(&evaluated), expected, "{stages} stages");
        assert_eq!(evaluated.outcome.unwrap().evaluations_put, stages);
    }
}

#[tokio::test]
async fn a_second_sweep_puts_only_the_empty_put() {
    let first = evaluate(&sample("scheduled"), &example()).await;
    let second = evaluate(&sample("scheduled"), &stored(example(), &first)).await;
    assert_eq!(sizes(&second), [0]);
    let everything = evaluate(&all(), &stored(example(), &first)).await;
    assert_eq!(everything.evaluations().len(), 36);
}

#[tokio::test]
async fn results_stay_the_same_from_day_to_day_if_the_facts_do() {
    let first = evaluate(&sample("scheduled"), &example()).await;
    let mut tomorrow = stored(example(), &first);
    tomorrow["takenAt"] = "2026-11-22T11:59:59Z".into();
    let evaluated = evaluate(&sample("scheduled"), &tomorrow).await;
    // The one certificate that enters the window on that day.
    let changed: Vec<Value> = evaluated.evaluations().iter().map(|it| it["Annotation"].clone()).collect();
    assert_eq!(
        changed,
        [
            "certificate-expiry: client certificate z1nf7t expires 2027-01-20T12:00:01Z, within 60 days, HTTP backends in \
            deployment c9wo1i"
        ]
    );
}

#[tokio::test]
async fn a_deleted_stage_is_reported_once() {
    let first = evaluate(&sample("scheduled"), &example()).await;
    let mut account = stored(example(), &first);
    account["stages"].as_array_mut().unwrap().remove(7);
    let second = evaluate(&sample("scheduled"), &account).await;
    let gone: Vec<Value> =
        second.evaluations().into_iter().filter(|it| it["Annotation"] == "no longer found").collect();
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0]["ComplianceType"], "NOT_APPLICABLE");
    let third = evaluate(&sample("scheduled"), &stored(account, &second)).await;
    assert_eq!(sizes(&third), [0]);
}

#[tokio::test]
async fn missing_not_applicable_results_make_a_sweep_slower_but_not_wrong() {
    let first = evaluate(&sample("scheduled"), &example()).await;
    let mut account = stored(example(), &first);
    account["evaluationResults"]
        .as_array_mut()
        .unwrap()
        .retain(|it| it["ComplianceType"] != "NOT_APPLICABLE");
    let second = evaluate(&sample("scheduled"), &account).await;
    let put: Vec<Value> = second.evaluations().iter().map(|it| it["ComplianceType"].clone()).collect();
    assert_eq!(put, ["NOT_APPLICABLE"]);
}

#[tokio::test]
async fn the_sweep_after_an_exclusion_ends_evaluates_the_stage_automatically() {
    let parameters = json!({"excludeStages": "api00000/s0 until=2026-12-31 reason=migration to mTLS"});
    let event = with_parameters(sample("scheduled"), &parameters);
    let expected = "exempt by excludeStages api00000/s0 until 2026-12-31 because migration to mTLS; no certificate, \
        deployed API not exportable, so counted as having HTTP backends; stage has no tag owner or Owner; no certificate attached";
    let mut account = account_of(2);
    account["takenAt"] = "2026-12-30T08:00:00Z".into();
    let first = evaluate(&event, &account).await;
    assert_eq!(first.of("api00000/s0").unwrap(), ("NOT_APPLICABLE".into(), expected.into()));
    account = stored(account, &first);
    // The annotation stays the same from day to day, so nothing is put.
    for (now, puts) in [("2026-12-31T23:59:59Z", 0), ("2027-01-01T00:00:00Z", 1), ("2027-01-02T08:00:00Z", 1)]
    {
        account["takenAt"] = now.into();
        let evaluated = evaluate(&event, &account).await;
        assert_eq!(evaluated.evaluations().len(), puts, "{now}");
        if puts > 0 {
            assert_eq!(evaluated.of("api00000/s0").unwrap().0, "NON_COMPLIANT", "{now}");
        }
    }
}

/// One stage without a certificate, with the annotation of a previous sweep and what an export
/// would show now.
fn with_earlier(annotation: &str, compliance: &str, canary: Option<&str>) -> Value {
    let mut account = account_of(1);
    let arn = account["stages"][0]["resourceId"].clone();
    account["stages"][0]["configuration"]["canarySettings"] = json!({"deploymentId": canary});
    let qualifier =
        json!({"ConfigRuleName": "stagecert", "ResourceType": "AWS::ApiGateway::Stage", "ResourceId": arn});
    account["evaluationResults"] = json!([{
        "EvaluationResultIdentifier": {"EvaluationResultQualifier": qualifier},
        "ComplianceType": compliance,
        "Annotation": annotation,
    }]);
    account
}

#[tokio::test]
async fn only_a_previous_result_about_the_same_deployment_is_reused() {
    let owner_aside = json!({"checks": "certificate-attached"});
    let event = with_parameters(sample("scheduled"), &owner_aside);
    for (annotation, canary, is_reused) in [
        ("no HTTP integration in deployment d1", None, true),
        ("owner-tag: stage has no tag owner; no HTTP integration in deployment d1", None, true),
        ("no HTTP integration in deployment d1", Some("d1"), true),
        ("no HTTP integration in deployment d1", Some("d2"), false),
        ("no HTTP integration in deployment d2", None, false),
        ("no HTTP integration in deployment d12", None, false),
        ("no HTTP integration deployed", None, false),
        ("exempt by excludeStages */s0", None, false),
        ("", None, false),
    ] {
        // The account has no export, so calling GetExport counts as HTTP backends.
        let evaluated = evaluate(&event, &with_earlier(annotation, "NOT_APPLICABLE", canary)).await;
        let compliance = evaluated.of("api00000/s0").map(|(compliance, _)| compliance);
        let non_compliant = compliance.as_deref() == Some("NON_COMPLIANT");
        assert_eq!(non_compliant, !is_reused, "{annotation} {canary:?}: {compliance:?}");
    }
}

#[tokio::test]
async fn the_most_important_results_are_put_first() {
    let evaluated = evaluate(&all(), &example()).await;
    let of_first_put: Vec<Value> = evaluated.requests[0]["Evaluations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["ComplianceType"].clone())
        .collect();
    let mut sorted = of_first_put.clone();
    sorted.sort_by_key(|it| {
        ["NON_COMPLIANT", "COMPLIANT", "NOT_APPLICABLE"].iter().position(|known| it == known)
    });
    assert_eq!(of_first_put, sorted);
}

#[tokio::test]
async fn an_invalid_row_is_reported_and_loses_no_other_result() {
    let mut account = account_of(2);
    account["stages"][1]["resourceId"] = "not-an-arn".into();
    let evaluated = evaluate(&all(), &account).await;
    assert_eq!(evaluated.evaluations().len(), 1);
    assert!(evaluated.outcome.unwrap_err().to_string().contains("not-an-arn"));
}

#[tokio::test]
async fn a_result_is_put_again_if_its_type_or_annotation_differs() {
    let event = with_parameters(sample("scheduled"), &json!({"checks": "certificate-attached"}));
    let now = "certificate-attached: no certificate, deployed API not exportable, so counted as having HTTP backends";
    for (compliance, annotation, expected) in [
        ("NON_COMPLIANT", now, &[0][..]),
        ("NON_COMPLIANT", "certificate-attached: something else", &[1]),
        ("COMPLIANT", now, &[1]),
    ] {
        let evaluated = evaluate(&event, &with_earlier(annotation, compliance, None)).await;
        assert_eq!(sizes(&evaluated), expected, "{compliance} {annotation}");
    }
}

/// Two stages and a row: the first has `cert1`, the second `cert2`, and they pass unless the row
/// changes that.
fn two_stages_and(row: Value) -> Value {
    let mut account = account_of(2);
    let owner = json!([{"Key": "owner", "Value": "team"}]);
    for (n, id) in ["cert1", "cert2"].into_iter().enumerate() {
        account["stages"][n]["configuration"] = json!({"deploymentId": "d1", "clientCertificateId": id});
    }
    let arns: Vec<Value> =
        account["stages"].as_array().unwrap().iter().map(|stage| stage["resourceId"].clone()).collect();
    account["resourceTagMappingList"] =
        arns.iter().map(|arn| json!({"ResourceARN": arn, "Tags": owner})).collect();
    account["clientCertificates"] = ["cert1", "cert2"]
        .map(|id| json!({"clientCertificateId": id, "expirationDate": "2027-11-01T00:00:00Z", "tags": {"owner": "team"}}))
        .to_vec()
        .into();
    account["stages"].as_array_mut().unwrap().push(row);
    account
}

#[tokio::test]
async fn an_unreadable_stage_still_has_its_certificate() {
    const ARN: &str = "arn:aws:apigateway:eu-west-1::/restapis/broken/stages/prod";
    let row = |id: Value, configuration: Value| json!({"resourceId": id, "resourceType": "AWS::ApiGateway::Stage", "configuration": configuration});
    let canary = json!({"deploymentId": 5});
    let with = |id: &str| json!({"clientCertificateId": id, "canarySettings": canary});
    for (row, expected) in [
        (row(ARN.into(), json!({"canarySettings": canary})), [Some("COMPLIANT"), Some("COMPLIANT")]),
        (row(ARN.into(), with("cert1")), [Some("NON_COMPLIANT"), Some("COMPLIANT")]),
        (row("not an ARN".into(), with("cert1")), [None, Some("COMPLIANT")]),
        (row(Value::Null, with("cert1")), [None, Some("COMPLIANT")]),
        (row(ARN.into(), json!({"clientCertificateId": ["cert1"]})), [None, None]),
    ] {
        let account = two_stages_and(row.clone());
        let evaluated = evaluate(&all(), &account).await;
        let results: Vec<Option<String>> = (0..2)
            .map(|n| {
                let id = &account["stages"][n]["resourceId"];
                let found = evaluated.evaluations().into_iter().find(|it| it["ComplianceResourceId"] == *id);
                found.map(|it| it["ComplianceType"].as_str().unwrap().to_owned())
            })
            .collect();
        assert_eq!(results, expected.map(|expected| expected.map(ToOwned::to_owned)), "{row}");
        assert!(evaluated.outcome.is_err(), "{row}");
    }
}
