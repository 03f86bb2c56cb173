//! Live accounts: the one place that names the AWS SDK.

pub use connect::clients::{Clients, Paces};
pub use connect::connection::{Aws, Connection, DryRun};
#[cfg(feature = "fleet")]
pub use connect::fleet::Reached;
#[cfg(feature = "fleet")]
pub use connect::organization::Organization;
pub use read::account::LiveAccount;
pub use write::results::LiveResults;
pub(crate) mod connect;
pub(crate) mod read;
pub(crate) mod write;
