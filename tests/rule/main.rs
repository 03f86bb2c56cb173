//! The rule from event to evaluations, on accounts as snapshots: what would be put, and nothing else.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "tests: a panic is the report"
)]

mod batches;
mod change;
mod confirmation;
mod deployments;
mod events;
mod evidence;
mod faults;
mod faulty;
mod judge;
mod parameters;
mod partitions;
mod reasons;
mod sweep;
mod told;
mod unlisted;
