//! Imports the findings of an invocation into Security Hub, after Config has its results, so that
//! an import can't affect them.
//!
//! Findings are dated now instead of at the item's capture time, which may be long ago: Security
//! Hub ignores a finding that is not newer than the stored one.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use tokio::time::Instant;

use crate::account::Account;
use crate::account::listing::Listing;
use crate::checks::Check;
use crate::deadline::until;
use crate::evaluation::evaluated::EvaluatedStage;
use crate::evaluation::scope::NotEvaluated;
use crate::resources::backends::Backends;
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;
use crate::rule::Invocation;
use crate::rule::confirm::UnlistedStages;
use crate::rule::pending_findings::{KnownFindings, Pending, by_resource};
use crate::security_hub::import::{Findings, FindingsFilter};
use crate::security_hub::unread::UnreadStages;
use crate::security_hub::update::{Confidence, Update, Updater};
use crate::security_hub::{
    AwsSecurityFinding, ExistingFinding, Imported, Importer, Reason, applicable, findings, not_evaluated,
    unread_finding,
};

/// How long a change may take to import its findings. A rule that is created has thousands of
/// changes at once, far more than Security Hub's rate limits allow, and the sweep imports them too.
const MAX_CHANGE: Duration = Duration::from_secs(10);
/// The maximum number of other rules that a sweep looks up.
const MAX_RULES: usize = 25;

/// The stages of a sweep.
pub(crate) struct SweptStages<'a> {
    /// The stages that were evaluated completely.
    pub(crate) evaluated: &'a [EvaluatedStage],
    /// The findings of those checks of unread stages whose facts were read and are confirmed.
    pub(crate) available: &'a [EvaluatedStage],
    /// The stages that could not be evaluated completely.
    pub(crate) unread: &'a [&'a Stage],
    /// The stages that are not listed.
    pub(crate) others: OtherStages<'a>,
}

/// What is known about the stages that have findings but are not listed.
pub(crate) enum OtherStages<'a> {
    /// They are gone, except for these.
    Known {
        /// The stages that exist, or may exist.
        existing: BTreeSet<&'a str>,
        /// The listing, which may hide others.
        listing: &'a Listing,
    },
    /// Nothing.
    Unknown,
}

impl<'a> OtherStages<'a> {
    /// Returns what a listing and API Gateway say about them. A stage that is not listed is gone,
    /// unless it exists, may exist or is hidden by an unreadable row.
    pub(crate) fn known(listing: &'a Listing, unlisted: &'a UnlistedStages) -> Self {
        let existing = unlisted.existing.iter().chain(&unlisted.unknown).map(StageArn::as_str).collect();
        Self::Known { existing, listing }
    }

    fn is_gone(&self, resource: &str) -> bool {
        match self {
            Self::Known { existing, listing } => !existing.contains(resource) && !listing.may_hide(resource),
            Self::Unknown => false,
        }
    }
}

