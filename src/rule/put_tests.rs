use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, advance};

use super::*;
use crate::evaluation::scope::NotEvaluated;
use crate::event::{Event, Request};
use crate::failure::Location;
use crate::resources::resource::Resource;

const CONTENT: [&str; 2] = ["ValidationException", "InvalidParameterValueException"];
const INVALID_TOKEN: &str = "InvalidResultTokenException";
const AT: &str = "2026-11-21T12:00:00Z";

/// Config's response to a call, given its number (starting at 0) and resource ids: the ids that it
/// does not accept, or an error code.
type Script = dyn FnMut(usize, &[String]) -> Result<Vec<String>, &'static str>;

/// A scripted Config that takes `latency` for each call and records its ids.
struct Config {
    script: RefCell<Box<Script>>,
    calls: RefCell<Vec<Vec<String>>>,
    latency: Duration,
}

impl Config {
    fn new(script: impl FnMut(usize, &[String]) -> Result<Vec<String>, &'static str> + 'static) -> Self {
        Self { script: RefCell::new(Box::new(script)), calls: RefCell::default(), latency: Duration::ZERO }
    }

    /// Accepts everything except calls that `rejects` returns true for.
    fn rejecting(code: &'static str, rejects: impl Fn(&[String]) -> bool + 'static) -> Self {
        Self::new(move |_, ids| if rejects(ids) { Err(code) } else { Ok(vec![]) })
    }

    fn sizes(&self) -> Vec<usize> {
        self.calls.borrow().iter().map(Vec::len).collect()
    }

    async fn put(&self, count: usize, deadline: Deadline) -> (usize, Vec<Failure>) {
        let (account_region, token) = (account_region(), token("a token"));
        let sink =
            EvaluationSink { results: self, result_token: &token, account_region: &account_region, deadline };
        let mut outcome = Outcome::default();
        sink.put(&evaluations(count), &mut outcome).await;
        (outcome.accepted, outcome.failures)
    }
}

impl Results for Config {
    async fn put_evaluations(&self, request: PutRequest<'_>) -> Result<Vec<String>, Failure> {
        assert_eq!(request.result_token.reveal(), "a token");
        let ids: Vec<String> = request.evaluations.iter().map(|one| one.resource.id.to_string()).collect();
        let number = self.calls.borrow().len();
        self.calls.borrow_mut().push(ids.clone());
        advance(self.latency).await;
        let response = (self.script.borrow_mut())(number, &ids);
        response.map_err(|code| Failure::Operation {
            operation: "PutEvaluations",
            resource: format!("{} evaluations", ids.len()),
            location: (&account_region()).into(),
            code: Some(code.into()),
            source: Box::new(io::Error::other(code)),
        })
    }
}

fn account_region() -> AccountRegion {
    AccountRegion { partition: "aws".into(), account: "111122223333".into(), region: "eu-west-1".into() }
}

fn token(text: &str) -> ResultToken {
    let event = json!({
        "invokingEvent": json!({
            "messageType": "ScheduledNotification",
            "awsAccountId": "111122223333",
            "notificationCreationTime": AT,
        }).to_string(),
        "resultToken": text,
        "configRuleArn": "arn:aws:config:eu-west-1:111122223333:config-rule/x",
        "configRuleName": "stagecert",
        "accountId": "111122223333",
    });
    match Event::parse(&event.to_string()) {
        Ok(Request::Evaluate(event)) => event.result_token,
        other => panic!("{other:?}"),
    }
}

fn evaluation(id: &str, at: &str) -> Evaluation {
    let resource = Resource::new("AWS::ApiGateway::Stage".into(), id);
    Evaluation::not_applicable(resource, &NotEvaluated::Deleted, at.parse().unwrap())
}

fn id(number: usize) -> String {
    format!("s{number}")
}

fn ids(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(id).collect()
}

fn evaluations(count: usize) -> Vec<Evaluation> {
    (0..count).map(|number| evaluation(&id(number), AT)).collect()
}

