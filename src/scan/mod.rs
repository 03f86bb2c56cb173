//! The evaluation of an account and Region without a rule: for people who look, nothing is put.

pub mod figures;
pub mod remediation;
pub mod sweep;
pub mod timeline;

use std::collections::HashSet;

use jiff::Timestamp;

use crate::Failure;
use crate::account::Account;
use crate::account::listing::{ListedFrom, Listing};
use crate::checks::Check;
use crate::checks::owner_tag::OwnerTagOn;
use crate::deadline::Deadline;
use crate::evaluation::evaluated::EvaluatedStage;
use crate::parameters::Parameters;
use crate::reads::Reader;
use crate::resources::certificate::Certificate;
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage_arn::StageArn;
use crate::scan::sweep::{Remembered, Sweep};

/// What a scan found.
#[derive(Debug, Default)]
pub struct Scan {
    /// The stages that could be judged, in the order of their ARNs.
    pub stages: Vec<EvaluatedStage>,
    /// Those that are there and could not be judged, as far as they could be told, in the same order.
    pub not_evaluated: Vec<StageArn>,
    /// What kept them, and others, from being judged.
    pub failures: Vec<Failure>,
    /// Where the stages were listed; `None` where they were not, or are a snapshot's.
    pub listed_from: Option<ListedFrom>,
    /// Certificates that no stage has; `None` where that can't be told.
    pub unused: Option<Unused>,
}

/// The certificates that API Gateway generated and that no stage has.
#[derive(Clone, Debug, Default)]
pub struct Unused {
    /// Each of them, in the order of their ids.
    pub certificates: Vec<Certificate>,
    /// How many certificates there are in all: an account may have 60 in a Region.
    pub total: usize,
}

/// Judges all stages at the instant `now`.
///
/// # Errors
/// Where not even the stages could be listed. Anything less is among the scan's failures.
pub async fn scan<A: Account>(account: &A, parameters: &Parameters, now: Timestamp) -> Result<Scan, Failure> {
    let listing = account.stages(parameters.inventory).await?;
    Ok(scan_listed(account, listing, parameters, now).await)
}

/// Judges the stages of a listing, which is all of the account and Region's, at the instant `now`.
pub async fn scan_listed<A: Account>(
    account: &A,
    listing: Listing,
    parameters: &Parameters,
    now: Timestamp,
) -> Scan {
    let reader = Reader { account, parameters, deadline: Deadline::none(), now, remembers: false };
    let out_of_scope = HashSet::new();
    let sweep = Sweep { reader: &reader, listing: &listing, out_of_scope: &out_of_scope, now };
    let mut scan = Scan { listed_from: listing.from, ..Scan::default() };
    let rest = sweep.judge(|_| Remembered::default(), &mut scan.stages).await;
    let rest = sweep.judge_owing(rest, |_| None, &mut scan.stages).await;
    scan.not_evaluated = rest.unread.iter().map(|stage| stage.arn.clone()).collect();
    scan.not_evaluated.sort();
    scan.failures = rest.reads.failures;
    scan.stages.sort_by(|one, other| one.stage.arn.cmp(&other.stage.arn));
    if !scan.not_evaluated.is_empty() {
        let stages = scan.not_evaluated.iter().map(StageArn::label).collect();
        scan.failures.insert(0, Failure::Unreported { stages, location: account.account_region().into() });
    }
    scan.unused = unused(account, &listing, parameters).await;
    for unreadable in listing.unreadable {
        scan.not_evaluated.extend(unreadable.resource_id.and_then(|id| StageArn::parse(&id).ok()));
        scan.failures.push(unreadable.failure);
    }
    scan.not_evaluated.sort();
    scan
}

/// The certificates that no stage of the listing has, excluded stages among them. Where a stage may be missing from the listing, and
/// an aggregator shows only what it was sent, nobody can say so; nor where no check asks about certificates.
async fn unused<A: Account>(account: &A, listing: &Listing, parameters: &Parameters) -> Option<Unused> {
    let asks = parameters.asks(Check::CertificateAttached)
        || parameters.asks(Check::CertificateExpiry)
        || parameters.asks_owner_of(OwnerTagOn::Certificate);
    if !asks || !listing.unreadable.is_empty() || listing.from == Some(ListedFrom::Aggregator) {
        return None;
    }
    // They are beside the question: that they can't be read costs no stage its result.
    let mut certificates = account.all_client_certificates().await.ok().flatten()?;
    let used: HashSet<&CertificateId> =
        listing.stages.iter().filter_map(|stage| stage.certificate.as_ref()).collect();
    let total = certificates.len();
    certificates.retain(|certificate| !used.contains(&certificate.id));
    certificates.sort_by(|one, other| one.id.cmp(&other.id));
    Some(Unused { certificates, total })
}
