//! What each invocation had seen of each stage when it put a result, so that tests can check what
//! the result is based on.
//!
//! An invocation is identified by its process's access key ([`World::another_key`] gives a second
//! process its own) and starts with [`World::begin`]. Calls of processes that never began an
//! invocation are not tracked.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::items::text;
use crate::model::{Region, StoredEvaluation};
use crate::world::World;

/// What an invocation has seen of one stage. Items are identified by their sequence numbers, which
/// increase over time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// From the invocation's own event, if it is about the stage.
    pub event: Option<Shown>,
    /// From a row of `SelectResourceConfig`.
    pub index: Option<Shown>,
    /// From `BatchGetResourceConfig` or `GetResourceConfigHistory`, if called for the stage.
    pub latest: Option<Shown>,
    /// From API Gateway, if called for the stage: `GetStage`, `GetStages` of its API, `GetExport`.
    pub gateway: Option<Shown>,
}

/// How a source showed a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The item; `None` if the source has no item for the stage.
    pub item: Option<u64>,
    /// Whether the stage has a configuration there.
    pub exists: bool,
}

impl Facts {
    /// The newest item that any source showed.
    pub fn newest(&self) -> Option<u64> {
        [self.event, self.index, self.latest, self.gateway]
            .into_iter()
            .flatten()
            .filter_map(|one| one.item)
            .max()
    }

    /// Whether any source showed that the stage exists.
    pub fn shows_a_stage(&self) -> bool {
        [self.event, self.index, self.latest, self.gateway].into_iter().flatten().any(|one| one.exists)
    }
}

/// An evaluation put for a stage, and what it is based on.
#[derive(Clone, Debug)]
pub struct Put {
    /// The process, identified by its access key.
    pub process: String,
    /// The stage.
    pub arn: String,
    /// The result that Config stored before.
    pub before: Option<StoredEvaluation>,
    /// The new result.
    pub put: StoredEvaluation,
    /// What the invocation had seen of the stage.
    pub facts: Facts,
    /// Whether a sweep put it.
    pub in_sweep: bool,
    /// Whether the invocation had read all of the rule's previous results.
    pub knows_earlier_results: bool,
    /// The rule's parameters.
    pub parameters: Value,
    /// The stage's newest item at that time.
    pub truth: Option<u64>,
}

/// A source of information about stages.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    Index,
    Latest,
    Gateway,
}

#[derive(Clone, Debug, Default)]
struct Invocation {
    in_sweep: bool,
    knows_earlier_results: bool,
    facts: BTreeMap<String, Facts>,
}

/// All tracked invocations by process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Witness {
    invocations: BTreeMap<String, Invocation>,
    puts: Vec<Put>,
}

impl World {
    /// Starts an invocation of a process with this event from Config.
    pub fn begin(&mut self, process: &str, event: &Value) {
        let invoking = event["invokingEvent"].as_str().unwrap_or_default();
        let invoking: Value = serde_json::from_str(invoking).unwrap_or_default();
        let mut invocation = Invocation {
            in_sweep: invoking["messageType"] == "ScheduledNotification",
            ..Invocation::default()
        };
        for name in ["configurationItem", "configurationItemSummary"] {
            if let Some((arn, shown)) = self.shown_by_event(&invoking[name]) {
                invocation.facts.insert(arn, Facts { event: Some(shown), ..Facts::default() });
            }
        }
        self.witness.invocations.insert(process.into(), invocation);
    }

    fn shown_by_event(&self, item: &Value) -> Option<(String, Shown)> {
        let (arn, captured) = (item["resourceId"].as_str()?, item["configurationItemCaptureTime"].as_str()?);
        let (account, region) = self.home_of(arn)?;
        let history = self.try_region(account, region)?.histories.get(arn)?;
        let item = history.items.iter().find(|item| text(item.captured) == captured)?;
        Some((arn.into(), Shown { item: Some(item.sequence), exists: item.state.is_some() }))
    }

    /// The evaluations put since the last call, by processes that have begun an invocation.
    pub fn take_puts(&mut self, process: &str) -> Vec<Put> {
        let (own, others) =
            std::mem::take(&mut self.witness.puts).into_iter().partition(|put| put.process == process);
        self.witness.puts = others;
        own
    }

    pub(crate) fn shown(
        &mut self,
        process: &str,
        source: Source,
        all: impl IntoIterator<Item = (String, Shown)>,
    ) {
        let Some(invocation) = self.witness.invocations.get_mut(process) else { return };
        for (arn, shown) in all {
            let facts = invocation.facts.entry(arn).or_default();
            match source {
                Source::Index => facts.index = Some(shown),
                Source::Latest => facts.latest = Some(shown),
                Source::Gateway => facts.gateway = Some(shown),
            }
        }
    }

    pub(crate) fn earlier_results_read(&mut self, process: &str) {
        if let Some(invocation) = self.witness.invocations.get_mut(process) {
            invocation.knows_earlier_results = true;
        }
    }

    /// What a result put now by this process is based on.
    pub(crate) fn basis(&self, process: &str, arn: &str) -> Option<u64> {
        self.witness.invocations.get(process)?.facts.get(arn)?.newest()
    }

    pub(crate) fn put(
        &mut self,
        process: &str,
        (account, region): (&str, &str),
        parameters: Option<&str>,
        evaluations: Vec<(String, Option<StoredEvaluation>, StoredEvaluation)>,
    ) {
        let Some(invocation) = self.witness.invocations.get(process) else { return };
        let region = self.try_region(account, region);
        let puts = evaluations.into_iter().map(|(arn, before, put)| Put {
            process: process.into(),
            facts: invocation.facts.get(&arn).cloned().unwrap_or_default(),
            before,
            put,
            in_sweep: invocation.in_sweep,
            knows_earlier_results: invocation.knows_earlier_results,
            parameters: parameters.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default(),
            truth: region.and_then(|region| region.newest_item(&arn)).map(|(sequence, _)| sequence),
            arn,
        });
        let puts: Vec<Put> = puts.collect();
        self.witness.puts.extend(puts);
    }
}

impl Region {
    /// The newest item of a stage, and when it was recorded.
    pub fn newest_item(&self, arn: &str) -> Option<(u64, Timestamp)> {
        self.histories.get(arn)?.items.last().map(|item| (item.sequence, item.captured))
    }

    /// A stage as API Gateway shows it, which is always the truth.
    pub(crate) fn shown_by_gateway(&self, arn: &str) -> Shown {
        Shown { item: self.newest_item(arn).map(|(sequence, _)| sequence), exists: self.stage(arn).is_some() }
    }
}
