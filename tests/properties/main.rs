//! Properties that hold for any input: generated events, parameters, identifiers, certificates and
//! accounts.
//!
//! Every run uses the same cases. `PROPTEST_CASES=25600` runs a hundred times as many;
//! `PROPTEST_RNG_SEED=7` selects others.
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
