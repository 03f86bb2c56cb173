//! Reads the facts that stages are evaluated with. Only what the enabled checks need is requested.
//!
//! A read that fails is a [`Failure`] that is kept with the facts. The stages that need it stay
//! without a result and the invocation fails, but all other stages are still evaluated and put.

mod change;
mod changed_backends;
mod deployed;
mod export_order;
pub(crate) mod front_door;
pub(crate) mod observer;
pub(crate) mod private_network;
mod reread;
mod sweep;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use futures_util::{StreamExt, stream};

use crate::Failure;
use crate::account::listing::{Freshness, ReportedResult};
use crate::account::{Account, BATCH};
use crate::checks::Check;
use crate::checks::owner_tag::OwnerTagOn;
use crate::deadline::Deadline;
use crate::evaluation::scope::is_included;
use crate::parameters::Parameters;
use crate::parameters::exemptions::AccountExemptions;
use crate::resources::api::Protocol;
use crate::resources::certificate::Certificate;
use crate::resources::certificate_id::{CertificateId, CertificateKind};
use crate::resources::stage_arn::{StageArn, StageType};
use crate::resources::tags::Tags;
pub(crate) use change::{ChangeReads, LatestItem, read_change};
pub(crate) use changed_backends::DeployedFrom;
pub(crate) use deployed::{Deployed, KnownBackends, by_deployment, can_be_exported};
pub(crate) use export_order::export_order;
use observer::Observer;
pub(crate) use sweep::Batches;
pub(crate) use sweep::read_common;
pub use sweep::sharers;

/// The number of concurrent calls of one kind. `Account` implementations apply the account's rate
/// limits.
pub(crate) const CONCURRENCY: usize = 4;

/// Reads the facts that the parameters require from one account and Region.
#[derive(Debug)]
pub(crate) struct Reader<'a, A> {
    /// The account and Region to read.
    pub account: &'a A,
    /// The rule's parameters.
    pub parameters: &'a Parameters,
    /// The time limits of the invocation.
    pub deadline: Deadline,
    /// The exemptions in the document that the parameters name; `None` if there is none or it could
    /// not be read.
    pub exemptions: Option<Arc<AccountExemptions>>,
    /// Whether the results are put, so that a later sweep can reuse the backends in them.
    pub persists_results: bool,
    /// Receives the steps of the sweep.
    pub observer: Observer<'a>,
    /// The results that were read one by one, so that none is read twice.
    pub earlier_results: EarlierResults,
}

/// The results that Config holds, by stage: `None` if it holds none.
pub(crate) type EarlierResults = RefCell<HashMap<StageArn, Option<ReportedResult>>>;

/// The successful reads of one kind, and the failures.
#[derive(Debug)]
pub(crate) struct Partial<K, V> {
    pub(crate) found: HashMap<K, V>,
    pub(crate) failures: Vec<Failure>,
}

impl<K, V> Default for Partial<K, V> {
    fn default() -> Self {
        Self { found: HashMap::new(), failures: Vec::new() }
    }
}

