//! Key figures of one or more scans.
//!
//! Figures count evaluated stages only, so always show [`Figures::not_evaluated`] with them. The
//! figure of a check that is not enabled is `None`, never zero.

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

/// The scan of one account and Region at one instant.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    /// The account and Region.
    pub account_region: &'a AccountRegion,
    /// The instant of the evaluation.
    pub at: Timestamp,
    /// The result of the scan.
    pub scan: &'a Scan,
}

/// Certificates that several stages use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sharing {
    /// The share of all used certificates that several stages use.
    pub shared: Share,
    /// The number of shared certificates that `certificateSharing` allows on all of their stages.
    pub allowed: usize,
}

/// The key figures of one or more accounts and Regions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// The number of evaluated stages, including those that no check applies to.
    pub stages: usize,
    /// The number of stages that are `NON_COMPLIANT`.
    pub non_compliant: usize,
    /// The number of stages that are `COMPLIANT`.
    pub compliant: usize,
    /// The number of stages that are `NOT_APPLICABLE`.
    pub not_applicable: usize,
    /// The number of known stages that could not be evaluated, which no other figure includes.
    pub not_evaluated: usize,
    /// The number of failures. If it is not zero, more stages than `not_evaluated` may be missing.
    pub failures: usize,
    /// The share of stages that pass `certificate-attached`, of those that it applies to.
    pub presenting: Option<Share>,
    /// How long certificates are still valid.
    pub expiry: Option<Expiry>,
    /// The share of stages with an owner tag.
    pub owned_stages: Option<Share>,
    /// The share of certificates with an owner tag, of those that exist and are used by stages.
    pub owned_certificates: Option<Share>,
    /// Certificates that several stages use.
    pub sharing: Option<Sharing>,
    /// The share of generated certificates that no stage uses; `None` if that is unknown for any
    /// account and Region.
    pub unused: Option<Share>,
}

impl Figures {
    /// Returns the figures of scans that used `parameters`, each of a different account and Region.
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

/// An existing certificate that stages use, as evaluated by `certificate-expiry`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented<'a> {
    /// The account and Region of the certificate.
    pub account_region: &'a AccountRegion,
    /// The certificate's id or ARN.
    pub id: &'a CertificateId,
    /// The instant of the scan.
    pub at: Timestamp,
    /// The last instant at which the certificate is valid, if it has a readable date.
    pub not_after: Option<Timestamp>,
    /// The stages that use the certificate, in the order of their ARNs.
    pub stages: Vec<&'a StageArn>,
}

impl Presented<'_> {
    /// Whether the certificate had expired at the instant of the scan.
    #[must_use]
    pub fn has_expired(&self) -> bool {
        self.not_after.is_some_and(|not_after| tally::has_expired(not_after, self.at))
    }
}

/// The existing certificates that stages use, ordered by expiry date, those without a date last.
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

/// Whether the certificate that the stage uses is known to exist. An owner found on the stage alone
/// doesn't show that.
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
    stage.not_after.is_some() || stage.result.iter().flatten().map(Finding::unexempted).any(exists)
}

fn findings<'o, 'a>(
    observations: &'o [Observation<'a>],
) -> impl Iterator<Item = (&'o Observation<'a>, &'a EvaluatedStage, &'a Finding)> {
    observations.iter().flat_map(|observation| {
        // An exemption suppresses a result, never a fact.
        let facts = |stage: &'a EvaluatedStage| stage.result.iter().flatten().map(Finding::unexempted);
        let of_stage = move |stage: &'a EvaluatedStage| facts(stage).map(move |it| (stage, it));
        let all = observation.scan.stages.iter().flat_map(of_stage);
        all.map(move |(stage, finding)| (observation, stage, finding))
    })
}

#[cfg(test)]
#[path = "figures_tests.rs"]
mod tests;
