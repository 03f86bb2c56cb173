//! Live accounts: the one place that names the AWS SDK.

mod account;
#[cfg(feature = "fleet")]
mod aggregator;
mod answers;
mod call;
mod cause;
mod clients;
mod connection;
mod counted;
mod event_bridge;
mod exports;
#[cfg(feature = "fleet")]
mod fleet;
mod http;
mod inventory;
mod live_stages;
mod opened;
#[cfg(feature = "fleet")]
mod organization;
mod pace;
mod page_tokens;
#[cfg(feature = "cli")]
mod profile;
#[cfg(feature = "cli")]
mod record;
#[cfg(feature = "fleet")]
mod regions;
mod results;
mod security_hub;
mod service;

pub use account::LiveAccount;
pub use clients::{Clients, Paces};
pub use connection::{Aws, Connection, DryRun};
#[cfg(feature = "fleet")]
pub use fleet::Reached;
#[cfg(feature = "fleet")]
pub use organization::Organization;
pub use results::LiveResults;
