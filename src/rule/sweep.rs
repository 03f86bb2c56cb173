use std::collections::HashSet;

use jiff::Timestamp;

use crate::Failure;
use crate::account::listing::Listing;
use crate::account::{Account, BATCH};
use crate::evaluation::compliance::{ComplianceType, Evaluation};
use crate::evaluation::evaluated::EvaluatedStage;
use crate::evaluation::facts::Reads;
use crate::evaluation::scope::NotEvaluated;
use crate::parameters::{Inventory, Reporting};
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;
use crate::rule::collector::Collector;
use crate::rule::import_findings::Archive;
use crate::rule::previous_results::PreviousResults;
use crate::rule::put::Results;
use crate::rule::scope::Scoped;
use crate::rule::{Invocation, Report};
use crate::scan::sweep::{Sink, Sweep};
use crate::security_hub::import::Findings;
use crate::telemetry::invocation_log::Record;

impl<A: Account, R: Results + Findings> Invocation<'_, A, R> {
    /// All stages, put by the hundred as soon as they are judged, those that need no export first; and the results of stages
    /// that are gone.
    pub(crate) async fn sweep(&self, at: Timestamp, record: &mut Record) -> Result<Report, Failure> {
        let account = self.reader.account;
        let inventory = self.reader.parameters.inventory;
        let (listing, earlier, recording, scope) = tokio::join!(
            account.stages(inventory),
            account.earlier_results(self.rule_name),
            account.is_recording(),
            account.rule_scope(self.rule_name),
        );
        let mut listing = listing?;
        let mut collector = Collector::expecting(record, listing.stages.len());
        let mut tries_exports = true;
        let earlier = match earlier {
            Ok(results) => Some(PreviousResults::new(results)),
            Err(failure) => {
                // Without the earlier results every stage seems to owe an export. That is too expensive to be tried because of a
                // passing fault; but one that does not pass by itself would keep stages from ever having a result.
                tries_exports = super::previous_results::is_permanent(&failure);
                collector.failures.push(super::previous_results::with_fix(failure, self.rule_name));
                None
            }
        };
        let is_stopped = match recording {
            Ok(is_recording) => !is_recording,
            Err(failure) => {
                collector.failures.push(failure);
                false
            }
        };
        if is_stopped && inventory == Inventory::Config {
            collector.failures.push(Failure::NotRecording { location: self.sink.account_region.into() });
        }
        let scoped = match scope {
            Ok(scope) => self.scoped(&scope, &listing).await,
            Err(failure) => Scoped { failures: vec![failure], ..Scoped::default() },
        };
        collector.failures.extend(scoped.failures);
        // Before anything is evaluated: stages that are only not shown are peers all the same.
        let vanished = earlier.as_ref().map(|earlier| earlier.vanished(&listing, self.sink.account_region));
        let vanished = vanished.unwrap_or_default();
        let mut missing = self.missing(vanished.stages).await;
        listing.hidden.append(&mut missing.hidden);
        collector.failures.append(&mut missing.failures);
        let to_import = self.imports().then(Vec::new);
        let mut found = Found {
            invocation: self,
            listing: &listing,
            earlier: earlier.as_ref(),
            collector,
            improving: Vec::new(),
            unread: Vec::new(),
            at,
            to_import,
        };

        let left: HashSet<StageArn> = scoped.out.iter().map(|stage| stage.arn.clone()).collect();
        let mut out_of_scope = left.clone();
        out_of_scope.extend(scoped.unknown.iter().map(|stage| stage.arn.clone()));
        let sweep =
            Sweep { reader: &self.reader, listing: &listing, out_of_scope: &out_of_scope, now: self.now };
        let remembered = |stage: &Stage| earlier.as_ref().map(|earlier| earlier.remembered(stage));
        let told = |stage: &Stage| remembered(stage).unwrap_or_default();
        let mut rest = sweep.judge(told, &mut found).await;
        found.left_scope(scoped.out);
        for arn in &missing.gone {
            found.add_gone(arn);
        }
        for resource in vanished.others {
            let gone = Evaluation::not_applicable(resource, &NotEvaluated::Vanished, at);
            found.collector.add(gone);
        }
        let goes_on = found.put_rest(&rest.reads).await;
        if tries_exports && !rest.needs_export.is_empty() && goes_on {
            let recorded = |stage: &Stage| earlier.as_ref()?.recorded(stage);
            rest = sweep.judge_owing(rest, recorded, &mut found).await;
        }
        found.put_rest(&rest.reads).await;

        let Found { mut collector, to_import, unread: unconfirmed, .. } = found;
        let unread: Vec<&Stage> = rest
            .unread
            .into_iter()
            .chain(rest.needs_export)
            .chain(&unconfirmed)
            .chain(&scoped.unknown)
            .collect();
        collector.unread(unread.iter().copied());
        collector.failures.append(&mut rest.reads.failures);
        collector.put_empty_if_untouched(&self.sink).await;
        if let Some(evaluated) = to_import {
            // Without earlier results nobody was asked whether what is not listed is gone.
            let gone = match &earlier {
                Some(_) => Archive::all_but(&listing, &left, &missing),
                None => Archive::Untold,
            };
            collector.imported(self.import(&evaluated, &unread, &gone).await);
        }
        if !missing.existing.is_empty() {
            let stages = missing.existing.iter().map(StageArn::label).collect();
            let location = self.sink.account_region.into();
            collector.failures.push(Failure::NotShown { stages, is_stopped, location });
        }
        collector.unread_ids(missing.unknown.iter());
        // First: what could not be listed may be why the rest failed too.
        collector.failures.splice(0..0, listing.unreadable.into_iter().map(|stage| stage.failure));
        collector.report(self.sink.account_region)
    }
}

