//! The commands: one file per command.

pub(crate) mod explain;
pub(crate) mod invoke;
pub(crate) mod man;
pub(crate) mod report;
pub(crate) mod scan;
pub(crate) mod snapshot;
