//! Imports findings in batches until Security Hub accepts each of them or a failure names it.

use std::cell::Cell;

use futures_util::{StreamExt, stream};

use crate::Failure;
use crate::deadline::{Backoff, Deadline, is_past};
use crate::resources::account_region::AccountRegion;
use crate::security_hub::batches::batches;
use crate::security_hub::{AwsSecurityFinding, ExistingFinding};

/// The number of concurrent calls. Implementations of [`Findings`] apply the limit of 10 calls per
/// second.
const CONCURRENCY: usize = 4;
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
    /// The number of stages whose findings the next sweep imports, because Security Hub throttled
    /// the calls of a change.
    pub left_to_sweep: usize,
    /// The number of findings that another rule has updated.
    pub held_by_others: usize,
    /// The failures, which name every finding that Security Hub did not accept.
    pub failures: Vec<Failure>,
}

impl Imported {
    /// Adds the outcome of another import.
    pub fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.not_enabled |= other.not_enabled;
        self.stopped |= other.stopped;
        self.left_to_sweep += other.left_to_sweep;
        self.held_by_others += other.held_by_others;
        self.failures.extend(other.failures);
    }

    pub(crate) fn failed(failure: Failure) -> Self {
        Self { stopped: true, failures: vec![failure], ..Self::default() }
    }

    pub(crate) fn not_enabled() -> Self {
        Self { stopped: true, not_enabled: true, ..Self::default() }
    }

    /// The outcome for a change that evaluated `stages` stages: if Security Hub had no time for the
    /// calls, the next sweep imports what is missing.
    pub(crate) fn or_left_to_sweep(mut self, stages: usize) -> Self {
        if !self.failures.is_empty() && self.failures.iter().all(is_throttled) {
            self.failures.clear();
            self.left_to_sweep = stages;
        }
        self
    }
}

/// Whether a call failed only because there were too many of them. The SDK retries throttled calls,
/// so that they may also run out of time.
fn is_throttled(failure: &Failure) -> bool {
    const CODES: [&str; 6] = [
        "LimitExceededException",
        "RequestLimitExceeded",
        "Throttling",
        "ThrottledException",
        "ThrottlingException",
        "TooManyRequestsException",
    ];
    matches!(failure, Failure::OutOfTime { .. }) || failure.code().is_some_and(|code| CODES.contains(&code))
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

    /// Returns stagecert's findings that are about these resources, or `None` if Security Hub is
    /// not enabled.
    ///
    /// # Errors
    /// As [`Findings::existing_findings`].
    pub async fn existing_of(&self, resources: &[String]) -> Result<Option<Vec<ExistingFinding>>, Failure> {
        let mut existing = Vec::new();
        for some in resources.chunks(MAX_FILTER_VALUES) {
            match self.findings.existing_findings(FindingsFilter::Resources(some)).await? {
                Some(found) => existing.extend(found),
                None => return Ok(None),
            }
        }
        Ok(Some(existing))
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

    /// Returns stagecert's findings, active and archived, that match `filter`, or `None` if
    /// Security Hub is not enabled.
    ///
    /// # Errors
    /// As [`Findings::import_findings`].
    async fn existing_findings(
        &self,
        filter: FindingsFilter<'_>,
    ) -> Result<Option<Vec<ExistingFinding>>, Failure>;
}

/// The maximum number of values of an attribute in a call of `GetFindings` (botocore).
pub const MAX_FILTER_VALUES: usize = 20;

/// The findings to return.
#[derive(Clone, Copy, Debug)]
pub enum FindingsFilter<'a> {
    /// All findings of stagecert, of every deployment.
    All,
    /// Those about up to [`MAX_FILTER_VALUES`] resources.
    Resources(&'a [String]),
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
