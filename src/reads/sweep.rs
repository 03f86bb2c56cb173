use std::collections::{BTreeSet, HashMap, HashSet};

use futures_util::{Stream, StreamExt, stream};

use crate::account::listing::{Freshness, Listing};
use crate::account::{Account, BATCH};
use crate::checks::Check;
use crate::checks::owner_tag::OwnerTagOn;
use crate::checks::stage::certificate_unique::Sharers;
use crate::evaluation::facts::Reads;
use crate::evaluation::scope::excluded;
use crate::reads::{CONCURRENCY, Part, Reader};
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;
use crate::resources::tags::Tags;

/// Reads what the stages of a listing have in common: their certificates, the protocols of their APIs, who shares what. Their
/// tags come by the hundred, and what is deployed is asked only of those that will need it.
pub async fn read_common<A: Account>(reader: &Reader<'_, A>, listing: &Listing) -> Reads {
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
        failures: [certificates.failures, protocols.failures].into_iter().flatten().collect(),
        ..Reads::default()
    }
}

fn in_scope<'l, A>(reader: &Reader<'_, A>, listing: &'l Listing) -> impl Iterator<Item = &'l Stage> {
    listing.stages.iter().filter(|stage| excluded(&stage.arn, reader.parameters, reader.now).is_none())
}

/// The stages of a listing in portions of a hundred at most, each with the tags that it is judged by.
///
/// A call takes a hundred ARNs, and those of ACM's certificates come first: who judges the portions in their order has the
/// tags of every certificate before the first stage that may have it.
#[derive(Debug)]
pub(crate) struct Portions<'l> {
    asked: Vec<Asked<'l>>,
    /// Nothing is asked about their own tags.
    others: Vec<&'l Stage>,
}

/// Whose tags are asked for.
#[derive(Clone, Copy, Debug)]
enum Asked<'l> {
    Certificate(&'l CertificateId),
    Stage(&'l Stage),
}

/// Stages that can be judged, as far as tags go.
#[derive(Debug)]
pub(crate) struct Portion<'l> {
    pub(crate) stages: Vec<&'l Stage>,
    pub(crate) tags: HashMap<String, Tags>,
    pub(crate) failure: Option<crate::Failure>,
}

impl<'l> Portions<'l> {
    /// Of the stages that are `wanted`.
    pub(crate) fn of<A: Account>(
        reader: &Reader<'_, A>,
        listing: &'l Listing,
        wanted: impl Fn(&StageArn) -> bool,
    ) -> Self {
        let certificates: BTreeSet<&CertificateId> = in_scope(reader, listing)
            .filter_map(|stage| stage.certificate.as_ref())
            .filter(|id| reader.asks_for_tags_of(id))
            .collect();
        let mut portions =
            Self { asked: certificates.into_iter().map(Asked::Certificate).collect(), others: Vec::new() };
        let asks_about_stages = reader.parameters.asks_owner_of(OwnerTagOn::Stage);
        for stage in listing.stages.iter().filter(|stage| wanted(&stage.arn)) {
            if asks_about_stages && excluded(&stage.arn, reader.parameters, reader.now).is_none() {
                portions.asked.push(Asked::Stage(stage));
            } else {
                portions.others.push(stage);
            }
        }
        portions
    }

    /// All stages in the order of the portions.
    pub(crate) fn stages(&self) -> impl Iterator<Item = &'l Stage> {
        let asked = self.asked.iter().filter_map(|asked| match asked {
            Asked::Stage(stage) => Some(*stage),
            Asked::Certificate(_) => None,
        });
        asked.chain(self.others.iter().copied())
    }

    /// Reads the portions in their order, a few of them ahead.
    pub(crate) fn read<A: Account>(&self, reader: &Reader<'_, A>) -> impl Stream<Item = Portion<'l>> {
        let asked = stream::iter(self.asked.chunks(BATCH))
            .map(move |chunk| portion(reader, chunk))
            .buffered(CONCURRENCY);
        let others = self.others.chunks(BATCH).map(|stages| Portion {
            stages: stages.to_vec(),
            tags: HashMap::new(),
            failure: None,
        });
        asked.chain(stream::iter(others))
    }
}

async fn portion<'l, A: Account>(reader: &Reader<'_, A>, chunk: &[Asked<'l>]) -> Portion<'l> {
    let (mut arns, mut stages) = (Vec::with_capacity(chunk.len()), Vec::with_capacity(chunk.len()));
    for asked in chunk {
        match asked {
            Asked::Certificate(id) => arns.push(id.as_str().to_owned()),
            Asked::Stage(stage) => {
                arns.push(stage.arn.as_str().to_owned());
                stages.push(*stage);
            }
        }
    }
    let Part { found: tags, mut failures } = reader.tags_of(&arns).await;
    Portion { stages, tags, failure: failures.pop() }
}

/// Which stages present each certificate, over both types of stages. Stages that could not be read may present any that is not
/// known of them: then the sharers are incomplete.
#[must_use]
pub fn sharers(listing: &Listing) -> HashMap<CertificateId, Sharers> {
    let mut by_certificate: HashMap<&CertificateId, Vec<StageArn>> = HashMap::new();
    for stage in &listing.stages {
        if let Some(id) = &stage.certificate {
            by_certificate.entry(id).or_default().push(stage.arn.clone());
        }
    }
    let (mut untold, mut any_untold) = (HashSet::new(), false);
    for unreadable in &listing.unreadable {
        match (&unreadable.certificates, unreadable.resource_id.as_deref().map(StageArn::parse)) {
            (None, _) => any_untold = true,
            (Some(ids), Some(Ok(arn))) => {
                for id in ids {
                    by_certificate.entry(id).or_default().push(arn.clone());
                }
            }
            (Some(ids), _) => untold.extend(ids),
        }
    }
    for hidden in &listing.hidden {
        match &hidden.certificates {
            None => any_untold = true,
            Some(ids) => {
                for id in ids {
                    by_certificate.entry(id).or_default().push(hidden.arn.clone());
                }
            }
        }
    }
    let of = |(id, arns): (&CertificateId, Vec<StageArn>)| {
        let sharers: Sharers = arns.into_iter().collect();
        let is_complete = !any_untold && !untold.contains(id);
        (id.clone(), if is_complete { sharers } else { sharers.incomplete() })
    };
    by_certificate.into_iter().map(of).collect()
}
