//! Turns facts into findings, and findings into one compliance type and one annotation per
//! resource.

pub mod annotation;
pub mod api;
pub mod compliance;
pub mod domain_name;
pub(crate) mod earlier_failures;
pub mod evaluated;
pub mod exemptions;
pub mod facts;
pub mod front_door;
pub mod front_door_facts;
pub mod scope;
pub mod stage;
pub mod tally;
