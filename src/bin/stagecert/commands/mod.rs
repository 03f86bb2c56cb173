//! The commands: one file per command.

#[cfg(feature = "fleet")]
pub(crate) mod coverage;
pub(crate) mod explain;
pub(crate) mod invoke;
pub(crate) mod man;
pub(crate) mod report;
pub(crate) mod scan;
pub(crate) mod snapshot;
