//! Compares what an evaluation says about a resource with the findings that Security Hub has, and
//! returns the findings to import: those that are new, changed, due or no longer produced.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::checks::Check;
use crate::resources::account_region::AccountRegion;
use crate::security_hub::NOT_EVALUATED;
use crate::security_hub::archive::{Reason, archived};
use crate::security_hub::asff::{AwsSecurityFinding, ComplianceStatus, RecordState, SeverityLabel};
use crate::security_hub::content::{CONTENT, is_refresh_due};
use crate::security_hub::existing::ExistingFinding;
use crate::security_hub::identity::Source;

/// How much of a resource was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Confidence {
    /// Whether everything was read. If not, a finding that lacks a field is not news.
    pub(crate) is_complete: bool,
    /// Whether the facts are confirmed. If not, no finding may improve.
    pub(crate) is_confirmed: bool,
    /// Whether the severity and what to do take account of what is deployed. If not, a finding that
    /// has failed before says nothing new.
    pub(crate) knows_backends: bool,
}

/// The origin of an existing finding, from the point of view of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holder {
    /// The rule itself.
    Own,
    /// No rule that still exists: a scan, a deleted rule, or an earlier version.
    Unclaimed,
    /// Another rule.
    Other,
}

/// Updates the findings of one rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Updater<'a> {
    pub(crate) account_region: &'a AccountRegion,
    pub(crate) source: &'a Source,
    /// The rule's checks.
    pub(crate) checks: &'a BTreeSet<Check>,
    /// The rules that no longer exist.
    pub(crate) gone_rules: &'a BTreeSet<String>,
    pub(crate) at: Timestamp,
}

/// The findings to import for a resource.
#[derive(Debug, Default)]
pub(crate) struct Update {
    pub(crate) findings: Vec<AwsSecurityFinding>,
    /// The checks that could not be evaluated.
    pub(crate) unread: BTreeSet<Check>,
    /// The findings that another rule has updated.
    pub(crate) held_by_others: usize,
}

