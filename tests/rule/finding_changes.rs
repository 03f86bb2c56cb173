//! The events about checks that newly fail, become more severe, or are fixed, with `events=on`.

use serde_json::{Value, json};

use crate::change::{account, change};
use crate::evaluate::{Evaluated, sample, stored, with_parameters};
use crate::faulty::World;

pub(crate) const PROD: &str = "a1/prod";
const DEV: &str = "a2/dev";

fn arn(label: &str) -> String {
    format!("arn:aws:apigateway:eu-west-1::/restapis/{}", label.replace('/', "/stages/"))
}

pub(crate) fn on(event: Value) -> Value {
    with_parameters(event, &json!({"events": "on"}))
}

/// The account with HTTP backends behind these stages.
pub(crate) fn with_http(stages: &[(&str, Option<&str>)]) -> Value {
    let mut account = account(stages);
    let operation = json!({"x-amazon-apigateway-integration": {"type": "http"}});
    let export =
        json!({"openapi": "3.0.1", "info": {"title": "Payments"}, "paths": {"/": {"get": operation}}});
    account["exports"] = stages.iter().map(|(label, _)| (arn(label), export.clone())).collect::<Value>();
    account
}

fn untagged(mut account: Value, label: &str) -> Value {
    account["resourceTagMappingList"].as_array_mut().unwrap().retain(|it| it["ResourceARN"] != arn(label));
    account
}

fn without_certificate(mut account: Value, id: &str) -> Value {
    account["clientCertificates"].as_array_mut().unwrap().retain(|it| it["clientCertificateId"] != id);
    account
}

fn ending(mut account: Value, instant: &str) -> Value {
    for certificate in account["clientCertificates"].as_array_mut().unwrap() {
        certificate["expirationDate"] = instant.into();
    }
    account
}

fn at(mut account: Value, instant: &str) -> Value {
    account["takenAt"] = instant.into();
    account
}

/// The details of the events that were sent.
pub(crate) fn details(evaluated: &Evaluated) -> Vec<Value> {
    let of = |message: &Value| {
        assert_eq!(
            (&message["Source"], &message["DetailType"]),
            (&json!("stagecert"), &json!("Stage Finding Change"))
        );
        serde_json::from_str(message["Detail"].as_str().unwrap()).unwrap()
    };
    evaluated.messages.iter().map(of).collect()
}

/// The events as `stage check status reason previous -> severity`, sorted.
pub(crate) fn lines(evaluated: &Evaluated) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let line = |it: Value| {
        let [stage, check, status, reason] =
            ["stage", "check", "status", "reason"].map(|field| text(&it[field]));
        format!(
            "{stage} {check} {status} {reason} {} -> {}",
            text(&it["previousSeverity"]),
            text(&it["severity"])
        )
    };
    let mut lines: Vec<String> = details(evaluated).into_iter().map(line).collect();
    lines.sort();
    lines
}

pub(crate) async fn sweep(account: &Value) -> Evaluated {
    World::of(account).evaluate(&on(sample("scheduled"))).await.0
}

