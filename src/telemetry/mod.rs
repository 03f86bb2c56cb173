//! What an invocation reports about itself: its log line, its metrics, its calls.

pub mod calls;
pub mod invocation_log;
#[cfg(feature = "lambda")]
pub mod logging;
mod metric;
pub mod metrics;
pub mod warnings;
