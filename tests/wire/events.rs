//! Events, and what an invocation calls for each.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use stagecert::aws::{Aws, Connection};
use stagecert::deadline::Deadline;
use stagecert::event::{Event, Request, ResultToken};
use stagecert::parameters::settings::Settings;
use stagecert::telemetry::invocation_log::InvocationLog;
use stagecert::{Failure, rule};

use crate::account::{Size, account};
use crate::bodies::stage_arn;
use crate::replay::{account_region, noon};

/// An event for the usual rule in the usual account.
pub(crate) fn event(invoking: &Value, parameters: &Value) -> String {
    event_with_token(invoking, parameters, "token")
}

fn event_with_token(invoking: &Value, parameters: &Value, result_token: &str) -> String {
    json!({
        "version": "1.0",
        "invokingEvent": invoking.to_string(),
        "ruleParameters": parameters.to_string(),
        "resultToken": result_token,
        "eventLeftScope": false,
        "configRuleArn": "arn:aws:config:eu-west-1:111122223333:config-rule/config-rule-a1b2c3",
        "configRuleName": "stagecert",
        "accountId": "111122223333",
        "evaluationMode": "DETECTIVE",
    })
    .to_string()
}

/// The same event, parsed by the production code.
pub(crate) fn parsed(invoking: &Value, result_token: &str) -> Event {
    let event = event_with_token(invoking, &json!({}), result_token);
    let Request::Evaluate(event) = Event::parse(&event).unwrap() else { panic!("ignored: {event}") };
    *event
}

pub(crate) fn token(text: &str) -> ResultToken {
    parsed(&scheduled(), text).result_token
}

pub(crate) fn scheduled() -> Value {
    json!({
        "awsAccountId": "111122223333",
        "notificationCreationTime": "2026-11-21T12:00:00Z",
        "messageType": "ScheduledNotification",
        "recordVersion": "1.0",
    })
}

/// A change of the stage `api0000/s0`, with these configuration fields.
pub(crate) fn changed(configuration: &Value, diff: &Value) -> Value {
    let arn = stage_arn("api0000", "s0");
    json!({
        "configurationItemDiff": {"changedProperties": diff, "changeType": "UPDATE"},
        "configurationItem": {
            "configuration": configuration,
            "configurationItemCaptureTime": "2026-11-21T11:59:00.402Z",
            "configurationStateId": 1_795_262_340_402_u64,
            "awsAccountId": "111122223333",
            "configurationItemStatus": "OK",
            "resourceType": "AWS::ApiGateway::Stage",
            "resourceId": arn,
            "ARN": arn,
            "awsRegion": "eu-west-1",
        },
        "notificationCreationTime": "2026-11-21T12:00:00Z",
        "messageType": "ConfigurationItemChangeNotification",
        "recordVersion": "1.3",
    })
}

/// One invocation at noon.
pub(crate) async fn run(aws: &Aws, event: &str) -> Result<InvocationLog, Failure> {
    let connection = Connection { aws, home: Some(account_region()), now: noon() };
    rule::run(event, &connection, noon(), Deadline::none()).await
}

/// One invocation at noon, and its log.
pub(crate) async fn run_recorded(aws: &Aws, event: &str) -> (Result<(), Failure>, InvocationLog) {
    run_with(&Settings::default(), aws, event).await
}

/// One invocation at noon of a function with these settings, and its log.
pub(crate) async fn run_with(
    settings: &Settings,
    aws: &Aws,
    event: &str,
) -> (Result<(), Failure>, InvocationLog) {
    let mut log = InvocationLog::of(settings);
    let connection = Connection { aws, home: Some(account_region()), now: noon() };
    let done = rule::run_recorded(event, &connection, settings, noon(), Deadline::none(), &mut log).await;
    (done, log)
}

/// The calls for one event in a process that has just started.
pub(crate) async fn calls(size: Size, event: &str) -> BTreeMap<String, usize> {
    let wire = account(size);
    run(&wire.aws(), event).await.unwrap();
    wire.counts()
}

pub(crate) fn expected(calls: &[(&str, usize)]) -> BTreeMap<String, usize> {
    calls.iter().map(|(operation, count)| ((*operation).to_owned(), *count)).collect()
}
