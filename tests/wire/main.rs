//! The AWS layer at the level of HTTP bodies: what is sent to AWS, byte by byte, and how the
//! responses are used. The SDK's own serialization, signing, paging, retries and deserialization
//! run; only the network is fake, and the test controls the time.
#![cfg(test)]

mod account;
mod acm_certificates;
mod backends;
mod bodies;
mod calls;
mod central;
mod changes;
mod client_certificates;
#[cfg(feature = "fleet")]
mod command_line;
mod deadline;
mod dry_run;
mod earlier_results;
mod emails;
mod endpoints;
mod event_bridge;
mod events;
mod exemptions;
mod exports;
#[cfg(feature = "fleet")]
mod fleet;
mod front_door_apis;
mod front_door_domains;
mod front_door_network;
mod front_door_trust_stores;
mod front_door_truststores;
mod history;
mod home;
mod inventory;
mod latest;
mod live_stages;
mod pace;
mod parameter_store;
mod puts;
mod queries;
mod replay;
mod roles;
mod secrets;
mod security_hub;
#[cfg(feature = "fleet")]
mod signing_in;
#[cfg(feature = "fleet")]
mod stack_sets;
mod sweeps;
mod tags;