/// Config's event would be sent once in this life: the stage is `NON_COMPLIANT` all the time.
#[tokio::test]
async fn each_new_problem_of_a_stage_is_reported_once() {
    let both = |prod: &str, dev: &str| with_http(&[(PROD, Some(prod)), (DEV, Some(dev))]);
    let shared = || untagged(both("cert2", "cert2"), PROD);
    let steps: Vec<(&str, Value, Vec<&str>)> = vec![
        (
            "no owner",
            untagged(both("cert1", "cert2"), PROD),
            vec!["a1/prod owner-tag failed unowned - -> LOW"],
        ),
        (
            "the certificate is deleted",
            without_certificate(untagged(both("cert1", "cert2"), PROD), "cert1"),
            vec!["a1/prod certificate-attached failed dangling - -> CRITICAL"],
        ),
        (
            "the certificate is detached, which is less severe",
            untagged(with_http(&[(PROD, None), (DEV, Some("cert2"))]), PROD),
            vec![],
        ),
        (
            "another stage's certificate is attached",
            shared(),
            vec![
                "a1/prod certificate-attached fixed attached HIGH -> -",
                "a1/prod certificate-unique failed shared - -> MEDIUM",
                "a2/dev certificate-unique failed shared - -> MEDIUM",
            ],
        ),
        (
            "the certificate expires within the window",
            ending(shared(), "2026-12-31T00:00:00Z"),
            vec![
                "a1/prod certificate-expiry failed expiring - -> MEDIUM",
                "a2/dev certificate-expiry failed expiring - -> MEDIUM",
            ],
        ),
        ("three days are left", at(ending(shared(), "2026-12-31T00:00:00Z"), "2026-12-28T00:00:00Z"), vec![]),
        ("it has expired", at(ending(shared(), "2026-12-31T00:00:00Z"), "2027-01-01T00:00:00Z"), vec![]),
        (
            "both stages have their own, valid certificates",
            untagged(both("cert1", "cert2"), PROD),
            vec![
                "a1/prod certificate-expiry fixed valid CRITICAL -> -",
                "a1/prod certificate-unique fixed unique MEDIUM -> -",
                "a2/dev certificate-expiry fixed valid CRITICAL -> -",
                "a2/dev certificate-unique fixed unique MEDIUM -> -",
            ],
        ),
        (
            "the stage is deleted",
            with_http(&[(DEV, Some("cert2"))]),
            vec!["a1/prod owner-tag fixed vanished LOW -> -"],
        ),
        ("nothing happens", with_http(&[(DEV, Some("cert2"))]), vec![]),
    ];
    let mut results = json!([]);
    for (step, mut account, expected) in steps {
        if step.contains("own, valid") {
            account = at(account, "2027-01-01T00:00:00Z");
        }
        account["evaluationResults"] = results;
        let evaluated = sweep(&account).await;
        assert_eq!(lines(&evaluated), expected, "{step}: {}", evaluated.text());
        let log = evaluated.outcome.as_ref().unwrap();
        assert_eq!(log.events_sent, Some(expected.len()), "{step}");
        results = stored(account, &evaluated)["evaluationResults"].take();
    }
}

#[tokio::test]
async fn an_event_has_everything_that_a_mail_needs() {
    let mut account = with_http(&[(PROD, None)]);
    account["takenAt"] = "2026-11-21T12:00:00Z".into();
    let evaluated = sweep(&account).await;
    let [detail] = details(&evaluated).try_into().unwrap();
    let id = detail["transitionId"].as_str().unwrap();
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    assert_eq!(
        detail,
        json!({
            "eventVersion": 1,
            "transitionId": id,
            "deployment": "stagecert",
            "awsAccountId": "111122223333",
            "awsRegion": "eu-west-1",
            "configRuleName": "stagecert",
            "resourceType": "AWS::ApiGateway::Stage",
            "resourceId": arn(PROD),
            "stage": PROD,
            "apiName": "Payments",
            "check": "certificate-attached",
            "status": "failed",
            "reason": "missing",
            "certificateId": null,
            "severity": "HIGH",
            "previousSeverity": null,
            "owner": "team",
            "whatToDo": detail["whatToDo"],
        })
    );
    let message = &evaluated.messages[0];
    assert_eq!((&message["Resources"], &message["Time"]), (&json!([arn(PROD)]), &json!(1_795_262_400)));
}

/// An expired certificate in front of no HTTP backend is low, and critical once there is one.
#[tokio::test]
async fn a_severity_that_rises_is_reported_with_the_earlier_one() {
    let expired = |integration: &str, deployment: &str| {
        let mut account = ending(with_http(&[(PROD, Some("cert1"))]), "2026-11-01T00:00:00Z");
        let exports = account["exports"].to_string().replace("\"http\"", &format!("\"{integration}\""));
        account["exports"] = serde_json::from_str(&exports).unwrap();
        account["stages"][0]["configuration"]["deploymentId"] = deployment.into();
        account
    };
    let before = expired("aws_proxy", "d1");
    let low = sweep(&before).await;
    assert_eq!(lines(&low), ["a1/prod certificate-expiry failed expired - -> LOW"]);
    let mut after = expired("http", "d2");
    after["evaluationResults"] = stored(before, &low)["evaluationResults"].take();
    assert_eq!(lines(&sweep(&after).await), ["a1/prod certificate-expiry failed expired LOW -> CRITICAL"]);
}

