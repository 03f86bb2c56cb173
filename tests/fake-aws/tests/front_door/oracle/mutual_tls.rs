//! `mutual-tls`: the entry points of an API, and whether each requires a client certificate.

use fake_aws::ApiKind;
use fake_aws::front_door::ExportedAccess;
use fake_aws::front_door::domains::DomainName;
use fake_aws::model::{Api, Region, Stage};

use super::findings::{Findings, Passes};
use super::glob;
use super::private::{Known, Network};
use crate::generate::Rule;

const CHECK: &str = "mutual-tls";

/// A way from a domain name to an API.
pub struct Way<'d> {
    pub domain: &'d DomainName,
    pub api: &'d str,
    pub by_rule: bool,
}

/// The ways through a domain name: its mappings and routing rules, as far as its mode uses them.
pub fn ways(domain: &DomainName) -> Vec<Way<'_>> {
    let mode = domain.routing_mode.as_deref().unwrap_or("BASE_PATH_MAPPING_ONLY");
    let mut ways = Vec::new();
    if mode != "ROUTING_RULE_ONLY" {
        for mapping in &domain.mappings {
            ways.push(Way { domain, api: &mapping.api, by_rule: false });
        }
    }
    if mode != "BASE_PATH_MAPPING_ONLY" {
        for rule in &domain.rules {
            ways.push(Way { domain, api: &rule.api, by_rule: true });
        }
    }
    ways
}

/// The ways to an API.
pub fn ways_to<'r>(region: &'r Region, api: &Api) -> Vec<Way<'r>> {
    let domains = region.front_door.domains.values();
    domains.flat_map(ways).filter(|way| way.api == api.id).collect()
}

/// Whether `requireMutualTls` names an API: by its ID, or by a domain name that leads to it.
pub fn is_named(region: &Region, api: &Api, rule: &Rule) -> bool {
    let names: Vec<String> = ways_to(region, api).iter().map(|way| way.domain.name.clone()).collect();
    rule.required.iter().any(|pattern| glob(pattern, &api.id) || names.iter().any(|name| glob(pattern, name)))
}

/// The findings about one API.
pub fn findings(region: &Region, api: &Api, rule: &Rule, network: &Network) -> Findings {
    let named = is_named(region, api, rule);
    let mut findings = Findings::default();
    if api.kind == ApiKind::Rest && api.access.is_private() {
        match network.verifies {
            Known::Yes => findings.passes = Passes::Yes,
            Known::No if named => findings.require(CHECK, &["missing"], "a private API that is named"),
            Known::No => {}
            Known::Unknown if named => {
                findings.require(CHECK, &["missing", "undetermined"], "a private API, not all readable");
            }
            Known::Unknown => {
                findings.passes = Passes::Either;
                findings.allow(&["undetermined"]);
            }
        }
        return findings;
    }
    let ways = ways_to(region, api);
    let (closed, open): (Vec<Way>, Vec<Way>) =
        ways.into_iter().partition(|way| way.domain.mutual_tls.is_some());
    if closed.is_empty() || api.kind == ApiKind::WebSocket {
        if named {
            findings.require(CHECK, &["missing"], "an API that is named");
            findings.allow(&["default-endpoint", "other-domain", "other-route"]);
        }
        return findings;
    }
    findings.passes = Passes::Yes;
    if open.iter().any(|way| !way.by_rule) {
        findings.require(CHECK, &["other-domain"], &open[0].domain.name);
    }
    if open.iter().any(|way| way.by_rule) {
        findings.require(CHECK, &["other-route"], &open[0].domain.name);
    }
    default_endpoint(region, api, &mut findings);
    findings
}

fn default_endpoint(region: &Region, api: &Api, findings: &mut Findings) {
    let enabled = !api.access.disable_execute_api_endpoint;
    if api.unexportable && api.kind == ApiKind::Rest {
        if enabled {
            findings.require(CHECK, &["default-endpoint", "undetermined"], "the current flag");
        } else {
            // What is deployed can't be read.
            findings.allow(&["default-endpoint", "undetermined"]);
        }
        return;
    }
    let by_deployment =
        api.kind == ApiKind::Rest && region.front_door.options.exported_access == ExportedAccess::Deployed;
    if !by_deployment {
        if enabled {
            findings.require(CHECK, &["default-endpoint"], "the current flag");
        }
        return;
    }
    let served = |stage: &Stage| !api.access_of(stage).disable_execute_api_endpoint;
    // A stage that no entry point with mutual TLS leads to counts too: it is a way to the same API.
    if let Some(stage) = api.stages.values().find(|stage| served(stage)) {
        findings.require(CHECK, &["default-endpoint"], format!("deployed on {}", stage.name));
    }
}