impl Updater<'_> {
    /// Returns the update for a resource with these `produced` findings, which may include findings
    /// about checks that don't apply. The rule produces no other findings about the resource than
    /// those of the checks `applicable`.
    pub(crate) fn resource(
        &self,
        applicable: BTreeSet<Check>,
        produced: Vec<AwsSecurityFinding>,
        existing: &[ExistingFinding],
        confidence: Confidence,
    ) -> Update {
        let mut update = Update::default();
        for existing in existing.iter().filter(|it| self.is_dropped(&applicable, it)) {
            let reason = if is_of_earlier_version(existing) {
                Reason::new("new-id", "replaced by a finding whose Id has another form")
            } else {
                not_selected()
            };
            update.findings.push(archived(self.account_region, existing, &reason, self.at));
        }
        update.unread = applicable;
        for finding in produced {
            let Some(check) = check_of(&finding) else { continue };
            update.unread.remove(&check);
            let of_check: Vec<&ExistingFinding> =
                existing.iter().filter(|it| it.code == check.code() && it.deployment.is_some()).collect();
            if !confidence.is_confirmed && finding.compliance.status != ComplianceStatus::Failed {
                // It may not improve the existing finding, and otherwise says nothing new.
                continue;
            }
            self.archive_others(&finding, &of_check, &mut update);
            if finding.compliance.status != ComplianceStatus::NotAvailable {
                self.import(finding, &of_check, confidence, &mut update);
            }
        }
        update
    }

    /// Archives all findings about a resource that the rule no longer evaluates.
    pub(crate) fn archive(&self, existing: &[ExistingFinding], reason: &Reason) -> Vec<AwsSecurityFinding> {
        let is_archived = |it: &&ExistingFinding| it.is_active && self.is_ours(it);
        let existing = existing.iter().filter(is_archived);
        existing.map(|it| archived(self.account_region, it, reason, self.at)).collect()
    }

    /// Archives the rule's own findings about a resource that none of its checks is about.
    pub(crate) fn archive_own(&self, existing: &[ExistingFinding]) -> Vec<AwsSecurityFinding> {
        let own = existing.iter().filter(|it| it.is_active && self.holder(it) == Holder::Own);
        own.map(|it| archived(self.account_region, it, &not_selected(), self.at)).collect()
    }

    /// Whether any of the findings is active and the rule's own.
    pub(crate) fn has_active(&self, existing: &[ExistingFinding]) -> bool {
        existing.iter().any(|it| it.is_active && self.holder(it) == Holder::Own)
    }

    /// The rule's checks that have an active finding which the rule updated last.
    pub(crate) fn active_checks(&self, existing: &[ExistingFinding]) -> BTreeSet<Check> {
        let is_active = |check: &&Check| {
            existing
                .iter()
                .any(|it| it.is_active && it.code == check.code() && self.holder(it) == Holder::Own)
        };
        self.checks.iter().filter(is_active).copied().collect()
    }

    /// Returns which of the `warnings` that checks could not be evaluated are to be imported, with
    /// the last known severity.
    pub(crate) fn unread(
        &self,
        warnings: Vec<AwsSecurityFinding>,
        existing: &[ExistingFinding],
    ) -> Vec<AwsSecurityFinding> {
        let mut findings = Vec::new();
        for warning in warnings {
            let Some(check) = check_of(&warning) else { continue };
            let known: Vec<&ExistingFinding> = existing
                .iter()
                .filter(|it| it.is_active && it.code == check.code() && it.deployment.is_some())
                .collect();
            if known.is_empty() {
                // If others are known, the check did not apply when the resource was last read.
                findings.extend((!self.has_active(existing)).then_some(warning));
                continue;
            }
            for existing in known.into_iter().filter(|it| self.holder(it) != Holder::Other) {
                let is_reported = existing.status == ComplianceStatus::Warning
                    && existing.reason == NOT_EVALUATED
                    && self.holder(existing) == Holder::Own;
                if !is_reported || is_refresh_due(&existing.id, existing.updated_at, self.at) {
                    let mut warning = warning.clone().created_at(existing.created_at);
                    warning.id.clone_from(&existing.id);
                    warning.severity.label = existing.severity;
                    warning.finding_provider_fields.severity.label = existing.severity;
                    findings.push(warning);
                }
            }
        }
        findings
    }

    /// Imports a finding if it says something new or is due.
    fn import(
        &self,
        finding: AwsSecurityFinding,
        of_check: &[&ExistingFinding],
        confidence: Confidence,
        update: &mut Update,
    ) {
        let Some(existing) = of_check.iter().find(|it| it.id == finding.id) else {
            update.findings.push(finding);
            return;
        };
        let holder = self.holder(existing);
        if existing.is_active && holder == Holder::Other {
            update.held_by_others += 1;
        }
        let is_due = match holder {
            _ if !existing.is_active => true,
            Holder::Unclaimed => true,
            // Two rules that both updated the finding would make it change back and forth.
            Holder::Other => rank(&finding) > rank_of(existing),
            Holder::Own if finding.compliance.status != existing.status => true,
            Holder::Own if rank(&finding) != rank_of(existing) => confidence.knows_backends,
            // A field is missing if it could not be read, which is not news.
            Holder::Own if !confidence.is_complete => false,
            Holder::Own => {
                finding.product_fields.get(CONTENT) != Some(&existing.content)
                    || is_refresh_due(&existing.id, existing.updated_at, self.at)
            }
        };
        if is_due {
            update.findings.push(finding.created_at(existing.created_at));
        }
    }

    /// Archives the other findings of the check: that of an earlier certificate or phase, or all of
    /// them if the check does not apply.
    fn archive_others(
        &self,
        finding: &AwsSecurityFinding,
        of_check: &[&ExistingFinding],
        update: &mut Update,
    ) {
        let is_current =
            |it: &ExistingFinding| finding.record_state == RecordState::Active && it.id == finding.id;
        let reason = if finding.record_state == RecordState::Active {
            let why = match check_of(finding) {
                Some(check) if check.is_of_front_door() => "a certificate is in another phase",
                _ => "the stage has another certificate, or its certificate is in another phase",
            };
            Reason::new("superseded", why)
        } else {
            Reason::new("not-applicable", &finding.description)
        };
        for existing in of_check.iter().filter(|it| it.is_active && !is_current(it) && self.is_ours(it)) {
            update.findings.push(archived(self.account_region, existing, &reason, self.at));
        }
    }

    /// Whether an active finding about an evaluated resource is one that the rule no longer
    /// produces, whatever its checks say now.
    fn is_dropped(&self, applicable: &BTreeSet<Check>, existing: &ExistingFinding) -> bool {
        let is_selected = applicable.iter().any(|check| check.code() == existing.code);
        existing.is_active && self.is_ours(existing) && (!is_selected || is_of_earlier_version(existing))
    }

    /// Whether the rule may archive the finding: it is its own, or unclaimed and either of the
    /// same deployment or about one of the rule's checks.
    fn is_ours(&self, existing: &ExistingFinding) -> bool {
        let is_of_deployment = existing.deployment.as_deref() == Some(self.source.deployment.as_str());
        let is_of_check = self.checks.iter().any(|check| check.code() == existing.code);
        match self.holder(existing) {
            Holder::Own => true,
            Holder::Unclaimed => is_of_deployment || is_of_check,
            Holder::Other => false,
        }
    }

    fn holder(&self, existing: &ExistingFinding) -> Holder {
        match (&existing.deployment, &existing.rule) {
            (Some(deployment), Some(rule)) if *rule == self.source.rule => {
                // The name of a rule is unique: under another deployment, it was another rule.
                if *deployment == self.source.deployment { Holder::Own } else { Holder::Unclaimed }
            }
            (Some(deployment), _) if deployment == Source::SCAN => Holder::Unclaimed,
            (Some(_), Some(rule)) if !self.gone_rules.contains(rule) => Holder::Other,
            _ => Holder::Unclaimed,
        }
    }
}

fn not_selected() -> Reason {
    Reason::new("not-selected", "the check is no longer one of the rule's checks")
}

fn is_of_earlier_version(existing: &ExistingFinding) -> bool {
    existing.deployment.is_none()
}

/// The check that a finding is about; `None` for other findings.
pub(crate) fn check_of(finding: &AwsSecurityFinding) -> Option<Check> {
    finding.product_fields.get("stagecert/check").and_then(|code| Check::from_code(code))
}

/// How bad a finding is, for comparisons.
fn rank(finding: &AwsSecurityFinding) -> (u8, SeverityLabel) {
    (badness(finding.compliance.status), finding.severity.label)
}

fn rank_of(existing: &ExistingFinding) -> (u8, SeverityLabel) {
    (badness(existing.status), existing.severity)
}

fn badness(status: ComplianceStatus) -> u8 {
    match status {
        ComplianceStatus::NotAvailable => 0,
        ComplianceStatus::Passed => 1,
        ComplianceStatus::Warning => 2,
        ComplianceStatus::Failed => 3,
    }
}

#[cfg(test)]
#[path = "update_tests.rs"]
mod tests;
