//! Key figures of scans, for whoever asks how the whole stands: values in, numbers out.
//!
//! A figure counts what was judged. What could not be judged is in none of them, so whoever shows figures shows
//! [`Figures::not_evaluated`] beside them; a figure whose check was not made is `None`, never a zero.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::checks::Check;
use crate::checks::finding::Finding;
use crate::checks::owner_tag::{self, OwnerTagOn};
use crate::checks::stage::{certificate_attached, certificate_unique};
use crate::checks::verdict::Verdict;
use crate::evaluation::evaluated::EvaluatedStage;
use crate::evaluation::tally::{self, Expiry, Share, Tally, is_unowned};
use crate::parameters::Parameters;
use crate::resources::account_region::AccountRegion;
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage_arn::StageArn;
use crate::scan::Scan;

/// An account and Region as a scan found it at one instant.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    /// The account and Region.
    pub account_region: &'a AccountRegion,
    /// The instant that it was judged by.
    pub at: Timestamp,
    /// What was found.
    pub scan: &'a Scan,
}

/// Certificates that more than one stage presents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sharing {
    /// Of all certificates that stages name, those on several stages.
    pub shared: Share,
    /// How many of the shared are shared as `certificateSharing` allows, on all of their stages.
    pub allowed: usize,
}

/// The key figures of one or more accounts and Regions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Stages that were judged, those that no check applies to among them.
    pub stages: usize,
    /// Of them `NON_COMPLIANT`.
    pub non_compliant: usize,
    /// Of them `COMPLIANT`.
    pub compliant: usize,
    /// Of them `NOT_APPLICABLE`.
    pub not_applicable: usize,
    /// Stages that could not be judged, as far as they could be told: in no other figure.
    pub not_evaluated: usize,
    /// What kept stages from being judged. Where it is not 0, there may be more such stages than `not_evaluated`.
    pub failures: usize,
    /// Of the stages to which `certificate-attached` applies, those that pass it.
    pub presenting: Option<Share>,
    /// How long certificates last.
    pub expiry: Option<Expiry>,
    /// Of the stages, those with an owner tag that counts.
    pub owned_stages: Option<Share>,
    /// Of the certificates that stages name and that exist, those with an owner tag that counts.
    pub owned_certificates: Option<Share>,
    /// Certificates on several stages.
    pub sharing: Option<Sharing>,
    /// Of the certificates that API Gateway generated, those that no stage has; `None` where that can't be told of every place.
    pub unused: Option<Share>,
}

impl Figures {
    /// Counts what these scans, all made with `parameters` and each of another place, found.
    #[must_use]
    pub fn of(observations: &[Observation<'_>], parameters: &Parameters) -> Self {
        let mut figures = Self::default();
        let (mut presenting, mut owned_stages) = (Share::default(), Share::default());
        let mut expiry = Expiry::default();
        for observation in observations {
            figures.not_evaluated += observation.scan.not_evaluated.len();
            figures.failures += observation.scan.failures.len();
            let mut tally = Tally::default();
            observation.scan.stages.iter().for_each(|stage| tally.count(stage));
            figures.stages += tally.stages;
            figures.non_compliant += tally.non_compliant;
            figures.compliant += tally.compliant;
            figures.not_applicable += tally.not_applicable;
            presenting.add(tally.presenting);
            owned_stages.add(tally.owned_stages);
            expiry.add(tally.expiry(observation.at));
        }
        let asks = |check| parameters.asks(check);
        figures.presenting = asks(Check::CertificateAttached).then_some(presenting);
        figures.expiry = asks(Check::CertificateExpiry).then_some(expiry);
        figures.sharing = asks(Check::CertificateUnique).then(|| sharing(observations));
        let asks_owner_of = |on| parameters.asks_owner_of(on);
        figures.unused = unused(observations);
        figures.owned_stages = asks_owner_of(OwnerTagOn::Stage).then_some(owned_stages);
        figures.owned_certificates =
            asks_owner_of(OwnerTagOn::Certificate).then(|| owned_certificates(observations));
        figures
    }
}

/// A certificate that stages name and that exists, in its account and Region, as `certificate-expiry` found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented<'a> {
    /// Where it is.
    pub account_region: &'a AccountRegion,
    /// Its id or ARN.
    pub id: &'a CertificateId,
    /// The instant of the scan.
    pub at: Timestamp,
    /// The last instant it is valid at, where there is a date.
    pub not_after: Option<Timestamp>,
    /// The stages that name it, in the order of their ARNs.
    pub stages: Vec<&'a StageArn>,
}

