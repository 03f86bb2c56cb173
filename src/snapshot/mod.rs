//! Snapshots: AWS's responses for one account and Region at one instant, with AWS's field names, in
//! a file.
//!
//! A snapshot is evaluated exactly as a live account is, without AWS. Whatever it lacks counts as
//! missing in AWS: a certificate that it lacks does not exist, and an API without an export can't
//! be exported.

mod account;
mod blank_certificate;
mod connection;
#[cfg(feature = "cli")]
mod deployed_apis;
mod file;
mod known;
mod names;
mod pseudonyms;
mod redaction;
pub mod schema;

pub use account::{RecordedResults, SnapshotAccount};
pub use connection::SnapshotConnection;
pub use file::Snapshot;
pub use names::Names;
pub use pseudonyms::RedactionKey;
