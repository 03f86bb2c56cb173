//! The Lambda function: wires the runtime, the clock and AWS to the rule.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use lambda_runtime::{Context, Diagnostic, Error, LambdaEvent, run, service_fn};
use serde_json::Value;
use stagecert::aws::{Aws, Connection};
use stagecert::deadline::Deadline;
use stagecert::place::Place;
use stagecert::rule::{self, Report};
use stagecert::{Failure, logging};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logging::init();
    let aws = &Aws::load(None).await;
    run(service_fn(move |event: LambdaEvent<Value>| async move {
        match handle(aws, event).await {
            Ok(report) => {
                tracing::info!(
                    kind = report.kind,
                    evaluated = report.evaluated,
                    non_compliant = report.non_compliant,
                    put = report.put,
                    "done"
                );
                Ok(report)
            }
            Err(failure) => {
                tracing::error!(kind = failure.kind(), error = %failure, "failed");
                // The runtime logs the error's `Debug`: a diagnostic shows the message and no more.
                Err(Diagnostic { error_type: failure.kind().into(), error_message: failure.to_string() })
            }
        }
    }))
    .await
}

async fn handle(aws: &Aws, event: LambdaEvent<Value>) -> Result<Report, Failure> {
    let now = now();
    // A local Runtime API names no real function: then the credentials tell whose they are.
    let home = Place::of_function(&event.context.invoked_function_arn);
    let connection = Connection { aws, home, now };
    // Lambda's deadline lies ahead. One in the past is a local Runtime API's way of having none.
    let deadline = remaining(&event.context).map_or_else(Deadline::none, Deadline::after);
    rule::run(&event.payload.to_string(), &connection, now, deadline).await
}

#[expect(clippy::disallowed_methods, reason = "the binary is where the clock is read")]
fn now() -> Timestamp {
    Timestamp::now()
}

#[expect(clippy::disallowed_methods, reason = "the binary is where the clock is read")]
fn remaining(context: &Context) -> Option<Duration> {
    context.deadline().duration_since(SystemTime::now()).ok()
}
