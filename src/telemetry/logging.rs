//! The log of the Lambda function, configured by Lambda's logging settings.

use std::io::Write as _;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{fmt, registry};

use crate::telemetry::invocation_log::InvocationLog;

/// The log on standard output, which Lambda sends to CloudWatch Logs line by line.
#[derive(Clone, Copy, Debug)]
pub struct Log {
    is_json: bool,
    level: LevelFilter,
}

impl Log {
    /// Starts logging, as JSON if `AWS_LAMBDA_LOG_FORMAT` is `JSON`.
    ///
    /// `AWS_LAMBDA_LOG_LEVEL` sets the level of stagecert's own lines, INFO by default. Libraries
    /// log only at WARN and above: the SDK traces whole requests at lower levels, and no setting
    /// may let a result token or a tag value reach a log.
    #[expect(
        clippy::disallowed_methods,
        reason = "Lambda passes its logging settings in these two variables"
    )]
    #[must_use]
    pub fn start() -> Self {
        let variable = |name: &str| std::env::var(name).ok();
        let level = variable("AWS_LAMBDA_LOG_LEVEL").and_then(|level| level.parse().ok());
        let level: LevelFilter = level.unwrap_or(LevelFilter::INFO);
        let is_json =
            variable("AWS_LAMBDA_LOG_FORMAT").is_some_and(|format| format.eq_ignore_ascii_case("JSON"));
        let targets = Targets::new()
            .with_default(Level::WARN)
            // It would log a failure again that the function has just logged.
            .with_target("lambda_runtime::layers::panic", LevelFilter::OFF)
            .with_targets([("stagecert", level), ("bootstrap", level)]);
        let lines = fmt::layer().with_target(false).with_ansi(false);
        if is_json {
            // With the time: Lambda treats a JSON line without `timestamp` as INFO, ignoring
            // `level`.
            registry().with(targets).with(lines.json().flatten_event(true).with_span_list(false)).init();
        } else {
            // Without the time, which Lambda adds to each line.
            registry().with(targets).with(lines.without_time()).init();
        }
        Self { is_json, level }
    }

    /// Writes the log line of an invocation, at level ERROR if the invocation failed and INFO if
    /// not. It doesn't use `tracing`, whose fields can't be maps.
    pub fn invocation(self, line: &InvocationLog, at: Timestamp) {
        let level = if line.error.is_some() { Level::ERROR } else { Level::INFO };
        if level > self.level {
            return;
        }
        if self.is_json {
            write(&Stamped { timestamp: milliseconds(at), level: level.as_str(), line });
        } else if let Ok(json) = serde_json::to_string(line) {
            write_line(&format!("{level} {json}"));
        }
    }

    /// Writes metrics in the embedded metric format, which CloudWatch Logs extracts only if the
    /// JSON object is the whole line.
    ///
    /// In either log format, Lambda doesn't change a line that is JSON ("Log-level filtering" in
    /// the Lambda Developer Guide). The line has no `level`, so Lambda treats it as INFO: in JSON
    /// format, a log level of WARN or above drops the metrics.
    pub fn metrics(self, document: &Value) {
        write(document);
    }
}

#[derive(Serialize)]
struct Stamped<'a> {
    timestamp: Timestamp,
    level: &'static str,
    #[serde(flatten)]
    line: &'a InvocationLog,
}

/// Returns the instant with a precision of milliseconds, which is enough for a log.
fn milliseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

fn write(document: &impl Serialize) {
    if let Ok(json) = serde_json::to_string(document) {
        write_line(&json);
    }
}

/// Writes a line. Errors are ignored: if standard output is closed, they can't be reported.
fn write_line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}
