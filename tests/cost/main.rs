//! Computes the tables of `docs/cost.md`: the cost of a month, and the savings by
//! `reporting=changed`.
//!
//! `make docs` runs `WRITE_COST_PAGE=1 cargo test --test cost`, which writes them into the page.
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
