//! AWS resources as plain values: stages, certificates, tags and deployed backends. No I/O.

pub mod account_region;
pub mod api;
#[cfg(feature = "cli")]
pub mod backend;
pub mod backends;
pub(crate) mod blank;
pub mod certificate;
pub mod certificate_id;
#[cfg(feature = "cli")]
pub mod origin;
#[cfg(feature = "cli")]
pub mod probe_result;
#[cfg(feature = "cli")]
pub mod resolve_override;
pub mod resource;
#[cfg(feature = "cli")]
pub mod safe_method;
pub mod stage;
pub mod stage_arn;
pub mod subject;
pub mod tags;
