//! The evaluation of one API from the facts that were read.

use jiff::Timestamp;

use crate::checks::Check;
use crate::checks::api::{mutual_tls, private_front_door};
use crate::checks::finding::Finding;
use crate::checks::front_door::{Answer, Problem, Reason};
use crate::checks::truststore::{self, Truststore};
use crate::evaluation::facts::MissingFact;
use crate::evaluation::front_door::{EvaluatedResource, ExpiryDate, FrontDoorSubject};
use crate::evaluation::front_door_facts::FrontDoorFacts;
use crate::parameters::Parameters;
use crate::resources::api::{Api, ApiProtocol};
use crate::resources::entry_point::{EntryPoint, EntryPointKind, SettingSource};
use crate::resources::private_network::PrivateNetwork;
use crate::resources::resource::Resource;

/// The chosen checks that apply to APIs.
pub(crate) const CHECKS: [Check; 3] = [Check::MutualTls, Check::Truststore, Check::PrivateFrontDoor];

/// Evaluates an API at the instant `now`.
///
/// # Errors
/// Returns `MissingFact::Fact` if something that a chosen check depends on was not read.
pub fn evaluate(
    api: &Api,
    facts: &FrontDoorFacts,
    parameters: &Parameters,
    now: Timestamp,
) -> Result<EvaluatedResource, MissingFact> {
    let subject = ApiFacts { api, facts, parameters, now };
    let mut findings = Vec::new();
    for check in parameters.checks.iter().filter(|check| CHECKS.contains(check)) {
        findings.extend(subject.finding(*check)?);
    }
    let network = facts.network.as_ref().and_then(|network| network.as_ref().ok());
    let network = network.filter(|_| api.is_private());
    let mut entry_points = facts.entry_points(api).unwrap_or_default();
    entry_points.extend(network.and_then(|network| subject.listeners(network)).unwrap_or_default());
    Ok(EvaluatedResource {
        subject: FrontDoorSubject::Api(api.arn.clone()),
        resource: Resource::from(&api.arn),
        name: api.name.clone(),
        findings,
        entry_points,
        dates: network.map(|network| subject.dates(network)).unwrap_or_default(),
        leads_to: Vec::new(),
        is_recorded: true,
    })
}

/// Whether `requireMutualTls` names an API: by its id, or by a domain that leads to it. `None` if
/// it depends on routes that could not be read.
pub(crate) fn is_required(api: &Api, facts: &FrontDoorFacts, parameters: &Parameters) -> Option<bool> {
    let settings = &parameters.mutual_tls;
    if settings.names(api, []) || settings.required.is_empty() {
        return Some(!settings.required.is_empty());
    }
    let routes = facts.routes_to(api.arn.id())?;
    Some(settings.names(api, routes.iter().map(|(domain, _)| domain.domain_name.as_str())))
}

struct ApiFacts<'a> {
    api: &'a Api,
    facts: &'a FrontDoorFacts,
    parameters: &'a Parameters,
    now: Timestamp,
}

