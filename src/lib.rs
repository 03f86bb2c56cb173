//! An AWS Config custom rule that reports which API Gateway stages can be bypassed.
//!
//! Data flows in one direction: [`event`] parses what invokes the function and determines what to
//! evaluate, [`reads`] reads the facts, [`checks`] turns the facts and an instant into findings,
//! [`evaluation`] combines the findings into one result per stage, and [`rule`] puts the results.
//! [`account`] is the only interface to AWS or to a [`snapshot`] of an account.

pub mod account;
#[cfg(feature = "aws")]
pub mod aws;
pub mod checks;
pub mod deadline;
pub mod evaluation;
pub mod event;
pub mod failure;
pub mod mailer;
pub mod notify;
pub mod parameters;
#[cfg(feature = "probe")]
pub mod probe;
pub mod quote;
pub mod reads;
pub mod resources;
pub mod rule;
pub mod scan;
pub mod security_hub;
pub mod snapshot;
pub mod telemetry;

pub use failure::Failure;
