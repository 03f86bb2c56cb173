//! `PutEvents`.

use serde_json::{Value, json};
use stagecert::deadline::Deadline;
use stagecert::evaluation::compliance::ComplianceType;
use stagecert::notify::deliver::Events;
use stagecert::notify::{Message, MessageType, ReminderDetail};
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::stage_arn::StageArn;

use crate::bodies::stage_arn;
use crate::replay::{KEY_ID, Response, Wire, account_region, noon};
use crate::roles::assumed;

pub(crate) fn messages(count: usize) -> Vec<Message> {
    let stage = |n: usize| StageArn::parse(&stage_arn("a1", &format!("s{n}"))).unwrap();
    (0..count)
        .map(|n| Message {
            message_type: MessageType::Reminder,
            time: noon(),
            detail: reminder(&stage(n)).into(),
        })
        .collect()
}

fn reminder(stage: &StageArn) -> ReminderDetail {
    ReminderDetail {
        aws_account_id: account_region().account,
        aws_region: account_region().region,
        config_rule_name: "stagecert".into(),
        resource_type: stage.stage_type().resource_type(),
        resource_id: stage.as_str().into(),
        stage: stage.label(),
        api_name: String::new(),
        compliance_type: ComplianceType::NonCompliant,
        annotation: "certificate-expiry: x".into(),
        severity: None,
        owner: String::new(),
        what_to_do: "Nothing.",
        reminder_id: stage.label(),
        certificate_id: "abc123".into(),
        not_after: noon(),
        days_left: 0,
        hours_left: 0,
        timing: "has ended".into(),
        impact: "none.",
        stages: vec![stage.label()],
        stage_count: 1,
        stages_left_out: 0,
        stage_list: stage.label(),
        resources: vec![stage.as_str().into()],
    }
}

fn taken(count: usize) -> Value {
    json!({"FailedEntryCount": 0, "Entries": vec![json!({"EventId": "1"}); count]})
}

#[tokio::test(start_paused = true)]
async fn events_are_sent_in_one_signed_request() {
    let wire = Wire::responding(|_, _| Response::ok(taken(2)));
    let (_, results) = wire.open().await;
    assert_eq!(results.put_events(&messages(2)).await.unwrap(), [None, None]);
    let [sent] = wire.sent().try_into().unwrap();
    assert_eq!((sent.path.as_str(), sent.header("x-amz-target")), ("/", "AWSEvents.PutEvents"));
    assert_eq!(sent.header("content-type"), "application/x-amz-json-1.1");
    assert!(sent.header("authorization").contains("/eu-west-1/events/aws4_request"));
    assert_eq!(sent.json(), json!({"Entries": messages(2)}));
    assert_eq!(sent.json()["Entries"][0]["Time"], 1_795_262_400);
}

#[tokio::test(start_paused = true)]
async fn each_rejected_event_has_its_code() {
    let entries = json!([{"EventId": "1"}, {"ErrorCode": "InternalFailure", "ErrorMessage": "m"}]);
    let wire = Wire::responding(move |_, _| Response::ok(json!({"FailedEntryCount": 1, "Entries": entries})));
    let (_, results) = wire.open().await;
    assert_eq!(results.put_events(&messages(2)).await.unwrap(), [None, Some("InternalFailure".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn a_response_that_does_not_cover_every_event_is_a_failure() {
    for response in [json!({}), taken(1), json!({"FailedEntryCount": 1, "Entries": [{}, {}]})] {
        let wire = Wire::responding(move |_, _| Response::ok(response.clone()));
        let (_, results) = wire.open().await;
        let failure = results.put_events(&messages(2)).await.unwrap_err();
        assert!(
            failure.to_string().starts_with("PutEvents of 2 events in account 111122223333"),
            "{failure}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn server_errors_are_retried_and_refusals_are_not() {
    let wire = Wire::responding(|_, before| {
        if before < 2 { Response::error(500, "InternalException", "later") } else { Response::ok(taken(1)) }
    });
    let (_, results) = wire.open().await;
    assert_eq!(results.put_events(&messages(1)).await.unwrap(), [None]);
    assert_eq!(wire.sent().len(), 3);

    let wire = Wire::responding(|_, _| Response::error(400, "AccessDeniedException", "no events:PutEvents"));
    let (_, results) = wire.open().await;
    let failure = results.put_events(&messages(1)).await.unwrap_err();
    assert_eq!((failure.code(), wire.sent().len()), (Some("AccessDeniedException"), 1));
}

#[tokio::test(start_paused = true)]
async fn events_always_go_to_the_function_s_own_bus() {
    let wire = Wire::responding(|sent, _| match sent.operation.as_str() {
        "AssumeRole" => assumed(sent, "2026-11-21T13:00:00Z"),
        _ => Response::ok(taken(1)),
    });
    let there = AccountRegion { account: "444455556666".into(), ..account_region() };
    let aws = wire.aws();
    let (_, results) =
        aws.open(&account_region(), &there, Some("member"), noon(), Deadline::none()).await.unwrap();
    results.put_events(&messages(1)).await.unwrap();
    let sent = wire.sent();
    assert_eq!(sent.last().unwrap().operation, "PutEvents");
    assert!(sent.last().unwrap().is_signed_by(KEY_ID, "eu-west-1"));
}
