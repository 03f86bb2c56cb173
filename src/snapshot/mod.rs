//! An account and Region as a file: what AWS answered at one instant, in AWS's own field names.
//!
//! The same evaluation runs on it without AWS. What it does not hold counts as what AWS would not know: a certificate
//! that is absent does not exist, an API without export is one that can't be exported.

mod account;
mod blank_certificate;
mod file;
mod known;
mod names;
mod pseudonyms;
mod redaction;
pub mod schema;

pub use account::{RecordedResults, SnapshotAccount, SnapshotConnection};
pub use file::Snapshot;
pub use names::Names;
pub use pseudonyms::RedactionKey;
