//! Live AWS accounts. No other module of the library uses the AWS SDK.

pub(crate) mod connect;
pub(crate) mod read;
pub(crate) mod write;

pub(crate) use connect::clients::Clients;
pub use connect::clients::RateLimits;
pub use connect::connection::{Aws, Connection, DryRun};
#[cfg(feature = "fleet")]
pub use connect::fleet::AssumedAccount;
#[cfg(feature = "fleet")]
pub use connect::organization::Organization;
pub use read::account::LiveAccount;
#[cfg(feature = "fleet")]
pub use read::rule_status::RegionalConfig;
#[cfg(feature = "fleet")]
pub use read::stack_sets::StackSets;
pub use write::emails::LiveEmails;
pub use write::results::LiveResults;
#[cfg(feature = "probe")]
pub use write::test_invoke::{InvokedStage, LiveApi};