#[tokio::test]
async fn equal_transitions_have_equal_ids_and_others_do_not() {
    let account = with_http(&[(PROD, None)]);
    let id = |evaluated: &Evaluated| details(evaluated)[0]["transitionId"].clone();
    let first = sweep(&account).await;
    // The put was lost, so the next sweep and a change see the same transition.
    assert_eq!(id(&sweep(&account).await), id(&first));
    let (changed, _) = World::of(&account).evaluate(&on(change(PROD, None, None))).await;
    assert_eq!(id(&changed), id(&first));
    // Config holds another result, so this is another transition.
    let mut fixed = account.clone();
    fixed["evaluationResults"] = json!([{
        "EvaluationResultIdentifier": {"EvaluationResultQualifier": {
            "ConfigRuleName": "stagecert", "ResourceType": "AWS::ApiGateway::Stage", "ResourceId": arn(PROD),
        }},
        "ComplianceType": "COMPLIANT",
        "Annotation": "client certificate cert1 attached",
        "ResultRecordedTime": "2026-11-20T12:00:00Z",
    }]);
    assert_ne!(id(&sweep(&fixed).await), id(&first));
}

#[tokio::test]
async fn a_change_reads_the_earlier_result_once_and_reports_its_peers_too() {
    let before = with_http(&[(PROD, Some("cert1")), (DEV, Some("cert2"))]);
    let swept = sweep(&before).await;
    assert_eq!(lines(&swept), Vec::<String>::new());
    let mut account = with_http(&[(PROD, Some("cert2")), (DEV, Some("cert2"))]);
    account["evaluationResults"] = stored(before, &swept)["evaluationResults"].take();
    let (evaluated, calls) =
        World::of(&account).evaluate(&on(change(PROD, Some("cert2"), Some("cert1")))).await;
    assert_eq!(
        lines(&evaluated),
        [
            "a1/prod certificate-unique failed shared - -> MEDIUM",
            "a2/dev certificate-unique failed shared - -> MEDIUM"
        ]
    );
    // One for the stage and one for its peer.
    assert_eq!(calls.iter().filter(|call| **call == "earlier_result").count(), 2);
    assert!(position(&calls, "put_events") < position(&calls, "put_evaluations"), "{calls:?}");

    let alone = with_http(&[(PROD, None)]);
    let (_, calls) = World::of(&alone).evaluate(&on(change(PROD, None, None))).await;
    assert_eq!(calls.iter().filter(|call| call.starts_with("earlier")).count(), 1, "{calls:?}");
    let (_, calls) = World::of(&alone).evaluate(&change(PROD, None, None)).await;
    assert!(!calls.iter().any(|call| call.starts_with("earlier") || *call == "put_events"), "{calls:?}");
}

fn position(calls: &[&str], operation: &str) -> usize {
    calls.iter().position(|call| *call == operation).unwrap()
}

#[tokio::test]
async fn a_deleted_stage_is_reported_by_its_change() {
    let before = with_http(&[(PROD, None)]);
    let swept = sweep(&before).await;
    let mut account = with_http(&[]);
    account["evaluationResults"] = stored(before, &swept)["evaluationResults"].take();
    let mut event = change(PROD, None, None);
    let invoking = event["invokingEvent"].as_str().unwrap().replace("\"OK\"", "\"ResourceDeleted\"");
    event["invokingEvent"] = invoking.into();
    let (evaluated, _) = World::of(&account).evaluate(&on(event)).await;
    assert_eq!(
        lines(&evaluated),
        ["a1/prod certificate-attached fixed deleted HIGH -> -"],
        "{}",
        evaluated.text()
    );
}

