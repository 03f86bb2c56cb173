//! Computes the tables of `docs/cost.md`: the cost of a month, and the savings by
//! `reporting=changed`.
//!
//! `make docs` runs `WRITE_COST_PAGE=1 cargo test --test cost`, which writes them into the page.
#![cfg(test)]
#![allow(
    clippy::cast_precision_loss,
    unreachable_pub,
    reason = "amounts of money and counts are far below 2^53"
)]

mod bill;
mod cloudwatch;
mod fleet;
mod month;
mod page;
