//! The commands: one file per command.

pub(crate) mod backends;
#[cfg(feature = "fleet")]
pub(crate) mod coverage;
pub(crate) mod diff;
pub(crate) mod exemptions;
pub(crate) mod explain;
#[cfg(feature = "fleet")]
pub(crate) mod findings;
pub(crate) mod fix;
pub(crate) mod invoke;
pub(crate) mod man;
#[cfg(feature = "fleet")]
pub(crate) mod orphans;
#[cfg(feature = "fleet")]
pub(crate) mod preflight;
#[cfg(feature = "probe")]
pub(crate) mod probe;
pub(crate) mod report;
#[cfg(feature = "fleet")]
pub(crate) mod retry;
pub(crate) mod scan;
pub(crate) mod snapshot;
