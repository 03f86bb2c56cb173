//! # private-front-door
//!
//! ## What it asks
//! Can callers reach a private API only through a load balancer that verifies their certificates?
//!
//! ## Why it matters
//! A private API can't have mutual TLS. A load balancer in front of its VPC endpoint can verify
//! client certificates instead, but only if there is no other way to the endpoint, and no other
//! endpoint leads to the API.
//!
//! ## When it fails
//! - `policy-open`: the resource policy lets in callers through more than the VPC endpoints that a
//!   load balancer protects. A statement that is limited by `aws:SourceVpc` lets in every endpoint
//!   of that VPC.
//! - `endpoint-open`: a security group of the endpoint lets in HTTPS from more than the security
//!   groups of the load balancers that verify, or another network interface has such a group too.
//! - `listener-open`: a listener forwards to the endpoint and is not HTTPS (or TLS) in mode
//!   `verify`. A TCP listener of a network load balancer in front of an application load balancer
//!   that verifies is no problem.
//! - `ignores-expiry`: a listener accepts expired client certificates.
//! - `trust-store-removed`: the trust store of a listener was shared and has been taken away.
//! - `crl-expired`: a revocation list of a listener's trust store was to be replaced by now.
//! - `no-load-balancer`: `requireMutualTls` names the API, and no load balancer forwards to it.
//!   This also happens if the endpoint's addresses changed after they were registered as targets.
//! - `undetermined`: something can't be read, such as an endpoint of another account, or a
//!   statement of the policy is not of a known form, and is quoted.
//!
//! These forms of policies are known: `Allow` with `StringEquals` on `aws:SourceVpce` (one or more
//! endpoints), and `Deny` with `StringNotEquals` on `aws:SourceVpce`, with or without an `Allow`,
//! for every method of the API. A policy takes effect with the next deployment of the API: the
//! check uses the deployed policy if the export of the stage contains it, and otherwise the current
//! one. If by the current policy no listener that verifies is in front of the API, and
//! `requireMutualTls` does not name it, what is deployed is not read.
//!
//! AWS's own sample for private mutual TLS (`cross-account-private-api-patterns`, `alb-mtls`) fails
//! with `endpoint-open`: its VPC endpoint has the default security group of the CDK construct,
//! which lets in HTTPS from every address in the VPC. Any host there can call the API without the
//! load balancer, and so without a certificate.
//!
//! ## When it does not apply
//! - `not-guarded`: no listener in front of the API verifies certificates, and `requireMutualTls`
//!   does not name it; or no policy lets callers in.
//! - `not-private`: the API is not a private REST API.
//!
//! ## What to do
//! 1. Limit the resource policy to the endpoint, with a `Deny` and `StringNotEquals` on
//!    `aws:SourceVpce`, and deploy the API to each stage. An `Allow` alone is not enough for
//!    methods with IAM authorization or a Lambda authorizer: these can allow the call as well,
//!    which the check doesn't see.
//! 2. Give the endpoint a security group that admits port 443 only from the security group of the
//!    load balancer, which nothing else has.
//! 3. Set every listener that forwards there to mode `verify`, without ignoring expiry, or remove
//!    it.
//!
//! ## Parameters
//! - `requireMutualTls`: comma-separated globs over domain names and API ids, as in `mutual-tls`.

pub use crate::checks::front_door::Answer;

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::checks::api::endpoint_groups;
use crate::checks::api::in_front::{self, InFront};
use crate::checks::api::listener_problems;
use crate::checks::front_door::{Problem, Problems, Reason};
use crate::resources::api::Api;
use crate::resources::entry_point::{EntryPoint, SettingSource};
use crate::resources::private_network::{PrivateNetwork, VpcEndpoint};
use crate::resources::resource_policy::{self, Access};

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

impl Policy {
    /// The current policy of an API, which takes effect with its next deployment.
    #[must_use]
    pub fn current(api: &Api) -> Self {
        Self { document: api.policy.clone(), source: SettingSource::Current, stage: None }
    }
}

