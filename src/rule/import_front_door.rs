//! Imports the findings of a sweep of the front door into Security Hub, after Config has its
//! results, so that an import can't affect them.

use std::collections::{BTreeMap, BTreeSet};

use crate::account::Account;
use crate::checks::Check;
use crate::evaluation::domain_name;
use crate::evaluation::front_door::{EvaluatedResource, FrontDoorSubject};
use crate::resources::api::ApiArn;
use crate::resources::domain_name::DomainKey;
use crate::resources::resource::Resource;
use crate::resources::stage_arn::StageArn;
use crate::rule::Invocation;
use crate::rule::import_findings::EVALUATED;
use crate::rule::pending_findings::{KnownFindings, Pending};
use crate::security_hub::import::Findings;
use crate::security_hub::unread::UnreadStages;
use crate::security_hub::update::check_of;
use crate::security_hub::{
    AwsSecurityFinding, Imported, Reason, front_door_findings, front_door_not_evaluated, subject_arn,
};

/// The APIs and domains of a sweep.
#[derive(Clone, Copy)]
pub(crate) struct SweptFrontDoor<'a> {
    /// Those that were evaluated.
    pub(crate) evaluated: &'a [EvaluatedResource],
    /// Those of them without the findings of all domains that belong to them.
    pub(crate) partial: &'a BTreeSet<Resource>,
    /// The labels of those that could not be evaluated.
    pub(crate) unread: &'a [String],
    /// All of them, evaluated or not, as far as their resource is known.
    pub(crate) listed: &'a BTreeSet<Resource>,
    /// Whether all APIs and domains could be listed. If not, nothing is known to be gone.
    pub(crate) is_listed: bool,
}

impl SweptFrontDoor<'_> {
    fn is_unread(&self, subject: &FrontDoorSubject, arn: &str) -> bool {
        let label = subject.label();
        self.unread.iter().any(|it| *it == label || it == arn)
    }
}

impl<A: Account, R: Findings> Invocation<'_, A, R> {
    /// Imports the findings that are new, changed or due, and archives those that the rule no
    /// longer produces. Returns `None` if the parameters don't enable that.
    pub(crate) async fn import_front_door(&self, swept: SweptFrontDoor<'_>) -> Option<Imported> {
        if !self.imports_findings() {
            return None;
        }
        let hub = self.importer();
        let known = match self.known_findings(&hub).await {
            Ok(known) => known,
            Err(imported) => return Some(imported),
        };
        let KnownFindings { mut existing, gone_rules, remembered, previous } = known;
        let (updater, checks) = (self.updater(&gone_rules), &self.reader.parameters.checks);
        let (account_region, now) = (self.sink.account_region, self.now);
        let context = (account_region, &self.source);
        let warnings = |subject: &FrontDoorSubject, checks: &BTreeSet<Check>| {
            front_door_not_evaluated(context, subject, checks, now)
        };
        let mut unread = UnreadStages::default();
        let mut pending = Pending::new(&hub);

        let mut read: BTreeSet<String> = BTreeSet::new();
        for evaluated in swept.evaluated {
            let arn = subject_arn(account_region, &evaluated.subject);
            let known = existing.remove(&arn).unwrap_or_default();
            let produced = front_door_findings(context, evaluated, checks, now);
            let active = updater.active_checks(&known);
            let (mut applicable, mut produced) = (checks_of(&produced), produced);
            if swept.partial.contains(&evaluated.resource) {
                // A domain that could not be read may be what an active finding is about.
                let is_known =
                    |check: Check| !(domain_name::CHECKS.contains(&check) && active.contains(&check));
                produced.retain(|it| check_of(it).is_none_or(is_known));
                applicable.extend(&active);
            }
            let mut update = updater.resource(applicable, produced, &known, EVALUATED);
            pending.imported.held_by_others += update.held_by_others;
            pending.add(update.findings).await;
            update.unread.retain(|check| active.contains(check));
            if !update.unread.is_empty() && unread.add(&arn, &previous, now) {
                let warnings = warnings(&evaluated.subject, &update.unread);
                pending.add(updater.unread(warnings, &known)).await;
            }
            read.insert(arn);
        }
        // Nothing is known about these: their findings stay as they are for a day.
        let subjects = swept.listed.iter().filter_map(FrontDoorSubject::of);
        let subjects = subjects.chain(swept.unread.iter().filter_map(|label| domain(label)));
        let unreadable: BTreeMap<String, FrontDoorSubject> =
            subjects.map(|subject| (subject_arn(account_region, &subject), subject)).collect();
        for (arn, subject) in unreadable {
            if read.contains(&arn) || !swept.is_unread(&subject, &arn) {
                continue;
            }
            let known = existing.remove(&arn).unwrap_or_default();
            if unread.add(&arn, &previous, now) {
                let warnings = warnings(&subject, &applicable(&subject, checks));
                pending.add(updater.unread(warnings, &known)).await;
            }
        }
        let vanished = Reason::new("vanished", "no longer found or no longer in the rule's scope");
        for (arn, known) in existing {
            let Some(subject) = subject(&arn) else {
                // From when the rule had checks of stages.
                if StageArn::parse(&arn).is_ok() {
                    pending.add(updater.archive_own(&known)).await;
                }
                continue;
            };
            if swept.is_listed && !swept.is_unread(&subject, &arn) {
                pending.add(updater.archive(&known, &vanished)).await;
            } else if updater.has_active(&known) && unread.add(&arn, &previous, now) {
                let warnings = warnings(&subject, &updater.active_checks(&known));
                pending.add(updater.unread(warnings, &known)).await;
            }
        }
        Some(self.finish_import(pending, &unread, remembered.as_ref()).await)
    }
}

fn checks_of<'f>(findings: impl IntoIterator<Item = &'f AwsSecurityFinding>) -> BTreeSet<Check> {
    findings.into_iter().filter_map(check_of).collect()
}

/// The chosen checks that every subject of this kind has.
fn applicable(subject: &FrontDoorSubject, checks: &BTreeSet<Check>) -> BTreeSet<Check> {
    let of_kind: &[Check] = match subject {
        // Few APIs have load balancers with trust stores.
        FrontDoorSubject::Api(_) => &[Check::MutualTls, Check::PrivateFrontDoor],
        FrontDoorSubject::DomainName(_) => &domain_name::CHECKS,
    };
    checks.iter().copied().filter(|check| of_kind.contains(check)).collect()
}

/// The subject with this ARN; `None` for other resources.
fn subject(arn: &str) -> Option<FrontDoorSubject> {
    match ApiArn::parse(arn) {
        Ok(arn) => Some(FrontDoorSubject::Api(arn)),
        Err(_) => domain(arn.rsplit_once("/domainnames/")?.1),
    }
}

/// The domain with this label; `None` for other labels.
fn domain(label: &str) -> Option<FrontDoorSubject> {
    let is_label = label.contains('.') && !label.contains(['/', ':']);
    is_label.then(|| FrontDoorSubject::DomainName(DomainKey::parse(label)))
}
