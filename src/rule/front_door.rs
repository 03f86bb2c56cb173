//! A sweep with the checks of the front door: evaluates all APIs and custom domain names.
//!
//! APIs and domains are read from API Gateway itself. A result that would improve on the one that
//! Config holds is confirmed by reading everything a second time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::Failure;
use crate::account::front_door::FrontDoor;
use crate::checks::verdict::Verdict;
use crate::evaluation::compliance::{ComplianceType, Evaluation};
use crate::evaluation::domain_name::RESOURCE_TYPE;
use crate::evaluation::front_door::{EvaluatedResource, FrontDoorSubject};
use crate::evaluation::scope::NotEvaluated;
use crate::notify::deliver::Events;
use crate::parameters::Reporting;
use crate::resources::api::{ApiArn, ApiType};
use crate::resources::domain_name::DomainKey;
use crate::resources::resource::Resource;
use crate::rule::Invocation;
use crate::rule::collector::Collector;
use crate::rule::import_front_door::SweptFrontDoor;
use crate::rule::previous_results::{PreviousResults, is_permanent, with_fix};
use crate::rule::put::Results;
use crate::scan::front_door::{FrontDoorScan, scan_front_door};
use crate::security_hub::import::Findings;
use crate::telemetry::invocation_log::InvocationLog;

