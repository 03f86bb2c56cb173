//! The Lambda function: wires the runtime, the clock and AWS to the rule.

use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use lambda_runtime::{Context, Diagnostic, Error, LambdaEvent, run, service_fn};
use serde_json::value::RawValue;
use stagecert::Failure;
use stagecert::aws::{Aws, Connection};
use stagecert::deadline::Deadline;
use stagecert::resources::account_region::AccountRegion;
use stagecert::rule::{self, Report};
use stagecert::telemetry::invocation_log::{End, Record};
use stagecert::telemetry::logging::Log;
use stagecert::telemetry::metrics::metrics;
use tracing::Instrument;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let log = Log::start();
    let aws = &Aws::load(None).await;
    // As text: the runtime would name the path to what is not JSON, and a path holds keys of any length.
    run(service_fn(move |event: LambdaEvent<Box<RawValue>>| invoked(log, aws, event))).await
}

/// One invocation, with its log line and, of a sweep, its metrics.
async fn invoked(log: Log, aws: &Aws, event: LambdaEvent<Box<RawValue>>) -> Result<Report, Diagnostic> {
    let (now, started) = (now(), Instant::now());
    let request_id = event.context.request_id.clone();
    let mut record = Record::default();
    // Whatever is logged on the way says whose it is.
    let span = tracing::error_span!("invocation", requestId = request_id);
    let done = handle(aws, event, now, &mut record).instrument(span).await;
    let end = End { request_id: &request_id, duration: started.elapsed(), failure: done.as_ref().err() };
    log.invocation(&record.line(&end), self::now());
    if let Some(document) = metrics(&record, &end, now) {
        log.metrics(&document);
    }
    // The runtime logs the error's `Debug`: a diagnostic shows the message and no more.
    done.map_err(|failure| Diagnostic { error_type: failure.kind().into(), error_message: failure.message() })
}

async fn handle(
    aws: &Aws,
    event: LambdaEvent<Box<RawValue>>,
    now: Timestamp,
    record: &mut Record,
) -> Result<Report, Failure> {
    // A local Runtime API names no real function: then the credentials tell whose they are.
    let home = AccountRegion::of_function(&event.context.invoked_function_arn);
    let connection = Connection { aws, home, now };
    // Lambda's deadline lies ahead. One in the past is a local Runtime API's way of having none.
    let deadline = remaining(&event.context).map_or_else(Deadline::none, Deadline::after);
    rule::run_recorded(event.payload.get(), &connection, now, deadline, record).await
}

#[expect(clippy::disallowed_methods, reason = "the binary is where the clock is read")]
fn now() -> Timestamp {
    Timestamp::now()
}

#[expect(clippy::disallowed_methods, reason = "the binary is where the clock is read")]
fn remaining(context: &Context) -> Option<Duration> {
    context.deadline().duration_since(SystemTime::now()).ok()
}
