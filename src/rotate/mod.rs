//! Rotation of certificates that API Gateway generated, without downtime, in steps.
//!
//! The old and the new certificate exist side by side until no stage has the old one. The state of
//! a rotation is in tags on the new certificate, so any machine can continue it. Each step reads
//! what exists now, does only what is missing, and can be repeated or interrupted anywhere.

pub mod attach;
pub mod finish;
pub mod inventory;
pub mod operations;
pub mod overlap;
pub mod plan;
pub mod refusal;
pub mod rotation;
pub mod select;
pub mod start;
pub mod step;
pub mod test;
pub mod watch;
