use std::collections::HashSet;

use jiff::Timestamp;

use crate::Failure;
use crate::account::listing::Listing;
use crate::account::{Account, BATCH};
use crate::checks::exemption::ExemptionSource;
use crate::evaluation::compliance::{ComplianceType, Evaluation};
use crate::evaluation::evaluated::EvaluatedStage;
use crate::evaluation::facts::Reads;
use crate::evaluation::scope::{NotEvaluated, is_included};
use crate::evaluation::stage::evaluate_available;
use crate::notify::deliver::Events;
use crate::notify::finding_change::Earlier;
use crate::parameters::{Inventory, Reporting};
use crate::reads::Reader;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;
use crate::rule::Invocation;
use crate::rule::announce::Pending;
use crate::rule::collector::Collector;
use crate::rule::import_findings::{OtherStages, SweptStages};
use crate::rule::previous_results::{PreviousResults, is_permanent, with_fix};
use crate::rule::put::Results;
use crate::rule::scope::ScopeCheck;
use crate::scan::exemptions::{ExemptionUse, exemption_uses, tag_exemption_use};
use crate::scan::sweep::{Remaining, Sink, Sweep};
use crate::security_hub::import::Findings;
use crate::telemetry::invocation_log::InvocationLog;

/// What a sweep reads before it evaluates the first stage.
struct Inputs {
    listing: Listing,
    /// The results that Config holds for the rule; `None` if they could not be read.
    previous: Option<PreviousResults>,
    /// Whether to export stages.
    tries_exports: bool,
    /// Whether the configuration recorder is stopped.
    is_stopped: bool,
    scope_check: ScopeCheck,
    failures: Vec<Failure>,
}