/// Checks a private REST API at an instant.
#[must_use]
pub fn check(subject: PrivateApi<'_>, at: Timestamp) -> Answer {
    if !subject.api.is_private() {
        return Answer::NotApplicable("not-private", "not a private REST API".to_owned());
    }
    let policies = accesses(subject.api, subject.policies);
    if policies.is_empty() {
        let detail = "no policy was read";
        return Answer::Failed(vec![
            Problem::new(Reason::Undetermined, "resource policy").with_detail(detail),
        ]);
    }
    if policies.iter().all(|(_, access)| access.is_closed()) {
        let why = "the resource policy allows no call";
        return if subject.is_required {
            Answer::Failed(vec![not_in_front_of(subject.api).with_detail(why)])
        } else {
            not_guarded(why)
        };
    }
    let network = match subject.network {
        Ok(network) => network,
        Err(why) => {
            let problem = Problem::new(Reason::Undetermined, "the network in front of the API");
            return Answer::Failed(vec![problem.with_detail(why)]);
        }
    };
    let endpoints = Endpoints::of(&policies, network);
    let is_guarded = endpoints.found.iter().any(InFront::verifies);
    let mut problems = Problems::default();
    problems.extend(endpoints.problems());
    if !is_guarded && !subject.is_required {
        // Whether a listener verifies may depend on what is missing.
        let problems = problems.into_vec();
        return if problems.is_empty() {
            not_guarded("no listener in front of the API verifies client certificates")
        } else {
            Answer::Failed(problems)
        };
    }
    for (policy, access) in &policies {
        problems.extend(policy_problems(policy, access));
    }
    // Without the name of an endpoint, there is none to report.
    if endpoints.named.is_empty() && endpoints.found.iter().all(|it| it.listeners.is_empty()) {
        problems.push(not_in_front_of(subject.api));
    }
    for in_front in &endpoints.found {
        let is_named = endpoints.named.contains(&in_front.endpoint.vpc_endpoint_id);
        if is_named && in_front.listeners.is_empty() && in_front.unknown.is_empty() {
            problems.push(not_in_front(in_front.endpoint, is_guarded));
        }
        for found in &in_front.listeners {
            problems.extend(listener_problems::of(found, network, at));
        }
    }
    let load_balancers = endpoints.found.iter().filter(|it| it.verifies());
    let load_balancers: Vec<_> = load_balancers.flat_map(InFront::verifying_load_balancers).collect();
    for in_front in endpoints.found.iter().filter(|it| !it.listeners.is_empty()) {
        problems.extend(endpoint_groups::problems(in_front.endpoint, &load_balancers, network));
    }
    Answer::of(problems.into_vec(), || evidence(&policies, &endpoints))
}

/// The ids of the VPC endpoints that a policy names, whether or not it allows them.
#[must_use]
pub fn named_endpoints(document: &str) -> BTreeSet<String> {
    resource_policy::named_endpoints(document)
}

/// The listeners in front of a private API, and whether they require a certificate.
#[must_use]
pub fn entry_points(api: &Api, policies: &[Policy], network: &PrivateNetwork) -> Vec<EntryPoint> {
    let endpoints = Endpoints::of(&accesses(api, policies), network);
    let entry_points: BTreeSet<EntryPoint> = endpoints.found.iter().flat_map(InFront::entry_points).collect();
    entry_points.into_iter().collect()
}

/// The ARNs of the trust stores of the listeners that verify in front of a private API.
#[must_use]
pub fn trust_stores(api: &Api, policies: &[Policy], network: &PrivateNetwork) -> Vec<String> {
    let endpoints = Endpoints::of(&accesses(api, policies), network);
    let listeners = endpoints.found.iter().flat_map(|it| &it.listeners).map(|found| found.listener);
    let settings = listeners.filter(|it| it.verifies()).filter_map(|it| it.mutual_authentication.as_ref());
    let arns: BTreeSet<&String> = settings.filter_map(|it| it.trust_store_arn.as_ref()).collect();
    arns.into_iter().cloned().collect()
}

fn not_guarded(text: &str) -> Answer {
    Answer::NotApplicable("not-guarded", text.to_owned())
}

fn accesses<'p>(api: &Api, policies: &'p [Policy]) -> Vec<(&'p Policy, Access)> {
    let access = |document: &String| resource_policy::access(document, &api.arn);
    policies.iter().map(|policy| (policy, policy.document.as_ref().map(access).unwrap_or_default())).collect()
}