/// The ids that failures of one kind name, in order.
fn named(failures: &[Failure], kind: &str) -> Vec<String> {
    let of_kind = failures.iter().filter(|failure| failure.kind() == kind);
    of_kind
        .flat_map(|failure| match failure {
            Failure::FailedEvaluations { resources: named, location: at }
            | Failure::Unreported { stages: named, location: at }
            | Failure::OutOfTime { left: named, location: at, .. } => {
                assert_eq!(*at, Location::from(&account_region()));
                named.clone()
            }
            other => panic!("{other}"),
        })
        .collect()
}

fn codes(failures: &[Failure]) -> Vec<&str> {
    failures.iter().filter_map(Failure::code).collect()
}

#[tokio::test(start_paused = true)]
async fn evaluations_are_put_in_order_in_batches_of_100() {
    for (count, sizes) in [
        (0, &[0][..]),
        (1, &[1]),
        (99, &[99]),
        (100, &[100]),
        (101, &[100, 1]),
        (200, &[100, 100]),
        (250, &[100, 100, 50]),
    ] {
        let config = Config::new(|_, _| Ok(vec![]));
        let (accepted, failures) = config.put(count, Deadline::after(Duration::from_secs(20))).await;
        assert_eq!((accepted, failures.len()), (count, 0), "{failures:?}");
        assert_eq!(config.sizes(), sizes);
        assert_eq!(config.calls.borrow().concat(), ids(0..count), "in order");
    }
}

#[tokio::test(start_paused = true)]
async fn only_failed_evaluations_are_put_again() {
    let config = Config::new(|call, _| Ok(if call == 0 { ids([3, 97]) } else { vec![] }));
    let (accepted, failures) = config.put(150, Deadline::none()).await;
    assert_eq!((accepted, failures.len()), (150, 0), "{failures:?}");
    assert_eq!(config.sizes(), [100, 2, 50]);
    assert_eq!(config.calls.borrow()[1], ids([3, 97]));
}

#[tokio::test(start_paused = true)]
async fn evaluations_that_keep_failing_are_named_and_do_not_affect_others() {
    let config = Config::new(|_, now| {
        Ok(now.iter().filter(|id| ["s0", "s120"].contains(&id.as_str())).cloned().collect())
    });
    let (accepted, failures) = config.put(250, Deadline::none()).await;
    assert_eq!(accepted, 248);
    assert_eq!(named(&failures, "FailedEvaluations"), ids([0, 120]));
    assert_eq!((failures.len(), config.sizes()), (2, vec![100, 1, 1, 1, 100, 1, 1, 1, 50]));
    assert_eq!(
        failures[1].to_string(),
        "PutEvaluations in account 111122223333, Region eu-west-1: Config did not accept the evaluation of s120"
    );
}

#[tokio::test(start_paused = true)]
async fn pauses_between_attempts_double() {
    let (start, seen) = (Instant::now(), std::rc::Rc::new(RefCell::new(Vec::new())));
    let times = std::rc::Rc::clone(&seen);
    let config = Config::new(move |_, now| {
        times.borrow_mut().push(start.elapsed().as_millis());
        Ok(now.to_vec())
    });
    let (accepted, failures) = config.put(1, Deadline::none()).await;
    assert_eq!((accepted, named(&failures, "FailedEvaluations")), (0, ids([0])));
    assert_eq!(*seen.borrow(), [0, 200, 600, 1400]);
}