impl ApiFacts<'_> {
    fn finding(&self, check: Check) -> Result<Option<Finding>, MissingFact> {
        Ok(Some(match check {
            Check::MutualTls => Finding::MutualTls(self.mutual_tls()?),
            Check::PrivateFrontDoor if self.is_private_rest_api() => {
                Finding::PrivateFrontDoor(self.private_front_door()?)
            }
            Check::PrivateFrontDoor => Finding::PrivateFrontDoor(Answer::NotApplicable(
                "not-private",
                "not a private REST API".to_owned(),
            )),
            Check::Truststore => return Ok(self.truststores()?.map(Finding::Truststore)),
            _ => return Ok(None),
        }))
    }

    fn is_private_rest_api(&self) -> bool {
        self.api.protocol == ApiProtocol::Rest && self.api.is_private()
    }

    fn is_required(&self) -> Result<bool, MissingFact> {
        is_required(self.api, self.facts, self.parameters).ok_or(MissingFact::Fact)
    }

    fn mutual_tls(&self) -> Result<Answer, MissingFact> {
        let mut entry_points = self.facts.entry_points(self.api).ok_or(MissingFact::Fact)?;
        let is_required = self.is_required()?;
        if self.is_private_rest_api() && is_required {
            // If the network can't be read, private-front-door says why.
            if let Ok(network) = self.facts.network.as_ref().ok_or(MissingFact::Fact)? {
                entry_points.extend(self.listeners(network).ok_or(MissingFact::Fact)?);
            }
        }
        let disabled = self.facts.default_endpoint_disabled(self.api, &entry_points);
        Ok(mutual_tls::check(self.api, &entry_points, disabled, is_required))
    }

    fn private_front_door(&self) -> Result<Answer, MissingFact> {
        let is_required = self.is_required()?;
        let policies = self.facts.policies(self.api).ok_or(MissingFact::Fact)?;
        let network = match self.facts.network.as_ref().ok_or(MissingFact::Fact)? {
            Ok(network) => Ok(network),
            Err(why) => Err(why.as_str()),
        };
        let subject =
            private_front_door::PrivateApi { api: self.api, policies: &policies, network, is_required };
        Ok(private_front_door::check(subject, self.now))
    }

    /// The answer about the trust stores of the listeners in front of a private API; `None` if
    /// there is none.
    fn truststores(&self) -> Result<Option<Answer>, MissingFact> {
        if !self.is_private_rest_api() {
            return Ok(None);
        }
        let network = match self.facts.network.as_ref().ok_or(MissingFact::Fact)? {
            Ok(network) => network,
            // The check of the API's front door says so if it is chosen.
            Err(_) if self.parameters.asks(Check::PrivateFrontDoor) => return Ok(None),
            Err(_) => {
                let answer = self.private_front_door()?;
                let is_unknown = |it: &Problem| it.reason == Reason::Undetermined;
                return Ok(Some(answer).filter(|it| it.problems().iter().any(is_unknown)));
            }
        };
        let policies = self.facts.policies(self.api).ok_or(MissingFact::Fact)?;
        let arns = private_front_door::trust_stores(self.api, &policies, network);
        let stores: Vec<Truststore<'_>> = arns
            .iter()
            .filter_map(|arn| Some((arn, network.trust_stores.get(arn)?)))
            .map(|(arn, store)| Truststore {
                name: arn.rsplit("truststore/").next().unwrap_or(arn),
                content: store.content.as_deref(),
                version: None,
                warnings: &[],
            })
            .collect();
        let answer = truststore::check(&stores, self.parameters.truststore, self.now);
        Ok((!stores.is_empty()).then_some(answer))
    }

    /// The listeners in front of a private API; `None` if its policies could not be read.
    fn listeners(&self, network: &PrivateNetwork) -> Option<Vec<EntryPoint>> {
        let policies = self.facts.policies(self.api)?;
        Some(private_front_door::entry_points(self.api, &policies, network))
    }

    fn dates(&self, network: &PrivateNetwork) -> Vec<ExpiryDate> {
        let policies = self.facts.policies(self.api).unwrap_or_default();
        let arns = private_front_door::trust_stores(self.api, &policies, network);
        let stores = arns.iter().filter_map(|arn| network.trust_stores.get(arn)?.content.as_ref().ok());
        let mut dates: Vec<ExpiryDate> =
            stores.flat_map(|content| &content.certificates).filter_map(ExpiryDate::of_ca).collect();
        dates.sort();
        dates.dedup();
        dates
    }
}

impl FrontDoorFacts {
    /// The ways to an API, but not the listeners in front of a private one, in a stable order;
    /// `None` if they could not all be read.
    pub(crate) fn entry_points(&self, api: &Api) -> Option<Vec<EntryPoint>> {
        let mut found: Vec<EntryPoint> = self.default_endpoint(api)?.into_iter().collect();
        let mut routes: Vec<EntryPoint> = self
            .routes_to(api.arn.id())?
            .into_iter()
            .map(|(domain, route)| {
                // No page of AWS says that mutual TLS covers WebSocket APIs.
                let requires_certificate =
                    domain.mutual_tls().is_some() && api.protocol != ApiProtocol::WebSocket;
                EntryPoint { kind: route.entry_point(domain), requires_certificate }
            })
            .collect();
        routes.sort();
        found.append(&mut routes);
        Some(found)
    }

