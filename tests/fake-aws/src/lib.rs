//! A fake AWS: API Gateway, Config, the Resource Groups Tagging API, ACM, S3, Elastic Load
//! Balancing, EC2, STS, Organizations, Account Management, StackSets and Lambda's quotas on one
//! HTTP port. It supports the calls of stagecert and its peers (`benches/peers`) and enforces AWS's
//! limits.
//!
//! [`World`] is what exists and how it changes; every change that Config would see returns the
//! events that Config would send. [`FakeAws`] serves a world. The limits come from botocore's model
//! 1.44.5 and AWS's documentation. Undocumented behavior is an option
//! ([`model::RegionOptions`], [`front_door::FrontDoorOptions`]), so that tests can show that
//! stagecert is correct either way.
//!
//! [`Gateway`] serves requests to the stages of REST APIs and calls real backends with the stages'
//! certificates.
//!
//! How certificates age while the program under test reads the wall clock: [`clock`].

mod certificate_changes;
pub mod certificates;
mod changes;
pub mod clock;
mod connections;
mod dispatch;
pub mod event_bus;
mod events;
pub mod faults;
pub mod front_door;
mod gate;
mod gateway;
pub mod items;
pub mod limits;
pub mod log;
pub mod model;
mod operations;
mod options;
mod pages;
mod routes;
mod rule;
mod runtime_api;
pub mod security_hub;
mod seed;
mod server;
pub mod stack_sets;
pub mod traffic;
mod wire;
mod witness;
mod world;

pub use certificates::Tags;
pub use faults::{Fault, Refused};
pub use gate::Gate;
pub use gateway::Gateway;
pub use log::LoggedCall;
pub use model::{Aggregator, ApiKind, Recorder, Scope, StoredEvaluation};
pub use options::Backend;
pub use runtime_api::{Outcome, RuntimeApi};
pub use seed::Fleet;
pub use server::FakeAws;
pub use stack_sets::{StackInstance, StackSet};
pub use witness::{Facts, Put, Shown};
pub use world::{Account, Credentials, Key, Organization, World};
