use std::collections::HashSet;

use crate::Failure;
use crate::account::listing::Listing;
use crate::account::{Account, BATCH};
use crate::evaluation::evaluated::EvaluatedStage;
use crate::evaluation::scope::NotEvaluated;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;
use crate::rule::Invocation;
use crate::rule::confirm::Missing;
use crate::security_hub::import::Findings;
use crate::security_hub::{Imported, Importer, findings, not_evaluated};

/// Which stages' findings are to be archived.
pub(crate) enum Archive {
    /// This one's.
    Stage(StageArn, NotEvaluated),
    /// Those of all stages but these.
    AllBut(Vec<String>),
    /// Nobody's: what is gone can't be told.
    Untold,
}

impl Archive {
    /// After a sweep. A row without an id may be any stage's: then none is said to be gone.
    ///
    /// Stages that left the rule's scope are: nobody evaluates them any more. Stages that are not listed and not known to be
    /// gone are not.
    pub(crate) fn all_but(listing: &Listing, left_scope: &HashSet<StageArn>, missing: &Missing) -> Self {
        let unreadable: Option<Vec<String>> =
            listing.unreadable.iter().map(|stage| stage.resource_id.clone()).collect();
        let text = |arn: &StageArn| arn.as_str().to_owned();
        unreadable.map_or(Self::Untold, |unreadable| {
            let present =
                listing.stages.iter().map(|stage| &stage.arn).filter(|arn| !left_scope.contains(arn));
            let present = present.chain(&missing.existing).chain(&missing.unknown).map(text);
            Self::AllBut(present.chain(unreadable).collect())
        })
    }

    /// After a change.
    pub(crate) fn of(resource_id: &str, reason: Option<&NotEvaluated>) -> Self {
        match (StageArn::parse(resource_id), reason) {
            (Ok(arn), Some(reason)) => Self::Stage(arn, reason.clone()),
            _ => Self::Untold,
        }
    }
}

impl<A: Account, R: Findings> Invocation<'_, A, R> {
    /// Imports what was judged into Security Hub, `None` unless the parameters ask for it: after Config has its results, which nothing
    /// here can cost.
    ///
    /// Findings are as of now: Security Hub passes over what is not newer, and an item's capture time can be long ago.
    pub(crate) async fn import(
        &self,
        evaluated: &[EvaluatedStage],
        unread: &[&Stage],
        gone: &Archive,
    ) -> Option<Imported> {
        if !self.imports() {
            return None;
        }
        let mut imported = Imported::default();
        let parameters = self.reader.parameters;
        let (account_region, at) = (self.sink.account_region, self.now);
        let hub = Importer { findings: self.sink.results, account_region, deadline: self.sink.deadline };
        // A part at a time: all findings of a large account at once would take more memory than the function has.
        let of_judged = evaluated.chunks(BATCH).map(|stages| {
            let of =
                |stage| findings(account_region, stage, &parameters.checks, parameters.finding_owner, at);
            stages.iter().flat_map(of).collect::<Vec<_>>()
        });
        let of_unread = unread.chunks(BATCH).map(|stages| {
            stages
                .iter()
                .flat_map(|stage| not_evaluated(account_region, &stage.arn, &parameters.checks, at))
                .collect()
        });
        let mut left = 0;
        for findings in of_judged.chain(of_unread) {
            if imported.stopped {
                left += findings.len();
            } else {
                imported.add(hub.import(&findings).await);
            }
        }
        if left > 0 && !imported.not_enabled {
            let left = vec![format!("{left} findings")];
            let failure = Failure::OutOfTime {
                operation: "BatchImportFindings",
                left,
                location: account_region.into(),
            };
            imported.failures.push(failure);
        }
        if !imported.stopped {
            imported.add(match gone {
                Archive::Stage(stage, reason) => hub.archive(stage, reason, at).await,
                Archive::AllBut(present) => {
                    let present = present.iter().map(String::as_str).collect();
                    hub.archive_all_but(&present, &parameters.checks, at).await
                }
                Archive::Untold => Imported::default(),
            });
        }
        Some(imported)
    }

    /// Whether Security Hub is to be told.
    pub(crate) fn imports(&self) -> bool {
        self.reader.parameters.security_hub && !self.sink.result_token.is_test_mode()
    }
}
