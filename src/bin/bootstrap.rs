//! The Lambda function: wires the runtime, the clock and AWS to the rule.

use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use lambda_runtime::{Context, Diagnostic, Error, LambdaEvent, run, service_fn};
use serde_json::value::RawValue;
use stagecert::aws::{Aws, Connection};
use stagecert::deadline::Deadline;
use stagecert::resources::account_region::AccountRegion;
use stagecert::telemetry::invocation_log::InvocationLog;
use stagecert::telemetry::logging::Log;
use stagecert::telemetry::metrics::metrics;
use stagecert::{Failure, rule};
use tracing::Instrument;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let output = Log::start();
    let aws = &Aws::load(None).await;
    // As text: the runtime would name the path to what is not JSON, and a path holds keys of any length.
    run(service_fn(move |event: LambdaEvent<Box<RawValue>>| invoked(output, aws, event))).await
}

/// One invocation, with its log line and, of a sweep, its metrics.
async fn invoked(
    output: Log,
    aws: &Aws,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<InvocationLog, Diagnostic> {
    let (now, started) = (now(), Instant::now());
    let request_id = event.context.request_id.clone();
    let mut log = InvocationLog::default();
    // Whatever is logged on the way says whose it is.
    let span = tracing::error_span!("invocation", requestId = request_id);
    let done = handle(aws, event, now, &mut log).instrument(span).await;
    log.finish(request_id, started.elapsed(), done.as_ref().err());
    output.invocation(&log, self::now());
    if let Some(document) = metrics(&log, now) {
        output.metrics(&document);
    }
    // The runtime logs the error's `Debug`: a diagnostic shows the message and no more.
    done.map(|()| log)
        .map_err(|failure| Diagnostic { error_type: failure.kind().into(), error_message: failure.message() })
}

async fn handle(
    aws: &Aws,
    event: LambdaEvent<Box<RawValue>>,
    now: Timestamp,
    log: &mut InvocationLog,
) -> Result<(), Failure> {
    // A local Runtime API names no real function: then the credentials tell whose they are.
    let home = AccountRegion::from_function_arn(&event.context.invoked_function_arn);
    let connection = Connection { aws, home, now };
    // Lambda's deadline lies ahead. One in the past is a local Runtime API's way of having none.
    let deadline = remaining(&event.context).map_or_else(Deadline::none, Deadline::after);
    rule::run_recorded(event.payload.get(), &connection, now, deadline, log).await
}

#[expect(clippy::disallowed_methods, reason = "the binary is where the clock is read")]
fn now() -> Timestamp {
    Timestamp::now()
}

#[expect(clippy::disallowed_methods, reason = "the binary is where the clock is read")]
fn remaining(context: &Context) -> Option<Duration> {
    context.deadline().duration_since(SystemTime::now()).ok()
}
