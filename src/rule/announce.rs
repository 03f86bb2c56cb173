//! Sends the events about changed findings before the results are put. If a result were put first
//! and the event were lost, no later run would know that there was a change.

use std::collections::BTreeSet;

use crate::account::Account;
use crate::evaluation::compliance::Evaluation;
use crate::evaluation::evaluated::EvaluatedStage;
use crate::evaluation::scope::NotEvaluated;
use crate::failure::Failure;
use crate::notify::deliver::Events;
use crate::notify::finding_change::{Earlier, FindingChange, Origin};
use crate::notify::{Content, EventPublisher, Message, MessageType};
use crate::resources::stage_arn::StageArn;
use crate::rule::Invocation;

/// An evaluation to put, and the events to send before it.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) evaluation: Evaluation,
    pub(crate) changes: Vec<FindingChange>,
}

impl From<Evaluation> for Pending {
    fn from(evaluation: Evaluation) -> Self {
        Self { evaluation, changes: Vec::new() }
    }
}

/// The outcome of sending the events of some evaluations.
#[derive(Debug, Default)]
pub(crate) struct Announced {
    /// The evaluations to put.
    pub(crate) evaluations: Vec<Evaluation>,
    /// The evaluations that must wait, because one of their events may be accepted later.
    pub(crate) held_back: Vec<Evaluation>,
    /// The number of events that EventBridge accepted.
    pub(crate) sent: usize,
    pub(crate) failures: Vec<Failure>,
}

impl<A: Account, R> Invocation<'_, A, R> {
    /// Whether events about changed findings are sent.
    pub(crate) fn sends_events(&self) -> bool {
        self.reader.parameters.events && !self.sink.result_token.is_test_mode()
    }

    /// Returns what changed since the earlier result of a stage, which is `None` if it is unknown.
    pub(crate) fn changes(&self, stage: &EvaluatedStage, earlier: Option<&Earlier>) -> Vec<FindingChange> {
        self.known(earlier).map(|earlier| self.origin().changes(stage, earlier)).unwrap_or_default()
    }

    /// Does the same as [`Invocation::changes`] for a stage that is no longer evaluated.
    pub(crate) fn changes_of_unevaluated(
        &self,
        stage: &StageArn,
        reason: &NotEvaluated,
        earlier: Option<&Earlier>,
    ) -> Vec<FindingChange> {
        let changes = |earlier| self.origin().changes_of_unevaluated(stage, reason, earlier);
        self.known(earlier).map(changes).unwrap_or_default()
    }

    fn known<'e>(&self, earlier: Option<&'e Earlier>) -> Option<&'e Earlier> {
        earlier.filter(|_| self.sends_events())
    }

    fn origin(&self) -> Origin<'_> {
        Origin {
            deployment: self.deployment,
            account_region: self.sink.account_region,
            rule_name: self.rule_name,
            parameters: self.reader.parameters,
            at: self.now,
        }
    }
}

impl<A: Account, R: Events> Invocation<'_, A, R> {
    /// Sends the events of the evaluations.
    ///
    /// If EventBridge is unavailable, the evaluations with unsent events are held back: the retried
    /// invocation or the next sweep finds the same changes again. If it refuses the events, waiting
    /// would not help, so they are lost and the failure says so.
    pub(crate) async fn announce(&self, mut pending: Vec<Pending>) -> Announced {
        self.add_api_names(&mut pending).await;
        let mut messages = Vec::new();
        let mut owners = Vec::new();
        for (position, one) in pending.iter_mut().enumerate() {
            for change in std::mem::take(&mut one.changes) {
                owners.push(position);
                messages.push(Message {
                    message_type: MessageType::FindingChange,
                    time: self.now,
                    detail: Content::FindingChange(Box::new(change)),
                });
            }
        }
        let (events, account_region) = (self.sink.results, self.sink.account_region);
        let publisher = EventPublisher { events, account_region, deadline: self.sink.deadline };
        let stats = publisher.deliver(&messages).await;
        let unsent = stats.unsent.iter().filter(|message| !stats.refused.contains(message));
        let waiting: BTreeSet<usize> = unsent.filter_map(|message| owners.get(*message).copied()).collect();
        let mut announced = Announced { sent: stats.sent, failures: stats.failures, ..Announced::default() };
        for (position, Pending { evaluation, .. }) in pending.into_iter().enumerate() {
            if waiting.contains(&position) {
                announced.held_back.push(evaluation);
            } else {
                announced.evaluations.push(evaluation);
            }
        }
        announced
    }

    /// Adds the names of the APIs, for people. Events are sent without a name that can't be read.
    async fn add_api_names(&self, pending: &mut [Pending]) {
        let changes = || pending.iter().flat_map(|one| &one.changes);
        let apis: Vec<StageArn> =
            changes().filter_map(|change| StageArn::parse(&change.resource_id).ok()).collect();
        if apis.is_empty() {
            return;
        }
        let arns: BTreeSet<&str> = apis.iter().map(StageArn::api_arn).collect();
        let Ok(names) = self.reader.account.api_names(&arns).await else { return };
        for change in pending.iter_mut().flat_map(|one| &mut one.changes) {
            let name = StageArn::parse(&change.resource_id).ok().and_then(|arn| names.get(arn.api_arn()));
            change.api_name = name.cloned().unwrap_or_default();
        }
    }
}
