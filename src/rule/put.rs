//! Handing evaluations to Config: in batches, until each is taken or there is a failure that names it.

use std::borrow::Cow;
use std::time::Duration;

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};
use tokio::time::Instant;

use crate::Failure;
use crate::account::BATCH;
use crate::deadline::{Deadline, is_past};
use crate::evaluation::compliance::Evaluation;
use crate::event::ResultToken;
use crate::resources::account_region::AccountRegion;

/// How often one batch's `FailedEvaluations` are put, and the first of the doubling pauses in between.
const ATTEMPTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// How many times an invocation may split batches to find out which evaluation Config refuses, at two calls each time: enough
/// for one in each batch of a hundred, within a limit for a Config that refuses everything.
const SPLITS_A_BATCH: usize = 8;
const MAX_SPLITS: usize = 64;

/// Puts evaluations for one event.
#[derive(Debug)]
pub struct EvaluationSink<'a, R> {
    /// Where they go.
    pub results: &'a R,
    /// The event's token.
    pub result_token: &'a ResultToken,
    /// The account and Region, for failures.
    pub account_region: &'a AccountRegion,
    /// When putting stops.
    pub deadline: Deadline,
}

/// What came of an invocation's puts so far.
#[derive(Debug)]
pub struct Outcome {
    /// How many evaluations Config took.
    pub taken: usize,
    /// What went wrong with the others, each of which is named.
    pub failures: Vec<Failure>,
    /// Whether another put would have a chance: the token is alive, Config answers, there is time.
    pub may_go_on: bool,
    /// How many batches there may be in all, as far as that is known before.
    expected: usize,
    /// Batches so far, an empty one among them, and how often one was split.
    batches: usize,
    splits: usize,
    head_was_split: bool,
}

type Batch<'e> = Cow<'e, [Evaluation]>;

impl<R: Results> EvaluationSink<'_, R> {
    /// Puts all of these in their order, the most important first; an empty put where there are none.
    ///
    /// One that Config refuses costs no other its result: a refused batch is put again in parts, its head by itself first.
    pub async fn put(&self, evaluations: &[Evaluation], outcome: &mut Outcome) {
        let mut waiting: Vec<Batch<'_>> = evaluations.chunks(BATCH).rev().map(Cow::Borrowed).collect();
        if waiting.is_empty() {
            waiting.push(Cow::Borrowed(&[]));
        }
        outcome.batches += waiting.len();
        while let Some(batch) = waiting.pop() {
            if !batch.is_empty() && is_past(self.deadline.puts()) {
                waiting.push(batch);
                let (left, location) = (ids(&waiting), self.account_region.into());
                outcome.failures.push(Failure::OutOfTime { operation: "PutEvaluations", left, location });
                outcome.may_go_on = false;
                break;
            }
            let Err((failure, open)) = self.put_batch(batch, outcome).await else { continue };
            let refused = Refused::by(&failure);
            let open = match outcome.split(open, refused) {
                Ok(parts) => {
                    waiting.extend(parts);
                    continue;
                }
                Err(open) => open,
            };
            outcome.failures.push(failure);
            let mut left = vec![open];
            if refused != Refused::Content {
                // Without a live token, a rule or an answer the next batch would fare no better.
                left.splice(..0, std::mem::take(&mut waiting));
                outcome.may_go_on = false;
            }
            if left.iter().any(|batch| !batch.is_empty()) {
                outcome
                    .failures
                    .push(Failure::Unreported { stages: ids(&left), location: self.account_region.into() });
            }
        }
    }

    /// Puts one batch, and what Config did not take of it again. An error comes with what is still open.
    async fn put_batch<'e>(
        &self,
        mut open: Batch<'e>,
        outcome: &mut Outcome,
    ) -> Result<(), (Failure, Batch<'e>)> {
        let mut pause = FIRST_PAUSE;
        let mut refused = Vec::new();
        for attempt in 1..=ATTEMPTS {
            let request = PutRequest { evaluations: &open, result_token: self.result_token };
            refused = match self.results.put_evaluations(request).await {
                Ok(refused) => refused,
                Err(failure) => return Err((failure, open)),
            };
            let still: Vec<Evaluation> = open
                .iter()
                .filter(|evaluation| refused.iter().any(|id| *id == *evaluation.resource.id))
                .cloned()
                .collect();
            outcome.taken += open.len() - still.len();
            open = Cow::Owned(still);
            let in_time = self.deadline.puts().is_none_or(|limit| Instant::now() + pause < limit);
            if open.is_empty() || attempt == ATTEMPTS || !in_time {
                break;
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        // Config's own list: should it name an id that was never put, something is wrong that must not pass for success.
        if !refused.is_empty() {
            outcome.failures.push(Failure::FailedEvaluations {
                resources: refused,
                location: self.account_region.into(),
            });
        }
        Ok(())
    }
}

impl Default for Outcome {
    fn default() -> Self {
        let failures = Vec::new();
        Self {
            taken: 0,
            failures,
            may_go_on: true,
            expected: 0,
            batches: 0,
            splits: 0,
            head_was_split: false,
        }
    }
}

impl Outcome {
    /// Of puts that may come to so many evaluations together.
    #[must_use]
    pub fn expecting(evaluations: usize) -> Self {
        Self { expected: evaluations.div_ceil(BATCH), ..Self::default() }
    }

    /// Whether nothing was put yet, not even nothing.
    #[must_use]
    pub fn is_untouched(&self) -> bool {
        self.batches == 0
    }

    /// The parts to put in place of a refused batch, last part first; or the batch, where splitting would not help.
    fn split<'e>(&mut self, batch: Batch<'e>, refused: Refused) -> Result<[Batch<'e>; 2], Batch<'e>> {
        let helps = match refused {
            Refused::Content => {
                self.splits < (self.batches.max(self.expected) * SPLITS_A_BATCH).min(MAX_SPLITS)
            }
            // Whether Config takes a peer's result with the token of another stage's change is not documented.
            Refused::Token => !self.head_was_split,
            Refused::Call => false,
        };
        if !helps || batch.len() < 2 {
            return Err(batch);
        }
        let at = if self.head_was_split { batch.len() / 2 } else { 1 };
        self.splits += 1;
        self.head_was_split = true;
        Ok(match batch {
            Cow::Borrowed(batch) => {
                let (first, rest) = batch.split_at(at);
                [Cow::Borrowed(rest), Cow::Borrowed(first)]
            }
            Cow::Owned(mut first) => {
                let rest = first.split_off(at);
                [Cow::Owned(rest), Cow::Owned(first)]
            }
        })
    }
}

/// What of a call Config refused.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refused {
    /// An evaluation in it.
    Content,
    /// Its token.
    Token,
    /// The call itself; or there was no answer.
    Call,
}