impl Presented<'_> {
    /// Whether it had expired when it was looked at.
    #[must_use]
    pub fn has_expired(&self) -> bool {
        self.not_after.is_some_and(|not_after| tally::has_expired(not_after, self.at))
    }
}

/// The certificates that stages name and that exist: by not-after, those without one last.
#[must_use]
pub fn presented<'a>(observations: &[Observation<'a>]) -> Vec<Presented<'a>> {
    let mut found: BTreeMap<(&AccountRegion, &CertificateId), Presented<'a>> = BTreeMap::new();
    for (observation, stage, finding) in findings(observations) {
        let (Finding::CertificateExpiry(answer), Some(id)) = (finding, stage.certificate()) else { continue };
        if !answer.is_about_a_certificate() {
            continue;
        }
        let Observation { account_region, at, .. } = *observation;
        let not_after = stage.not_after;
        let entry = found.entry((account_region, id)).or_insert(Presented {
            account_region,
            id,
            at,
            not_after,
            stages: Vec::new(),
        });
        entry.stages.push(&stage.stage.arn);
    }
    let mut presented: Vec<Presented<'a>> = found.into_values().collect();
    presented.sort_by_key(|it| (it.not_after.is_none(), it.not_after));
    presented
}

fn sharing(observations: &[Observation<'_>]) -> Sharing {
    let mut found: BTreeMap<(&AccountRegion, &CertificateId), (bool, bool)> = BTreeMap::new();
    for (observation, stage, finding) in findings(observations) {
        let (Finding::CertificateUnique(answer), Some(id)) = (finding, stage.certificate()) else { continue };
        let (shared, refused) = found.entry((observation.account_region, id)).or_default();
        *shared |= !matches!(answer, certificate_unique::Answer::Unique { .. });
        *refused |= answer.verdict() == Verdict::Failed;
    }
    let mut sharing = Sharing::default();
    for (shared, refused) in found.into_values() {
        sharing.shared.count(shared);
        sharing.allowed += usize::from(shared && !refused);
    }
    sharing
}

fn owned_certificates(observations: &[Observation<'_>]) -> Share {
    let (mut all, mut unowned) = (BTreeSet::new(), BTreeSet::new());
    for (observation, stage, finding) in findings(observations) {
        let (Finding::OwnerTag(answer), Some(id)) = (finding, stage.certificate()) else { continue };
        if is_unowned(answer, OwnerTagOn::Certificate) {
            unowned.insert((observation.account_region, id));
        } else if is_owned(answer, OwnerTagOn::Certificate) || exists(stage) {
            all.insert((observation.account_region, id));
        }
    }
    all.extend(unowned.iter().copied());
    Share { part: all.len() - unowned.len(), whole: all.len() }
}

fn unused(observations: &[Observation<'_>]) -> Option<Share> {
    let mut sum = Share::default();
    for observation in observations {
        let unused = observation.scan.unused.as_ref()?;
        sum.add(Share { part: unused.certificates.len(), whole: unused.total });
    }
    Some(sum)
}

fn is_owned(answer: &owner_tag::Answer, asked: OwnerTagOn) -> bool {
    match answer {
        owner_tag::Answer::Owned { owned } => owned.iter().any(|it| it.on == asked),
        _ => false,
    }
}

/// Whether the certificate that the stage names is known to exist. An answer about the stage's own owner says nothing of it.
fn exists(stage: &EvaluatedStage) -> bool {
    let exists = |finding: &Finding| match finding {
        Finding::CertificateAttached(answer) => matches!(
            answer,
            certificate_attached::Answer::Attached { .. }
                | certificate_attached::Answer::NotIssued { .. }
                | certificate_attached::Answer::NotAllowed { .. }
        ),
        Finding::CertificateExpiry(answer) => answer.is_about_a_certificate(),
        _ => false,
    };
    stage.not_after.is_some() || stage.result.iter().flatten().any(exists)
}

fn findings<'o, 'a>(
    observations: &'o [Observation<'a>],
) -> impl Iterator<Item = (&'o Observation<'a>, &'a EvaluatedStage, &'a Finding)> {
    observations.iter().flat_map(|observation| {
        let of_stage = |stage: &'a EvaluatedStage| stage.result.iter().flatten().map(move |it| (stage, it));
        let all = observation.scan.stages.iter().flat_map(of_stage);
        all.map(move |(stage, finding)| (observation, stage, finding))
    })
}

#[cfg(test)]
#[path = "figures_tests.rs"]
mod tests;
