//! Logs of the Lambda function, by Lambda's own settings.

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

use crate::telemetry::invocation_log::Line;

/// The way to standard output, which Lambda hands to CloudWatch Logs line by line.
#[derive(Clone, Copy, Debug)]
pub struct Log {
    is_json: bool,
    level: LevelFilter,
}

impl Log {
    /// Starts logging, in JSON where `AWS_LAMBDA_LOG_FORMAT` says so.
    ///
    /// `AWS_LAMBDA_LOG_LEVEL` sets the level of stagecert's own lines, INFO by default. Libraries never get below WARN: the SDK
    /// traces whole requests, and a result token or a tag value must not reach a log at any setting.
    #[expect(
        clippy::disallowed_methods,
        reason = "these two variables are how Lambda passes on its logging settings"
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
            // It repeats the failure that the function has just logged.
            .with_target("lambda_runtime::layers::panic", LevelFilter::OFF)
            .with_targets([("stagecert", level), ("bootstrap", level)]);
        let lines = fmt::layer().with_target(false).with_ansi(false);
        if is_json {
            // With the time: Lambda takes a line without `timestamp` for INFO, whatever its `level`.
            registry().with(targets).with(lines.json().flatten_event(true).with_span_list(false)).init();
        } else {
            // Lambda stamps each line with the time itself.
            registry().with(targets).with(lines.without_time()).init();
        }
        Self { is_json, level }
    }

    /// Writes an invocation's one line: INFO, or ERROR where it failed. Not by `tracing`, whose fields hold no maps.
    pub fn invocation(self, line: &Line<'_>, at: Timestamp) {
        let level = if line.error_type.is_some() { Level::ERROR } else { Level::INFO };
        if level > self.level {
            return;
        }
        if self.is_json {
            write(&Stamped { timestamp: milliseconds(at), level: level.as_str(), line });
        } else if let Ok(told) = serde_json::to_string(line) {
            write_line(&format!("{level} {told}"));
        }
    }

    /// Writes metrics in the embedded format, which CloudWatch Logs finds only where the object is the whole line.
    ///
    /// Lambda passes on a line that is JSON as it is, in either format ("Log-level filtering" in its guide). It has no `level`,
    /// and so is INFO to Lambda: with WARN or above as the function's level in JSON format there are no metrics.
    pub fn metrics(self, document: &Value) {
        write(document);
    }
}

#[derive(Serialize)]
struct Stamped<'a> {
    timestamp: Timestamp,
    level: &'static str,
    #[serde(flatten)]
    line: &'a Line<'a>,
}

/// As far as a log needs it.
fn milliseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

fn write(document: &impl Serialize) {
    if let Ok(told) = serde_json::to_string(document) {
        write_line(&told);
    }
}

/// There is nobody to tell where standard output is gone.
fn write_line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}
