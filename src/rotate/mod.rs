//! Rotates certificates without downtime.

pub mod watch;
