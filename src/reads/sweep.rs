use std::collections::{BTreeSet, HashMap, HashSet};

use futures_util::{Stream, StreamExt, stream};

use crate::Failure;
use crate::account::listing::{Freshness, Listing};
use crate::account::{Account, BATCH};
use crate::checks::Check;
use crate::checks::stage::certificate_unique::Sharers;
use crate::evaluation::facts::Reads;
use crate::reads::{CONCURRENCY, Partial, Reader};
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;
use crate::resources::tags::Tags;

/// Reads the facts that the stages of a listing share: certificates, protocols and sharers. Tags
/// are read in batches, and backends only for stages that need them.
pub(crate) async fn read_common<A: Account>(reader: &Reader<'_, A>, listing: &Listing) -> Reads {
    let in_scope = || in_scope(reader, listing);
    let arns: Vec<&StageArn> = in_scope().map(|stage| &stage.arn).collect();
    let ids: HashSet<&CertificateId> = in_scope().filter_map(|stage| stage.certificate.as_ref()).collect();
    let (certificates, protocols) =
        tokio::join!(reader.certificates(ids, Freshness::Fresh), reader.protocols(&arns));
    let sharers =
        if reader.parameters.asks(Check::CertificateUnique) { sharers(listing) } else { HashMap::new() };
    Reads {
        certificates: certificates.found,
        protocols: protocols.found,
        sharers,
        exemptions: reader.exemptions.clone(),
        failures: [certificates.failures, protocols.failures].into_iter().flatten().collect(),
        ..Reads::default()
    }
}

fn in_scope<'l, A: Account>(reader: &Reader<'_, A>, listing: &'l Listing) -> impl Iterator<Item = &'l Stage> {
    listing.stages.iter().filter(|stage| reader.needs_facts_of(&stage.arn))
}

/// The stages of a listing in batches, to be read with the tags that they are evaluated with.
///
/// A call takes up to [`BATCH`] ARNs. Those of ACM certificates come first, so the tags of all
/// certificates are known before the first stage that may use one.
#[derive(Debug)]
pub(crate) struct Batches<'l> {
    tag_targets: Vec<TagTarget<'l>>,
    /// The stages whose own tags are not needed.
    others: Vec<&'l Stage>,
}

/// A resource whose tags are needed.
#[derive(Clone, Copy, Debug)]
enum TagTarget<'l> {
    Certificate(&'l CertificateId),
    Stage(&'l Stage),
}

/// A batch of stages, with their tags.
#[derive(Debug)]
pub(crate) struct Batch<'l> {
    pub(crate) stages: Vec<&'l Stage>,
    pub(crate) tags: HashMap<String, Tags>,
    pub(crate) failure: Option<Failure>,
}

impl<'l> Batches<'l> {
    /// Groups the listed stages for which `is_included` returns true.
    pub(crate) fn of<A: Account>(
        reader: &Reader<'_, A>,
        listing: &'l Listing,
        is_included: impl Fn(&StageArn) -> bool,
    ) -> Self {
        let certificates: BTreeSet<&CertificateId> = in_scope(reader, listing)
            .filter_map(|stage| stage.certificate.as_ref())
            .filter(|id| reader.needs_tags_of(id))
            .collect();
        let tag_targets = certificates.into_iter().map(TagTarget::Certificate).collect();
        let mut batches = Self { tag_targets, others: Vec::new() };
        let needs_stage_tags = reader.needs_stage_tags();
        for stage in listing.stages.iter().filter(|stage| is_included(&stage.arn)) {
            if needs_stage_tags && reader.needs_facts_of(&stage.arn) {
                batches.tag_targets.push(TagTarget::Stage(stage));
            } else {
                batches.others.push(stage);
            }
        }
        batches
    }

    /// All stages, in the order of the batches.
    pub(crate) fn stages(&self) -> impl Iterator<Item = &'l Stage> {
        let with_tags = self.tag_targets.iter().filter_map(|target| match target {
            TagTarget::Stage(stage) => Some(*stage),
            TagTarget::Certificate(_) => None,
        });
        with_tags.chain(self.others.iter().copied())
    }

    /// Reads the batches in order, several of them ahead.
    pub(crate) fn read<A: Account>(&self, reader: &Reader<'_, A>) -> impl Stream<Item = Batch<'l>> {
        let with_tags = stream::iter(self.tag_targets.chunks(BATCH))
            .map(move |targets| read_batch(reader, targets))
            .buffered(CONCURRENCY);
        let others = self.others.chunks(BATCH).map(|stages| Batch {
            stages: stages.to_vec(),
            tags: HashMap::new(),
            failure: None,
        });
        with_tags.chain(stream::iter(others))
    }
}

async fn read_batch<'l, A: Account>(reader: &Reader<'_, A>, targets: &[TagTarget<'l>]) -> Batch<'l> {
    let (mut arns, mut stages) = (Vec::with_capacity(targets.len()), Vec::with_capacity(targets.len()));
    for target in targets {
        match target {
            TagTarget::Certificate(id) => arns.push(id.as_str().to_owned()),
            TagTarget::Stage(stage) => {
                arns.push(stage.arn.as_str().to_owned());
                stages.push(*stage);
            }
        }
    }
    let Partial { found: tags, mut failures } = reader.tags_of(&arns).await;
    Batch { stages, tags, failure: failures.pop() }
}

/// The stages of both types that present each certificate. The sharers are incomplete if unreadable
/// stages may use the certificate too.
#[must_use]
pub fn sharers(listing: &Listing) -> HashMap<CertificateId, Sharers> {
    let mut by_certificate: HashMap<&CertificateId, Vec<StageArn>> = HashMap::new();
    for stage in &listing.stages {
        if let Some(id) = &stage.certificate {
            by_certificate.entry(id).or_default().push(stage.arn.clone());
        }
    }
    let (mut incomplete, mut all_incomplete) = (HashSet::new(), false);
    for unreadable in &listing.unreadable {
        match (&unreadable.certificates, unreadable.resource_id.as_deref().map(StageArn::parse)) {
            (None, _) => all_incomplete = true,
            (Some(ids), Some(Ok(arn))) => {
                for id in ids {
                    by_certificate.entry(id).or_default().push(arn.clone());
                }
            }
            (Some(ids), _) => incomplete.extend(ids),
        }
    }
    for hidden in &listing.hidden {
        match &hidden.certificates {
            None => all_incomplete = true,
            Some(ids) => {
                for id in ids {
                    by_certificate.entry(id).or_default().push(hidden.arn.clone());
                }
            }
        }
    }
    let of = |(id, arns): (&CertificateId, Vec<StageArn>)| {
        let sharers: Sharers = arns.into_iter().collect();
        let is_complete = !all_incomplete && !incomplete.contains(id);
        (id.clone(), if is_complete { sharers } else { sharers.incomplete() })
    };
    by_certificate.into_iter().map(of).collect()
}
