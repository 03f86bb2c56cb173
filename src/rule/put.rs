//! Puts evaluations in batches until Config accepts each of them or a failure names it.

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

/// The maximum number of attempts to put the evaluations of a batch.
const MAX_ATTEMPTS: u32 = 4;
/// The pause after the first attempt. Each pause is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The maximum number of splits per batch of an invocation, each of which costs two calls. It
/// suffices to find one bad evaluation in each batch of 100.
const MAX_SPLITS_PER_BATCH: usize = 8;
/// The maximum number of splits per invocation, in case Config rejects everything.
const MAX_SPLITS: usize = 64;

/// Puts the evaluations of one event.
#[derive(Debug)]
pub(crate) struct EvaluationSink<'a, R> {
    /// The receiver of the evaluations.
    pub results: &'a R,
    /// The event's result token.
    pub result_token: &'a ResultToken,
    /// The account and Region to name in failures.
    pub account_region: &'a AccountRegion,
    /// The time limits of the invocation.
    pub deadline: Deadline,
}

/// The outcome of all puts of an invocation so far.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The number of evaluations that Config accepted.
    pub accepted: usize,
    /// The failures, which name every evaluation that Config did not accept.
    pub failures: Vec<Failure>,
    /// Whether another put could succeed: the token is valid, Config responds and time remains.
    pub can_continue: bool,
    /// The expected number of batches, if known in advance.
    expected: usize,
    /// The number of batches so far, including empty ones, and how often a batch was split.
    batches: usize,
    splits: usize,
    head_was_split: bool,
}

type Batch<'e> = Cow<'e, [Evaluation]>;

impl<R: Results> EvaluationSink<'_, R> {
    /// Puts the evaluations in their order, the most important first. Makes one empty put if there
    /// are none.
    ///
    /// If Config rejects a batch, it is split and put again, with its first evaluation alone, so
    /// that one bad evaluation doesn't affect the others.
    pub(crate) async fn put(&self, evaluations: &[Evaluation], outcome: &mut Outcome) {
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
                outcome.can_continue = false;
                break;
            }
            let Err((failure, pending)) = self.put_batch(batch, outcome).await else { continue };
            let refusal = Refusal::of(&failure);
            let pending = match outcome.split(pending, refusal) {
                Ok(parts) => {
                    waiting.extend(parts);
                    continue;
                }
                Err(pending) => pending,
            };
            outcome.failures.push(failure);
            let mut left = vec![pending];
            if refusal != Refusal::Content {
                // Without a valid token, a rule or a response, the next batch would fail too.
                left.splice(..0, std::mem::take(&mut waiting));
                outcome.can_continue = false;
            }
            if left.iter().any(|batch| !batch.is_empty()) {
                outcome
                    .failures
                    .push(Failure::Unreported { stages: ids(&left), location: self.account_region.into() });
            }
        }
    }

    /// Puts one batch and retries the evaluations that Config did not accept. An error includes the
    /// evaluations that are still pending.
    async fn put_batch<'e>(
        &self,
        mut pending: Batch<'e>,
        outcome: &mut Outcome,
    ) -> Result<(), (Failure, Batch<'e>)> {
        let mut pause = FIRST_PAUSE;
        let mut rejected = Vec::new();
        for attempt in 1..=MAX_ATTEMPTS {
            let request = PutRequest { evaluations: &pending, result_token: self.result_token };
            rejected = match self.results.put_evaluations(request).await {
                Ok(rejected) => rejected,
                Err(failure) => return Err((failure, pending)),
            };
            let left: Vec<Evaluation> = pending
                .iter()
                .filter(|evaluation| rejected.iter().any(|id| *id == *evaluation.resource.id))
                .cloned()
                .collect();
            outcome.accepted += pending.len() - left.len();
            pending = Cow::Owned(left);
            let in_time = self.deadline.puts().is_none_or(|limit| Instant::now() + pause < limit);
            if pending.is_empty() || attempt == MAX_ATTEMPTS || !in_time {
                break;
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        // Config's list may name an id that was never put, which must be reported as a failure too.
        if !rejected.is_empty() {
            outcome.failures.push(Failure::FailedEvaluations {
                resources: rejected,
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
            accepted: 0,
            failures,
            can_continue: true,
            expected: 0,
            batches: 0,
            splits: 0,
            head_was_split: false,
        }
    }
}

impl Outcome {
    /// Returns the initial outcome for puts of up to `evaluations` evaluations.
    #[must_use]
    pub(crate) fn expecting(evaluations: usize) -> Self {
        Self { expected: evaluations.div_ceil(BATCH), ..Self::default() }
    }

    /// Whether nothing was put yet, not even an empty list.
    #[must_use]
    pub(crate) fn is_untouched(&self) -> bool {
        self.batches == 0
    }

    /// Splits a rejected batch into parts, the last part first, or returns the batch if splitting
    /// would not help.
    fn split<'e>(&mut self, batch: Batch<'e>, refusal: Refusal) -> Result<[Batch<'e>; 2], Batch<'e>> {
        let helps = match refusal {
            Refusal::Content => {
                self.splits < (self.batches.max(self.expected) * MAX_SPLITS_PER_BATCH).min(MAX_SPLITS)
            }
            // It is not documented whether Config accepts a peer's result with the token of another
            // stage's event.
            Refusal::Token => !self.head_was_split,
            Refusal::Call => false,
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

/// The part of a call that Config rejected.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// An evaluation.
    Content,
    /// The result token.
    Token,
    /// The call itself, or there was no response.
    Call,
}

impl Refusal {
    fn of(failure: &Failure) -> Self {
        match failure.code() {
            Some("InvalidParameterValueException" | "ValidationException") => Self::Content,
            Some("InvalidResultTokenException") => Self::Token,
            _ => Self::Call,
        }
    }
}

/// The resource ids in `waiting`, a stack of batches with the next one last.
fn ids(waiting: &[Batch<'_>]) -> Vec<String> {
    waiting
        .iter()
        .rev()
        .flat_map(|batch| batch.iter())
        .map(|evaluation| evaluation.resource.id.to_string())
        .collect()
}

/// The receiver of evaluations.
#[expect(async_fn_in_trait, reason = "the runtime is current-thread: no future crosses threads")]
pub trait Results {
    /// Puts up to [`BATCH`] evaluations and returns the resource ids that Config did not accept.
    ///
    /// # Errors
    /// `Failure::Operation` with Config's error code, or `OutOfTime`.
    async fn put_evaluations(&self, request: PutRequest<'_>) -> Result<Vec<String>, Failure>;
}

/// A `PutEvaluations` request, which serializes to the request body.
#[derive(Clone, Copy, Debug)]
pub struct PutRequest<'a> {
    /// Up to [`BATCH`] evaluations.
    pub evaluations: &'a [Evaluation],
    /// The event's result token.
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
