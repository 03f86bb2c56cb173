use std::collections::HashSet;

use crate::Failure;
use crate::account::listing::Listing;
use crate::account::{Account, BATCH};
use crate::evaluation::evaluated::EvaluatedStage;
use crate::evaluation::scope::NotEvaluated;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;
use crate::rule::Invocation;
use crate::rule::confirm::UnlistedStages;
use crate::security_hub::import::Findings;
use crate::security_hub::{Imported, Importer, findings, not_evaluated};

/// The stages whose findings are archived.
pub(crate) enum Archive {
    /// A single stage.
    Stage(StageArn, NotEvaluated),
    /// All stages except these resource ids.
    AllExcept(Vec<String>),
    /// No stages, because it is unknown which of them are gone.
    Nothing,
}

impl Archive {
    /// Returns what to archive after a sweep. A listed row without an id may describe any stage, so
    /// in that case nothing is archived.
    ///
    /// Stages that left the rule's scope are archived, because the rule no longer evaluates them.
    /// Unlisted stages are archived only if they are known to be gone.
    pub(crate) fn all_except(
        listing: &Listing,
        left_scope: &HashSet<StageArn>,
        unlisted: &UnlistedStages,
    ) -> Self {
        let unreadable: Option<Vec<String>> =
            listing.unreadable.iter().map(|stage| stage.resource_id.clone()).collect();
        let text = |arn: &StageArn| arn.as_str().to_owned();
        unreadable.map_or(Self::Nothing, |unreadable| {
            let present =
                listing.stages.iter().map(|stage| &stage.arn).filter(|arn| !left_scope.contains(arn));
            let present = present.chain(&unlisted.existing).chain(&unlisted.unknown).map(text);
            Self::AllExcept(present.chain(unreadable).collect())
        })
    }

    /// Returns what to archive after a change.
    pub(crate) fn of(resource_id: &str, reason: Option<&NotEvaluated>) -> Self {
        match (StageArn::parse(resource_id), reason) {
            (Ok(arn), Some(reason)) => Self::Stage(arn, reason.clone()),
            _ => Self::Nothing,
        }
    }
}

impl<A: Account, R: Findings> Invocation<'_, A, R> {
    /// Imports the evaluated stages into Security Hub, or returns `None` if the parameters don't
    /// enable that. This runs after Config has its results, so that it can't affect them.
    ///
    /// Findings are dated now instead of at the item's capture time, which may be long ago:
    /// Security Hub ignores a finding that is not newer than the stored one.
    pub(crate) async fn import(
        &self,
        evaluated: &[EvaluatedStage],
        unread: &[&Stage],
        archive: &Archive,
    ) -> Option<Imported> {
        if !self.imports_findings() {
            return None;
        }
        let mut imported = Imported::default();
        let parameters = self.reader.parameters;
        let (account_region, at) = (self.sink.account_region, self.now);
        let hub = Importer { findings: self.sink.results, account_region, deadline: self.sink.deadline };
        // Findings are built in batches: those of a large account need more memory than the
        // function has.
        let of_evaluated = evaluated.chunks(BATCH).map(|stages| {
            let of_stage =
                |stage| findings(account_region, stage, &parameters.checks, parameters.finding_owner, at);
            stages.iter().flat_map(of_stage).collect::<Vec<_>>()
        });
        let of_unread = unread.chunks(BATCH).map(|stages| {
            stages
                .iter()
                .flat_map(|stage| not_evaluated(account_region, &stage.arn, &parameters.checks, at))
                .collect()
        });
        let mut unsent = 0;
        for findings in of_evaluated.chain(of_unread) {
            if imported.stopped {
                unsent += findings.len();
            } else {
                imported.add(hub.import(&findings).await);
            }
        }
        if unsent > 0 && !imported.not_enabled {
            let failure = Failure::OutOfTime {
                operation: "BatchImportFindings",
                left: vec![format!("{unsent} findings")],
                location: account_region.into(),
            };
            imported.failures.push(failure);
        }
        if !imported.stopped {
            imported.add(match archive {
                Archive::Stage(stage, reason) => hub.archive(stage, reason, at).await,
                Archive::AllExcept(present) => {
                    let present = present.iter().map(String::as_str).collect();
                    hub.archive_all_except(&present, &parameters.checks, at).await
                }
                Archive::Nothing => Imported::default(),
            });
        }
        Some(imported)
    }

    /// Whether findings are imported into Security Hub.
    pub(crate) fn imports_findings(&self) -> bool {
        self.reader.parameters.security_hub && !self.sink.result_token.is_test_mode()
    }
}
