//! Properties that hold for any input: generated events, parameters, identifiers, certificates and
//! accounts.
//!
//! Every run uses the same cases. `PROPTEST_CASES=25600` runs a hundred times as many;
//! `PROPTEST_RNG_SEED=7` selects others.
#![cfg(test)]

mod annotations;
mod backends;
mod cases;
mod certificates;
mod evaluate;
mod events;
mod exports;
mod findings;
mod hostile;
mod identifiers;
mod large;
mod monotonicity;
mod mutation;
mod parameters;
mod redaction;
mod snapshots;
mod validity;
