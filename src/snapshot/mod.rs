//! Snapshots: AWS's responses for one account and Region at one instant, with AWS's field names, in
//! a file.
//!
//! A snapshot is evaluated exactly as a live account is, without AWS. Whatever it lacks counts as
//! missing in AWS: a certificate that it lacks does not exist, and an API without an export can't
//! be exported.

mod account;
#[cfg(feature = "cli")]
mod api_names;
#[cfg(feature = "cli")]
mod blank_certificate;
mod connection;
#[cfg(feature = "cli")]
mod deployed_apis;
mod file;
pub mod front_door;
#[cfg(feature = "cli")]
mod known;
mod names;
#[cfg(feature = "cli")]
mod pseudonyms;
#[cfg(feature = "cli")]
mod redaction;
pub mod schema;

pub use account::{RecordedResults, SnapshotAccount};
pub use connection::SnapshotConnection;
pub use file::Snapshot;
pub use names::Names;
#[cfg(feature = "cli")]
pub use pseudonyms::RedactionKey;