impl Refused {
    fn by(failure: &Failure) -> Self {
        match failure.code() {
            Some("InvalidParameterValueException" | "ValidationException") => Self::Content,
            Some("InvalidResultTokenException") => Self::Token,
            _ => Self::Call,
        }
    }
}

/// The resources of batches that wait with the next one last.
fn ids(waiting: &[Batch<'_>]) -> Vec<String> {
    waiting
        .iter()
        .rev()
        .flat_map(|batch| batch.iter())
        .map(|evaluation| evaluation.resource.id.to_string())
        .collect()
}

/// Where evaluations go.
#[expect(async_fn_in_trait, reason = "the runtime is current-thread: no future crosses threads")]
pub trait Results {
    /// Hands over at most [`BATCH`] evaluations and returns the resource ids that Config did not take.
    ///
    /// # Errors
    /// `Failure::Operation` with Config's error code, or `OutOfTime`.
    async fn put_evaluations(&self, request: PutRequest<'_>) -> Result<Vec<String>, Failure>;
}

/// One `PutEvaluations`, which serializes to what goes over the wire.
#[derive(Clone, Copy, Debug)]
pub struct PutRequest<'a> {
    /// At most [`BATCH`].
    pub evaluations: &'a [Evaluation],
    /// The event's token.
    pub result_token: &'a ResultToken,
}

impl Serialize for PutRequest<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let test_mode = self.result_token.is_test_mode();
        let mut wire = serializer.serialize_struct("PutEvaluations", if test_mode { 3 } else { 2 })?;
        wire.serialize_field("Evaluations", self.evaluations)?;
        wire.serialize_field("ResultToken", self.result_token.reveal())?;
        if test_mode {
            wire.serialize_field("TestMode", &true)?;
        }
        wire.end()
    }
}

#[cfg(test)]
#[path = "put_tests.rs"]
mod tests;
