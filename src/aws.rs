//! Live accounts: the one place that names the AWS SDK.

mod account;
mod answers;
mod call;
mod clients;
mod connection;
mod pace;
mod results;

pub use account::LiveAccount;
pub use clients::{Clients, Paces};
pub use connection::{Aws, Connection, DryRun};
pub use results::LiveResults;
