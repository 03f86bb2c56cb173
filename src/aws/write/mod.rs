//! Writing: evaluations to Config, findings to Security Hub, events to EventBridge, a parameter to
//! SSM.

pub(crate) mod event_bridge;
pub(crate) mod event_bus;
pub(crate) mod parameter_store;
pub(crate) mod results;
pub(crate) mod security_hub;
#[cfg(feature = "fleet")]
pub(crate) mod stack_sets;
