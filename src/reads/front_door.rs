//! Reads what the front-door checks depend on: APIs, domains and what leads from these to those,
//! what is deployed behind them, truststores and certificates.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures_util::{StreamExt, stream};

use crate::Failure;
use crate::account::front_door::FrontDoor;
use crate::checks::Check;
use crate::checks::api::private_front_door::{self, Policy};
use crate::evaluation::api::is_required;
use crate::evaluation::front_door_facts::{FrontDoorFacts, TruststoreVersion};
use crate::parameters::Parameters;
use crate::reads::CONCURRENCY;
use crate::reads::private_network::NetworkReader;
use crate::resources::api::{Api, ApiArn, ApiProtocol};
use crate::resources::domain_name::{DomainName, Route};

/// Reads the front door of an account for the chosen checks. What can't be read is missing in the
/// facts, and its failure is among their failures.
pub(crate) async fn read_front_door<A: FrontDoor>(account: &A, parameters: &Parameters) -> FrontDoorFacts {
    let reader = FrontDoorReader { account, parameters };
    let mut facts = reader.lists().await;
    reader.routes(&mut facts).await;
    tokio::join!(reader.truststores(&facts), reader.certificates(&facts)).add_to(&mut facts);
    reader.deployed(&mut facts).await;
    let candidates = reader.private_candidates(&facts);
    if !candidates.is_empty() {
        reader.network(&candidates, &mut facts).await;
    }
    facts
}

struct FrontDoorReader<'a, A> {
    account: &'a A,
    parameters: &'a Parameters,
}

/// What the reads of truststores and certificates found.
trait AddTo {
    fn add_to(self, facts: &mut FrontDoorFacts);
}

impl AddTo for (FrontDoorFacts, FrontDoorFacts) {
    fn add_to(self, facts: &mut FrontDoorFacts) {
        for part in [self.0, self.1] {
            facts.truststores.extend(part.truststores);
            facts.newest_versions.extend(part.newest_versions);
            facts.certificates.extend(part.certificates);
            facts.failures.extend(part.failures);
        }
    }
}