impl<A: FrontDoor, R: Results + Findings + Events> Invocation<'_, A, R> {
    /// Evaluates all APIs and domains, and puts the results that differ from those that Config
    /// holds. Resources that are gone get a result too.
    pub(crate) async fn front_door_sweep(
        &self,
        at: Timestamp,
        log: &mut InvocationLog,
    ) -> Result<(), Failure> {
        let account = self.reader.account;
        let (scan, previous) = tokio::join!(
            scan_front_door(account, self.reader.parameters, self.now),
            account.earlier_results(self.rule_name),
        );
        let mut failures = Vec::new();
        let previous = match previous {
            Ok(results) => Some(PreviousResults::new(results)),
            // A temporary failure is left to the retried invocation: without the earlier results,
            // no one knows what would improve.
            Err(failure) if !is_permanent(&failure) => return Err(failure),
            Err(failure) => {
                failures.push(with_fix(failure, self.rule_name));
                None
            }
        };
        let is_listed = scan.is_listed;
        let mut swept = Swept::of(scan, previous.as_ref());
        self.confirm_front_door(&mut swept, previous.as_ref()).await;

        let mut collector = Collector::expecting(log, swept.resources.len());
        collector.failures = failures;
        for domain in &swept.unreported {
            collector.add_warning(&format!(
                "{domain} leads to no API and AWS Config does not list it: it gets no result"
            ));
        }
        for resource in &swept.resources {
            collector.add_front_door(resource);
            let evaluation = resource.evaluation(at);
            let is_known = previous.as_ref().is_some_and(|previous| previous.contains(&evaluation));
            if !is_known || self.reader.parameters.reporting == Reporting::All {
                collector.add(evaluation);
            }
        }
        if let Some(previous) = previous.as_ref().filter(|_| is_listed) {
            self.add_gone(previous, &mut swept, &mut collector, at).await;
        }
        collector.put_remaining(self).await;
        collector.put_empty_if_untouched(&self.sink).await;
        if self.imports_findings() {
            let swept = SweptFrontDoor {
                evaluated: &swept.resources,
                unread: &swept.unread,
                partial: &swept.partial,
                listed: &swept.listed,
                is_listed,
            };
            collector.set_imported(self.import_front_door(swept).await);
        }
        collector.add_unread_labels(swept.unread);
        collector.failures.append(&mut swept.failures);
        collector.finish(self.sink.account_region)
    }

    /// Reads everything again if a result would improve. An improvement counts only if both reads
    /// agree; otherwise, what the second one says counts if it is worse, and nothing is put if it
    /// does not know.
    async fn confirm_front_door(&self, swept: &mut Swept, previous: Option<&PreviousResults>) {
        let improves = |it: &EvaluatedResource| {
            let is_worse = |previous: &PreviousResults| match previous.compliance_type(&it.resource) {
                Some(earlier) => earlier == Some(ComplianceType::NonCompliant) || earlier.is_none(),
                None => false,
            };
            it.compliance_type() != ComplianceType::NonCompliant && previous.is_none_or(is_worse)
        };
        if !swept.resources.iter().any(improves) && swept.cleared.is_empty() {
            return;
        }
        let again = scan_front_door(self.reader.account, self.reader.parameters, self.now).await;
        let again = Swept::of(again, previous);
        swept.failures.extend(again.failures);
        swept.partial.extend(again.partial);
        swept.cleared.retain(|resource| again.cleared.contains(resource));
        let mut confirmed: BTreeMap<Resource, EvaluatedResource> =
            again.resources.into_iter().map(|it| (it.resource.clone(), it)).collect();
        let mut unread = BTreeSet::new();
        swept.resources.retain_mut(|resource| {
            if !improves(resource) {
                return true;
            }
            let again = confirmed.remove(&resource.resource);
            let is_confirmed = again.is_some();
            match again {
                Some(again) => *resource = again,
                None => _ = unread.insert(resource.subject.label()),
            }
            is_confirmed
        });
        unread.extend(std::mem::take(&mut swept.unread));
        swept.unread = unread.into_iter().collect();
    }

    /// Adds the resources that have a result and were not found any more, after asking API Gateway
    /// about each of them, and those that the checks are not about.
    async fn add_gone(
        &self,
        previous: &PreviousResults,
        swept: &mut Swept,
        collector: &mut Collector<'_>,
        at: Timestamp,
    ) {
        let evaluated: BTreeSet<&Resource> = swept.resources.iter().map(|it| &it.resource).collect();
        let mut not_shown = Vec::new();
        let mut unread: BTreeSet<String> = swept.unread.iter().cloned().collect();
        for resource in previous.applicable() {
            let is_cleared = swept.cleared.contains(resource);
            if !is_cleared && (evaluated.contains(resource) || swept.listed.contains(resource)) {
                continue;
            }
            let exists = match FrontDoorSubject::of(resource).filter(|_| !is_cleared) {
                None => {
                    let reason = NotEvaluated::LeftScope;
                    collector.add_not_evaluated(Evaluation::not_applicable(resource.clone(), &reason, at));
                    continue;
                }
                Some(FrontDoorSubject::Api(arn)) => {
                    self.reader.account.api(&arn).await.map(|api| api.map(|_| arn.id().to_owned()))
                }
                Some(FrontDoorSubject::DomainName(key)) => {
                    let domain = self.reader.account.domain_name(&key).await;
                    domain.map(|domain| domain.map(|_| key.to_string()))
                }
            };
            match exists {
                Ok(None) => {
                    let reason = NotEvaluated::Vanished;
                    collector.add_not_evaluated(Evaluation::not_applicable(resource.clone(), &reason, at));
                }
                Ok(Some(label)) => not_shown.push(label),
                Err(failure) => {
                    unread.insert(resource.id.to_string());
                    swept.failures.push(failure);
                }
            }
        }
        // It exists, so the next sweep evaluates it.
        unread.extend(not_shown);
        swept.unread = unread.into_iter().collect();
    }
}

/// What a sweep found, as it is put: the findings of domains that Config does not list are with the
/// APIs that they lead to.
#[derive(Debug, Default)]
struct Swept {
    resources: Vec<EvaluatedResource>,
    /// Everything that was listed, evaluated or not, as far as its resource is known.
    listed: BTreeSet<Resource>,
    /// The APIs with a result that none of the checks is about any more: a domain that gave them
    /// the result leads elsewhere.
    cleared: BTreeSet<Resource>,
    /// The APIs that fail although a domain that may lead to them could not be evaluated.
    partial: BTreeSet<Resource>,
    /// What could not be evaluated.
    unread: Vec<String>,
    /// The domains for which there is no resource to put a result on.
    unreported: Vec<String>,
    failures: Vec<Failure>,
}

