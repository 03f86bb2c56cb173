//! A fake AWS for the AWS accounts of a fleet: API Gateway, Config, the Resource Groups Tagging API, ACM, STS, Organizations
//! and Account Management on one HTTP port, as far as stagecert and its peers (`benches/peers`) call them, with the limits that
//! AWS enforces.
//!
//! [`World`] is what exists and how it changes; what Config would see of a change comes back as the events that Config
//! would send. [`FakeAws`] serves a world. The limits are those of botocore's model 1.44.5 and of AWS's documentation;
//! what AWS does not document is an option ([`model::RegionOptions`]), so that a test can show that neither answer hurts.
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
mod gate;
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
mod wire;
mod witness;
mod world;

pub use certificates::Tags;
pub use faults::{Fault, Refused};
pub use gate::Gate;
pub use log::LoggedCall;
pub use model::{Aggregator, ApiKind, Recorder, Scope, StoredEvaluation};
pub use runtime_api::{Outcome, RuntimeApi};
pub use seed::Fleet;
pub use server::FakeAws;
pub use witness::{Facts, Put, Shown};
pub use world::{Account, Credentials, Key, Organization, World};
