use jiff::Timestamp;

use super::Report;
use super::earlier::Earlier;
use crate::Failure;
use crate::evaluations::{EvaluatedStage, Evaluation};
use crate::invocation::Record;
use crate::parameters::Reporting;
use crate::place::Place;
use crate::stage::Stage;

/// What an invocation has found out so far.
pub(super) struct Established<'r> {
    /// What it counts.
    pub(super) record: &'r mut Record,
    /// Not put yet.
    pub(super) evaluations: Vec<Evaluation>,
    unread: Vec<String>,
    pub(super) failures: Vec<Failure>,
}

impl<'r> Established<'r> {
    pub(super) fn new(record: &'r mut Record) -> Self {
        Self { record, evaluations: Vec::new(), unread: Vec::new(), failures: Vec::new() }
    }

    pub(super) fn add(&mut self, stage: &EvaluatedStage, at: Timestamp) {
        self.record.judged(stage);
        self.evaluations.push(stage.evaluation(at));
    }

    /// Adds the evaluation of what is no stage, or is one no longer.
    pub(super) fn add_not_evaluated(&mut self, evaluation: Evaluation) {
        self.record.not_evaluated += 1;
        self.evaluations.push(evaluation);
    }

    /// Adds what differs from Config's own, or everything, with the non-compliant first: time may run out.
    pub(super) fn add_changed(
        &mut self,
        stages: &[EvaluatedStage],
        earlier: Option<&Earlier>,
        reporting: Reporting,
        at: Timestamp,
    ) {
        let mut changed = Vec::new();
        for stage in stages {
            let evaluation = stage.evaluation(at);
            self.record.judged(stage);
            let stands =
                reporting == Reporting::Changed && earlier.is_some_and(|earlier| earlier.holds(&evaluation));
            if !stands {
                changed.push(evaluation);
            }
        }
        changed.sort_by_key(|evaluation| evaluation.compliance_type);
        self.evaluations.extend(changed);
    }

    pub(super) fn unread<'s>(&mut self, stages: impl IntoIterator<Item = &'s Stage>) {
        self.unread.extend(stages.into_iter().map(|stage| stage.arn.label()));
    }

    /// The report, or the failure for all that went wrong.
    pub(super) fn report(mut self, place: &Place) -> Result<Report, Failure> {
        if !self.unread.is_empty() {
            // First: what has no result matters more than each of the reasons.
            self.failures.insert(0, Failure::Unreported { stages: self.unread, place: place.clone() });
        }
        match Failure::from_all(self.failures) {
            Some(failure) => Err(failure),
            None => Ok(Report {
                kind: self.record.kind.clone(),
                evaluated: self.record.evaluated(),
                non_compliant: self.record.tally.non_compliant,
                put: self.record.put,
            }),
        }
    }
}
