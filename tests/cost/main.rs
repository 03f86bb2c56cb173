//! What a month costs, and what `reporting=changed` saves of it: the tables of `docs/cost.md`, computed.
//!
//! `WRITE_COST_PAGE=1 cargo test --test cost` writes them into the page (`make docs` does).
#![cfg(test)]
#![allow(
    clippy::cast_precision_loss,
    unreachable_pub,
    reason = "amounts of money and counts are far below 2^53"
)]

mod bill;
mod fleet;
mod month;
mod page;
