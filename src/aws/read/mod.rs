//! Reads: the account and Region behind the reading seam.

pub(crate) mod account;
#[cfg(feature = "fleet")]
pub(crate) mod aggregator;
pub(crate) mod convert;
pub(crate) mod exports;
pub(crate) mod inventory;
pub(crate) mod live_stages;
#[cfg(feature = "cli")]
pub(crate) mod snapshot;