/// The endpoints through which the policies let callers in.
struct Endpoints<'n> {
    found: Vec<InFront<'n>>,
    /// The ids that a statement names as its limit.
    named: BTreeSet<String>,
    /// Those of them that were not found.
    missing: BTreeSet<String>,
}

impl<'n> Endpoints<'n> {
    fn of(policies: &[(&Policy, Access)], network: &'n PrivateNetwork) -> Self {
        let named: BTreeSet<String> =
            policies.iter().flat_map(|(_, access)| access.endpoints.iter().cloned()).collect();
        let vpcs: BTreeSet<&String> = policies.iter().flat_map(|(_, access)| &access.vpcs).collect();
        // A statement that is open or not understood may let callers in through any endpoint.
        let is_any = policies.iter().any(|(_, it)| !it.open.is_empty() || !it.unknown.is_empty());
        let found = network
            .endpoints
            .iter()
            .filter(|(id, endpoint)| is_any || named.contains(*id) || vpcs.contains(&endpoint.vpc_id))
            .map(|(_, endpoint)| InFront::of(endpoint, network))
            .collect();
        let missing = named.iter().filter(|id| !network.endpoints.contains_key(*id)).cloned().collect();
        Self { found, named, missing }
    }

    /// What can't be read of the endpoints, and of what is in front of them.
    fn problems(&self) -> Vec<Problem> {
        let detail = "not in this account and Region, or it can't be read";
        let missing =
            self.missing.iter().map(|id| Problem::new(Reason::Undetermined, id).with_detail(detail));
        let unknown = self.found.iter().flat_map(|in_front| in_front.unknown.iter().cloned());
        missing.chain(unknown).collect()
    }
}

fn policy_problems(policy: &Policy, access: &Access) -> Vec<Problem> {
    let on = match (&policy.stage, policy.source) {
        (Some(stage), _) => format!("resource policy deployed on {stage}"),
        (None, SettingSource::Deployed) => "deployed resource policy".to_owned(),
        (None, SettingSource::Current) => "current resource policy".to_owned(),
    };
    let problem = |reason: Reason, detail: &str| Problem::new(reason, &on).with_detail(detail);
    let open = access.open.iter().map(|statement| problem(Reason::PolicyOpen, statement));
    let vpcs = access
        .vpcs
        .iter()
        .map(|vpc| problem(Reason::PolicyOpen, &format!("aws:SourceVpc lets in every endpoint of {vpc}")));
    let unknown = access.unknown.iter().map(|statement| problem(Reason::Undetermined, statement));
    open.chain(vpcs).chain(unknown).collect()
}

/// The problem of an API without any listener in front of it.
fn not_in_front_of(api: &Api) -> Problem {
    Problem::new(Reason::NoLoadBalancer, api.arn.id())
}

/// The problem of an endpoint to which no listener forwards.
fn not_in_front(endpoint: &VpcEndpoint, is_guarded: bool) -> Problem {
    let id = &endpoint.vpc_endpoint_id;
    if is_guarded {
        // Another endpoint is behind a load balancer: this one is a way around it.
        let detail = format!("it names {id}, to which no load balancer forwards");
        Problem::new(Reason::PolicyOpen, "resource policy").with_detail(&detail)
    } else {
        Problem::new(Reason::NoLoadBalancer, id)
    }
}

fn evidence(policies: &[(&Policy, Access)], endpoints: &Endpoints<'_>) -> String {
    let ids: Vec<&str> = endpoints.found.iter().map(|it| it.endpoint.vpc_endpoint_id.as_str()).collect();
    let listeners: BTreeSet<String> = endpoints
        .found
        .iter()
        .flat_map(|it| &it.listeners)
        .map(|found| in_front::entry_point(found.listener).to_string())
        .collect();
    let listeners: Vec<String> = listeners.into_iter().collect();
    let is_deployed = policies.iter().all(|(policy, _)| policy.source == SettingSource::Deployed);
    let source = if is_deployed { "deployed" } else { "current" };
    format!("the {source} resource policy lets in only {}, behind {}", ids.join(", "), listeners.join(", "))
}
