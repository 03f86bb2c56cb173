use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;

use fake_aws::{Outcome, RuntimeApi};
use serde_json::json;

const ARN: &str = "arn:aws:lambda:eu-west-1:111122223333:function:stagecert";
/// CloudWatch Logs accepts 1 MB per event; people read far less.
const MAX_LINE: usize = 10_000;

#[test]
fn no_payload_causes_a_long_log_line_or_error() {
    let api = RuntimeApi::spawn();
    let built = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/debug/bootstrap");
    let mut program = Command::new(std::env::var("STAGECERT_BOOTSTRAP").unwrap_or_else(|_| built.into()))
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", api.address())
        .env("AWS_LAMBDA_FUNCTION_NAME", "stagecert")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_REGION", "eu-west-1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let long = "k".repeat(5_000_000);
    let parameters = json!({ long.as_str(): "1" }).to_string();
    let invoking =
        json!({"messageType": "ScheduledNotification", "notificationCreationTime": "2026-11-21T12:00:00Z"});
    let event = json!({
        "version": "1.0",
        "invokingEvent": invoking.to_string(),
        "ruleParameters": parameters,
        "resultToken": "token",
        "configRuleArn": "arn:aws:config:eu-west-1:111122223333:config-rule/config-rule-0123ab",
        "configRuleName": "stagecert",
        "accountId": "111122223333",
        "eventLeftScope": false,
    });
    for payload in [
        format!("{{\"{long}\": !}}"),
        format!("{{\"{long}\": {{\"{long}\": 1}}}}"),
        format!("{{\"{long}"),
        format!("\"{long}\""),
        event.to_string(),
        event.to_string().replace("ScheduledNotification", &long),
        event.to_string().replace("config-rule-0123ab", &long),
    ] {
        match api.invoke_text(ARN, payload, Duration::from_secs(60)) {
            Outcome::Error { message, .. } => assert!(message.len() < MAX_LINE, "{}", message.len()),
            // Other message types require no action.
            Outcome::Success(report) => assert!(report.to_string().len() < MAX_LINE),
            Outcome::TimedOut => panic!("no response"),
        }
    }
    program.kill().unwrap();
    program.wait().unwrap();
    let mut logged = String::new();
    program.stdout.take().unwrap().read_to_string(&mut logged).unwrap();
    assert!(
        logged.lines().count() >= 7 && logged.lines().all(|line| line.len() < MAX_LINE),
        "{}",
        logged.len()
    );
}