impl Swept {
    fn of(scan: FrontDoorScan, previous: Option<&PreviousResults>) -> Self {
        let mut swept = Self { failures: scan.failures, ..Self::default() };
        let recorded = recorded_before(previous);
        let (mut domains, mut apis): (Vec<_>, Vec<_>) =
            scan.resources.into_iter().partition(|it| matches!(it.subject, FrontDoorSubject::DomainName(_)));
        for domain in &mut domains {
            // The index loses rows: a domain that has a result keeps it.
            let FrontDoorSubject::DomainName(key) = &domain.subject else { continue };
            let known = recorded.get(&key.name).filter(|_| key.id.is_none() && !domain.is_recorded);
            if let Some(resource) = known {
                domain.resource = resource.clone();
                domain.is_recorded = true;
            }
        }
        let applicable = previous.map(PreviousResults::applicable).unwrap_or_default();
        let mut unread: BTreeSet<String> = BTreeSet::new();
        for subject in &scan.not_evaluated {
            unread.insert(subject.label());
            match subject {
                FrontDoorSubject::Api(arn) => _ = swept.listed.insert(Resource::from(arn)),
                FrontDoorSubject::DomainName(key) => {
                    swept.listed.extend(recorded.get(&key.name).cloned());
                }
            }
        }
        let is_unread = |arn: &ApiArn| scan.behind_unread.contains(arn);
        let (recorded, unrecorded): (Vec<_>, Vec<_>) = domains.into_iter().partition(|it| it.is_recorded);
        for domain in unrecorded {
            if domain.leads_to.is_empty() {
                swept.unreported.push(domain.subject.label());
            }
            for api in apis.iter_mut().filter(|it| is_one_of(&it.subject, &domain.leads_to)) {
                api.attach(&domain);
            }
        }
        for api in apis {
            swept.listed.insert(api.resource.clone());
            let FrontDoorSubject::Api(arn) = &api.subject else { continue };
            let fails = api.findings.iter().any(|finding| finding.verdict() == Verdict::Failed);
            if is_unread(arn) && !fails {
                unread.insert(api.subject.label());
                continue;
            }
            if is_unread(arn) {
                swept.partial.insert(api.resource.clone());
            }
            if !api.findings.is_empty() {
                swept.resources.push(api);
            } else if applicable.contains(&&api.resource) {
                swept.cleared.insert(api.resource);
            }
        }
        for domain in recorded {
            swept.listed.insert(domain.resource.clone());
            swept.resources.push(domain);
        }
        swept.unread = unread.into_iter().collect();
        swept
    }
}

fn is_one_of(subject: &FrontDoorSubject, apis: &[ApiArn]) -> bool {
    matches!(subject, FrontDoorSubject::Api(arn) if apis.contains(arn))
}

/// The domains that have a result, by name.
fn recorded_before(previous: Option<&PreviousResults>) -> BTreeMap<String, Resource> {
    let applicable = previous.map(PreviousResults::applicable).unwrap_or_default();
    let of_domain = |resource: &&Resource| match FrontDoorSubject::of(resource) {
        Some(FrontDoorSubject::DomainName(key)) => Some((key.name, (*resource).clone())),
        _ => None,
    };
    applicable.iter().filter_map(of_domain).collect()
}

impl FrontDoorSubject {
    /// The subject of a result; `None` for other resource types and ids of unknown form.
    pub(crate) fn of(resource: &Resource) -> Option<Self> {
        if ApiType::ALL.iter().any(|kind| kind.resource_type() == resource.resource_type) {
            let arn = ApiArn::parse(&resource.id).ok()?;
            return (arn.api_type().resource_type() == resource.resource_type).then_some(Self::Api(arn));
        }
        if resource.resource_type != RESOURCE_TYPE {
            return None;
        }
        // Config's id of a domain may be its ARN or its name.
        let name = resource.id.rsplit_once("/domainnames/").map_or(&*resource.id, |(_, name)| name);
        Some(Self::DomainName(DomainKey::parse(name)))
    }
}
