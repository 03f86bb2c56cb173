//! Which backends of an account are probed, and why the others are not.

use std::collections::{BTreeMap, BTreeSet};

use glob::{MatchOptions, Pattern};
use stagecert::probe::Target;
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::backend::{Backend, StageBackends};
use stagecert::resources::origin::Origin;
use stagecert::resources::probe_result::{NotProbed, ProbedStage};
use stagecert::resources::stage_arn::StageArn;
use stagecert::scan::backends::BackendInventory;

use crate::args::ProbeUrl;

/// Why a backend is not probed that could be.
pub(super) const NOT_SELECTED: &str = "no --host names it";
const PRIVATE: &str = "private (VPC link): no --host names it without a wildcard, and what its name resolves to may be \
                       another server; use --through API/STAGE";

/// What to probe.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// One per URL, in the order of their origins.
    pub(super) targets: Vec<Target>,
    /// The origins of targets that some stages call through a VPC link.
    pub(super) private: BTreeSet<Origin>,
    /// The other backends.
    pub(super) not_probed: Vec<NotProbed>,
    /// The hosts' globs that match no backend.
    pub(super) unmatched: Vec<String>,
}

impl Plan {
    /// The URLs that were given. One that is given twice is probed once.
    pub(super) fn of_urls(urls: &[ProbeUrl]) -> Self {
        let mut targets: Vec<Target> = Vec::new();
        for url in urls {
            let target = Target { origin: url.origin.clone(), path: url.path.clone(), stages: Vec::new() };
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
        Self { targets, ..Self::default() }
    }

    /// The backends of these accounts and Regions whose hosts match a glob. A backend that stages
    /// call through a VPC link must be named in full.
    pub(super) fn of_accounts<'a>(
        inventories: impl IntoIterator<Item = (&'a AccountRegion, &'a BackendInventory)>,
        hosts: &[Pattern],
    ) -> Self {
        let mut planning = Planning { hosts, ..Planning::default() };
        for (account_region, inventory) in inventories {
            for stage in &inventory.stages {
                planning.add(account_region, stage);
            }
            for stage in &inventory.not_read {
                planning.add_unknown(account_region, stage, "its integrations could not be read");
            }
        }
        planning.plan()
    }

    /// The backends that can't be probed, whatever `--host` is.
    pub(super) fn impossible(&self) -> impl Iterator<Item = &NotProbed> {
        self.not_probed.iter().filter(|it| it.reason != NOT_SELECTED)
    }
}

#[derive(Default)]
struct Planning<'a> {
    hosts: &'a [Pattern],
    matched: BTreeSet<usize>,
    targets: BTreeMap<Origin, BTreeSet<ProbedStage>>,
    private: BTreeSet<Origin>,
    not_probed: BTreeMap<(String, String), BTreeSet<ProbedStage>>,
}

impl Planning<'_> {
    fn add(&mut self, account_region: &AccountRegion, stage: &StageBackends) {
        let probed = || ProbedStage::new(account_region, &stage.stage);
        for backend in &stage.backends {
            match self.selected(backend) {
                Ok(origin) => {
                    self.targets.entry(origin.clone()).or_default().insert(probed());
                    if backend.vpc_link.is_some() {
                        self.private.insert(origin);
                    }
                }
                Err(reason) => {
                    let url = match backend.server.origin() {
                        Some(origin) => format!("{origin}/"),
                        None => backend.server.to_string(),
                    };
                    self.not_probed.entry((url, reason)).or_default().insert(probed());
                }
            }
        }
        for gap in &stage.gaps {
            self.add_unknown(account_region, &stage.stage, &gap.to_string());
        }
    }

    fn add_unknown(&mut self, account_region: &AccountRegion, stage: &StageArn, reason: &str) {
        let url = format!("unknown backends of {}", stage.label());
        let stage = ProbedStage::new(account_region, stage);
        self.not_probed.entry((url, reason.into())).or_default().insert(stage);
    }

    /// The origin of a backend that is to be probed, or why it is not.
    fn selected(&mut self, backend: &Backend) -> Result<Origin, String> {
        let Some(origin) = backend.server.origin() else {
            let variables: Vec<&str> = backend.unresolved.iter().map(String::as_str).collect();
            return Err(match variables.as_slice() {
                [] => "it has no host name".into(),
                variables => format!("unknown stage variables: {}", variables.join(", ")),
            });
        };
        let mut is_matched = false;
        let mut is_named = false;
        for (index, pattern) in self.hosts.iter().enumerate() {
            if matches(pattern, &origin.host) {
                self.matched.insert(index);
                is_matched = true;
                is_named |= !pattern.as_str().contains(['*', '?', '[']);
            }
        }
        match (is_matched, backend.vpc_link.is_some(), is_named) {
            (false, ..) => Err(NOT_SELECTED.into()),
            (true, true, false) => Err(PRIVATE.into()),
            (true, ..) => Ok(origin.clone()),
        }
    }

    fn plan(self) -> Plan {
        let unmatched = self.hosts.iter().enumerate().filter(|(index, _)| !self.matched.contains(index));
        let not_probed = |((url, reason), stages): (_, BTreeSet<_>)| NotProbed {
            url,
            reason,
            stages: stages.into_iter().collect(),
        };
        Plan {
            unmatched: unmatched.map(|(_, pattern)| pattern.as_str().to_owned()).collect(),
            private: self.private,
            not_probed: self.not_probed.into_iter().map(not_probed).collect(),
            targets: self
                .targets
                .into_iter()
                .map(|(origin, stages)| Target {
                    origin,
                    path: "/".into(),
                    stages: stages.into_iter().collect(),
                })
                .collect(),
        }
    }
}

