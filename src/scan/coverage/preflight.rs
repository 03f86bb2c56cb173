//! What would make a deployment fail, or leave stages unevaluated, before it is deployed.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::Failure;
use crate::quote::brief;
use crate::scan::coverage::deployment::{Deployment, DeploymentMode};
use crate::scan::coverage::place::Recorder;
use crate::scan::coverage::stack_instance::InstanceState;
use crate::scan::coverage::targets::{Target, UnitAccounts};

/// The maximum length of a reason, in characters.
const MAX_REASON: usize = 500;
/// The concurrent executions that AWS keeps unreserved: "up to the Unreserved account concurrency
/// value minus 100" (Lambda developer guide). Accounts with a lower quota have reported lower
/// minimums, which are not documented.
const MIN_UNRESERVED: u32 = 100;
/// The resource types that the rule evaluates.
const STAGE_TYPES: [&str; 2] = ["AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage"];

/// The result of a preflight.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Preflight {
    preflight_version: u32,
    /// What has to be fixed before a deployment.
    pub problems: Vec<Item>,
    /// What is good to know.
    pub notes: Vec<Item>,
}

/// A problem or a note.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Item {
    /// The account ID; `None` for the whole organization.
    pub account: Option<String>,
    /// The Region; `None` for all.
    pub region: Option<String>,
    /// The subject, such as `recorder`.
    pub check: &'static str,
    /// An explanation, on one line.
    pub reason: String,
}

/// Problems and notes.
#[derive(Debug, Default)]
pub struct Found {
    /// What has to be fixed before a deployment.
    pub problems: Vec<Item>,
    /// What is good to know.
    pub notes: Vec<Item>,
}

/// The state of a configuration recorder, and what it records.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Whether it exists and records.
    pub state: Recorder,
    /// Whether it records changes once a day.
    pub is_daily: bool,
    /// The only resource types that it records; `None` for all.
    pub included: Option<Vec<String>>,
    /// The resource types that it doesn't record.
    pub excluded: Vec<String>,
}

impl Default for Recording {
    fn default() -> Self {
        Self { state: Recorder::Missing, is_daily: false, included: None, excluded: Vec::new() }
    }
}

impl Preflight {
    /// The result with these problems and notes.
    #[must_use]
    pub fn new(mut found: Found) -> Self {
        found.problems.sort();
        found.notes.sort();
        Self { preflight_version: 1, problems: found.problems, notes: found.notes }
    }
}

impl Item {
    /// An item about an account and Region, or about the whole organization.
    #[must_use]
    pub fn new(place: Option<(&str, &str)>, check: &'static str, reason: &str) -> Self {
        Self {
            account: place.map(|(account, _)| account.to_owned()),
            region: place.map(|(_, region)| region.to_owned()).filter(|region| !region.is_empty()),
            check,
            reason: brief(reason, MAX_REASON),
        }
    }

    /// The item for an account and Region that can't be read because of a failure.
    #[must_use]
    pub fn unreadable(place: Option<(&str, &str)>, failure: &Failure) -> Self {
        let reason = crate::scan::coverage::place::reason_of(failure);
        Self::new(place, "unreadable", &reason)
    }
}

impl Found {
    /// Adds what a recorder does not record.
    pub fn add_recording(&mut self, place: (&str, &str), recording: &Recording) {
        let place = Some(place);
        match recording.state {
            Recorder::Missing => {
                self.problems.push(Item::new(place, "recorder", "no configuration recorder"));
                return;
            }
            Recorder::Stopped(_) => {
                self.problems.push(Item::new(place, "recorder", "the configuration recorder is stopped"));
            }
            Recorder::Recording => {}
        }
        let is_recorded = |kind: &str| {
            let is_included = |types: &Vec<String>| types.iter().any(|included| included == kind);
            recording.included.as_ref().is_none_or(is_included)
                && !recording.excluded.iter().any(|excluded| excluded == kind)
        };
        let missing: Vec<&str> = STAGE_TYPES.into_iter().filter(|kind| !is_recorded(kind)).collect();
        if !missing.is_empty() {
            let reason = format!("the recorder does not record {}", missing.join(" and "));
            self.problems.push(Item::new(place, "recording", &reason));
        }
        if recording.is_daily {
            let reason = "the recorder records once a day (DAILY), so changes are evaluated up to a day late";
            self.notes.push(Item::new(place, "recording", reason));
        }
    }