impl<A: Account> Reader<'_, A> {
    fn needs_certificates(&self) -> bool {
        self.parameters.asks(Check::CertificateAttached)
            || self.parameters.asks(Check::CertificateExpiry)
            || self.needs_owner_of(OwnerTagOn::Certificate)
    }

    /// Whether the owner of this kind of resource is needed: events name it even if no check does.
    pub(crate) fn needs_owner_of(&self, on: OwnerTagOn) -> bool {
        self.parameters.events || self.parameters.asks_owner_of(on)
    }

    /// Whether the tags of stages are needed.
    fn needs_stage_tags(&self) -> bool {
        self.needs_owner_of(OwnerTagOn::Stage) || self.parameters.exemption_tag.is_some()
    }

    /// Whether anything about a stage is needed: the event about one that is no longer included
    /// names the owner.
    fn needs_facts_of(&self, stage: &StageArn) -> bool {
        self.parameters.events || is_included(stage, self.parameters)
    }

    /// The result that Config holds for a rule and a stage; `None` if there is none. Read at most
    /// once.
    pub(crate) async fn earlier_result(
        &self,
        rule_name: &str,
        stage: &StageArn,
    ) -> Result<Option<ReportedResult>, Failure> {
        if let Some(known) = self.earlier_results.borrow().get(stage) {
            return Ok(known.clone());
        }
        let result = self.account.earlier_result(rule_name, stage).await?;
        self.earlier_results.borrow_mut().insert(stage.clone(), result.clone());
        Ok(result)
    }

    /// Reads certificates: one call for all generated certificates, and one per ACM certificate.
    async fn certificates<'c>(
        &self,
        ids: impl IntoIterator<Item = &'c CertificateId>,
        freshness: Freshness,
    ) -> Partial<CertificateId, Option<Certificate>> {
        let mut partial = Partial::default();
        let ids: BTreeSet<CertificateId> =
            ids.into_iter().filter(|_| self.needs_certificates()).cloned().collect();
        let (ids, elsewhere): (Vec<_>, Vec<_>) =
            ids.into_iter().partition(|id| id.is_local_to(self.account.account_region()));
        partial.found.extend(elsewhere.into_iter().map(|id| (id, None)));
        let of_kind = |kind| ids.iter().filter(move |id| id.kind() == kind).cloned();
        let generated: BTreeSet<CertificateId> = of_kind(CertificateKind::Generated).collect();
        let acm: Vec<CertificateId> = of_kind(CertificateKind::Acm).collect();

        let generated_read = async {
            if generated.is_empty() {
                Ok(HashMap::new())
            } else {
                self.account.client_certificates(&generated, freshness).await
            }
        };
        let acm_read = stream::iter(acm)
            .map(|arn| async { (self.account.acm_certificate(&arn).await, arn) })
            .buffer_unordered(CONCURRENCY)
            .collect::<Vec<_>>();
        let (generated_read, acm_read) = tokio::join!(generated_read, acm_read);

        match generated_read {
            Ok(mut known) => partial.found.extend(generated.into_iter().map(|id| {
                let certificate = known.remove(&id);
                (id, certificate)
            })),
            Err(failure) => partial.failures.push(failure),
        }
        for (read, arn) in acm_read {
            match read {
                Ok(certificate) => _ = partial.found.insert(arn, certificate),
                Err(failure) => partial.failures.push(failure),
            }
        }
        partial
    }

    /// Whether the tags of this certificate are needed, read by ARN.
    fn needs_tags_of(&self, id: &CertificateId) -> bool {
        self.needs_owner_of(OwnerTagOn::Certificate)
            && id.kind() == CertificateKind::Acm
            && id.is_local_to(self.account.account_region())
    }

    /// The tags that name the owners, read in batches of [`BATCH`] resources.
    async fn tags<'s>(
        &self,
        stages: impl IntoIterator<Item = &'s StageArn>,
        certificates: impl IntoIterator<Item = &'s CertificateId>,
    ) -> Partial<String, Tags> {
        let mut partial = Partial::default();
        let of_stages = stages.into_iter().filter(|_| self.needs_stage_tags());
        let of_certificates = certificates.into_iter().filter(|id| self.needs_tags_of(id));
        let arns: BTreeSet<String> = of_stages
            .map(|arn| arn.as_str().to_owned())
            .chain(of_certificates.map(|id| id.as_str().to_owned()))
            .collect();
        let arns: Vec<String> = arns.into_iter().collect();
        let reads = stream::iter(arns.chunks(BATCH)).map(|chunk| self.tags_of(chunk));
        for read in reads.buffer_unordered(CONCURRENCY).collect::<Vec<_>>().await {
            partial.found.extend(read.found);
            partial.failures.extend(read.failures);
        }
        partial
    }

    /// The owner tags and exemption tags of up to [`BATCH`] resources by ARN, read in one call.
    async fn tags_of(&self, arns: &[String]) -> Partial<String, Tags> {
        let mut partial = Partial::default();
        let exemption_tag = self.parameters.exemption_tag.as_deref();
        match self.account.tags(arns).await {
            Ok(mut tags) => partial.found.extend(arns.iter().map(|arn| {
                let tags = tags.remove(arn).unwrap_or_default();
                (arn.clone(), tags.retain_needed(&self.parameters.owner_tag.keys, exemption_tag))
            })),
            Err(failure) => partial.failures.push(failure),
        }
        partial
    }

    /// The protocols of the APIs that the stages belong to.
    async fn protocols(&self, stages: &[&StageArn]) -> Partial<String, Protocol> {
        let mut partial = Partial::default();
        let apis: BTreeSet<&str> = stages
            .iter()
            .filter(|arn| arn.stage_type() == StageType::ApiV2)
            .map(|arn| arn.api_arn())
            .collect();
        let (Some(first), only_one) = (apis.first(), apis.len() == 1) else { return partial };
        match self.account.protocols(only_one.then_some(*first)).await {
            Ok(protocols) => partial.found.extend(apis.iter().map(|arn| {
                let protocol = protocols.get(*arn).copied().unwrap_or(Protocol::NotRecorded);
                ((*arn).to_owned(), protocol)
            })),
            Err(failure) => partial.failures.push(failure),
        }
        partial
    }
}
