//! Reminder runs that fail, are repeated, overlap or are lost: the parameter with the last complete
//! run.

use serde_json::{Value, json};

use crate::evaluate::{Evaluated, evaluate, example};
use crate::faulty::World;

/// The example's certificate e5yc3p ends at 2026-12-19T09:15:42Z, so this is the run that sends "14
/// days".
const DUE: &str = "2026-12-05T09:00:00Z";
const BEFORE: &str = "2026-12-05T08:00:00Z";

fn run_at(time: &str) -> Value {
    json!({
        "stagecert": "reminders", "time": time, "hours": 1, "accountId": "111122223333", "region": "eu-west-1",
        "ruleName": "stagecert", "days": "30,14,7,1,0", "ruleParameters": "{}",
    })
}

/// One run, which reads the parameter's value and returns what it is afterwards.
async fn run(time: &str, parameter: Option<&str>, fails: &'static str) -> (Evaluated, Vec<&'static str>) {
    let code = if fails.is_empty() { "" } else { "AccessDeniedException" };
    let world = World { fails: (fails, code), parameter: parameter.map(Into::into), ..World::of(&example()) };
    world.evaluate(&run_at(time)).await
}

fn sent(evaluated: &Evaluated) -> Vec<String> {
    let id = |message: &Value| {
        let detail: Value = serde_json::from_str(message["Detail"].as_str().unwrap()).unwrap();
        detail["reminderId"].as_str().unwrap().split('/').skip(3).step_by(2).collect::<Vec<_>>().join(" ")
    };
    evaluated.messages.iter().map(id).collect()
}

#[tokio::test]
async fn a_complete_run_records_its_scheduled_instant() {
    for (parameter, expected) in [
        // The first run covers only its own interval.
        (None, vec!["e5yc3p 14"]),
        (Some("none"), vec!["e5yc3p 14"]),
        (Some(BEFORE), vec!["e5yc3p 14"]),
        // This run is already complete, or a later one, which has covered it.
        (Some(DUE), vec![]),
    ] {
        let (evaluated, _) = run(DUE, parameter, "").await;
        assert_eq!(sent(&evaluated), expected, "{parameter:?}");
        assert_eq!(evaluated.parameter.as_deref(), Some(DUE), "{parameter:?}");
        assert_eq!(evaluated.outcome.unwrap().events_sent, Some(expected.len()));
    }
}

#[tokio::test]
async fn a_run_that_is_already_complete_reads_nothing_else() {
    let (_, calls) = run(DUE, Some(DUE), "").await;
    assert_eq!(calls, ["parameter"]);
    let (_, calls) = run(DUE, Some(BEFORE), "").await;
    assert_eq!(calls.iter().filter(|call| call.contains("parameter")).count(), 3, "{calls:?}");
    assert_eq!(calls.last(), Some(&"put_parameter"));
}

/// Whatever fails, the next run sends what the failed one did not, and says what is true then.
#[tokio::test]
async fn the_next_run_makes_up_for_a_failed_one() {
    let cases = ["stages", "client_certificates", "tags", "put_events"]
        .into_iter()
        .flat_map(|fails| [(fails, Some(BEFORE)), (fails, Some("none")), (fails, None)])
        .chain([("parameter", Some(BEFORE))]);
    for (fails, before) in cases {
        let (failed, _) = run(DUE, before, fails).await;
        failed.outcome.unwrap_err();
        let parameter = failed.parameter.as_deref();
        assert_eq!(parameter, Some(BEFORE), "{fails}, {before:?}: a failed run is not complete");

        let (next, _) = run("2026-12-05T10:00:00Z", parameter, "").await;
        assert_eq!(sent(&next), ["e5yc3p 14"], "{fails}");
        assert_eq!(next.parameter.as_deref(), Some("2026-12-05T10:00:00Z"), "{fails}");
        let detail: Value = serde_json::from_str(next.messages[0]["Detail"].as_str().unwrap()).unwrap();
        assert_eq!((&detail["hoursLeft"], &detail["timing"]), (&json!(336), &json!("ends in 14 days")));

        let (later, _) = run("2026-12-05T11:00:00Z", next.parameter.as_deref(), "").await;
        assert_eq!(sent(&later), [""; 0], "{fails}: once");
    }
}

