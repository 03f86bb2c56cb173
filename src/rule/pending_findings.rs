//! The findings that Security Hub has, and those that wait for the next import.

use std::collections::{BTreeSet, HashMap};

use crate::Failure;
use crate::account::BATCH;
use crate::security_hub::import::Findings;
use crate::security_hub::unread::UnreadStages;
use crate::security_hub::{AwsSecurityFinding, ExistingFinding, Imported, Importer};

/// The number of findings that are built before they are imported: those of a large account need
/// more memory than the function has.
const MAX_PENDING: usize = 4 * BATCH;

/// What Security Hub has before a sweep imports anything.
pub(super) struct KnownFindings {
    /// The findings by resource.
    pub(super) existing: HashMap<String, Vec<ExistingFinding>>,
    /// The rules in them that no longer exist.
    pub(super) gone_rules: BTreeSet<String>,
    /// The finding in which the rule remembers what it could not read.
    pub(super) remembered: Option<ExistingFinding>,
    /// What the rule could not read before.
    pub(super) previous: UnreadStages,
}

/// Findings that wait for the next import.
pub(super) struct Pending<'a, R> {
    hub: &'a Importer<'a, R>,
    findings: Vec<AwsSecurityFinding>,
    pub(super) imported: Imported,
    /// The number of findings that were not sent because an earlier import failed.
    unsent: usize,
}

impl<'a, R: Findings> Pending<'a, R> {
    pub(super) fn new(hub: &'a Importer<'a, R>) -> Self {
        Self { hub, findings: Vec::new(), imported: Imported::default(), unsent: 0 }
    }

    pub(super) async fn add(&mut self, findings: Vec<AwsSecurityFinding>) {
        self.findings.extend(findings);
        while self.findings.len() >= MAX_PENDING {
            let rest = self.findings.split_off(MAX_PENDING);
            self.send().await;
            self.findings = rest;
        }
    }

    async fn send(&mut self) {
        let findings = std::mem::take(&mut self.findings);
        if self.imported.stopped {
            self.unsent += findings.len();
        } else {
            self.imported.add(self.hub.import(&findings).await);
        }
    }

    pub(super) async fn finish(mut self) -> Imported {
        self.send().await;
        if self.unsent > 0 && !self.imported.not_enabled {
            self.imported.failures.push(Failure::OutOfTime {
                operation: "BatchImportFindings",
                left: vec![format!("{} findings", self.unsent)],
                location: self.hub.account_region.into(),
            });
        }
        self.imported
    }
}

/// The findings by resource.
pub(super) fn by_resource(existing: Vec<ExistingFinding>) -> HashMap<String, Vec<ExistingFinding>> {
    let mut by_resource: HashMap<String, Vec<ExistingFinding>> = HashMap::new();
    for existing in existing {
        by_resource.entry(existing.resource.clone()).or_default().push(existing);
    }
    by_resource
}
