//! The real `bootstrap` under a Lambda Runtime API, against accounts that behave like AWS: what Config then shows is what an
//! oracle says that was written apart from the program.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "tests: a panic is the report"
)]

mod absence;
mod accounts;
mod bursts;
mod changes;
mod confirmation;
mod evidence;
mod faults;
mod function;
mod histories;
mod oracle;
mod organization;
mod payloads;
mod permissions;
mod scene;
mod scope;
mod sweeps;