#[tokio::test]
async fn runs_that_were_never_started_are_made_up_for_within_48_hours() {
    for (time, expected) in [
        ("2026-12-05T11:00:00Z", vec!["e5yc3p 14"]),
        ("2026-12-07T09:00:00Z", vec!["e5yc3p 14"]),
        ("2026-12-07T10:00:00Z", vec![]),
        ("2026-12-18T10:00:00Z", vec!["e5yc3p 1"]),
        // Only what is most urgent is sent, and it is true: the certificate has ended.
        ("2026-12-19T10:00:00Z", vec!["e5yc3p 0"]),
    ] {
        let (evaluated, _) = run(time, Some(BEFORE), "").await;
        evaluated.outcome.as_ref().unwrap();
        let mut of_certificate = sent(&evaluated);
        of_certificate.retain(|id| id.starts_with("e5yc3p"));
        assert_eq!(of_certificate, expected, "{time}");
        assert_eq!(evaluated.parameter.as_deref(), Some(time), "{time}");
    }
}

/// A failure that persists does not send the same reminder every hour.
#[tokio::test]
async fn what_an_incomplete_run_has_sent_is_not_sent_again() {
    for first in [Some(BEFORE), Some("none"), None] {
        let mut parameter: Option<String> = first.map(Into::into);
        let mut all = Vec::new();
        for (time, fails) in [
            (DUE, "acm_certificate"),
            (DUE, "acm_certificate"),
            ("2026-12-05T10:00:00Z", "acm_certificate"),
            ("2026-12-06T10:00:00Z", "acm_certificate"),
            ("2026-12-06T11:00:00Z", ""),
            ("2026-12-06T12:00:00Z", ""),
        ] {
            let (evaluated, _) = run(time, parameter.as_deref(), fails).await;
            all.extend(sent(&evaluated));
            assert_eq!(evaluated.outcome.is_err(), !fails.is_empty(), "{time}");
            let since = evaluated.parameter.as_deref().unwrap().split(' ').next().unwrap();
            assert_eq!(since, if fails.is_empty() { time } else { BEFORE }, "{time}");
            parameter = evaluated.parameter;
        }
        all.retain(|id| id.starts_with("e5yc3p"));
        assert_eq!(all, ["e5yc3p 14"], "{first:?}");
        assert_eq!(parameter.as_deref(), Some("2026-12-06T12:00:00Z"));
    }
}

#[tokio::test]
async fn an_unreadable_parameter_fails_the_run_after_its_own_reminders() {
    let (denied, _) = run(DUE, Some(BEFORE), "parameter").await;
    let (invalid, _) = run(DUE, Some("yesterday"), "").await;
    let (future, _) = run(DUE, Some("2026-12-05T10:00:01Z"), "").await;
    for evaluated in [denied, invalid, future] {
        assert_eq!(sent(&evaluated), ["e5yc3p 14"]);
        let failure = evaluated.outcome.unwrap_err().to_string();
        assert!(failure.to_lowercase().contains("parameter of "), "{failure}");
        assert!(failure.contains("in account 111122223333, Region eu-west-1"), "{failure}");
        assert_ne!(evaluated.parameter.as_deref(), Some(DUE), "it may know more than this run");
    }
    // A parameter that can't be written fails the run too: the next one sends its events again.
    let (evaluated, _) = run(DUE, Some(BEFORE), "put_parameter").await;
    assert_eq!((sent(&evaluated), evaluated.parameter.as_deref()), (vec!["e5yc3p 14".into()], Some(BEFORE)));
    evaluated.outcome.unwrap_err();
}

