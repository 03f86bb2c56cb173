//! The real `stagecert` against many accounts and Regions of the fake AWS: its output must match an
//! independently written oracle, and everything that can't be read must be reported.

mod coverage;
mod deployment;
mod deployment_files;
mod findings;
mod gaps;
#[path = "../iam/mod.rs"]
mod iam;
#[path = "../oracle/oracle.rs"]
mod oracle;
mod orphans;
mod permissions;
mod preflight;
mod probe;
mod program;
mod retry;
mod scans;
mod snapshots;
mod unread;
