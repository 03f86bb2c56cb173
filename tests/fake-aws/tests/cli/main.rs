//! The real `stagecert` against many accounts and Regions of the fake AWS: its output must match an
//! independently written oracle, and everything that can't be read must be reported.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "tests: a panic is the report"
)]

#[path = "../oracle/oracle.rs"]
mod oracle;
mod permissions;
mod program;
mod scans;
mod snapshots;
mod unread;
