//! The real `stagecert` on many accounts and Regions that behave like AWS: what it prints is what an oracle says that was
//! written apart from the program, and what could not be read is told.
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