    /// The default endpoint of an API if it is enabled in what is deployed on the stages behind a
    /// route that requires a certificate, or else according to the API's current setting.
    #[expect(clippy::option_option, reason = "not read, and not enabled")]
    fn default_endpoint(&self, api: &Api) -> Option<Option<EntryPoint>> {
        let current = || {
            let kind = EntryPointKind::DefaultEndpoint { source: SettingSource::Current, stages: Vec::new() };
            (!api.disables_default_endpoint).then_some(EntryPoint { kind, requires_certificate: false })
        };
        // Exports show it only for REST APIs, and the stages of others are not read.
        if api.protocol != ApiProtocol::Rest || api.is_private() {
            return Some(current());
        }
        let guarded = self.guarded_stages(api)?;
        if guarded.is_empty() {
            return Some(current());
        }
        let mut stages = Vec::new();
        let mut is_any_found = false;
        for stage in guarded {
            let settings = self.deployed.get(&(api.arn.clone(), stage.clone()))?;
            is_any_found |= settings.is_found;
            match settings.disables_default_endpoint {
                _ if !settings.is_found => {}
                Some(true) => {}
                Some(false) => stages.push(stage),
                // What is deployed is unknown.
                None if api.disables_default_endpoint => {}
                None => return Some(current()),
            }
        }
        if !is_any_found {
            // The routes lead to stages that don't exist, but the endpoint leads to the others.
            return Some(current());
        }
        let kind = EntryPointKind::DefaultEndpoint { source: SettingSource::Deployed, stages };
        let is_enabled =
            matches!(&kind, EntryPointKind::DefaultEndpoint { stages, .. } if !stages.is_empty());
        Some(is_enabled.then_some(EntryPoint { kind, requires_certificate: false }))
    }

    /// From where it is known that the default endpoint is disabled; `None` if it is an entry
    /// point.
    fn default_endpoint_disabled(&self, api: &Api, entry_points: &[EntryPoint]) -> Option<SettingSource> {
        let is_default = |it: &EntryPoint| matches!(it.kind, EntryPointKind::DefaultEndpoint { .. });
        if entry_points.iter().any(is_default) {
            return None;
        }
        let guarded = self.guarded_stages(api).unwrap_or_default();
        let is_deployed = |stage: &String| {
            let settings = self.deployed.get(&(api.arn.clone(), stage.clone()));
            settings.is_some_and(|it| !it.is_found || it.disables_default_endpoint == Some(true))
        };
        let is_found = |stage: &String| {
            self.deployed.get(&(api.arn.clone(), stage.clone())).is_some_and(|it| it.is_found)
        };
        let is_known = guarded.iter().any(is_found) && guarded.iter().all(is_deployed);
        Some(if is_known { SettingSource::Deployed } else { SettingSource::Current })
    }

    /// The resource policies of a private API: what is deployed on its stages if that is known, and
    /// otherwise the current one. `None` if they could not be read.
    pub(crate) fn policies(&self, api: &Api) -> Option<Vec<private_front_door::Policy>> {
        let current = || private_front_door::Policy::current(api);
        let mut policies = Vec::new();
        for stage in self.stage_names.get(&api.arn)? {
            let settings = self.deployed.get(&(api.arn.clone(), stage.clone()))?;
            if settings.is_found {
                policies.push(match &settings.policy {
                    Some(document) => private_front_door::Policy {
                        document: Some(document.clone()),
                        source: SettingSource::Deployed,
                        stage: Some(stage.clone()),
                    },
                    None => current(),
                });
            }
        }
        if policies.is_empty() {
            policies.push(current());
        }
        policies.dedup();
        Some(policies)
    }
}
