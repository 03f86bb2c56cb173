use std::collections::HashSet;

use crate::Failure;
use crate::account::Account;
use crate::checks::Check;
use crate::evaluation::compliance::{ComplianceType, Evaluation};
use crate::evaluation::evaluated::EvaluatedStage;
use crate::evaluation::facts::{MissingFact, Reads};
use crate::evaluation::scope::NotEvaluated;
use crate::evaluation::stage::{evaluate, evaluate_available};
use crate::event::trigger::Change;
use crate::notify::deliver::Events;
use crate::notify::finding_change::Earlier;
use crate::parameters::settings::ChangeExports;
use crate::reads::{ChangeReads, DeployedFrom, LatestItem, read_change};
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;
use crate::rule::Invocation;
use crate::rule::announce::Pending;
use crate::rule::collector::Collector;
use crate::rule::put::Results;
use crate::security_hub::import::Findings;
use crate::telemetry::invocation_log::InvocationLog;

/// The evaluated stages of a change, and the stages that could not be evaluated.
struct EvaluatedChange {
    evaluated: Vec<EvaluatedStage>,
    unread: Vec<Stage>,
    /// The evaluated peers for which a check could not be run.
    incomplete: HashSet<StageArn>,
    /// The findings of those checks of unread stages whose facts were read.
    available: Vec<EvaluatedStage>,
    failures: Vec<Failure>,
    latest: Option<LatestItem>,
}

/// Whether to report the item in the event or a newer one.
enum Recency {
    /// Report the event's item.
    Latest,
    /// Config has a newer item: evaluate and report that item instead.
    Superseded(Box<Change>),
    /// Config has a newer item, which its own event reports. Evaluate only its peers here.
    LeftToNewerEvent(Box<Change>),
    /// The latest item could not be read: report nothing that might improve a result.
    Unknown(Failure),
}

