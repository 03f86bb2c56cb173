//! Coverage of a deployment: which account and Region has no rule, no recorder or no sweep in two
//! periods, and why.

pub mod deployment;
pub mod orphans;
pub mod place;
pub mod preflight;
pub mod retry;
pub mod rule_status;
pub mod stack_instance;
pub mod summary;
pub mod targets;
