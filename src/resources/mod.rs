//! What AWS has: stages, certificates, tags, and what is deployed behind a stage. Values only, without I/O.

pub mod account_region;
pub mod api;
pub mod backends;
pub mod blank;
pub mod certificate;
pub mod certificate_id;
pub mod resource;
pub mod stage;
pub mod stage_arn;
pub mod tags;
