//! From facts and findings to evaluations: one resource, one compliance type, one annotation.

pub mod annotation;
pub mod compliance;
pub mod evaluated;
pub mod facts;
pub mod scope;
pub mod stage;
pub mod tally;