impl<A: Account, R: Results + Findings + Events> Invocation<'_, A, R> {
    /// Evaluates all stages, those that need no export first, and puts results in batches as soon
    /// as they are available. Stages that are gone get a result too.
    pub(crate) async fn sweep(&self, at: Timestamp, log: &mut InvocationLog) -> Result<(), Failure> {
        let Inputs { mut listing, previous, tries_exports, is_stopped, scope_check, failures } =
            self.read_inputs().await?;
        let mut collector = Collector::expecting(log, listing.stages.len());
        collector.failures = failures;
        // Do this before evaluating anything: unlisted stages are still peers.
        let unlisted =
            previous.as_ref().map(|previous| previous.unlisted(&listing, self.sink.account_region));
        let unlisted = unlisted.unwrap_or_default();
        let mut unlisted_stages = self.check_unlisted(unlisted.stages).await;
        listing.hidden.append(&mut unlisted_stages.hidden);
        collector.failures.append(&mut unlisted_stages.failures);
        self.warn(&listing, &mut collector);
        let mut sink = SweepSink {
            invocation: self,
            listing: &listing,
            previous: previous.as_ref(),
            collector,
            improving: Vec::new(),
            unread: Vec::new(),
            at,
            to_import: self.imports_findings().then(Vec::new),
        };

        let left_scope: HashSet<StageArn> =
            scope_check.outside.iter().map(|stage| stage.arn.clone()).collect();
        let mut out_of_scope = left_scope.clone();
        out_of_scope.extend(scope_check.unknown.iter().map(|stage| stage.arn.clone()));
        let sweep =
            Sweep { reader: &self.reader, listing: &listing, out_of_scope: &out_of_scope, now: self.now };
        let facts =
            |stage: &Stage| previous.as_ref().map(|previous| previous.facts(stage)).unwrap_or_default();
        let mut remaining = sweep.evaluate_without_export(facts, &mut sink).await;
        sink.add_out_of_scope(scope_check.outside);
        for arn in &unlisted_stages.gone {
            sink.add_gone(arn);
        }
        for resource in unlisted.others {
            sink.collector.add(Evaluation::not_applicable(resource, &NotEvaluated::Vanished, at));
        }
        let can_continue = sink.put_remaining(&remaining.reads).await;
        if tries_exports && !remaining.needs_export.is_empty() && can_continue {
            let recorded = |stage: &Stage| previous.as_ref()?.recorded(stage);
            remaining = sweep.evaluate_with_export(remaining, recorded, &mut sink).await;
        }
        sink.put_remaining(&remaining.reads).await;

        let available = sink.confirm_available(&mut remaining).await;
        let SweepSink { mut collector, to_import, unread: unconfirmed, .. } = sink;
        let unread = remaining.unread.into_iter().chain(remaining.needs_export);
        let unread: Vec<&Stage> = unread.chain(&unconfirmed).chain(&scope_check.unknown).collect();
        collector.add_unread(unread.iter().copied());
        collector.failures.append(&mut remaining.reads.failures);
        collector.put_empty_if_untouched(&self.sink).await;
        if let Some(evaluated) = to_import {
            // Without previous results, no one checked whether unlisted stages are gone.
            let others = match &previous {
                Some(_) => OtherStages::known(&listing, &unlisted_stages),
                None => OtherStages::Unknown,
            };
            let stages =
                SweptStages { evaluated: &evaluated, available: &available, unread: &unread, others };
            collector.set_imported(self.import_sweep(&stages).await);
        }
        if !unlisted_stages.existing.is_empty() {
            let stages = unlisted_stages.existing.iter().map(StageArn::label).collect();
            let location = self.sink.account_region.into();
            collector.failures.push(Failure::NotShown { stages, is_stopped, location });
        }
        collector.add_unread_arns(unlisted_stages.unknown.iter());
        // List these first: they may have caused the other failures.
        collector.failures.splice(0..0, listing.unreadable.into_iter().map(|stage| stage.failure));
        collector.finish(self.sink.account_region)
    }

    /// Warns about an `includeStages` that includes nothing, and about exemptions that have lapsed
    /// or select no stage. An exemption for several accounts or Regions may select stages elsewhere.
    fn warn(&self, listing: &Listing, collector: &mut Collector<'_>) {
        let parameters = self.reader.parameters;
        let is_included = |stage: &Stage| is_included(&stage.arn, parameters);
        if parameters.include_stages.is_some() && !listing.stages.iter().any(is_included) {
            collector.add_warning("includeStages matches no stage".into());
        }
        let uses = exemption_uses(listing, parameters, self.reader.exemptions.as_deref(), self.now);
        let is_of_here = |it: &ExemptionUse| {
            it.has_lapsed
                || it.source != ExemptionSource::Document
                || (it.account.is_some() && it.region.is_some())
        };
        let warnings = uses.iter().filter(|it| is_of_here(it)).filter_map(ExemptionUse::warning);
        warnings.for_each(|warning| collector.add_warning(warning));
    }

    /// Reads the stages, the previous results, the recorder's status and the rule's scope. Fails
    /// only if the stages can't be listed.
    async fn read_inputs(&self) -> Result<Inputs, Failure> {
        let account = self.reader.account;
        let inventory = self.reader.parameters.inventory;
        let (listing, previous, recording, scope) = tokio::join!(
            account.stages(inventory),
            account.earlier_results(self.rule_name),
            account.is_recording(),
            account.rule_scope(self.rule_name),
        );
        let listing = listing?;
        let mut failures = Vec::new();
        let mut tries_exports = true;
        let previous = match previous {
            Ok(results) => Some(PreviousResults::new(results)),
            // Without the previous results, no one would ever be notified of what has changed. A
            // temporary failure is left to the retried invocation.
            Err(failure) if self.sends_events() && !is_permanent(&failure) => return Err(failure),
            Err(failure) => {
                // Without the previous results, every stage seems to need an export. That is too
                // expensive to attempt because of a temporary failure, but a permanent one would
                // keep stages from ever getting a result.
                tries_exports = is_permanent(&failure);
                failures.push(with_fix(failure, self.rule_name));
                None
            }
        };
        let is_stopped = match recording {
            Ok(is_recording) => !is_recording,
            Err(failure) => {
                failures.push(failure);
                false
            }
        };
        if is_stopped && inventory == Inventory::Config {
            failures.push(Failure::NotRecording { location: self.sink.account_region.into() });
        }
        let mut scope_check = match scope {
            Ok(scope) => self.check_scope(&scope, &listing).await,
            Err(failure) => ScopeCheck { failures: vec![failure], ..ScopeCheck::default() },
        };
        failures.append(&mut scope_check.failures);
        Ok(Inputs { listing, previous, tries_exports, is_stopped, scope_check, failures })
    }
}

/// Receives the stages that a sweep evaluates, and passes them on to Config.
struct SweepSink<'a, 'r, A, R> {
    invocation: &'a Invocation<'a, A, R>,
    listing: &'a Listing,
    previous: Option<&'a PreviousResults>,
    collector: Collector<'r>,
    /// The stages to confirm before they are put.
    improving: Vec<EvaluatedStage>,
    /// The stages that could not be confirmed.
    unread: Vec<Stage>,
    at: Timestamp,
    /// The stages to import into Security Hub after Config has all results, so that an import can't
    /// affect them.
    to_import: Option<Vec<EvaluatedStage>>,
}

impl<A: Account, R: Results + Findings + Events> Sink for SweepSink<'_, '_, A, R> {
    async fn take(&mut self, evaluated: Vec<EvaluatedStage>, reads: &Reads) -> bool {
        for stage in evaluated {
            if self.improves(&stage) {
                self.improving.push(stage);
            } else {
                self.add_evaluated(stage, self.at);
            }
        }
        while self.improving.len() >= BATCH {
            self.confirm(reads).await;
        }
        self.collector.put_full_batches(self.invocation).await
    }
}