impl<A: Account, R: Results + Findings + Events> Invocation<'_, A, R> {
    /// Evaluates the changed resource first, then its present and former peers if they are
    /// affected.
    pub(crate) async fn change(&self, change: &Change, log: &mut InvocationLog) -> Result<(), Failure> {
        let mut collector = Collector::new(log);
        let mut outcome = self.evaluate_change(change).await;
        let mut newer = None;
        let mut is_reported = true;
        match self.recency(change, &outcome).await {
            Recency::Latest => {}
            Recency::Superseded(newest) => {
                outcome = self.evaluate_change(&newest).await;
                newer = Some(newest);
            }
            Recency::LeftToNewerEvent(newest) => {
                outcome = self.evaluate_change(&newest).await;
                is_reported = false;
            }
            Recency::Unknown(failure) => {
                is_reported = false;
                outcome.failures.push(failure);
                outcome.evaluated.retain(|evaluated| {
                    let is_worst = evaluated.compliance_type() == ComplianceType::NonCompliant;
                    outcome.unread.extend((!is_worst).then(|| evaluated.stage.clone()));
                    is_worst
                });
                if let (Some(_), Ok(arn)) = (&change.not_evaluated, StageArn::parse(&change.subject.id)) {
                    collector.add_unread_arns([&arn]);
                }
            }
        }
        let change = newer.as_deref().unwrap_or(change);
        let not_evaluated = change.not_evaluated.as_ref().filter(|_| is_reported);
        let is_subject = |stage: &&StageArn| stage.as_str() == &*change.subject.id;
        let stages: Vec<&StageArn> = outcome.evaluated.iter().map(|it| &it.stage.arn).collect();
        let (subject, peers): (Vec<&StageArn>, _) = stages.into_iter().partition(is_subject);
        let gone = not_evaluated.and_then(|_| StageArn::parse(&change.subject.id).ok());
        let subject = subject.first().copied().or(gone.as_ref());
        let mut earlier = self.earlier_results(subject, &peers).await;
        outcome.failures.append(&mut earlier.failures);
        outcome.unread.extend(earlier.remove_unknown(&mut outcome.evaluated));
        match (not_evaluated, &gone) {
            (Some(_), Some(arn)) if earlier.is_unknown(arn) => collector.add_unread_arns([arn]),
            (Some(reason), gone) => {
                let evaluation = Evaluation::not_applicable(change.subject.clone(), reason, change.at);
                let changes = |arn| self.changes_of_unevaluated(arn, reason, earlier.of(arn));
                let changes = gone.as_ref().map(changes).unwrap_or_default();
                collector.add_not_evaluated(Pending { evaluation, changes });
            }
            (None, _) => {}
        }
        for evaluated in &outcome.evaluated {
            collector.add_evaluated(evaluated);
            let arn = &evaluated.stage.arn;
            let failed = |earlier: &Earlier| !earlier.failures.failures.is_empty();
            if outcome.incomplete.contains(arn) && earlier.of(arn).is_some_and(failed) {
                // Its next complete result would look like a new problem.
                continue;
            }
            // A peer's item can be newer than the item of the change that triggers its
            // reevaluation.
            let at = evaluated.stage.captured.map_or(change.at, |captured| captured.max(change.at));
            let changes = self.changes(evaluated, earlier.of(arn));
            collector.add(Pending { evaluation: evaluated.evaluation(at), changes });
        }
        let unread: Vec<&Stage> = outcome.unread.iter().collect();
        collector.add_unread(unread.iter().copied());
        collector.failures.append(&mut outcome.failures);
        collector.put_in_order(self).await;
        let gone = not_evaluated.and_then(|reason| Some((StageArn::parse(&change.subject.id).ok()?, reason)));
        collector.set_imported(self.import_change(&outcome.evaluated, &outcome.available, gone).await);
        collector.finish(self.sink.account_region)
    }

    async fn evaluate_change(&self, change: &Change) -> EvaluatedChange {
        let ChangeReads { stages, mut reads, latest } =
            read_change(&self.reader, change, self.deployed_from()).await;
        let (mut evaluated, mut unread, mut available) = (Vec::new(), Vec::new(), Vec::new());
        let mut incomplete = HashSet::new();
        for stage in &stages {
            let is_subject = change.is_about(stage);
            if !is_subject {
                // A peer with an expired certificate is reported without its backends.
                reads.stage_mut(&stage.arn).export_attempted = true;
            }
            let mut result = evaluate(stage, &reads, self.reader.parameters, self.now);
            if is_subject && matches!(result, Err(MissingFact::Backends)) {
                self.reader.read_changed_backends(stage, self.deployed_from(), &mut reads).await;
                result = evaluate(stage, &reads, self.reader.parameters, self.now);
            }
            match result {
                // A peer that is out of the rule's scope or exempt needs no new result.
                Ok(peer) if !is_subject && peer.compliance_type() == ComplianceType::NotApplicable => {}
                Ok(stage) => evaluated.push(stage),
                // Peers are never exported, because only their uniqueness can have changed. If that
                // check fails, report it; otherwise the peer keeps its result until the next sweep.
                Err(MissingFact::Backends) if !is_subject => {
                    evaluated.extend(self.failure_without_export(stage, &reads));
                    incomplete.insert(stage.arn.clone());
                }
                Err(MissingFact::Backends | MissingFact::Fact) => {
                    available.push(evaluate_available(stage, &reads, self.reader.parameters, self.now));
                    unread.push(stage.clone());
                }
            }
        }
        EvaluatedChange { evaluated, unread, incomplete, available, failures: reads.failures, latest }
    }

    fn deployed_from(&self) -> DeployedFrom<'_> {
        match self.change_exports {
            ChangeExports::On => DeployedFrom::Export,
            ChangeExports::Off => DeployedFrom::EarlierResult { rule_name: self.rule_name },
        }
    }

    /// The evaluation of a peer without `certificate-attached`, if it is `NON_COMPLIANT`.
    fn failure_without_export(&self, stage: &Stage, reads: &Reads) -> Option<EvaluatedStage> {
        let mut parameters = self.reader.parameters.clone();
        parameters.checks.remove(&Check::CertificateAttached);
        let evaluated = evaluate(stage, reads, &parameters, self.now).ok()?;
        (evaluated.compliance_type() == ComplianceType::NonCompliant).then_some(evaluated)
    }

    /// Compares the event's item with Config's latest item if the new result may be better than the
    /// one that Config holds. Lambda retries events, so an old event can arrive after a newer one.
    async fn recency(&self, change: &Change, outcome: &EvaluatedChange) -> Recency {
        let other_type = change.not_evaluated == Some(NotEvaluated::OtherResourceType);
        let arn = StageArn::parse(&change.subject.id).ok().filter(|_| !other_type);
        let Some(arn) = arn else { return Recency::Latest };
        let is_worst = |evaluated: &EvaluatedStage| {
            change.is_about(&evaluated.stage) && evaluated.compliance_type() == ComplianceType::NonCompliant
        };
        let by_parameters = |evaluated: &EvaluatedStage| {
            change.is_about(&evaluated.stage)
                && matches!(evaluated.result, Err(NotEvaluated::NotIncluded | NotEvaluated::HttpApi))
        };
        // An outdated item can also improve the result of a peer that lost its last sharer.
        let improves_peer = outcome
            .evaluated
            .iter()
            .any(|it| !change.is_about(&it.stage) && it.compliance_type() != ComplianceType::NonCompliant);
        let is_final = outcome.evaluated.iter().any(|it| is_worst(it) || by_parameters(it));
        let is_reported =
            change.not_evaluated.is_some() || outcome.evaluated.iter().any(|it| change.is_about(&it.stage));
        let item = match &outcome.latest {
            Some(LatestItem::Found(item)) => Some((**item).clone()),
            _ if (is_final || !is_reported) && !improves_peer => return Recency::Latest,
            Some(LatestItem::Missing) => None,
            None => match self.reader.account.latest(&[&arn]).await {
                Ok(items) => items.into_iter().find(|item| item.arn == arn),
                Err(failure) => return Recency::Unknown(failure),
            },
        };
        let Some(item) = item else { return self.recency_without_item(change, &arn).await };
        if item.captured <= Some(change.at) {
            return Recency::Latest;
        }
        match (&change.not_evaluated, &change.stage) {
            // Only the newer item's own event knows whether that item is in the rule's scope.
            (Some(reason @ NotEvaluated::LeftScope), _) => {
                let not_evaluated = Some(reason.clone());
                Recency::LeftToNewerEvent(Box::new(Change { not_evaluated, ..change.superseded_by(item) }))
            }
            (None, Some(stage)) if stage.has_same_facts(&item) => Recency::Latest,
            _ => Recency::Superseded(Box::new(change.superseded_by(item))),
        }
    }

    /// Asks API Gateway about a stage that has no item in Config, either because Config does not
    /// show it yet or because it was deleted after the event.
    async fn recency_without_item(&self, change: &Change, arn: &StageArn) -> Recency {
        if change.not_evaluated.is_some() {
            return Recency::Latest;
        }
        match self.reader.account.live_stage(arn).await {
            Ok(Some(_)) => Recency::Latest,
            Ok(None) => Recency::Superseded(Box::new(change.vanished())),
            Err(failure) => Recency::Unknown(failure),
        }
    }
}
