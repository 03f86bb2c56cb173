//! Logs of the Lambda function, by Lambda's own settings.

use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{fmt, registry};

/// Starts logging to standard output, in JSON where `AWS_LAMBDA_LOG_FORMAT` says so.
///
/// `AWS_LAMBDA_LOG_LEVEL` sets the level of stagecert's own lines, INFO by default. Libraries never get below WARN: the SDK
/// traces whole requests, and a result token or a tag value must not reach a log at any setting.
#[expect(
    clippy::disallowed_methods,
    reason = "these two variables are how Lambda passes on its logging settings"
)]
pub fn init() {
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|set| set.eq_ignore_ascii_case(value));
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL").ok().and_then(|level| level.parse().ok());
    let level: LevelFilter = level.unwrap_or(LevelFilter::INFO);
    let targets = Targets::new()
        .with_default(Level::WARN)
        // It repeats the failure that the function has just logged.
        .with_target("lambda_runtime::layers::panic", LevelFilter::OFF)
        .with_targets([("stagecert", level), ("bootstrap", level)]);
    // Lambda stamps each line with the time itself.
    let lines = fmt::layer().with_target(false).without_time().with_ansi(false);
    if is("AWS_LAMBDA_LOG_FORMAT", "JSON") {
        registry().with(targets).with(lines.json().flatten_event(true)).init();
    } else {
        registry().with(targets).with(lines).init();
    }
}
