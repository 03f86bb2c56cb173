//! Imports findings in batches until Security Hub accepts each of them or a failure names it.

use std::cell::Cell;
use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use crate::Failure;
use crate::checks::Check;
use crate::deadline::{Backoff, Deadline, is_past};
use crate::evaluation::scope::NotEvaluated;
use crate::resources::account_region::AccountRegion;
use crate::resources::stage_arn::StageArn;
use crate::security_hub::batches::batches;
use crate::security_hub::{AwsSecurityFinding, ExistingFinding, archived, id, subject};

/// The number of concurrent calls. Implementations of [`Findings`] apply the limit of 10 calls per
/// second.
const CONCURRENCY: usize = 4;
/// Findings newer than this are not requested: the sweep has just imported them.
const STALE_AFTER: SignedDuration = SignedDuration::from_hours(1);

const IMPORT: &str = "BatchImportFindings";

/// Imports the findings of one account and Region.
#[derive(Debug)]
pub struct Importer<'a, F> {
    /// The receiver of the findings.
    pub findings: &'a F,
    /// The account and Region of the findings.
    pub account_region: &'a AccountRegion,
    /// The time limits of the invocation.
    pub deadline: Deadline,
}

/// The outcome of an import.
#[derive(Debug, Default)]
pub struct Imported {
    /// The number of findings that Security Hub accepted.
    pub accepted: usize,
    /// Whether Security Hub is not enabled in the account and Region, which is not a failure.
    pub not_enabled: bool,
    /// Whether further imports would fail too.
    pub stopped: bool,
    /// The failures, which name every finding that Security Hub did not accept.
    pub failures: Vec<Failure>,
}

impl Imported {
    /// Adds the outcome of another import.
    pub fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.not_enabled |= other.not_enabled;
        self.stopped |= other.stopped;
        self.failures.extend(other.failures);
    }

    fn failed(failure: Failure) -> Self {
        Self { stopped: true, failures: vec![failure], ..Self::default() }
    }

    fn not_enabled() -> Self {
        Self { stopped: true, not_enabled: true, ..Self::default() }
    }
}

impl<F: Findings> Importer<'_, F> {
    /// Imports the findings. A finding that Security Hub rejects doesn't affect the others.
    pub async fn import(&self, findings: &[AwsSecurityFinding]) -> Imported {
        let stopped = &Cell::new(false);
        let batches = stream::iter(batches(findings))
            .map(|batch| async move {
                if stopped.get() {
                    BatchOutcome::unsent(batch)
                } else {
                    self.import_batch(batch, stopped).await
                }
            })
            .buffered(CONCURRENCY)
            .collect::<Vec<_>>()
            .await;
        let (mut imported, mut left) =
            (Imported { stopped: stopped.get(), ..Imported::default() }, Vec::new());
        for batch in batches {
            imported.add(batch.imported);
            left.extend(batch.unsent.into_iter().map(ToOwned::to_owned));
        }
        if !left.is_empty() && !imported.not_enabled {
            imported.failures.push(Failure::OutOfTime {
                operation: IMPORT,
                left,
                location: self.account_region.into(),
            });
        }
        imported
    }

    /// Archives the findings of a stage that is gone.
    pub async fn archive(&self, stage: &StageArn, reason: &NotEvaluated, at: Timestamp) -> Imported {
        let ids: Vec<String> =
            Check::ALL.iter().map(|check| id(self.account_region, stage, *check)).collect();
        let mut existing = Vec::new();
        for ids in ids.chunks(MAX_FILTER_IDS) {
            match self.findings.active_findings(FindingsFilter::Ids(ids)).await {
                Ok(Some(found)) => {
                    existing.extend(found.into_iter().filter(|existing| ids.contains(&existing.id)));
                }
                Ok(None) => return Imported::not_enabled(),
                Err(failure) => return Imported::failed(failure),
            }
        }
        self.archive_existing(&existing, reason, at).await
    }

    /// Archives the findings of stages that no longer exist. It looks for findings that are not
    /// updated any more, so the next sweep archives those that this one misses.
    pub async fn archive_all_except(
        &self,
        present: &BTreeSet<&str>,
        checks: &BTreeSet<Check>,
        at: Timestamp,
    ) -> Imported {
        let since = at - STALE_AFTER;
        match self.findings.active_findings(FindingsFilter::Stale { checks, since }).await {
            Ok(Some(mut existing)) => {
                existing.retain(|existing| {
                    subject(self.account_region, &existing.id).is_some_and(|(stage, check)| {
                        checks.contains(&check) && !present.contains(stage.as_str())
                    })
                });
                self.archive_existing(&existing, &NotEvaluated::Vanished, at).await
            }
            Ok(None) => Imported::not_enabled(),
            Err(failure) => Imported::failed(failure),
        }
    }

    async fn archive_existing(
        &self,
        existing: &[ExistingFinding],
        reason: &NotEvaluated,
        at: Timestamp,
    ) -> Imported {
        let findings: Vec<AwsSecurityFinding> = existing
            .iter()
            .filter_map(|existing| archived(self.account_region, existing, reason, at))
            .collect();
        self.import(&findings).await
    }

    /// Imports one batch. If Security Hub rejects it because of its content, the halves are
    /// imported separately.
    async fn import_batch<'f>(
        &self,
        batch: &'f [AwsSecurityFinding],
        stopped: &Cell<bool>,
    ) -> BatchOutcome<'f> {
        let (mut done, mut waiting) = (BatchOutcome::default(), vec![batch]);
        while let Some(part) = waiting.pop() {
            if stopped.get() || is_past(self.deadline.puts()) {
                stopped.set(true);
                done.unsent.extend(part.iter().map(|finding| finding.id.as_str()));
                continue;
            }
            match self.import_part(part).await {
                Ok(imported) => {
                    if imported.not_enabled {
                        stopped.set(true);
                    }
                    done.imported.add(imported);
                }
                Err(failure) if failure.code() == Some("InvalidInputException") => {
                    if part.len() > 1 {
                        let (first, rest) = part.split_at(part.len() / 2);
                        waiting.extend([rest, first]);
                    } else {
                        done.imported.failures.push(failure);
                    }
                }
                Err(failure) => {
                    // Without a permission or a response, the next call would fail too.
                    stopped.set(true);
                    done.imported.failures.push(failure);
                }
            }
        }
        done
    }

    /// Imports a part of a batch and retries the findings that Security Hub did not accept.
    async fn import_part(&self, part: &[AwsSecurityFinding]) -> Result<Imported, Failure> {
        let mut imported = Imported::default();
        let mut backoff = Backoff::new(self.deadline.puts());
        let mut retried: Option<Vec<AwsSecurityFinding>> = None;
        let mut rejected: Vec<RejectedFinding>;
        loop {
            let pending = retried.as_deref().unwrap_or(part);
            let Some(response) = self.findings.import_findings(pending).await? else {
                return Ok(Imported { not_enabled: true, stopped: true, ..imported });
            };
            rejected = response;
            let is_rejected = |finding: &&AwsSecurityFinding| rejected.iter().any(|it| it.id == finding.id);
            let left: Vec<AwsSecurityFinding> = pending.iter().filter(is_rejected).cloned().collect();
            imported.accepted += pending.len() - left.len();
            if left.is_empty() || !backoff.allows_retry() {
                break;
            }
            retried = Some(left);
            backoff.wait().await;
        }
        // Security Hub's list may name an Id that was never sent, which must be reported as a
        // failure too.
        if !rejected.is_empty() {
            let what =
                rejected.into_iter().map(|RejectedFinding { id, code }| format!("{id} ({code})")).collect();
            imported.failures.push(Failure::NotTaken {
                operation: IMPORT,
                what,
                location: self.account_region.into(),
            });
        }
        Ok(imported)
    }
}

