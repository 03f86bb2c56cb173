//! # private-front-door
//!
//! ## What it asks
//! Can callers reach a private API without the load balancer that verifies their certificates?
//!
//! ## Why it matters
//! TO BE WRITTEN.
//!
//! ## When it fails
//! TO BE WRITTEN.
//!
//! ## When it does not apply
//! TO BE WRITTEN.
//!
//! ## What to do
//! TO BE WRITTEN.
//!
//! ## Parameters
//! TO BE WRITTEN.

pub use crate::checks::front_door::Answer;

use jiff::Timestamp;

use crate::resources::api::Api;
use crate::resources::entry_point::{EntryPoint, SettingSource};
use crate::resources::private_network::PrivateNetwork;

/// What the check depends on.
#[derive(Clone, Copy, Debug)]
pub struct PrivateApi<'a> {
    /// The API.
    pub api: &'a Api,
    /// Its resource policies and where they come from: one per stage if they are the deployed
    /// ones. A stage without a policy can't be called.
    pub policies: &'a [Policy],
    /// The network in front of it; `None` if it can't be read, with the reason.
    pub network: Result<&'a PrivateNetwork, &'a str>,
    /// Whether `requireMutualTls` names it.
    pub is_required: bool,
}

/// A resource policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The JSON document; `None` if there is no policy.
    pub document: Option<String>,
    /// Where it comes from.
    pub source: SettingSource,
    /// The stage on which it is deployed.
    pub stage: Option<String>,
}

/// Checks a private REST API at an instant.
#[must_use]
pub fn check(_subject: PrivateApi<'_>, _at: Timestamp) -> Answer {
    Answer::NotApplicable("stub", String::new())
}

/// The ids of the VPC endpoints that a policy names, whether or not it allows them.
#[must_use]
pub fn named_endpoints(_document: &str) -> std::collections::BTreeSet<String> {
    std::collections::BTreeSet::new()
}

/// The listeners in front of a private API, and whether they require a certificate.
#[must_use]
pub fn entry_points(_api: &Api, _policies: &[Policy], _network: &PrivateNetwork) -> Vec<EntryPoint> {
    Vec::new()
}

/// The ARNs of the trust stores of the listeners that verify in front of a private API.
#[must_use]
pub fn trust_stores(_api: &Api, _policies: &[Policy], _network: &PrivateNetwork) -> Vec<String> {
    Vec::new()
}
