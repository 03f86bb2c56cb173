//! What a month costs, and what `reporting=changed` saves of it: the tables of `docs/cost.md`, computed.
//!
//! `WRITE_COST_PAGE=1 cargo test --test cost` writes them into the page (`make docs` does).
#![allow(
    clippy::cast_precision_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "tests: a panic is the report"
)]

mod bill;
mod fleet;
mod month;
mod page;
