//! What was read to evaluate the front door of an account and Region.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::failure::Failure;
use crate::resources::api::{Api, ApiArn, DeployedSettings};
use crate::resources::certificate::Certificate;
use crate::resources::domain_name::{DomainName, Route};
use crate::resources::private_network::{PrivateNetwork, Unreadable};
use crate::resources::trust_store::StoredTruststore;

/// Everything that was read. What is `None` or missing was not read, and whatever depends on it
/// can't be evaluated.
#[derive(Debug, Default)]
pub struct FrontDoorFacts {
    /// All APIs.
    pub apis: Option<Vec<Api>>,
    /// All domains.
    pub domains: Option<Vec<DomainName>>,
    /// The resource ids of the domains that Config lists, by domain name.
    pub recorded: Option<BTreeMap<String, String>>,
    /// The routes of each domain, by its label.
    pub routes: HashMap<String, Vec<Route>>,
    /// The names of all stages of an API.
    pub stage_names: HashMap<ApiArn, Vec<String>>,
    /// What is deployed on a stage, by API and stage name.
    pub deployed: HashMap<(ApiArn, String), DeployedSettings>,
    /// Truststores in S3, by URI and version.
    pub truststores: HashMap<TruststoreVersion, Result<StoredTruststore, Unreadable>>,
    /// The newest versions of truststores, by URI.
    pub newest_versions: HashMap<String, Result<Option<String>, Unreadable>>,
    /// Certificates by ARN; `None` for one that ACM does not have.
    pub certificates: HashMap<String, Option<Certificate>>,
    /// The network in front of private APIs, or why it can't be read.
    pub network: Option<Result<PrivateNetwork, String>>,
    /// The failures to read something.
    pub failures: Vec<Failure>,
}

/// A URI in S3 with the version that a domain pins, if it does.
pub type TruststoreVersion = (String, Option<String>);

impl FrontDoorFacts {
    /// The APIs to which a domain leads, by id.
    #[must_use]
    pub fn apis_behind(&self, domain: &DomainName) -> Option<BTreeSet<&str>> {
        let routes = self.routes.get(&domain.key().to_string())?;
        Some(routes.iter().map(|route| route.api_id.as_str()).collect())
    }

    /// All routes of all domains to an API; `None` if those of any domain could not be read.
    pub(crate) fn routes_to(&self, api: &str) -> Option<Vec<(&DomainName, &Route)>> {
        let mut found = Vec::new();
        for domain in self.domains.as_ref()? {
            let routes = self.routes.get(&domain.key().to_string())?;
            found.extend(routes.iter().filter(|it| it.api_id == api).map(|route| (domain, route)));
        }
        Some(found)
    }

    /// All stages of an API to which a route leads that requires a certificate, and those to which
    /// such routes lead; none if there is no such route. `None` if they could not be read.
    ///
    /// The default endpoint of a stage without such a route leads to the API too.
    pub(crate) fn guarded_stages(&self, api: &Api) -> Option<BTreeSet<String>> {
        let routes = self.routes_to(api.arn.id())?;
        let guarded: Vec<&Route> = routes
            .into_iter()
            .filter(|(domain, _)| domain.mutual_tls().is_some())
            .map(|(_, route)| route)
            .collect();
        if guarded.is_empty() {
            return Some(BTreeSet::new());
        }
        let named = guarded.into_iter().filter_map(|route| route.stage.as_ref());
        Some(self.stage_names.get(&api.arn)?.iter().chain(named).cloned().collect())
    }
}
