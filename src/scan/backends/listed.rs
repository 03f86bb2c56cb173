//! Each backend with what all stages together say about it: which stages call the same server, and
//! what deserves attention.

use std::collections::{BTreeMap, BTreeSet};

use glob::{MatchOptions, Pattern};
use serde::Serialize;
use strum::IntoStaticStr;

use crate::resources::account_region::AccountRegion;
use crate::resources::backend::{Backend, Server, StageBackends};
use crate::resources::certificate_id::CertificateId;
use crate::resources::origin::Scheme;
use crate::resources::stage_arn::StageArn;

/// The maximum number of other stages that a backend names.
const MAX_SHARED: usize = 100;

/// What deserves attention about a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Flag {
    /// API Gateway calls the server without TLS, so without a certificate.
    PlainHttp,
    /// API Gateway doesn't verify the server's certificate.
    TlsNotVerified,
    /// Stages with different certificates, or with and without one, call the same server.
    DifferentCertificates,
    /// The host is in none of the user's own domains.
    OtherDomain,
    /// The integrations go through a VPC link.
    Private,
}

/// A backend of a stage among the backends of all stages.
#[derive(Clone, Debug)]
pub struct ListedBackend<'a> {
    /// The account and Region of the stage.
    pub account_region: &'a AccountRegion,
    /// The stage.
    pub stage: &'a StageArn,
    /// The client certificate that the stage presents, if any.
    pub certificate: Option<&'a CertificateId>,
    /// The backend.
    pub backend: &'a Backend,
    /// Up to 100 other stages that call the same host and port, in the order of their ARNs.
    pub shared_with: Vec<&'a StageArn>,
    /// The number of all other stages that call the same host and port.
    pub shared_count: usize,
    /// What deserves attention, the most important first.
    pub flags: BTreeSet<Flag>,
}

/// The stages that call one host and port.
#[derive(Default)]
struct Callers<'a> {
    stages: BTreeSet<&'a StageArn>,
    certificates: BTreeSet<Option<&'a CertificateId>>,
}

/// All backends of the stages of several accounts and Regions, in the given order. Hosts that match
/// none of `own_domains` are flagged, unless there are no `own_domains`.
#[must_use]
pub fn listed<'a>(
    inventories: impl IntoIterator<Item = (&'a AccountRegion, &'a [StageBackends])>,
    own_domains: &[Pattern],
) -> Vec<ListedBackend<'a>> {
    let stages: Vec<(&AccountRegion, &StageBackends)> = inventories
        .into_iter()
        .flat_map(|(account_region, stages)| stages.iter().map(move |stage| (account_region, stage)))
        .collect();
    let mut servers: BTreeMap<(&str, Option<u16>), Callers<'a>> = BTreeMap::new();
    for (_, stage) in &stages {
        for server in stage.backends.iter().filter_map(|backend| identity(&backend.server)) {
            let callers = servers.entry(server).or_default();
            callers.stages.insert(&stage.stage);
            callers.certificates.insert(stage.certificate.as_ref());
        }
    }
    let mut all = Vec::new();
    for (account_region, stage) in stages {
        for backend in &stage.backends {
            let callers = identity(&backend.server).and_then(|server| servers.get(&server));
            let others = || callers.iter().flat_map(|it| &it.stages).filter(|other| **other != &stage.stage);
            let is_shared = callers.is_some_and(|callers| callers.certificates.len() > 1);
            all.push(ListedBackend {
                account_region,
                stage: &stage.stage,
                certificate: stage.certificate.as_ref(),
                backend,
                shared_with: others().take(MAX_SHARED).copied().collect(),
                shared_count: callers.map_or(0, |it| it.stages.len().saturating_sub(1)),
                flags: flags(backend, is_shared, own_domains),
            });
        }
    }
    all
}

/// What identifies a server: its host and port, or an ARN. A host that isn't known has none.
fn identity(server: &Server) -> Option<(&str, Option<u16>)> {
    match server {
        Server::Origin(origin) => Some((origin.host.as_str(), Some(origin.port))),
        Server::AsWritten { scheme: None, host } if host.starts_with("arn:") => Some((host.as_str(), None)),
        Server::AsWritten { .. } => None,
    }
}

fn flags(backend: &Backend, has_different_certificates: bool, own_domains: &[Pattern]) -> BTreeSet<Flag> {
    let is_elsewhere = || {
        let origin = backend.server.origin();
        !own_domains.is_empty() && origin.is_some_and(|origin| !is_own(&origin.host, own_domains))
    };
    let flags = [
        (Flag::PlainHttp, backend.server.scheme() == Some(Scheme::Http)),
        (Flag::TlsNotVerified, backend.insecure_skip_verification),
        (Flag::DifferentCertificates, has_different_certificates),
        // A private integration calls the VPC link's load balancer, whatever the host is.
        (Flag::OtherDomain, backend.vpc_link.is_none() && is_elsewhere()),
        (Flag::Private, backend.vpc_link.is_some()),
    ];
    flags.into_iter().filter(|(_, applies)| *applies).map(|(flag, _)| flag).collect()
}

/// Whether a host is in one of the domains. An IP address is in no domain, so not in another one.
fn is_own(host: &str, own_domains: &[Pattern]) -> bool {
    const ANY_CASE: MatchOptions = MatchOptions {
        case_sensitive: false,
        require_literal_separator: false,
        require_literal_leading_dot: false,
    };
    host.parse::<std::net::IpAddr>().is_ok()
        || own_domains.iter().any(|pattern| pattern.matches_with(host, ANY_CASE))
}

/// A server and the backends that stages have on it.
#[derive(Debug)]
pub struct Host<'a, 'b> {
    /// The server.
    pub server: &'a Server,
    /// The backends with this host and port, one or more, in the given order.
    pub backends: Vec<&'b ListedBackend<'a>>,
    /// The certificates that stages present to the server, in order; `None` for no certificate.
    pub certificates: BTreeSet<Option<&'a CertificateId>>,
}

/// The backends by host and port, those with the most stages first.
#[must_use]
pub fn hosts<'a, 'b>(listed: &'b [ListedBackend<'a>]) -> Vec<Host<'a, 'b>> {
    let mut hosts: BTreeMap<(&str, Option<u16>, &str), Host<'a, 'b>> = BTreeMap::new();
    for one in listed {
        let server = &one.backend.server;
        // Only the same text on the same stage is the same server if the host isn't known.
        let stage = if identity(server).is_some() { "" } else { one.stage.as_str() };
        let host = hosts.entry((server.host(), server.port(), stage)).or_insert_with(|| Host {
            server,
            backends: Vec::new(),
            certificates: BTreeSet::new(),
        });
        host.backends.push(one);
        host.certificates.insert(one.certificate);
    }
    let mut hosts: Vec<Host<'a, 'b>> = hosts.into_values().collect();
    // The sort is stable: hosts with the same number of stages stay in alphabetical order.
    hosts.sort_by_key(|host| std::cmp::Reverse(host.stages().len()));
    hosts
}

impl<'a> Host<'a, '_> {
    /// The stages that call the server.
    #[must_use]
    pub fn stages(&self) -> BTreeSet<&'a StageArn> {
        self.backends.iter().map(|backend| backend.stage).collect()
    }

    /// What deserves attention about any of the backends.
    #[must_use]
    pub fn flags(&self) -> BTreeSet<Flag> {
        self.backends.iter().flat_map(|backend| backend.flags.iter().copied()).collect()
    }
}

#[cfg(test)]
#[path = "listed_tests.rs"]
mod tests;
