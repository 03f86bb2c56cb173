//! Handing findings to Security Hub: in batches, until each is taken or there is a failure that names it.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::Failure;
use crate::account::BATCH;
use crate::checks::Check;
use crate::deadline::{Deadline, is_past};
use crate::evaluation::scope::NotEvaluated;
use crate::resources::account_region::AccountRegion;
use crate::resources::stage_arn::StageArn;
use crate::security_hub::{AwsSecurityFinding, Known, archived, id, subject};

/// The most that one call may hold (Security Hub user guide: 6 MB), less what surrounds the findings.
const MAX_BYTES: usize = 6_000_000 - 100;
/// How often what Security Hub did not take is sent, and the first of the doubling pauses in between.
const ATTEMPTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// How many calls are under way at once. The pace of ten a second is kept behind the seam.
const CONCURRENCY: usize = 4;
/// Findings that were imported this lately are not asked for: a sweep that has just sent them would only read them again.
const STALE_AFTER: SignedDuration = SignedDuration::from_hours(1);

const IMPORT: &str = "BatchImportFindings";

/// Imports the findings of one account and Region.
#[derive(Debug)]
pub struct Importer<'a, F> {
    /// Where they go.
    pub findings: &'a F,
    /// The account and Region.
    pub account_region: &'a AccountRegion,
    /// When putting stops.
    pub deadline: Deadline,
}

/// What came of an import.
#[derive(Debug, Default)]
pub struct Imported {
    /// How many findings Security Hub took.
    pub taken: usize,
    /// Security Hub is not enabled in the account and Region: nothing was taken, and nothing is wrong.
    pub not_enabled: bool,
    /// Another import would fare no better.
    pub stopped: bool,
    /// What went wrong with the others.
    pub failures: Vec<Failure>,
}

impl Imported {
    /// Both together.
    pub fn add(&mut self, other: Self) {
        self.taken += other.taken;
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
    /// Imports all of these. One that Security Hub refuses costs no other.
    pub async fn import(&self, findings: &[AwsSecurityFinding]) -> Imported {
        let stopped = &Cell::new(false);
        let batches = stream::iter(batches(findings))
            .map(|batch| async move {
                if stopped.get() { Batch::left(batch) } else { self.batch(batch, stopped).await }
            })
            .buffered(CONCURRENCY)
            .collect::<Vec<_>>()
            .await;
        let (mut imported, mut left) =
            (Imported { stopped: stopped.get(), ..Imported::default() }, Vec::new());
        for batch in batches {
            imported.add(batch.imported);
            left.extend(batch.left.into_iter().map(ToOwned::to_owned));
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

    /// Archives what Security Hub has about one stage that is gone.
    pub async fn archive(&self, stage: &StageArn, reason: &NotEvaluated, at: Timestamp) -> Imported {
        let ids: Vec<String> =
            Check::ALL.iter().map(|check| id(self.account_region, stage, *check)).collect();
        let mut known = Vec::new();
        for ids in ids.chunks(WANTED_IDS) {
            match self.findings.active_findings(Wanted::Ids(ids)).await {
                Ok(Some(found)) => known.extend(found.into_iter().filter(|known| ids.contains(&known.id))),
                Ok(None) => return Imported::not_enabled(),
                Err(failure) => return Imported::failed(failure),
            }
        }
        self.archive_known(&known, reason, at).await
    }

    /// Archives what Security Hub has about stages that are no longer there. It looks for findings that nobody has updated, so
    /// that what one sweep leaves undone the next one does.
    pub async fn archive_all_but(
        &self,
        present: &BTreeSet<&str>,
        checks: &BTreeSet<Check>,
        at: Timestamp,
    ) -> Imported {
        let since = at - STALE_AFTER;
        match self.findings.active_findings(Wanted::Stale { checks, since }).await {
            Ok(Some(mut known)) => {
                known.retain(|known| {
                    subject(self.account_region, &known.id).is_some_and(|(stage, check)| {
                        checks.contains(&check) && !present.contains(stage.as_str())
                    })
                });
                self.archive_known(&known, &NotEvaluated::Vanished, at).await
            }
            Ok(None) => Imported::not_enabled(),
            Err(failure) => Imported::failed(failure),
        }
    }

    async fn archive_known(&self, known: &[Known], reason: &NotEvaluated, at: Timestamp) -> Imported {
        let findings: Vec<AwsSecurityFinding> =
            known.iter().filter_map(|known| archived(self.account_region, known, reason, at)).collect();
        self.import(&findings).await
    }

    /// Imports one batch; in halves, where Security Hub refuses the whole for something in it.
    async fn batch<'f>(&self, batch: &'f [AwsSecurityFinding], stopped: &Cell<bool>) -> Batch<'f> {
        let (mut done, mut waiting) = (Batch::default(), vec![batch]);
        while let Some(part) = waiting.pop() {
            if stopped.get() || is_past(self.deadline.puts()) {
                stopped.set(true);
                done.left.extend(part.iter().map(|finding| finding.id.as_str()));
                continue;
            }
            match self.part(part).await {
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
                    // Without a permission or an answer the next call would fare no better.
                    stopped.set(true);
                    done.imported.failures.push(failure);
                }
            }
        }
        done
    }

