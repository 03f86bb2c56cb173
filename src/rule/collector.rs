use crate::Failure;
use crate::account::BATCH;
use crate::evaluation::compliance::Evaluation;
use crate::evaluation::evaluated::EvaluatedStage;
use crate::resources::account_region::AccountRegion;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;
use crate::rule::Report;
use crate::rule::put::{EvaluationSink, Outcome, Results};
use crate::security_hub::Imported;
use crate::telemetry::invocation_log::Record;

/// What an invocation has found out so far, and what of it Config has.
pub(crate) struct Collector<'r> {
    /// What it counts.
    record: &'r mut Record,
    /// Not put yet.
    evaluations: Vec<Evaluation>,
    unread: Vec<String>,
    imported: Option<Imported>,
    /// What could not be read.
    pub(crate) failures: Vec<Failure>,
    outcome: Outcome,
}

impl<'r> Collector<'r> {
    /// Counts in `record`.
    pub(crate) fn new(record: &'r mut Record) -> Self {
        let (evaluations, unread, failures) = (Vec::new(), Vec::new(), Vec::new());
        Self { record, evaluations, unread, failures, imported: None, outcome: Outcome::default() }
    }

    /// For an invocation that may put so many evaluations.
    pub(crate) fn expecting(record: &'r mut Record, evaluations: usize) -> Self {
        Self { outcome: Outcome::expecting(evaluations), ..Self::new(record) }
    }

    /// Counts a stage that was judged, whether its evaluation is put or stands already.
    pub(crate) fn add_evaluated(&mut self, stage: &EvaluatedStage) {
        self.record.count_evaluated(stage);
    }

    /// Adds an evaluation that is to be put.
    pub(crate) fn add(&mut self, evaluation: Evaluation) {
        self.evaluations.push(evaluation);
    }

    /// Adds the evaluation of what is no stage, or is one no longer.
    pub(crate) fn add_not_evaluated(&mut self, evaluation: Evaluation) {
        self.record.not_evaluated += 1;
        self.add(evaluation);
    }

    /// Notes stages of which only the ARN is known.
    pub(crate) fn unread_ids<'s>(&mut self, stages: impl IntoIterator<Item = &'s StageArn>) {
        self.unread.extend(stages.into_iter().map(StageArn::label));
    }

    pub(crate) fn unread<'s>(&mut self, stages: impl IntoIterator<Item = &'s Stage>) {
        self.unread.extend(stages.into_iter().map(|stage| stage.arn.label()));
    }

    /// Puts as many hundreds as are there, the non-compliant first: time may run out. Whether another put would have a chance.
    pub(crate) async fn put_full_batches<R: Results>(&mut self, sink: &EvaluationSink<'_, R>) -> bool {
        while self.outcome.may_go_on && self.evaluations.len() >= BATCH {
            self.evaluations.sort_by_key(|evaluation| evaluation.compliance_type);
            let hundred: Vec<Evaluation> = self.evaluations.drain(..BATCH).collect();
            sink.put(&hundred, &mut self.outcome).await;
        }
        self.outcome.may_go_on
    }

    /// Puts all that is left, in the order of [`Collector::put_full_batches`]. Whether another put would have a chance.
    pub(crate) async fn put_rest<R: Results>(&mut self, sink: &EvaluationSink<'_, R>) -> bool {
        self.evaluations.sort_by_key(|evaluation| evaluation.compliance_type);
        self.put_in_order(sink).await
    }

    /// Puts all that is left, in the order in which it was added. Whether another put would have a chance.
    pub(crate) async fn put_in_order<R: Results>(&mut self, sink: &EvaluationSink<'_, R>) -> bool {
        let evaluations = std::mem::take(&mut self.evaluations);
        if evaluations.is_empty() {
            return self.outcome.may_go_on;
        }
        if self.outcome.may_go_on {
            sink.put(&evaluations, &mut self.outcome).await;
        } else {
            self.unread.extend(evaluations.into_iter().map(|evaluation| evaluation.resource.id.to_string()));
        }
        self.outcome.may_go_on
    }

    /// Tells Config that the invocation has come to its end, where nothing was put: else the rule would show no result at all.
    pub(crate) async fn put_empty_if_untouched<R: Results>(&mut self, sink: &EvaluationSink<'_, R>) {
        if self.outcome.is_untouched() {
            sink.put(&[], &mut self.outcome).await;
        }
    }

    /// What came of importing findings: its failures come behind those of Config's results.
    pub(crate) fn imported(&mut self, imported: Option<Imported>) {
        self.imported = imported;
    }

    /// The report, or the failure for all that went wrong.
    pub(crate) fn report(mut self, account_region: &AccountRegion) -> Result<Report, Failure> {
        self.record.put = self.outcome.taken;
        self.failures.append(&mut self.outcome.failures);
        if !self.unread.is_empty() {
            // First: what has no result matters more than each of the reasons.
            self.failures
                .insert(0, Failure::Unreported { stages: self.unread, location: account_region.into() });
        }
        if let Some(mut imported) = self.imported {
            self.record.imported = Some(imported.taken);
            self.record.security_hub_not_enabled = imported.not_enabled;
            self.failures.append(&mut imported.failures);
        }
        match Failure::from_all(self.failures) {
            Some(failure) => Err(failure),
            None => Ok(Report::of(self.record)),
        }
    }
}
