//! What holds for any input: properties over generated events, parameters, identifiers, certificates and accounts.
//!
//! The same cases run each time. `PROPTEST_CASES=25600` makes a hundred times as many, `PROPTEST_RNG_SEED=7` makes others.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "tests: a panic is the report"
)]

mod annotations;
mod cases;
mod certificates;
mod events;
mod expiry;
mod exports;
mod findings;
mod identifiers;
mod judge;
mod large;
mod monotonicity;
mod mutation;
mod parameters;
mod redaction;
mod snapshots;
mod validity;
