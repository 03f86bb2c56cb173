//! An AWS Config custom rule that tells which API Gateway stages can be walked around.
//!
//! Data flows one way: an [`event`] becomes a [`trigger`], which decides the [`reads`]; the [`checks`] turn what was read and
//! an instant into findings, [`evaluations`] make one result a stage of them, and [`put`] hands those to Config. [`rule`] is
//! that path from end to end; [`account`] is the one seam behind which AWS, or a [`snapshot`] of it, stands.

pub mod account;
#[cfg(feature = "aws")]
pub mod aws;
pub mod checks;
pub mod deadline;
pub mod evaluation;
pub mod event;
pub mod failure;
pub mod notify;
pub mod parameters;
pub mod quote;
pub mod reads;
pub mod resources;
pub mod rule;
pub mod scan;
pub mod security_hub;
pub mod snapshot;
pub mod telemetry;

pub use failure::Failure;