/// The outcome of one batch, and the Ids of the findings that were not sent.
#[derive(Default)]
struct BatchOutcome<'f> {
    imported: Imported,
    unsent: Vec<&'f str>,
}

impl<'f> BatchOutcome<'f> {
    fn unsent(batch: &'f [AwsSecurityFinding]) -> Self {
        Self { unsent: batch.iter().map(|finding| finding.id.as_str()).collect(), ..Self::default() }
    }
}

/// Security Hub in the evaluated account and Region.
#[expect(async_fn_in_trait, reason = "the runtime is current-thread: no future crosses threads")]
pub trait Findings {
    /// Imports up to [`BATCH`](crate::account::BATCH) findings of up to 6 MB in total. Returns the
    /// findings that Security Hub did not accept, or `None` if it is not enabled.
    ///
    /// # Errors
    /// `Failure::Operation` with Security Hub's error code, or `OutOfTime`.
    async fn import_findings(
        &self,
        findings: &[AwsSecurityFinding],
    ) -> Result<Option<Vec<RejectedFinding>>, Failure>;

    /// Returns the active findings that match `filter`, or `None` if Security Hub is not enabled.
    ///
    /// # Errors
    /// As [`Findings::import_findings`].
    async fn active_findings(
        &self,
        filter: FindingsFilter<'_>,
    ) -> Result<Option<Vec<ExistingFinding>>, Failure>;
}

/// The maximum number of Ids in a call of `GetFindings` (botocore: 20 values per attribute).
pub const MAX_FILTER_IDS: usize = 20;

/// The findings to return.
#[derive(Clone, Copy, Debug)]
pub enum FindingsFilter<'a> {
    /// Up to [`MAX_FILTER_IDS`] findings by Id.
    Ids(&'a [String]),
    /// Findings of these checks that were not updated since an instant.
    Stale {
        /// The checks.
        checks: &'a BTreeSet<Check>,
        /// The instant.
        since: Timestamp,
    },
}

/// A finding that Security Hub did not accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedFinding {
    /// The finding's Id.
    pub id: String,
    /// The error code, such as `InvalidInput`.
    pub code: String,
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