#[tokio::test]
async fn a_check_that_the_rule_no_longer_runs_is_reported_as_fixed_for_that_reason() {
    let mut account = with_http(&[(PROD, None)]);
    let swept = sweep(&account).await;
    account["evaluationResults"] = stored(account.clone(), &swept)["evaluationResults"].take();
    let parameters = json!({"events": "on", "checks": "certificate-expiry,certificate-unique,owner-tag"});
    let (evaluated, _) =
        World::of(&account).evaluate(&with_parameters(sample("scheduled"), &parameters)).await;
    assert_eq!(lines(&evaluated), ["a1/prod certificate-attached fixed check-not-chosen HIGH -> -"]);
}

/// What happens to the result if its event can't be sent: a temporary failure delays both, and a
/// refusal costs the event, because no later attempt would succeed.
#[tokio::test]
async fn a_result_waits_for_its_event_unless_the_event_is_refused() {
    let account = with_http(&[(PROD, None), (DEV, Some("cert2"))]);
    for event in [sample("scheduled"), change(PROD, None, None)] {
        for (code, waits) in
            [("ThrottlingException", true), ("InternalFailure", true), ("AccessDeniedException", false)]
        {
            let world = World { fails: ("put_events", code), ..World::of(&account) };
            let (evaluated, _) = world.evaluate(&on(event.clone())).await;
            assert_eq!(evaluated.of(PROD).is_none(), waits, "{code}: {}", evaluated.text());
            let message = evaluated.outcome.unwrap_err().to_string();
            assert!(message.contains("put_events") && (!waits || message.contains("no result")), "{message}");
        }
    }
}

#[tokio::test]
async fn without_the_earlier_results_a_temporary_failure_delays_the_results() {
    let account = with_http(&[(PROD, None)]);
    for (event, operation) in
        [(sample("scheduled"), "earlier_results"), (change(PROD, None, None), "earlier_result")]
    {
        for (code, waits) in [("ThrottlingException", true), ("AccessDeniedException", false)] {
            let world = World { fails: (operation, code), ..World::of(&account) };
            let (evaluated, _) = world.evaluate(&on(event.clone())).await;
            assert_eq!(evaluated.of(PROD).is_none(), waits, "{code}: {}", evaluated.text());
            assert_eq!(lines(&evaluated), Vec::<String>::new(), "{code}");
            evaluated.outcome.unwrap_err();
        }
    }
}

#[tokio::test]
async fn neither_test_mode_nor_the_default_sends_events() {
    let account = with_http(&[(PROD, None)]);
    let (off, _) = World::of(&account).evaluate(&sample("scheduled")).await;
    assert_eq!((off.messages.len(), off.outcome.unwrap().events_sent), (0, None));
    let mut event = on(sample("scheduled"));
    event["resultToken"] = "TESTMODE".into();
    let (test, _) = World::of(&account).evaluate(&event).await;
    assert_eq!((test.messages.len(), test.evaluations().len()), (0, 1));
}

/// Config's annotations have 256 characters, so the reason of an earlier failure can be missing.
#[tokio::test]
async fn a_problem_that_was_cut_off_before_is_reported_if_it_is_severe_now() {
    let before = with_http(&[(PROD, Some("one"))]);
    let failing = sweep(&before).await;
    let mut account = without_certificate(before.clone(), "one");
    account["evaluationResults"] = stored(before, &failing)["evaluationResults"].take();
    for result in account["evaluationResults"].as_array_mut().unwrap() {
        result["ComplianceType"] = "NON_COMPLIANT".into();
        result["Annotation"] = "owner-tag, certificate-attached: stage has ...".into();
    }
    let evaluated = sweep(&account).await;
    let lines = lines(&evaluated);
    let expected = "a1/prod certificate-attached failed dangling - -> CRITICAL";
    assert!(lines.iter().any(|line| line == expected), "{lines:?}");
}