impl<A: Account, R: Findings> Invocation<'_, A, R> {
    /// Imports the findings of the stages that a change evaluated, and archives those of a stage
    /// that is `gone`. Returns `None` if the parameters don't enable that. What Security Hub
    /// throttles is left to the next sweep.
    pub(crate) async fn import_change(
        &self,
        evaluated: &[EvaluatedStage],
        available: &[EvaluatedStage],
        gone: Option<(StageArn, &NotEvaluated)>,
    ) -> Option<Imported> {
        if !self.imports_findings() {
            return None;
        }
        let stages = evaluated.len() + available.len() + usize::from(gone.is_some());
        if stages == 0 {
            return Some(Imported::default());
        }
        let importing = Box::pin(self.import_change_now(evaluated, available, gone));
        let imported = until(Some(Instant::now() + MAX_CHANGE), importing).await;
        let timed_out = || Imported { left_to_sweep: stages, ..Imported::default() };
        let imported = imported.map_or_else(timed_out, |imported| imported.or_left_to_sweep(stages));
        if imported.left_to_sweep > 0 {
            tracing::warn!(
                stages,
                "Security Hub has no time for this change: the next sweep imports its findings"
            );
        }
        Some(imported)
    }

    async fn import_change_now(
        &self,
        evaluated: &[EvaluatedStage],
        available: &[EvaluatedStage],
        gone: Option<(StageArn, &NotEvaluated)>,
    ) -> Imported {
        let arns = evaluated.iter().chain(available).map(|it| &it.stage.arn);
        let arns = arns.chain(gone.as_ref().map(|(arn, _)| arn));
        let ids: BTreeSet<String> = arns.map(|arn| arn.as_str().to_owned()).collect();
        let hub = self.importer();
        let existing = match hub.existing_of(&ids.into_iter().collect::<Vec<_>>()).await {
            Ok(Some(existing)) => existing,
            Ok(None) => return Imported::not_enabled(),
            Err(failure) => return Imported::failed(failure),
        };
        let mut existing = by_resource(existing);
        let no_rules = BTreeSet::new();
        let updater = self.updater(&no_rules);
        let mut pending = Pending::new(&hub);
        if let Some((arn, reason)) = gone {
            let existing = existing.remove(arn.as_str()).unwrap_or_default();
            let reason = Reason::new(reason.into(), &reason.to_string());
            pending.add(updater.archive(&existing, &reason)).await;
        }
        for stage in evaluated {
            // What is deployed on the peers is not read: the sweep knows it.
            let is_unknown = stage.deployed() == Some(&Backends::NotAsked);
            let confidence = if is_unknown { WITHOUT_BACKENDS } else { EVALUATED };
            let update = self.update(&updater, stage, &mut existing, confidence).0;
            pending.imported.held_by_others += update.held_by_others;
            pending.add(update.findings).await;
        }
        for stage in available {
            let update = self.update(&updater, stage, &mut existing, UNCONFIRMED).0;
            pending.add(update.findings).await;
        }
        pending.finish().await
    }

    /// Imports the findings of a sweep that are new, changed or due, and archives those that the
    /// rule no longer produces. Returns `None` if the parameters don't enable that.
    pub(crate) async fn import_sweep(&self, stages: &SweptStages<'_>) -> Option<Imported> {
        if !self.imports_findings() {
            return None;
        }
        let hub = self.importer();
        let known = match self.known_findings(&hub).await {
            Ok(known) => known,
            Err(imported) => return Some(imported),
        };
        let KnownFindings { mut existing, gone_rules, remembered, previous } = known;
        let updater = self.updater(&gone_rules);
        let mut unread = UnreadStages::default();
        let mut pending = Pending::new(&hub);

        let mut read: BTreeSet<&str> = BTreeSet::new();
        let evaluated = stages.evaluated.iter().map(|stage| (stage, EVALUATED));
        let available = stages.available.iter().map(|stage| (stage, CONFIRMED));
        for (stage, confidence) in evaluated.chain(available) {
            let arn = &stage.stage.arn;
            read.insert(arn.as_str());
            let (update, known) = self.update(&updater, stage, &mut existing, confidence);
            pending.imported.held_by_others += update.held_by_others;
            pending.add(update.findings).await;
            if !update.unread.is_empty() && unread.add(arn.as_str(), &previous, self.now) {
                let stage = (arn, stage.stage.certificate.as_ref());
                pending.add(updater.unread(self.warnings(stage, &update.unread), &known)).await;
            }
        }
        // Nothing is known about these: their findings stay as they are for a day.
        let mut unreadable: HashMap<&StageArn, Option<&CertificateId>> = HashMap::new();
        unreadable.extend(stages.unread.iter().map(|stage| (&stage.arn, stage.certificate.as_ref())));
        unreadable.retain(|arn, _| !read.contains(arn.as_str()));
        for (arn, certificate) in unreadable {
            let known = existing.remove(arn.as_str()).unwrap_or_default();
            if unread.add(arn.as_str(), &previous, self.now) {
                let checks = applicable(arn, &self.reader.parameters.checks);
                pending.add(updater.unread(self.warnings((arn, certificate), &checks), &known)).await;
            }
        }
        let vanished =
            Reason::new((&NotEvaluated::Vanished).into(), "no longer found or no longer in the rule's scope");
        for (resource, known) in existing {
            let Ok(arn) = StageArn::parse(&resource) else {
                // From when the rule had checks of the front door.
                pending.add(updater.archive_own(&known)).await;
                continue;
            };
            if stages.others.is_gone(&resource) {
                pending.add(updater.archive(&known, &vanished)).await;
            } else if updater.has_active(&known) && unread.add(&resource, &previous, self.now) {
                let checks = updater.active_checks(&known);
                pending.add(updater.unread(self.warnings((&arn, None), &checks), &known)).await;
            }
        }
        Some(self.finish_import(pending, &unread, remembered.as_ref()).await)
    }

    /// What Security Hub has before a sweep imports anything, or the outcome if that can't be read.
    pub(super) async fn known_findings(&self, hub: &Importer<'_, R>) -> Result<KnownFindings, Imported> {
        let existing = match hub.findings.existing_findings(FindingsFilter::All).await {
            Ok(Some(existing)) => existing,
            Ok(None) => return Err(Imported::not_enabled()),
            Err(failure) => return Err(Imported::failed(failure)),
        };
        let gone_rules = self.gone_rules(&existing).await;
        let context = (self.sink.account_region, &self.source);
        let remembered = unread_finding::find(context, &existing).cloned();
        let previous = remembered.as_ref().map(|it| UnreadStages::from_fields(&it.unread));
        let previous = previous.unwrap_or_default();
        Ok(KnownFindings { existing: by_resource(existing), gone_rules, remembered, previous })
    }

    /// Imports what is left, and remembers what could not be read.
    pub(super) async fn finish_import(
        &self,
        mut pending: Pending<'_, R>,
        unread: &UnreadStages,
        remembered: Option<&ExistingFinding>,
    ) -> Imported {
        let context = (self.sink.account_region, &self.source);
        let memory = unread_finding::update(context, unread, remembered, self.now);
        pending.add(memory.into_iter().collect()).await;
        let imported = pending.finish().await;
        if imported.held_by_others > 0 {
            tracing::warn!(
                findings = imported.held_by_others,
                "another rule imports findings about the same resources and checks: evaluate each with one rule only"
            );
        }
        imported
    }

    /// The findings that say that these checks of a stage could not be evaluated.
    fn warnings(
        &self,
        stage: (&StageArn, Option<&CertificateId>),
        checks: &BTreeSet<Check>,
    ) -> Vec<AwsSecurityFinding> {
        not_evaluated((self.sink.account_region, &self.source), stage, checks, self.now)
    }

    /// The update of a stage, and its existing findings, which are removed from `existing`.
    fn update(
        &self,
        updater: &Updater<'_>,
        stage: &EvaluatedStage,
        existing: &mut HashMap<String, Vec<ExistingFinding>>,
        confidence: Confidence,
    ) -> (Update, Vec<ExistingFinding>) {
        let parameters = self.reader.parameters;
        let context = (self.sink.account_region, &self.source);
        let produced = findings(context, stage, &parameters.checks, parameters.finding_owner, self.now);
        let known = existing.remove(stage.stage.arn.as_str()).unwrap_or_default();
        let applicable = applicable(&stage.stage.arn, &parameters.checks);
        (updater.resource(applicable, produced, &known, confidence), known)
    }

    /// The other rules in these findings that no longer exist.
    async fn gone_rules(&self, existing: &[ExistingFinding]) -> BTreeSet<String> {
        let rules: BTreeSet<&String> = existing
            .iter()
            .filter(|it| it.is_active)
            .filter_map(|it| it.rule.as_ref())
            .filter(|rule| **rule != self.source.rule)
            .collect();
        let mut gone = BTreeSet::new();
        for rule in rules.into_iter().take(MAX_RULES) {
            let scope = self.reader.account.rule_scope(rule).await;
            if scope.is_err_and(|failure| failure.code() == Some("NoSuchConfigRuleException")) {
                gone.insert(rule.clone());
            }
        }
        gone
    }

    pub(super) fn updater<'u>(&'u self, gone_rules: &'u BTreeSet<String>) -> Updater<'u> {
        let checks = &self.reader.parameters.checks;
        let account_region = self.sink.account_region;
        Updater { account_region, source: &self.source, checks, gone_rules, at: self.now }
    }

    pub(super) fn importer(&self) -> Importer<'_, R> {
        let (account_region, deadline) = (self.sink.account_region, self.sink.deadline);
        Importer { findings: self.sink.results, account_region, deadline }
    }

    /// Whether findings are imported into Security Hub.
    pub(crate) fn imports_findings(&self) -> bool {
        self.reader.parameters.security_hub && !self.sink.result_token.is_test_mode()
    }
}

pub(super) const EVALUATED: Confidence =
    Confidence { is_complete: true, is_confirmed: true, knows_backends: true };
const CONFIRMED: Confidence = Confidence { is_complete: false, ..EVALUATED };
const UNCONFIRMED: Confidence = Confidence { is_confirmed: false, ..WITHOUT_BACKENDS };
const WITHOUT_BACKENDS: Confidence = Confidence { knows_backends: false, ..CONFIRMED };