/// The example's stage x2m7t9ajd4/v2 with other stages that present its certificate.
fn shared(stages: usize) -> Value {
    let mut account = example();
    let arn = "arn:aws:apigateway:eu-west-1::/restapis/x2m7t9ajd4/stages/v2";
    let list = account["stages"].as_array().unwrap();
    let original = list.iter().find(|stage| stage["resourceId"] == arn).unwrap().clone();
    let tags = account["resourceTagMappingList"].as_array().unwrap();
    let tags = tags.iter().find(|it| it["ResourceARN"] == arn).unwrap().clone();
    let export = account["exports"][arn].clone();
    for n in 0..stages {
        let arn = format!("arn:aws:apigateway:eu-west-1::/restapis/x2m7t9ajd4/stages/v2-{n:02}");
        let mut stage = original.clone();
        stage["resourceId"] = arn.as_str().into();
        stage["resourceName"] = format!("v2-{n:02}").into();
        account["stages"].as_array_mut().unwrap().push(stage);
        let mut tagged = tags.clone();
        tagged["ResourceARN"] = arn.as_str().into();
        account["resourceTagMappingList"].as_array_mut().unwrap().push(tagged);
        if !export.is_null() {
            account["exports"][&arn] = export.clone();
        }
    }
    account
}

#[tokio::test]
async fn stages_that_share_a_certificate_and_an_owner_are_one_event() {
    let evaluated = evaluate(&run_at(DUE), &shared(19)).await;
    let [message] = evaluated.messages.as_slice() else { panic!("{:?}", evaluated.messages) };
    let detail: Value = serde_json::from_str(message["Detail"].as_str().unwrap()).unwrap();
    assert_eq!((&detail["stageCount"], &detail["stagesLeftOut"]), (&json!(20), &json!(0)));
    assert_eq!(detail["stages"].as_array().unwrap().len(), 20);
    assert_eq!(message["Resources"].as_array().unwrap().len(), 20);
    assert_eq!(evaluated.outcome.unwrap().events_sent, Some(1));
}

/// A reminder says that requests fail unless it is certain that no HTTP backend is deployed.
#[tokio::test]
async fn the_impact_depends_on_what_is_deployed() {
    let without_http = |stages: usize, with_http: usize| {
        let mut account = shared(stages);
        let arns: Vec<String> = account["stages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|stage| stage["resourceId"].as_str().unwrap().to_owned())
            .filter(|arn| arn.contains("/x2m7t9ajd4/stages/v2"))
            .collect();
        let mock = json!({"openapi": "3.0.1", "paths": {"/": {"get": {
            "x-amazon-apigateway-integration": {"type": "mock"}}}}});
        for arn in arns.iter().skip(with_http) {
            account["exports"][arn] = mock.clone();
        }
        account
    };
    for (account, fails, no_http) in [
        (without_http(0, 0), "", true),
        (without_http(2, 0), "", true),
        (without_http(2, 1), "", false),
        (without_http(0, 0), "exported", false),
        (example(), "", false),
    ] {
        let code = if fails.is_empty() { "" } else { "AccessDeniedException" };
        let world = World { fails: (fails, code), ..World::of(&account) };
        let (evaluated, _) = world.evaluate(&run_at(DUE)).await;
        evaluated.outcome.unwrap();
        let detail: Value = serde_json::from_str(evaluated.messages[0]["Detail"].as_str().unwrap()).unwrap();
        let (impact, todo) = (detail["impact"].as_str().unwrap(), detail["whatToDo"].as_str().unwrap());
        assert_eq!(impact.contains("no HTTP backend is deployed"), no_http, "{fails}: {impact}");
        assert_eq!(todo.contains("no HTTP backend is deployed"), no_http, "{fails}: {todo}");
        assert_eq!(impact.contains("reject every request"), !no_http, "{fails}: {impact}");
    }
}
