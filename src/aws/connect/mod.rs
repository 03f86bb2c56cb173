//! Clients, credentials, and how requests are sent: paced, counted, and retried by the SDK.

pub(crate) mod call;
pub(crate) mod call_counter;
pub(crate) mod cause;
pub(crate) mod clients;
pub(crate) mod connection;
#[cfg(feature = "fleet")]
pub(crate) mod fleet;
pub(crate) mod http;
pub(crate) mod opened;
#[cfg(feature = "fleet")]
pub(crate) mod organization;
pub(crate) mod page_tokens;
#[cfg(feature = "cli")]
pub(crate) mod profile;
pub(crate) mod rate_limit;
#[cfg(feature = "fleet")]
pub(crate) mod regions;
pub(crate) mod service;
pub(crate) mod service_endpoint;
pub(crate) mod service_error;