impl<A: Account, R: Results + Findings + Events> SweepSink<'_, '_, A, R> {
    /// Whether the stage would be put and Config is not known to hold a result that is as good. An
    /// unchanged result counts too: a change event evaluated at the same time may have reported a
    /// worse one.
    fn improves(&self, stage: &EvaluatedStage) -> bool {
        match stage.compliance_type() {
            ComplianceType::NonCompliant => false,
            ComplianceType::Compliant => self.is_put(&stage.evaluation(self.at)),
            ComplianceType::NotApplicable => {
                let evaluation = stage.evaluation(self.at);
                !self.previous.is_some_and(|previous| previous.contains(&evaluation))
            }
        }
    }

    /// Whether to put the evaluation. Unless all are reported, those that Config already holds are
    /// skipped.
    fn is_put(&self, evaluation: &Evaluation) -> bool {
        let is_known = |previous: &PreviousResults| previous.contains(evaluation);
        self.invocation.reader.parameters.reporting == Reporting::All || !self.previous.is_some_and(is_known)
    }

    /// Adds an evaluated stage. Each stage of the sweep is added once.
    fn add_evaluated(&mut self, stage: EvaluatedStage, at: Timestamp) {
        let evaluation = stage.evaluation(at);
        self.collector.add_evaluated(&stage);
        let of_tag = tag_exemption_use(&stage, self.invocation.now);
        if let Some(warning) = of_tag.and_then(|it| it.warning()) {
            self.collector.add_warning(warning);
        }
        if self.is_put(&evaluation) {
            let earlier = self.earlier(&stage.stage.arn);
            let changes = self.invocation.changes(&stage, earlier.as_ref());
            self.collector.add(Pending { evaluation, changes });
        }
        if let Some(to_import) = &mut self.to_import {
            to_import.push(stage);
        }
    }

    /// Confirms up to one batch and puts it at once, while the facts are fresh.
    async fn confirm(&mut self, reads: &Reads) {
        let batch = self.improving.drain(..self.improving.len().min(BATCH)).collect();
        let confirmed = self.invocation.confirm(batch, self.listing, reads, self.previous).await;
        for stage in confirmed.evaluated {
            let at = stage.stage.captured.map_or(self.at, |captured| captured.max(self.at));
            self.add_evaluated(stage, at);
        }
        for arn in confirmed.gone {
            self.add_gone(&arn);
        }
        self.unread.extend(confirmed.unread);
        self.collector.failures.extend(confirmed.failures);
        self.collector.put_remaining(self.invocation).await;
    }

    async fn put_remaining(&mut self, reads: &Reads) -> bool {
        while !self.improving.is_empty() {
            self.confirm(reads).await;
        }
        self.collector.put_remaining(self.invocation).await
    }

    /// Returns the findings of those checks of unread stages whose facts were read and are
    /// confirmed. They are not results: a stage whose checks were not all evaluated has none.
    async fn confirm_available(&self, remaining: &mut Remaining<'_>) -> Vec<EvaluatedStage> {
        if self.to_import.is_none() {
            return Vec::new();
        }
        let mut available = std::mem::take(&mut remaining.available);
        let Reader { parameters, .. } = self.invocation.reader;
        let of_stage =
            |stage: &&Stage| evaluate_available(stage, &remaining.reads, parameters, self.invocation.now);
        available.extend(remaining.needs_export.iter().map(of_stage));
        let mut confirmed = Vec::with_capacity(available.len());
        while !available.is_empty() {
            let batch: Vec<EvaluatedStage> = available.drain(..available.len().min(BATCH)).collect();
            let arns: Vec<&StageArn> = batch.iter().map(|it| &it.stage.arn).collect();
            let Ok(items) = self.invocation.reader.account.latest(&arns).await else { break };
            let is_current = |it: &EvaluatedStage| {
                items.iter().any(|item| item.arn == it.stage.arn && item.has_same_facts(&it.stage))
            };
            confirmed.extend(batch.into_iter().filter(is_current));
        }
        confirmed
    }

    /// Adds the stages that have a result and left the rule's scope.
    fn add_out_of_scope(&mut self, stages: Vec<Stage>) {
        let Some(previous) = self.previous else { return };
        let has_result = stages.into_iter().filter(|stage| previous.has_applicable_result(&stage.arn));
        let left_scope = |stage| EvaluatedStage::new(stage, Err(NotEvaluated::LeftScope));
        self.improving.extend(has_result.map(left_scope));
    }

    /// Adds a deleted stage, but only if it has a result to replace.
    fn add_gone(&mut self, arn: &StageArn) {
        if self.previous.is_some_and(|previous| previous.has_applicable_result(arn)) {
            let reason = NotEvaluated::Vanished;
            let evaluation = Evaluation::not_applicable(arn.into(), &reason, self.at);
            let changes = self.invocation.changes_of_unevaluated(arn, &reason, self.earlier(arn).as_ref());
            self.collector.add(Pending { evaluation, changes });
        }
    }

    /// The result that Config holds for a stage, or `None` if the results could not be read.
    fn earlier(&self, stage: &StageArn) -> Option<Earlier> {
        self.previous.map(|previous| previous.earlier(stage, self.invocation.now))
    }
}
