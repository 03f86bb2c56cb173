//! Clients, credentials and the sending of requests, which are rate-limited, counted, and retried
//! by the SDK.

pub(crate) mod account_cache;
pub(crate) mod call;
pub(crate) mod call_counter;
pub(crate) mod clients;
pub(crate) mod connection;
pub(crate) mod content;
pub(crate) mod credentials;
pub(crate) mod documents;
pub(crate) mod download;
mod environment;
#[cfg(feature = "fleet")]
pub(crate) mod fleet;
pub(crate) mod form;
pub(crate) mod http;
#[cfg(feature = "fleet")]
pub(crate) mod organization;
pub(crate) mod page_tokens;
#[cfg(feature = "cli")]
pub(crate) mod profile;
#[cfg(feature = "fleet")]
pub(crate) mod query;
pub(crate) mod rate_limit;
#[cfg(feature = "fleet")]
pub(crate) mod regions;
mod response;
#[cfg(feature = "rotate")]
pub(crate) mod rotation;
pub(crate) mod sdk_error;
pub(crate) mod service;
pub(crate) mod service_endpoint;
pub(crate) mod service_error;
pub(crate) mod size_limit;
pub(crate) mod xml;
