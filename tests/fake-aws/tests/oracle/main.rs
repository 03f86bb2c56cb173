//! The real `bootstrap` under a Lambda Runtime API, in accounts of the fake AWS: the results that
//! Config then stores must match an independently written oracle.

mod absence;
mod accounts;
mod bursts;
mod change_exports;
mod changes;
mod confirmation;
mod evidence;
mod faults;
mod front_door_permissions;
mod function;
mod histories;
#[path = "../iam/mod.rs"]
mod iam;
mod oracle;
mod organization;
mod payloads;
mod permissions;
mod random;
mod scene;
mod scope;
mod sweeps;