/// What a sweep finds out, on its way to Config.
struct Found<'a, 'r, A, R> {
    invocation: &'a Invocation<'a, A, R>,
    listing: &'a Listing,
    earlier: Option<&'a PreviousResults>,
    collector: Collector<'r>,
    /// To be confirmed before they are put.
    improving: Vec<EvaluatedStage>,
    /// What could not be confirmed.
    unread: Vec<Stage>,
    at: Timestamp,
    /// For Security Hub, once Config has all: nothing that happens there may cost a result here.
    to_import: Option<Vec<EvaluatedStage>>,
}

impl<A: Account, R: Results + Findings> Sink for Found<'_, '_, A, R> {
    async fn take(&mut self, evaluated: Vec<EvaluatedStage>, reads: &Reads) -> bool {
        for stage in evaluated {
            if self.improves(&stage) {
                self.improving.push(stage);
            } else {
                self.evaluated(stage, self.at);
            }
        }
        while self.improving.len() >= BATCH {
            self.confirm(reads).await;
        }
        self.collector.put_full_batches(&self.invocation.sink).await
    }
}

impl<A: Account, R: Results + Findings> Found<'_, '_, A, R> {
    /// Whether it would be put, and nothing that Config holds is known to be as good. A result that is put again counts too:
    /// a change that is evaluated at the same time may have established a worse one.
    fn improves(&self, stage: &EvaluatedStage) -> bool {
        match stage.compliance_type() {
            ComplianceType::NonCompliant => false,
            ComplianceType::Compliant => self.is_put(&stage.evaluation(self.at)),
            ComplianceType::NotApplicable => {
                let evaluation = stage.evaluation(self.at);
                !self.earlier.is_some_and(|earlier| earlier.holds(&evaluation))
            }
        }
    }

    /// Only what Config does not say already is put.
    fn is_put(&self, evaluation: &Evaluation) -> bool {
        let holds = |earlier: &PreviousResults| earlier.holds(evaluation);
        self.invocation.reader.parameters.reporting == Reporting::All || !self.earlier.is_some_and(holds)
    }

    /// Every stage that the sweep evaluates comes through here, once.
    fn evaluated(&mut self, stage: EvaluatedStage, at: Timestamp) {
        let evaluation = stage.evaluation(at);
        self.collector.add_evaluated(&stage);
        if self.is_put(&evaluation) {
            self.collector.add(evaluation);
        }
        if let Some(to_import) = &mut self.to_import {
            to_import.push(stage);
        }
    }

    /// Confirms a hundred at most and puts what is confirmed at once: the facts are as fresh as they will ever be.
    async fn confirm(&mut self, reads: &Reads) {
        let batch = self.improving.drain(..self.improving.len().min(BATCH)).collect();
        let confirmed = self.invocation.confirm(batch, self.listing, reads, self.earlier).await;
        for stage in confirmed.evaluated {
            let at = stage.stage.captured.map_or(self.at, |captured| captured.max(self.at));
            self.evaluated(stage, at);
        }
        for arn in confirmed.gone {
            self.add_gone(&arn);
        }
        self.unread.extend(confirmed.unread);
        self.collector.failures.extend(confirmed.failures);
        self.collector.put_rest(&self.invocation.sink).await;
    }

    async fn put_rest(&mut self, reads: &Reads) -> bool {
        while !self.improving.is_empty() {
            self.confirm(reads).await;
        }
        self.collector.put_rest(&self.invocation.sink).await
    }

    /// Stages that have a result and are no longer in the rule's scope.
    fn left_scope(&mut self, stages: Vec<Stage>) {
        let Some(earlier) = self.earlier else { return };
        let has_result = stages.into_iter().filter(|stage| earlier.applies_to(&stage.arn));
        self.improving.extend(has_result.map(|stage| EvaluatedStage {
            stage,
            result: Err(NotEvaluated::LeftScope),
            not_after: None,
            owner: None,
        }));
    }

    /// Only one that has a result gets another: nobody waits for news of a stage that was never reported.
    fn add_gone(&mut self, arn: &StageArn) {
        if self.earlier.is_some_and(|earlier| earlier.applies_to(arn)) {
            let evaluation = Evaluation::not_applicable(arn.into(), &NotEvaluated::Vanished, self.at);
            self.collector.add(evaluation);
        }
    }
}