    /// Imports a part of a batch, and what Security Hub did not take of it again.
    async fn part(&self, part: &[AwsSecurityFinding]) -> Result<Imported, Failure> {
        let mut imported = Imported::default();
        let (mut again, mut pause): (Option<Vec<AwsSecurityFinding>>, _) = (None, FIRST_PAUSE);
        let mut refused: Vec<Refused> = Vec::new();
        for attempt in 1..=ATTEMPTS {
            let open = again.as_deref().unwrap_or(part);
            let Some(answer) = self.findings.import_findings(open).await? else {
                return Ok(Imported { not_enabled: true, stopped: true, ..imported });
            };
            refused = answer;
            let is_refused = |finding: &&AwsSecurityFinding| refused.iter().any(|it| it.id == finding.id);
            let still: Vec<AwsSecurityFinding> = open.iter().filter(is_refused).cloned().collect();
            imported.taken += open.len() - still.len();
            let in_time = self.deadline.puts().is_none_or(|limit| Instant::now() + pause < limit);
            if still.is_empty() || attempt == ATTEMPTS || !in_time {
                break;
            }
            again = Some(still);
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        // Security Hub's own list: should it name an Id that was never sent, that must not pass for success.
        if !refused.is_empty() {
            let what = refused.into_iter().map(|Refused { id, code }| format!("{id} ({code})")).collect();
            imported.failures.push(Failure::NotTaken {
                operation: IMPORT,
                what,
                location: self.account_region.into(),
            });
        }
        Ok(imported)
    }
}

/// What came of one batch, and the Ids of what was not sent.
#[derive(Default)]
struct Batch<'f> {
    imported: Imported,
    left: Vec<&'f str>,
}

impl<'f> Batch<'f> {
    fn left(batch: &'f [AwsSecurityFinding]) -> Self {
        Self { left: batch.iter().map(|finding| finding.id.as_str()).collect(), ..Self::default() }
    }
}

/// Cuts findings into calls: a hundred each, and no more than fit.
fn batches(mut findings: &[AwsSecurityFinding]) -> Vec<&[AwsSecurityFinding]> {
    let mut batches = Vec::new();
    while !findings.is_empty() {
        let mut bytes = 0;
        let fits = findings.iter().take(BATCH).take_while(|finding| {
            bytes += size(finding) + 1;
            bytes <= MAX_BYTES
        });
        // One that is too large by itself is sent, for Security Hub to say so.
        let (batch, rest) = findings.split_at(fits.count().max(1));
        batches.push(batch);
        findings = rest;
    }
    batches
}

/// How long a finding is on the wire.
fn size(finding: &AwsSecurityFinding) -> usize {
    struct Count(usize);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // Text and numbers alone: it can't fail.
    let _ = serde_json::to_writer(&mut count, finding);
    count.0
}

/// Where findings go: Security Hub, in the account and Region that is read.
#[expect(async_fn_in_trait, reason = "the runtime is current-thread: no future crosses threads")]
pub trait Findings {
    /// Hands over at most [`BATCH`] findings, of 6 MB in all, and returns those that Security Hub did not take. `None` where it
    /// is not enabled there.
    ///
    /// # Errors
    /// `Failure::Operation` with Security Hub's error code, or `OutOfTime`.
    async fn import_findings(&self, findings: &[AwsSecurityFinding])
    -> Result<Option<Vec<Refused>>, Failure>;

    /// The active findings that Security Hub has of those that are wanted. `None` where it is not enabled there.
    ///
    /// # Errors
    /// As [`Findings::import_findings`].
    async fn active_findings(&self, wanted: Wanted<'_>) -> Result<Option<Vec<Known>>, Failure>;
}

/// How many Ids one call of `GetFindings` takes (botocore: 20 values of an attribute).
pub const WANTED_IDS: usize = 20;

/// Which findings are wanted.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    /// Those of these Ids: at most [`WANTED_IDS`].
    Ids(&'a [String]),
    /// Those of these checks that were not updated since an instant.
    Stale {
        /// The checks.
        checks: &'a BTreeSet<Check>,
        /// The instant.
        since: Timestamp,
    },
}

/// A finding that Security Hub did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its Id.
    pub id: String,
    /// Why: `InvalidInput`, ….
    pub code: String,
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
