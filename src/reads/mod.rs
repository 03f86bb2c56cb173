//! What is read before anything is judged. Only what the chosen checks need is asked for.
//!
//! A read that fails is a [`Failure`] kept beside what was read: stages that need it are left unevaluated and the invocation
//! fails, but those that don't are still judged and put.

mod again;
mod change;
mod deployed;
mod sweep;
mod turns;

use std::collections::{BTreeSet, HashMap};

use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use crate::Failure;
use crate::account::listing::Freshness;
use crate::account::{Account, BATCH};
use crate::checks::Check;
use crate::checks::owner_tag::OwnerTagOn;
use crate::deadline::Deadline;
use crate::parameters::Parameters;
use crate::resources::api::Protocol;
use crate::resources::certificate::Certificate;
use crate::resources::certificate_id::{CertificateId, CertificateKind};
use crate::resources::stage_arn::{StageArn, StageType};
use crate::resources::tags::Tags;
pub use change::{ChangeReads, Latest, read_change};
pub(crate) use deployed::{Deployed, Known, by_deployment, is_exported};
pub(crate) use sweep::Portions;
pub use sweep::{read_common, sharers};
pub(crate) use turns::in_turn;

/// How many calls of one kind are under way at once. The account's own pace is kept behind the seam.
pub(crate) const CONCURRENCY: usize = 4;

/// Reads from one account what the parameters ask for.
#[derive(Debug)]
pub struct Reader<'a, A> {
    /// The account and Region.
    pub account: &'a A,
    /// The rule's parameters.
    pub parameters: &'a Parameters,
    /// When reading stops.
    pub deadline: Deadline,
    /// The instant that stages are judged by: some are left out until a day.
    pub now: Timestamp,
    /// Whether the results are put, so that a later sweep may read in them what is deployed.
    pub remembers: bool,
}

/// A part of what is read, and what of it failed.
#[derive(Debug)]
pub(crate) struct Part<K, V> {
    pub(crate) found: HashMap<K, V>,
    pub(crate) failures: Vec<Failure>,
}

impl<K, V> Default for Part<K, V> {
    fn default() -> Self {
        Self { found: HashMap::new(), failures: Vec::new() }
    }
}

impl<A: Account> Reader<'_, A> {
    fn asks_for_certificates(&self) -> bool {
        self.parameters.asks(Check::CertificateAttached)
            || self.parameters.asks(Check::CertificateExpiry)
            || self.parameters.asks_owner_of(OwnerTagOn::Certificate)
    }

    /// One call for all generated certificates, and one for each of ACM's.
    async fn certificates<'c>(
        &self,
        ids: impl IntoIterator<Item = &'c CertificateId>,
        freshness: Freshness,
    ) -> Part<CertificateId, Option<Certificate>> {
        let mut part = Part::default();
        let ids: BTreeSet<CertificateId> =
            ids.into_iter().filter(|_| self.asks_for_certificates()).cloned().collect();
        let (ids, elsewhere): (Vec<_>, Vec<_>) =
            ids.into_iter().partition(|id| id.is_local_to(self.account.account_region()));
        part.found.extend(elsewhere.into_iter().map(|id| (id, None)));
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
            Ok(mut known) => part.found.extend(generated.into_iter().map(|id| {
                let certificate = known.remove(&id);
                (id, certificate)
            })),
            Err(failure) => part.failures.push(failure),
        }
        for (read, arn) in acm_read {
            match read {
                Ok(certificate) => _ = part.found.insert(arn, certificate),
                Err(failure) => part.failures.push(failure),
            }
        }
        part
    }

    /// Whether the owner check asks about the tags of this certificate by its ARN.
    fn asks_for_tags_of(&self, id: &CertificateId) -> bool {
        self.parameters.asks_owner_of(OwnerTagOn::Certificate)
            && id.kind() == CertificateKind::Acm
            && id.is_local_to(self.account.account_region())
    }

    /// The tags that the owner check asks about, a hundred resources a call.
    async fn tags<'s>(
        &self,
        stages: impl IntoIterator<Item = &'s StageArn>,
        certificates: impl IntoIterator<Item = &'s CertificateId>,
    ) -> Part<String, Tags> {
        let mut part = Part::default();
        let of_stages = stages.into_iter().filter(|_| self.parameters.asks_owner_of(OwnerTagOn::Stage));
        let of_certificates = certificates.into_iter().filter(|id| self.asks_for_tags_of(id));
        let arns: BTreeSet<String> = of_stages
            .map(|arn| arn.as_str().to_owned())
            .chain(of_certificates.map(|id| id.as_str().to_owned()))
            .collect();
        let arns: Vec<String> = arns.into_iter().collect();
        let reads = stream::iter(arns.chunks(BATCH)).map(|chunk| self.tags_of(chunk));
        for read in reads.buffer_unordered(CONCURRENCY).collect::<Vec<_>>().await {
            part.found.extend(read.found);
            part.failures.extend(read.failures);
        }
        part
    }

    /// The tags of a hundred resources at most, by ARN, in one call: those that may be an owner's.
    async fn tags_of(&self, arns: &[String]) -> Part<String, Tags> {
        let mut part = Part::default();
        match self.account.tags(arns).await {
            Ok(mut tags) => part.found.extend(arns.iter().map(|arn| {
                let tags = tags.remove(arn).unwrap_or_default();
                (arn.clone(), tags.of_keys(&self.parameters.owner_tag.keys))
            })),
            Err(failure) => part.failures.push(failure),
        }
        part
    }

    /// The protocols of these stages' APIs.
    async fn protocols(&self, stages: &[&StageArn]) -> Part<String, Protocol> {
        let mut part = Part::default();
        let apis: BTreeSet<&str> =
            stages.iter().filter(|arn| arn.stage_type() == StageType::V2).map(|arn| arn.api_arn()).collect();
        let (Some(first), only_one) = (apis.first(), apis.len() == 1) else { return part };
        match self.account.protocols(only_one.then_some(*first)).await {
            Ok(told) => part.found.extend(apis.iter().map(|arn| {
                let protocol = told.get(*arn).copied().unwrap_or(Protocol::NotRecorded);
                ((*arn).to_owned(), protocol)
            })),
            Err(failure) => part.failures.push(failure),
        }
        part
    }
}
