use crate::Failure;
use crate::account::Account;
use crate::checks::Check;
use crate::evaluation::compliance::{ComplianceType, Evaluation};
use crate::evaluation::evaluated::EvaluatedStage;
use crate::evaluation::facts::{MissingFact, Reads};
use crate::evaluation::scope::NotEvaluated;
use crate::evaluation::stage::evaluate;
use crate::event::trigger::Change;
use crate::reads::{ChangeReads, Latest, read_change};
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;
use crate::rule::collector::Collector;
use crate::rule::import_findings::Archive;
use crate::rule::put::Results;
use crate::rule::{Invocation, Report};
use crate::security_hub::import::Findings;
use crate::telemetry::invocation_log::Record;

/// What is known about a change: the answers, and what has none.
struct Answer {
    evaluated: Vec<EvaluatedStage>,
    unread: Vec<Stage>,
    failures: Vec<Failure>,
    latest: Option<Latest>,
}

/// Whether the event's item is what is to be reported.
enum Subject {
    /// It is.
    Current,
    /// Config has a newer one, which is evaluated instead.
    Outdated(Box<Change>),
    /// Config has a newer one, whose own event reports it; its peers go by that one.
    LeftToItsEvent(Box<Change>),
    /// That can't be read, so nothing that may be an improvement is reported.
    Unknown(Failure),
}

