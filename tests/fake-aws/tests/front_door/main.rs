//! The front-door rule: the real `bootstrap` under a Lambda Runtime API, in accounts of the fake
//! AWS. The results that Config then stores must match an independently written oracle.

mod accounts;
mod budget;
mod faults;
mod function;
mod generate;
mod histories;
mod oracle;
#[path = "../oracle/random.rs"]
mod random;
mod scene;
