//! Turns facts into findings, and findings into one compliance type and one annotation per
//! resource.

pub mod annotation;
pub mod compliance;
pub(crate) mod earlier_failures;
pub mod evaluated;
pub mod exemptions;
pub mod facts;
pub mod front_door;
pub mod scope;
pub mod stage;
pub mod tally;