impl<A: Account, R: Results + Findings> Invocation<'_, A, R> {
    /// The changed resource's evaluation first, then those of its present and former peers, if they are re-evaluated.
    pub(crate) async fn change(&self, change: &Change, record: &mut Record) -> Result<Report, Failure> {
        let mut collector = Collector::new(record);
        let mut answer = self.answer(change).await;
        let mut newer = None;
        let mut is_reported = true;
        match self.subject(change, &answer).await {
            Subject::Current => {}
            Subject::Outdated(outdated) => {
                answer = self.answer(&outdated).await;
                newer = Some(outdated);
            }
            Subject::LeftToItsEvent(outdated) => {
                answer = self.answer(&outdated).await;
                is_reported = false;
            }
            Subject::Unknown(failure) => {
                is_reported = false;
                answer.failures.push(failure);
                answer.evaluated.retain(|evaluated| {
                    let is_worst = evaluated.compliance_type() == ComplianceType::NonCompliant;
                    answer.unread.extend((!is_worst).then(|| evaluated.stage.clone()));
                    is_worst
                });
                if let (Some(_), Ok(arn)) = (&change.not_evaluated, StageArn::parse(&change.subject.id)) {
                    collector.unread_ids([&arn]);
                }
            }
        }
        let change = newer.as_deref().unwrap_or(change);
        let not_evaluated = change.not_evaluated.as_ref().filter(|_| is_reported);
        if let Some(reason) = not_evaluated {
            let evaluation = Evaluation::not_applicable(change.subject.clone(), reason, change.at);
            collector.add_not_evaluated(evaluation);
        }
        for evaluated in &answer.evaluated {
            collector.add_evaluated(evaluated);
            // A peer's item can be newer than the one that makes it worth another look.
            let at = evaluated.stage.captured.map_or(change.at, |captured| captured.max(change.at));
            collector.add(evaluated.evaluation(at));
        }
        let unread: Vec<&Stage> = answer.unread.iter().collect();
        collector.unread(unread.iter().copied());
        collector.failures.append(&mut answer.failures);
        collector.put_in_order(&self.sink).await;
        let gone = Archive::of(&change.subject.id, not_evaluated);
        collector.imported(self.import(&answer.evaluated, &unread, &gone).await);
        collector.report(self.sink.account_region)
    }

    async fn answer(&self, change: &Change) -> Answer {
        let ChangeReads { stages, mut reads, latest } = read_change(&self.reader, change).await;
        let (mut evaluated, mut unread) = (Vec::new(), Vec::new());
        for stage in &stages {
            let is_subject = change.is_about(stage);
            if !is_subject {
                // A certificate that expires is reported without what is deployed behind it.
                reads.tried.insert(stage.arn.clone());
            }
            let mut result = evaluate(stage, &reads, self.reader.parameters, self.now);
            if is_subject && matches!(result, Err(MissingFact::Backends)) {
                self.reader.read_backends([stage], &mut reads).await;
                result = evaluate(stage, &reads, self.reader.parameters, self.now);
            }
            match result {
                // A peer that is left out of the rule has nothing new to say.
                Ok(peer) if !is_subject && peer.result.is_err() => {}
                Ok(stage) => evaluated.push(stage),
                // A peer never costs an export. Only its uniqueness can have changed: if that fails, this is what is reported,
                // and otherwise its result stays as it is until the next sweep.
                Err(MissingFact::Backends) if !is_subject => {
                    evaluated.extend(self.without_export(stage, &reads))
                }
                Err(MissingFact::Backends | MissingFact::Fact) => unread.push(stage.clone()),
            }
        }
        Answer { evaluated, unread, failures: reads.failures, latest }
    }

    fn without_export(&self, stage: &Stage, reads: &Reads) -> Option<EvaluatedStage> {
        let mut parameters = self.reader.parameters.clone();
        parameters.checks.remove(&Check::CertificateAttached);
        let evaluated = evaluate(stage, reads, &parameters, self.now).ok()?;
        (evaluated.compliance_type() == ComplianceType::NonCompliant).then_some(evaluated)
    }

    /// Compares the event's item with Config's latest, where the result may be better than the one that Config holds: Lambda
    /// retries events, so that an older one can come after a newer one.
    async fn subject(&self, change: &Change, answer: &Answer) -> Subject {
        let other_type = change.not_evaluated == Some(NotEvaluated::OtherResourceType);
        let arn = StageArn::parse(&change.subject.id).ok().filter(|_| !other_type);
        let Some(arn) = arn else { return Subject::Current };
        let is_worst = |evaluated: &EvaluatedStage| {
            change.is_about(&evaluated.stage) && evaluated.compliance_type() == ComplianceType::NonCompliant
        };
        let by_parameters = |evaluated: &EvaluatedStage| {
            change.is_about(&evaluated.stage)
                && matches!(
                    evaluated.result,
                    Err(NotEvaluated::Excluded { .. } | NotEvaluated::NotIncluded | NotEvaluated::HttpApi)
                )
        };
        // A peer that lost its last sharer by an outdated item would improve too.
        let improves_peer = answer
            .evaluated
            .iter()
            .any(|it| !change.is_about(&it.stage) && it.compliance_type() != ComplianceType::NonCompliant);
        let needs_none = answer.evaluated.iter().any(|it| is_worst(it) || by_parameters(it));
        let is_reported =
            change.not_evaluated.is_some() || answer.evaluated.iter().any(|it| change.is_about(&it.stage));
        let item = match &answer.latest {
            Some(Latest::Item(item)) => Some((**item).clone()),
            _ if (needs_none || !is_reported) && !improves_peer => return Subject::Current,
            Some(Latest::Nothing) => None,
            None => match self.reader.account.latest(&[&arn]).await {
                Ok(items) => items.into_iter().find(|item| item.arn == arn),
                Err(failure) => return Subject::Unknown(failure),
            },
        };
        let Some(item) = item else { return self.without_item(change, &arn).await };
        if item.captured <= Some(change.at) {
            return Subject::Current;
        }
        match (&change.not_evaluated, &change.stage) {
            // Whether the newer item is in the rule's scope is known to its own event alone.
            (Some(reason @ NotEvaluated::LeftScope), _) => {
                let not_evaluated = Some(reason.clone());
                Subject::LeftToItsEvent(Box::new(Change { not_evaluated, ..change.outdated_by(item) }))
            }
            (None, Some(stage)) if stage.has_same_facts(&item) => Subject::Current,
            _ => Subject::Outdated(Box::new(change.outdated_by(item))),
        }
    }

    /// Config has no item of the stage: it does not show it yet, or it was deleted after the event. API Gateway decides.
    async fn without_item(&self, change: &Change, arn: &StageArn) -> Subject {
        if change.not_evaluated.is_some() {
            return Subject::Current;
        }
        match self.reader.account.live_stage(arn).await {
            Ok(Some(_)) => Subject::Current,
            Ok(None) => Subject::Outdated(Box::new(change.vanished())),
            Err(failure) => Subject::Unknown(failure),
        }
    }
}
