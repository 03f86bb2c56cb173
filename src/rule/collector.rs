use crate::Failure;
use crate::account::{Account, BATCH};
use crate::evaluation::evaluated::EvaluatedStage;
use crate::evaluation::front_door::EvaluatedResource;
use crate::notify::deliver::Events;
use crate::resources::account_region::AccountRegion;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;
use crate::rule::Invocation;
use crate::rule::announce::Pending;
use crate::rule::put::{EvaluationSink, Outcome, Results};
use crate::security_hub::Imported;
use crate::telemetry::invocation_log::InvocationLog;

/// The results of an invocation so far, including those already put.
pub(crate) struct Collector<'r> {
    /// The log line that counts the results.
    log: &'r mut InvocationLog,
    /// The evaluations that are not put yet.
    evaluations: Vec<Pending>,
    unread: Vec<String>,
    imported: Option<Imported>,
    /// The reads that failed.
    pub(crate) failures: Vec<Failure>,
    outcome: Outcome,
}

impl<'r> Collector<'r> {
    /// Returns a collector that counts in `log`.
    pub(crate) fn new(log: &'r mut InvocationLog) -> Self {
        let (evaluations, unread, failures) = (Vec::new(), Vec::new(), Vec::new());
        Self { log, evaluations, unread, failures, imported: None, outcome: Outcome::default() }
    }

    /// Returns a collector for an invocation that may put up to `evaluations` evaluations.
    pub(crate) fn expecting(log: &'r mut InvocationLog, evaluations: usize) -> Self {
        Self { outcome: Outcome::expecting(evaluations), ..Self::new(log) }
    }

    /// Counts an evaluated stage, whether or not its evaluation is put.
    pub(crate) fn add_evaluated(&mut self, stage: &EvaluatedStage) {
        self.log.count_evaluated(stage);
    }

    /// Adds a warning to the log line.
    pub(crate) fn add_warning(&mut self, warning: &str) {
        self.log.warnings.add(warning);
    }

    /// Adds an evaluation to put.
    pub(crate) fn add(&mut self, evaluation: impl Into<Pending>) {
        self.evaluations.push(evaluation.into());
    }

    /// Adds the evaluation of a resource that is not a stage, or no longer exists.
    pub(crate) fn add_not_evaluated(&mut self, evaluation: impl Into<Pending>) {
        self.log.not_evaluated += 1;
        self.add(evaluation);
    }

    /// Adds stages without a result, by ARN.
    pub(crate) fn add_unread_arns<'s>(&mut self, stages: impl IntoIterator<Item = &'s StageArn>) {
        self.unread.extend(stages.into_iter().map(StageArn::label));
    }

    /// Adds resources without a result, by what people call them.
    pub(crate) fn add_unread_labels(&mut self, labels: impl IntoIterator<Item = String>) {
        self.unread.extend(labels);
    }

    /// Counts an evaluated API or domain, whether or not its evaluation is put.
    pub(crate) fn add_front_door(&mut self, resource: &EvaluatedResource) {
        self.log.front_door.get_or_insert_default().count(resource);
    }

    pub(crate) fn add_unread<'s>(&mut self, stages: impl IntoIterator<Item = &'s Stage>) {
        self.unread.extend(stages.into_iter().map(|stage| stage.arn.label()));
    }

    /// Puts as many full batches as there are, `NON_COMPLIANT` first because time may run out.
    /// Returns whether another put could succeed.
    pub(crate) async fn put_full_batches<A: Account, R: Results + Events>(
        &mut self,
        invocation: &Invocation<'_, A, R>,
    ) -> bool {
        while self.outcome.can_continue && self.evaluations.len() >= BATCH {
            self.sort();
            let batch: Vec<Pending> = self.evaluations.drain(..BATCH).collect();
            self.announce_and_put(invocation, batch).await;
        }
        self.outcome.can_continue
    }

    /// Puts the remaining evaluations in the order of [`Collector::put_full_batches`]. Returns
    /// whether another put could succeed.
    pub(crate) async fn put_remaining<A: Account, R: Results + Events>(
        &mut self,
        invocation: &Invocation<'_, A, R>,
    ) -> bool {
        self.sort();
        self.put_in_order(invocation).await
    }

    /// Puts the remaining evaluations in the order in which they were added. Returns whether
    /// another put could succeed.
    pub(crate) async fn put_in_order<A: Account, R: Results + Events>(
        &mut self,
        invocation: &Invocation<'_, A, R>,
    ) -> bool {
        let evaluations = std::mem::take(&mut self.evaluations);
        if evaluations.is_empty() {
            return self.outcome.can_continue;
        }
        if self.outcome.can_continue {
            self.announce_and_put(invocation, evaluations).await;
        } else {
            self.unread.extend(evaluations.into_iter().map(|one| one.evaluation.resource.id.to_string()));
        }
        self.outcome.can_continue
    }

    fn sort(&mut self) {
        self.evaluations.sort_by_key(|one| one.evaluation.compliance_type);
    }

    /// Sends the events of the evaluations, and puts those that need not wait.
    async fn announce_and_put<A: Account, R: Results + Events>(
        &mut self,
        invocation: &Invocation<'_, A, R>,
        batch: Vec<Pending>,
    ) {
        let announced = invocation.announce(batch).await;
        if let Some(sent) = &mut self.log.events_sent {
            *sent += announced.sent;
        }
        self.failures.extend(announced.failures);
        let held_back = announced.held_back.into_iter();
        self.unread.extend(held_back.map(|evaluation| evaluation.resource.id.to_string()));
        if !announced.evaluations.is_empty() {
            invocation.sink.put(&announced.evaluations, &mut self.outcome).await;
        }
    }

    /// Puts an empty list if nothing was put yet. Without any put, the rule would show no result.
    pub(crate) async fn put_empty_if_untouched<R: Results>(&mut self, sink: &EvaluationSink<'_, R>) {
        if self.outcome.is_untouched() {
            sink.put(&[], &mut self.outcome).await;
        }
    }

    /// Sets the outcome of importing findings. Its failures are reported after those of
    /// evaluations.
    pub(crate) fn set_imported(&mut self, imported: Option<Imported>) {
        self.imported = imported;
    }

    /// Completes the log line. Returns a failure that combines everything that went wrong.
    pub(crate) fn finish(mut self, account_region: &AccountRegion) -> Result<(), Failure> {
        self.log.evaluations_put = self.outcome.accepted;
        self.failures.append(&mut self.outcome.failures);
        if !self.unread.is_empty() {
            // Stages without a result come first: they matter more than the individual causes.
            self.failures
                .insert(0, Failure::Unreported { stages: self.unread, location: account_region.into() });
        }
        if let Some(mut imported) = self.imported {
            self.log.findings_imported = Some(imported.accepted);
            self.log.security_hub_not_enabled = imported.not_enabled;
            self.log.findings_of_other_rules = imported.held_by_others;
            self.log.imports_left_to_sweep = imported.left_to_sweep;
            self.failures.append(&mut imported.failures);
        }
        match Failure::from_all(self.failures) {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }
}
