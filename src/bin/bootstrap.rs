//! The Lambda function, which connects the Lambda runtime, the clock and AWS to the rule.

use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use lambda_runtime::{Context, Diagnostic, Error, LambdaEvent, run, service_fn};
use serde_json::value::RawValue;
use stagecert::aws::{Aws, Connection, LiveEmails};
use stagecert::deadline::Deadline;
use stagecert::parameters::settings::{Mailer, Settings};
use stagecert::resources::account_region::AccountRegion;
use stagecert::telemetry::invocation_log::InvocationLog;
use stagecert::telemetry::logging::Log;
use stagecert::telemetry::metrics::metrics;
use stagecert::{Failure, mailer, rule};
use tracing::Instrument;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let output = Log::start();
    let aws = &Aws::from_environment(variable);
    // The event is kept as text, because the runtime's error for invalid JSON would include a path
    // with keys of any length.
    let handler = move |event: LambdaEvent<Box<RawValue>>| Box::pin(invoked(output, aws, event));
    run(service_fn(handler)).await
}

/// Handles one invocation and writes its log line and, for a sweep, its metrics.
async fn invoked(
    output: Log,
    aws: &Aws,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<InvocationLog, Diagnostic> {
    let (now, started) = (now(), Instant::now());
    let request_id = event.context.request_id.clone();
    // An invalid setting fails each invocation, so that its log line and the dead-letter queue say
    // why. A function that does not start would not.
    let (settings, invalid) = match settings() {
        Ok(settings) => (settings, None),
        Err(failure) => (Settings::default(), Some(failure)),
    };
    let mut log = if invalid.is_none() { InvocationLog::of(&settings) } else { InvocationLog::default() };
    // Adds the request id to everything that is logged during the invocation.
    let span = tracing::error_span!("invocation", requestId = request_id);
    let done = match invalid {
        None => handle(aws, event, &settings, now, &mut log).instrument(span).await,
        Some(failure) => Err(failure),
    };
    log.finish(request_id, started.elapsed(), done.as_ref().err());
    output.invocation(&log, self::now());
    if let Some(document) = metrics(&log, &settings, now) {
        output.metrics(&document);
    }
    // The runtime logs an error's `Debug` form; that of a diagnostic is only the message.
    done.map(|()| log)
        .map_err(|failure| Diagnostic { error_type: failure.kind().into(), error_message: failure.message() })
}

async fn handle(
    aws: &Aws,
    event: LambdaEvent<Box<RawValue>>,
    settings: &Settings,
    now: Timestamp,
    log: &mut InvocationLog,
) -> Result<(), Failure> {
    // Without a real function ARN, as with a local Runtime API, `GetCallerIdentity` returns the
    // account.
    let home = AccountRegion::from_function_arn(&event.context.invoked_function_arn);
    // Lambda's deadline is in the future. A local Runtime API without a deadline sends one in the
    // past.
    let deadline = remaining(&event.context).map_or_else(Deadline::none, Deadline::after);
    if let Some(mailer) = &settings.mailer {
        return send_emails(aws, event, mailer, (now, deadline), home, log).await;
    }
    let connection = Connection { aws, home, now };
    rule::run_recorded(event.payload.get(), &connection, settings, now, deadline, log).await
}

async fn send_emails(
    aws: &Aws,
    event: LambdaEvent<Box<RawValue>>,
    settings: &Mailer,
    (now, deadline): (Timestamp, Deadline),
    home: Option<AccountRegion>,
    log: &mut InvocationLog,
) -> Result<(), Failure> {
    let home = home.unwrap_or_else(|| AccountRegion::in_region("unknown", "unknown"));
    let invocation = mailer::Invocation { now, deadline, home: &home };
    let services = LiveEmails::new(aws, &settings.table, &home, deadline);
    let stats = log.start_mailer();
    let outcome = mailer::run(event.payload.get(), &services, settings, &invocation, stats).await;
    log.calls = aws.take_calls();
    if let Some(failure) = Failure::from_all(outcome?) {
        log.set_error(&failure);
    }
    Ok(())
}

fn settings() -> Result<Settings, Failure> {
    Settings::read(variable)
}

/// An environment variable. Text that is not Unicode is kept, so that it is refused as a value.
fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

#[expect(clippy::disallowed_methods, reason = "the binary is where the clock is read")]
fn now() -> Timestamp {
    Timestamp::now()
}

#[expect(clippy::disallowed_methods, reason = "the binary is where the clock is read")]
fn remaining(context: &Context) -> Option<Duration> {
    context.deadline().duration_since(SystemTime::now()).ok()
}
