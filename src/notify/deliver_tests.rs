use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::notify::MessageType;
use crate::notify::tests::reminder;
use crate::resources::stage_arn::StageArn;

fn account_region() -> AccountRegion {
    AccountRegion { partition: "aws".into(), account: "111122223333".into(), region: "eu-west-1".into() }
}

fn messages(count: usize) -> Vec<Message> {
    let message = |n: usize| {
        let stage =
            StageArn::parse(&format!("arn:aws:apigateway:eu-west-1::/restapis/a{n}/stages/prod")).unwrap();
        Message {
            message_type: MessageType::Reminder,
            time: "2026-11-21T08:00:00Z".parse().unwrap(),
            detail: reminder(&stage).into(),
        }
    };
    (0..count).map(message).collect()
}

/// An event bus that rejects the events of a stage with the given error codes, one per attempt.
#[derive(Default)]
struct Bus {
    rejects: RefCell<BTreeMap<String, Vec<&'static str>>>,
    fails_at: Option<usize>,
    calls: RefCell<Vec<Vec<String>>>,
    accepted: RefCell<Vec<String>>,
}

impl Events for Bus {
    async fn put_events(&self, messages: &[Message]) -> Result<Vec<Option<String>>, Failure> {
        let stages: Vec<String> = messages.iter().map(|message| message.detail.subject()).collect();
        self.calls.borrow_mut().push(stages.clone());
        if self.fails_at == Some(self.calls.borrow().len()) {
            let (operation, resource, location) = (PUT, "events".into(), (&account_region()).into());
            let code = Some("AccessDeniedException".into());
            return Err(Failure::Operation { operation, resource, location, code, source: "no".into() });
        }
        let mut rejects = self.rejects.borrow_mut();
        Ok(stages
            .into_iter()
            .map(|stage| {
                let codes = rejects.get_mut(&stage).filter(|codes| !codes.is_empty());
                let code = codes.map(|codes| codes.remove(0).to_owned());
                if code.is_none() {
                    self.accepted.borrow_mut().push(stage);
                }
                code
            })
            .collect())
    }
}

async fn deliver(bus: &Bus, count: usize, deadline: Deadline) -> DeliveryStats {
    EventPublisher { events: bus, account_region: &account_region(), deadline }
        .deliver(&messages(count))
        .await
}

fn sizes(bus: &Bus) -> Vec<usize> {
    bus.calls.borrow().iter().map(Vec::len).collect()
}

#[tokio::test(start_paused = true)]
async fn ten_events_are_put_per_call_and_no_events_make_no_call() {
    for (count, calls) in [(0, vec![]), (1, vec![1]), (10, vec![10]), (25, vec![10, 10, 5])] {
        let bus = Bus::default();
        let stats = deliver(&bus, count, Deadline::none()).await;
        assert_eq!((stats.sent, stats.failures.len()), (count, 0));
        assert_eq!(sizes(&bus), calls);
    }
}

#[tokio::test(start_paused = true)]
async fn only_rejected_events_are_put_again() {
    let bus = Bus::default();
    *bus.rejects.borrow_mut() = [
        ("a1/prod".to_owned(), vec!["InternalFailure", "ThrottlingException"]),
        ("a2/prod".to_owned(), vec!["NotAuthorizedForSourceException"; 9]),
        ("a3/prod".to_owned(), vec!["InternalFailure"; 9]),
    ]
    .into();
    let stats = deliver(&bus, 5, Deadline::none()).await;
    assert_eq!(sizes(&bus), [5, 2, 2, 1]);
    assert_eq!(*bus.accepted.borrow(), ["a0/prod", "a4/prod", "a1/prod"]);
    assert_eq!((stats.sent, stats.unsent, stats.refused), (3, vec![2, 3], vec![2]));
    let [failure] = stats.failures.as_slice() else { panic!("{:?}", stats.failures) };
    let events = "the event about a2/prod (NotAuthorizedForSourceException), the event about a3/prod (InternalFailure)";
    assert!(failure.to_string().ends_with(events), "{failure}");
}

#[tokio::test(start_paused = true)]
async fn events_that_are_throttled_until_the_end_are_not_refused() {
    let bus = Bus::default();
    *bus.rejects.borrow_mut() = [("a1/prod".to_owned(), vec!["ThrottlingException"; 9])].into();
    let stats = deliver(&bus, 12, Deadline::none()).await;
    assert_eq!((stats.sent, stats.unsent, stats.refused), (11, vec![1], vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_failed_call_ends_the_delivery_and_names_the_remaining_events() {
    let bus = Bus { fails_at: Some(2), ..Bus::default() };
    let stats = deliver(&bus, 25, Deadline::none()).await;
    assert_eq!((stats.sent, sizes(&bus)), (10, vec![10, 10]));
    assert_eq!((stats.unsent, stats.refused), ((10..25).collect::<Vec<_>>(), (10..25).collect()));
    assert!(stats.failures[1].to_string().contains("a20/prod (not sent)"), "{:?}", stats.failures);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_after_the_deadline() {
    let deadline = Deadline::after(Duration::from_secs(10));
    tokio::time::advance(Duration::from_secs(10)).await;
    let bus = Bus::default();
    let stats = deliver(&bus, 12, deadline).await;
    assert!(bus.calls.borrow().is_empty());
    assert!(matches!(stats.failures.as_slice(), [Failure::OutOfTime { left, .. }] if left.len() == 12));
    assert_eq!((stats.unsent, stats.refused), ((0..12).collect::<Vec<_>>(), vec![]));
}

#[test]
fn an_entry_has_the_form_that_put_events_accepts() {
    let [message] = messages(1).try_into().unwrap();
    let entry = serde_json::to_value(&message).unwrap();
    assert_eq!(entry["Source"], "stagecert");
    assert_eq!(entry["DetailType"], "Client Certificate Reminder");
    assert_eq!(entry["Time"], 1_795_248_000);
    assert_eq!(entry["Resources"][0], "arn:aws:apigateway:eu-west-1::/restapis/a0/stages/prod");
    let detail: serde_json::Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
    assert_eq!(
        detail,
        serde_json::json!({
            "awsAccountId": "111122223333",
            "awsRegion": "eu-west-1",
            "configRuleName": "stagecert",
            "resourceType": "AWS::ApiGateway::Stage",
            "resourceId": "arn:aws:apigateway:eu-west-1::/restapis/a0/stages/prod",
            "stage": "a0/prod", "apiName": "", "complianceType": "NON_COMPLIANT",
            "annotation": "certificate-expiry: x", "severity": null, "owner": "", "whatToDo": "",
            "reminderId": "a0/prod", "certificateId": "abc123", "notAfter": "1970-01-01T00:00:00Z", "daysLeft": 0,
            "hoursLeft": 0, "timing": "has ended", "impact": "", "stages": [], "stageCount": 1,
            "stagesLeftOut": 0, "stageList": "",
        })
    );
}
