//! Writing: evaluations to Config, findings to Security Hub, events to EventBridge.

pub(crate) mod event_bridge;
pub(crate) mod event_bus;
pub(crate) mod results;
pub(crate) mod security_hub;
#[cfg(feature = "fleet")]
pub(crate) mod stack_sets;
