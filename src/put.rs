//! Handing evaluations to Config: in batches, until each is taken or there is a failure that names it.

use std::time::Duration;

use crate::Failure;
use crate::account::{BATCH, PutRequest, Results};
use crate::deadline::{Deadline, has_come};
use crate::evaluations::Evaluation;
use crate::event::ResultToken;
use crate::place::Place;

/// How often one batch's `FailedEvaluations` are put again, and the first of the doubling pauses before that.
const ATTEMPTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// How many times one put may split a batch to find out which evaluation Config refuses: two more calls each time.
const MOST_SPLITS: u32 = 16;

/// Puts evaluations for one event.
#[derive(Debug)]
pub struct Putter<'a, R> {
    /// Where they go.
    pub results: &'a R,
    /// The event's token.
    pub result_token: &'a ResultToken,
    /// The account and Region, for failures.
    pub place: &'a Place,
    /// When putting stops.
    pub deadline: Deadline,
}

impl<R: Results> Putter<'_, R> {
    /// Puts all of these in their order, the most important first; an empty put where there are none.
    ///
    /// Returns how many Config took, and what went wrong with the others. One that Config refuses costs no other its
    /// result: a refused batch is put again in halves, its head by itself first.
    pub async fn put(&self, evaluations: &[Evaluation]) -> (usize, Vec<Failure>) {
        let mut outcome = Outcome::default();
        let mut waiting: Vec<&[Evaluation]> = evaluations.chunks(BATCH).rev().collect();
        if waiting.is_empty() {
            waiting.push(&[]);
        }
        while let Some(batch) = waiting.pop() {
            if !batch.is_empty() && has_come(self.deadline.puts()) {
                waiting.push(batch);
                let (left, place) = (ids(&waiting), self.place.clone());
                outcome.failures.push(Failure::OutOfTime { operation: "PutEvaluations", left, place });
                break;
            }
            let Err(failure) = self.put_batch(batch, &mut outcome).await else { continue };
            let refused = Refused::by(&failure);
            if let Some(parts) = outcome.split(batch, refused) {
                waiting.extend(parts);
                continue;
            }
            outcome.failures.push(failure);
            let mut left = vec![batch];
            if refused != Refused::Content {
                // Without a live token, a rule or an answer the next batch would fare no better.
                left = std::mem::take(&mut waiting);
                left.push(batch);
            }
            if left.iter().any(|batch| !batch.is_empty()) {
                outcome.failures.push(Failure::Unreported { stages: ids(&left), place: self.place.clone() });
            }
        }
        (outcome.taken, outcome.failures)
    }

    /// Puts one batch, and what Config did not take of it again.
    async fn put_batch(&self, batch: &[Evaluation], outcome: &mut Outcome) -> Result<(), Failure> {
        let mut open: Vec<Evaluation> = Vec::new();
        let mut pause = FIRST_PAUSE;
        for attempt in 0..ATTEMPTS {
            let now = if attempt == 0 { batch } else { open.as_slice() };
            let request = PutRequest { evaluations: now, result_token: self.result_token };
            let refused = self.results.put_evaluations(request).await?;
            let still: Vec<Evaluation> =
                now.iter().filter(|evaluation| refused.contains(&evaluation.resource.id)).cloned().collect();
            outcome.taken += now.len() - still.len();
            open = still;
            if open.is_empty() {
                return Ok(());
            }
            let woken = crate::deadline::until(self.deadline.puts(), tokio::time::sleep(pause)).await;
            if woken.is_none() {
                break;
            }
            pause *= 2;
        }
        let resources = open.into_iter().map(|evaluation| evaluation.resource.id).collect();
        outcome.failures.push(Failure::FailedEvaluations { resources, place: self.place.clone() });
        Ok(())
    }
}

#[derive(Default)]
struct Outcome {
    taken: usize,
    failures: Vec<Failure>,
    splits: u32,
}

impl Outcome {
    /// The parts to put in place of a refused batch, last part first; `None` where splitting would not help.
    fn split<'e>(&mut self, batch: &'e [Evaluation], refused: Refused) -> Option<[&'e [Evaluation]; 2]> {
        let head_first = self.splits == 0;
        let helps = match refused {
            Refused::Content => self.splits < MOST_SPLITS,
            // Whether Config takes a peer's result with the token of another stage's change is not documented.
            Refused::Token => head_first,
            Refused::Call => false,
        };
        if !helps || batch.len() < 2 {
            return None;
        }
        self.splits += 1;
        let (first, rest) = batch.split_at(if head_first { 1 } else { batch.len() / 2 });
        Some([rest, first])
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
fn ids(waiting: &[&[Evaluation]]) -> Vec<String> {
    waiting.iter().rev().copied().flatten().map(|evaluation| evaluation.resource.id.clone()).collect()
}

#[cfg(test)]
mod tests;