#[tokio::test(start_paused = true)]
async fn a_rejected_evaluation_does_not_affect_the_others() {
    for code in CONTENT {
        for (count, rejected) in
            [(1, 0), (2, 0), (2, 1), (100, 0), (100, 1), (100, 57), (100, 99), (250, 130)]
        {
            let bad = id(rejected);
            let config = Config::rejecting(code, move |ids| ids.contains(&bad));
            let (accepted, failures) = config.put(count, Deadline::none()).await;
            assert_eq!(accepted, count - 1, "{rejected} of {count}");
            assert_eq!(codes(&failures), [code], "{rejected} of {count}");
            assert_eq!(named(&failures, "Unreported"), ids([rejected]), "{rejected} of {count}");
            assert_eq!(failures.len(), 2);
            assert!(config.sizes().len() <= 20, "{:?}", config.sizes());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_evaluation_of_a_rejected_call_is_put_alone_first() {
    for code in [CONTENT[0], CONTENT[1], INVALID_TOKEN] {
        let config = Config::rejecting(code, |ids| ids.iter().any(|id| id != "s0"));
        let (accepted, failures) = config.put(40, Deadline::none()).await;
        assert_eq!(accepted, 1, "{code}");
        assert_eq!(config.calls.borrow()[..2], [ids(0..40), ids([0])], "{code}");
        let unreported = BTreeSet::from_iter(named(&failures, "Unreported"));
        assert_eq!(unreported, BTreeSet::from_iter(ids(1..40)), "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_config_that_rejects_everything_gets_a_limited_number_of_calls() {
    let config = Config::rejecting(CONTENT[0], |_| true);
    let (accepted, failures) = config.put(1000, Deadline::none()).await;
    assert_eq!(accepted, 0);
    assert!(config.sizes().len() <= 10 + 2 * 64, "{:?}", config.sizes());
    assert_eq!(named(&failures, "Unreported"), ids(0..1000));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_valid_only_for_the_first_evaluation_costs_three_calls() {
    for (count, sizes) in [(2, [2, 1, 1]), (100, [100, 1, 99]), (250, [100, 1, 99])] {
        let config = Config::rejecting(INVALID_TOKEN, |ids| ids != ["s0"]);
        let (accepted, failures) = config.put(count, Deadline::none()).await;
        assert_eq!((accepted, config.sizes()), (1, sizes.to_vec()));
        assert_eq!(codes(&failures), [INVALID_TOKEN]);
        assert_eq!(named(&failures, "Unreported"), ids(1..count));
    }
}

#[tokio::test(start_paused = true)]
async fn an_invalid_token_costs_at_most_two_calls_and_all_evaluations_are_named() {
    for (count, sizes) in [(0, &[0][..]), (1, &[1]), (250, &[100, 1])] {
        let config = Config::rejecting(INVALID_TOKEN, |_| true);
        let (accepted, failures) = config.put(count, Deadline::none()).await;
        assert_eq!((accepted, config.sizes().as_slice()), (0, sizes));
        assert_eq!(codes(&failures), [INVALID_TOKEN]);
        assert_eq!(named(&failures, "Unreported"), ids(0..count));
        assert_eq!(failures.len(), 1 + usize::from(count > 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_call_ends_the_puts_and_keeps_what_was_accepted() {
    for code in ["AccessDeniedException", "NoSuchConfigRuleException", "ThrottlingException"] {
        let config = Config::new(move |call, _| if call == 1 { Err(code) } else { Ok(vec![]) });
        let (accepted, failures) = config.put(350, Deadline::none()).await;
        assert_eq!((accepted, config.sizes()), (100, vec![100, 100]), "{code}");
        assert_eq!((failures.len(), codes(&failures)), (2, vec![code]));
        assert_eq!(named(&failures, "Unreported"), ids(100..350), "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn evaluations_that_there_is_no_time_for_are_named() {
    // Of 20 seconds, one is reserved for the response: no call starts after 19 seconds.
    for (before, latency, sizes) in [
        (19_000, 0, &[][..]),
        (25_000, 0, &[]),
        (18_999, 0, &[100, 100, 50]),
        (0, 9_500, &[100, 100]),
        (0, 9_499, &[100, 100, 50]),
        (0, 30_000, &[100]),
    ] {
        let deadline = Deadline::after(Duration::from_secs(20));
        advance(Duration::from_millis(before)).await;
        let mut config = Config::new(|_, _| Ok(vec![]));
        config.latency = Duration::from_millis(latency);
        let (accepted, failures) = config.put(250, deadline).await;
        let done: usize = sizes.iter().sum();
        assert_eq!((accepted, config.sizes().as_slice()), (done, sizes), "{before} {latency}");
        assert_eq!(named(&failures, "OutOfTime"), ids(done..250), "{before} {latency}");
        assert_eq!(failures.len(), usize::from(done < 250));
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_end_at_the_deadline() {
    let (deadline, start) = (Deadline::after(Duration::from_secs(1)), Instant::now());
    let config = Config::new(|_, now| Ok(now.iter().take(2).cloned().collect()));
    let (accepted, failures) = config.put(100, deadline).await;
    assert_eq!((accepted, config.sizes()), (98, vec![100, 2, 2]));
    assert_eq!((named(&failures, "FailedEvaluations"), failures.len()), (ids([0, 1]), 1));
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

#[test]
fn requests_serialize_to_the_request_body() {
    let wire = |id: &str, at: Value| {
        json!({
            "ComplianceResourceType": "AWS::ApiGateway::Stage",
            "ComplianceResourceId": id,
            "ComplianceType": "NOT_APPLICABLE",
            "Annotation": "deleted",
            "OrderingTimestamp": at,
        })
    };
    let evaluations = [evaluation("a", AT), evaluation("b", "2026-09-14T08:20:11.402Z")];
    let both = [wire("a", json!(1_795_262_400)), wire("b", json!(1_789_374_011.402))];
    for (text, evaluations, expected) in [
        ("a token", &evaluations[..], json!({"Evaluations": both, "ResultToken": "a token"})),
        ("TESTMODE", &[], json!({"Evaluations": [], "ResultToken": "TESTMODE", "TestMode": true})),
        ("TESTMODE ", &[], json!({"Evaluations": [], "ResultToken": "TESTMODE "})),
        ("testmode", &[], json!({"Evaluations": [], "ResultToken": "testmode"})),
    ] {
        let request = PutRequest { evaluations, result_token: &token(text) };
        assert_eq!(serde_json::to_value(request).unwrap(), expected);
    }
    let request = PutRequest { evaluations: &evaluations[1..], result_token: &token("TESTMODE") };
    assert_eq!(
        serde_json::to_string(&request).unwrap(),
        r#"{"Evaluations":[{"ComplianceResourceType":"AWS::ApiGateway::Stage","ComplianceResourceId":"b","ComplianceType":"NOT_APPLICABLE","Annotation":"deleted","OrderingTimestamp":1789374011.402}],"ResultToken":"TESTMODE","TestMode":true}"#
    );
}

#[tokio::test(start_paused = true)]
async fn an_id_that_was_never_put_is_a_failure_too() {
    let config = Config::new(|_, _| Ok(vec!["S1".into()]));
    let (_, failures) = config.put(3, Deadline::none()).await;
    assert_eq!(named(&failures, "FailedEvaluations"), ["S1"]);
}

#[tokio::test(start_paused = true)]
async fn a_rejected_second_attempt_names_only_the_remaining_evaluation() {
    for code in [CONTENT[0], INVALID_TOKEN, "AccessDeniedException"] {
        let config = Config::new(move |call, ids| match call {
            0 => Ok(vec![id(5)]),
            _ if ids.contains(&id(5)) => Err(code),
            _ => Ok(vec![]),
        });
        let (accepted, failures) = config.put(100, Deadline::none()).await;
        assert_eq!((accepted, config.sizes()), (99, vec![100, 1]), "{code}");
        assert_eq!((codes(&failures), named(&failures, "Unreported")), (vec![code], ids([5])));
    }
}

#[tokio::test(start_paused = true)]
async fn one_rejected_evaluation_per_batch_does_not_affect_the_others() {
    let config = Config::rejecting(CONTENT[0], |ids| ids.iter().any(|id| id.ends_with("99")));
    let (accepted, failures) = config.put(500, Deadline::none()).await;
    assert_eq!((accepted, named(&failures, "Unreported")), (495, ids([99, 199, 299, 399, 499])));
}

#[tokio::test(start_paused = true)]
async fn there_is_no_pause_after_the_last_attempt() {
    let (start, rejects_first) = (Instant::now(), |_, now: &[String]| {
        Ok(now.iter().filter(|one| **one == id(0)).cloned().collect::<Vec<_>>())
    });
    Config::new(rejects_first).put(1, Deadline::none()).await;
    assert_eq!(start.elapsed(), Duration::from_millis(1400));
    let (accepted, failures) =
        Config::new(rejects_first).put(150, Deadline::after(Duration::from_secs(1))).await;
    assert_eq!((accepted, named(&failures, "FailedEvaluations")), (149, ids([0])));
}
