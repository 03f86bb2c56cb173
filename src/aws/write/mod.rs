//! Writing: evaluations to Config, findings to Security Hub, events to EventBridge, a parameter to
//! SSM, emails to `DynamoDB` and SNS.

pub(crate) mod emails;
pub(crate) mod event_bridge;
pub(crate) mod event_bus;
pub(crate) mod parameter_store;
pub(crate) mod results;
pub(crate) mod security_hub;
#[cfg(feature = "fleet")]
pub(crate) mod stack_sets;
#[cfg(feature = "probe")]
pub(crate) mod test_invoke;