impl<A: FrontDoor> FrontDoorReader<'_, A> {
    fn asks(&self, check: Check) -> bool {
        self.parameters.asks(check)
    }

    /// Whether a check of domains is chosen.
    fn asks_domains(&self) -> bool {
        self.asks(Check::Truststore) || self.asks(Check::DomainCertificate) || self.asks(Check::TlsPolicy)
    }

    /// All APIs and domains.
    async fn lists(&self) -> FrontDoorFacts {
        let mut facts = FrontDoorFacts::default();
        let recorded = async {
            if self.asks_domains() { self.account.recorded_domain_names().await } else { Ok(BTreeMap::new()) }
        };
        let (apis, domains, recorded) =
            tokio::join!(self.account.apis(), self.account.domain_names(), recorded);
        facts.apis = kept(apis, &mut facts.failures);
        facts.domains = kept(domains, &mut facts.failures);
        facts.recorded = kept(recorded, &mut facts.failures);
        if let Some(apis) = &mut facts.apis {
            apis.sort_by(|one, other| one.arn.cmp(&other.arn));
            // A page that shifts while it is read lists an API twice.
            apis.dedup_by(|one, other| one.arn == other.arn);
        }
        if let Some(domains) = &mut facts.domains {
            domains.sort_by_key(DomainName::key);
            domains.dedup_by_key(|domain| domain.key());
        }
        facts
    }

    /// The routes of all domains. They are needed for every check: those of a domain that Config
    /// does not list are put with the APIs that it leads to.
    async fn routes(&self, facts: &mut FrontDoorFacts) {
        let domains = facts.domains.as_deref().unwrap_or_default();
        let reads = stream::iter(domains)
            .map(|domain| async move { (domain.key().to_string(), self.routes_of(domain).await) });
        let reads: Vec<_> = reads.buffered(CONCURRENCY).collect().await;
        for (domain, read) in reads {
            if let Some(routes) = kept(read, &mut facts.failures) {
                facts.routes.insert(domain, routes);
            }
        }
    }

    async fn routes_of(&self, domain: &DomainName) -> Result<Vec<Route>, Failure> {
        let mut routes = Vec::new();
        if domain.uses_mappings() {
            routes.extend(self.account.mappings(domain).await?);
        }
        if domain.uses_routing_rules() {
            routes.extend(self.account.routing_rules(&domain.key()).await?);
        }
        routes.sort();
        routes.dedup();
        Ok(routes)
    }

    /// The truststores of domains: each version of each object once.
    async fn truststores(&self, facts: &FrontDoorFacts) -> FrontDoorFacts {
        let mut found = FrontDoorFacts::default();
        if !self.asks(Check::Truststore) {
            return found;
        }
        let domains = facts.domains.iter().flatten();
        let versions: BTreeSet<TruststoreVersion> = domains
            .filter_map(DomainName::mutual_tls)
            .map(|it| (it.truststore_uri.clone().unwrap_or_default(), it.truststore_version.clone()))
            .collect();
        let uris: BTreeSet<&String> = versions.iter().map(|(uri, _)| uri).collect();
        let contents = stream::iter(&versions)
            .map(|key| async move { (key.clone(), self.account.truststore(&key.0, key.1.as_deref()).await) })
            .buffered(CONCURRENCY)
            .collect::<Vec<_>>();
        let newest = stream::iter(uris)
            .map(|uri| async move { (uri.clone(), self.account.newest_version(uri).await) })
            .buffered(CONCURRENCY)
            .collect::<Vec<_>>();
        let (contents, newest) = tokio::join!(contents, newest);
        for (key, read) in contents {
            if let Some(stored) = kept(read, &mut found.failures) {
                found.truststores.insert(key, stored);
            }
        }
        for (uri, read) in newest {
            if let Some(version) = kept(read, &mut found.failures) {
                found.newest_versions.insert(uri, version);
            }
        }
        found
    }

    /// The certificates of domains, each once.
    async fn certificates(&self, facts: &FrontDoorFacts) -> FrontDoorFacts {
        let mut found = FrontDoorFacts::default();
        if !self.asks(Check::DomainCertificate) {
            return found;
        }
        let of_domain = |domain: &DomainName| {
            let ownership = domain.ownership_verification_certificate_arn.clone();
            [domain.server_certificate().map(ToOwned::to_owned), ownership]
        };
        let arns: BTreeSet<String> = facts.domains.iter().flatten().flat_map(of_domain).flatten().collect();
        let reads = stream::iter(arns)
            .map(|arn| async { (self.account.server_certificate(&arn).await, arn) })
            .buffered(CONCURRENCY)
            .collect::<Vec<_>>();
        for (read, arn) in reads.await {
            if let Some(certificate) = kept(read, &mut found.failures) {
                found.certificates.insert(arn, certificate);
            }
        }
        found
    }

    /// What is deployed on all stages of the APIs with a route that requires a certificate.
    async fn deployed(&self, facts: &mut FrontDoorFacts) {
        if !self.asks(Check::MutualTls) {
            return;
        }
        let apis = facts.apis.clone().unwrap_or_default();
        let behind = |api: &&Api| {
            let guarded = facts.domains.iter().flatten().filter(|domain| domain.mutual_tls().is_some());
            let is_of_any = |route: &Route| route.api_id == api.arn.id();
            guarded
                .filter_map(|domain| facts.routes.get(&domain.key().to_string()))
                .any(|routes| routes.iter().any(is_of_any))
        };
        let guarded: Vec<ApiArn> = apis
            .iter()
            .filter(|api| api.protocol == ApiProtocol::Rest && !api.is_private())
            .filter(behind)
            .map(|api| api.arn.clone())
            .collect();
        self.stage_names(guarded, facts).await;
        let of_rest = apis.iter().filter(|api| api.protocol == ApiProtocol::Rest && !api.is_private());
        let stages: BTreeSet<(ApiArn, String)> = of_rest
            .flat_map(|api| {
                let stages = facts.guarded_stages(api).unwrap_or_default();
                stages.into_iter().map(|stage| (api.arn.clone(), stage))
            })
            .collect();
        self.settings(stages, facts).await;
    }

    async fn stage_names(&self, apis: Vec<ApiArn>, facts: &mut FrontDoorFacts) {
        let reads = stream::iter(apis)
            .map(|api| async { (self.account.stage_names(&api).await, api) })
            .buffered(CONCURRENCY)
            .collect::<Vec<_>>();
        for (read, api) in reads.await {
            if let Some(names) = kept(read, &mut facts.failures) {
                facts.stage_names.insert(api, names);
            }
        }
    }

    async fn settings(&self, stages: BTreeSet<(ApiArn, String)>, facts: &mut FrontDoorFacts) {
        let reads = stream::iter(stages)
            .map(|key| async { (self.account.deployed_settings(&key.0, &key.1).await, key) })
            .buffered(CONCURRENCY)
            .collect::<Vec<_>>();
        for (read, key) in reads.await {
            if let Some(settings) = kept(read, &mut facts.failures) {
                facts.deployed.insert(key, settings);
            }
        }
    }

    /// The private REST APIs for which the network must be read.
    fn private_candidates(&self, facts: &FrontDoorFacts) -> Vec<Api> {
        let asks_network = self.asks(Check::PrivateFrontDoor) || self.asks(Check::Truststore);
        let is_candidate = |api: &&Api| {
            let is_required = || is_required(api, facts, self.parameters) == Some(true);
            api.protocol == ApiProtocol::Rest
                && api.is_private()
                && (asks_network || self.asks(Check::MutualTls) && is_required())
        };
        facts.apis.iter().flatten().filter(is_candidate).cloned().collect()
    }

    /// The network in front of private APIs, and the policies that are deployed on the stages of
    /// those that are guarded or must be. Of the others, the current policy is evaluated.
    async fn network(&self, candidates: &[Api], facts: &mut FrontDoorFacts) {
        let network = NetworkReader::new(self.account).read(candidates).await;
        facts.network = kept(network, &mut facts.failures);
        let may_be_guarded = |api: &&Api| {
            let guarded = facts.network.as_ref().and_then(|it| it.as_ref().ok()).is_some_and(|network| {
                let policies = [Policy::current(api)];
                private_front_door::entry_points(api, &policies, network)
                    .iter()
                    .any(|it| it.requires_certificate)
            });
            guarded || is_required(api, facts, self.parameters) != Some(false)
        };
        let (guarded, others): (Vec<&Api>, Vec<&Api>) = candidates.iter().partition(may_be_guarded);
        let others: Vec<ApiArn> = others.into_iter().map(|api| api.arn.clone()).collect();
        facts.stage_names.extend(others.into_iter().map(|api| (api, Vec::new())));
        let arns: Vec<ApiArn> = guarded.into_iter().map(|api| api.arn.clone()).collect();
        self.stage_names(arns.clone(), facts).await;
        let names: &HashMap<ApiArn, Vec<String>> = &facts.stage_names;
        let stages = arns
            .iter()
            .flat_map(|arn| names.get(arn).into_iter().flatten().map(|stage| (arn.clone(), stage.clone())))
            .collect();
        self.settings(stages, facts).await;
    }
}

/// The value, or `None` if it could not be read, with the failure added to the others.
fn kept<T>(read: Result<T, Failure>, failures: &mut Vec<Failure>) -> Option<T> {
    match read {
        Ok(value) => Some(value),
        Err(failure) => {
            failures.push(failure);
            None
        }
    }
}