fn matches(pattern: &Pattern, host: &str) -> bool {
    const ANY_CASE: MatchOptions = MatchOptions {
        case_sensitive: false,
        require_literal_separator: false,
        require_literal_leading_dot: false,
    };
    pattern.matches_with(host, ANY_CASE)
}

#[cfg(test)]
mod tests {
    use stagecert::resources::backend::{Gap, Server};

    use super::*;

    fn backend(uri: &str, vpc_link: Option<&str>, unresolved: &[&str]) -> Backend {
        Backend {
            server: Server::of(uri),
            vpc_link: vpc_link.map(Into::into),
            insecure_skip_verification: false,
            methods: 1,
            paths: 1,
            unresolved: unresolved.iter().map(|it| (*it).to_owned()).collect(),
        }
    }

    fn inventory() -> BackendInventory {
        let stage = |name: &str, backends, gaps| StageBackends {
            stage: StageArn::parse(&format!("arn:aws:apigateway:eu-west-1::/restapis/a1/stages/{name}"))
                .unwrap(),
            certificate: None,
            backends,
            gaps,
        };
        BackendInventory {
            stages: vec![
                stage(
                    "one",
                    vec![
                        backend("https://a.example.com/x", None, &[]),
                        backend("https://a.example.com:8443/", None, &[]),
                        backend("http://b.example.com/", None, &[]),
                        backend("https://vpc.example.com/", Some("v1"), &[]),
                    ],
                    vec![Gap::Canary],
                ),
                stage(
                    "two",
                    vec![
                        backend("https://A.example.com/y", None, &[]),
                        backend("https://${stageVariables.h}/", None, &["h"]),
                        backend("https://other.test/", None, &[]),
                    ],
                    vec![],
                ),
            ],
            ..BackendInventory::default()
        }
    }

    fn plan(hosts: &[&str]) -> Plan {
        let hosts: Vec<Pattern> = hosts.iter().map(|it| Pattern::new(it).unwrap()).collect();
        let account_region = AccountRegion::in_region("111122223333", "eu-west-1");
        let inventory = inventory();
        Plan::of_accounts([(&account_region, &inventory)], &hosts)
    }

    fn targets(plan: &Plan) -> Vec<(String, Vec<&str>)> {
        plan.targets
            .iter()
            .map(|it| (it.origin.to_string(), it.stages.iter().map(|stage| stage.stage.as_str()).collect()))
            .collect()
    }

    #[test]
    fn only_hosts_that_are_named_are_probed_once_for_all_their_stages() {
        let plan = plan(&["A.example.*", "none.*"]);
        assert_eq!(
            targets(&plan),
            [
                ("https://a.example.com".to_owned(), vec!["a1/one", "a1/two"]),
                ("https://a.example.com:8443".to_owned(), vec!["a1/one"]),
            ]
        );
        assert_eq!(plan.unmatched, ["none.*"]);
        let reason = |url: &str| plan.not_probed.iter().find(|it| it.url == url).map(|it| it.reason.as_str());
        assert_eq!(reason("https://other.test/"), Some(NOT_SELECTED));
        assert_eq!(reason("https://vpc.example.com/"), Some(NOT_SELECTED));
        assert_eq!(reason("${stageVariables.h}"), Some("unknown stage variables: h"));
        assert_eq!(reason("unknown backends of a1/one"), Some("the canary's deployment can't be exported"));
    }

    #[test]
    fn a_backend_behind_a_vpc_link_must_be_named_in_full() {
        let with_wildcard = plan(&["*"]);
        assert!(targets(&with_wildcard).iter().all(|(origin, _)| origin != "https://vpc.example.com"));
        assert_eq!(with_wildcard.targets.len(), 4);
        let is_private = |it: &NotProbed| it.url == "https://vpc.example.com/" && it.reason == PRIVATE;
        assert!(with_wildcard.impossible().any(is_private));
        let named = plan(&["vpc.example.com"]);
        assert_eq!(targets(&named), [("https://vpc.example.com".to_owned(), vec!["a1/one"])]);
        assert_eq!(named.private.len(), 1);
    }

    #[test]
    fn without_hosts_nothing_is_probed() {
        let plan = plan(&[]);
        assert!(plan.targets.is_empty());
        assert_eq!(plan.not_probed.len(), 7);
    }
}
