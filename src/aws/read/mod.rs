//! Reading: the implementation of [`crate::account::Account`] for live accounts.

pub(crate) mod account;
pub(crate) mod acm;
#[cfg(feature = "fleet")]
pub(crate) mod aggregated_compliance;
#[cfg(feature = "fleet")]
pub(crate) mod aggregator;
pub(crate) mod config_rule;
pub(crate) mod convert;
pub(crate) mod exemptions;
pub(crate) mod exports;
pub(crate) mod inventory;
pub(crate) mod live_stages;
#[cfg(feature = "fleet")]
#[cfg(all(feature = "fleet", feature = "probe"))]
pub(crate) mod metrics;
pub(crate) mod permissions;
#[cfg(feature = "fleet")]
pub(crate) mod preflight;
#[cfg(feature = "fleet")]
pub(crate) mod rule_status;
pub(crate) mod select;
#[cfg(feature = "cli")]
pub(crate) mod snapshot;
#[cfg(feature = "fleet")]
pub(crate) mod stack_sets;
#[cfg(feature = "fleet")]
pub(crate) mod tagged;
#[cfg(feature = "fleet")]
pub(crate) mod units;