    /// Adds a reservation that the account's quota doesn't allow.
    pub fn add_concurrency(&mut self, place: (&str, &str), reserved: u32, unreserved: u32) {
        if unreserved < MIN_UNRESERVED.saturating_add(reserved) {
            let reason = format!(
                "{unreserved} unreserved concurrent executions: a reservation of {reserved} would leave less than \
                 {MIN_UNRESERVED}, which AWS refuses; raise the quota, or set function.reservedConcurrency to none \
                 for the organizational unit"
            );
            self.problems.push(Item::new(Some(place), "concurrency", &reason));
        }
    }

    /// Adds StackSets that reach no account, and named accounts that no StackSet reaches.
    pub fn add_unreached(&mut self, deployment: &Deployment, units: &UnitAccounts) {
        let is_management = |account: &String| Some(account) == deployment.management_account.as_ref();
        let is_target = |account: &&String| {
            deployment.accounts.as_ref().is_none_or(|named| named.contains(account))
                && !deployment.excluded_accounts.contains(account)
                && !is_management(account)
        };
        let mut reached = BTreeSet::new();
        for set in &deployment.stack_sets {
            let of_units = set.organizational_units.iter().filter_map(|unit| units.active.get(unit));
            let accounts: Vec<&String> = of_units.flatten().filter(is_target).collect();
            if accounts.is_empty() {
                let reason = format!("StackSet {}: no active target account in its units", set.name);
                self.notes.push(Item::new(None, "organizational-units", &reason));
            }
            reached.extend(accounts);
        }
        for account in deployment.accounts.iter().flatten() {
            if !reached.contains(account) && !is_management(account) {
                let reason =
                    "targets.accounts lists the account, but it is in none of the units or not active";
                self.problems.push(Item::new(Some((account, "")), "organizational-units", reason));
            }
        }
    }

    /// Adds organizational units that two StackSets reach: both would create the same resources.
    pub fn add_overlaps(&mut self, deployment: &Deployment, units: &UnitAccounts) {
        let sets = &deployment.stack_sets;
        for (at, one) in sets.iter().enumerate() {
            for other in sets.iter().skip(at + 1) {
                let pairs = one
                    .organizational_units
                    .iter()
                    .flat_map(|unit| other.organizational_units.iter().map(move |another| (unit, another)));
                for (unit, another) in pairs {
                    let is_below = |below: &str, above: &str| {
                        units.below.get(above).is_some_and(|units| units.contains(below))
                    };
                    let relation = match () {
                        () if unit == another => "is in both".to_owned(),
                        () if is_below(another, unit) => format!("contains {another}"),
                        () if is_below(unit, another) => format!("is in {another}"),
                        () => continue,
                    };
                    let reason = format!("StackSets {} and {}: {unit} {relation}", one.name, other.name);
                    self.problems.push(Item::new(None, "organizational-units", &reason));
                }
            }
        }
    }
}

/// The reserved concurrency that a deployment still has to reserve in a place; `None` if it needs
/// no new reservation.
#[must_use]
pub fn reservation(deployment: &Deployment, account: &str, target: &Target) -> Option<u32> {
    let has_function = target.instances.iter().any(|instance| instance.state() == InstanceState::Current);
    let is_central = matches!(
        deployment.deployment_mode,
        DeploymentMode::OrganizationRule | DeploymentMode::ConformancePack
    );
    // The function of the central modes exists only in the administrator's account.
    if has_function || is_central && deployment.administrator_account.as_deref() != Some(account) {
        return None;
    }
    let of_sets = deployment.stack_sets.iter().filter(|set| target.stack_sets.contains(&set.name));
    of_sets.filter_map(|set| set.reserved_concurrency).max()
}

/// The service principals that need trusted access to the organization. In the central modes,
/// StackSets create the role of each account.
#[must_use]
pub fn trusted_services(mode: DeploymentMode) -> &'static [&'static str] {
    match mode {
        DeploymentMode::StackSet => &["member.org.stacksets.cloudformation.amazonaws.com"],
        DeploymentMode::OrganizationRule | DeploymentMode::ConformancePack => {
            &["config-multiaccountsetup.amazonaws.com", "member.org.stacksets.cloudformation.amazonaws.com"]
        }
        DeploymentMode::Account => &[],
    }
}
