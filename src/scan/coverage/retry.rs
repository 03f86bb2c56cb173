//! Which stack instances to deploy again.

use std::collections::{BTreeMap, BTreeSet};

use crate::scan::coverage::deployment::Deployment;
use crate::scan::coverage::stack_instance::{InstanceState, StackInstance};
use crate::scan::coverage::targets::Targets;

/// One StackSet operation: these accounts in these Regions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The StackSet's name.
    pub stack_set: String,
    /// Whether the stack instances are missing, so they have to be created.
    pub creates: bool,
    /// The organizational units of the StackSet.
    pub organizational_units: Vec<String>,
    /// The accounts.
    pub accounts: Vec<String>,
    /// The Regions.
    pub regions: Vec<String>,
}

/// The operations that deploy all failed and missing stack instances again. Accounts with the same
/// failed Regions share an operation, so that no operation touches a stack that works.
#[must_use]
pub fn retries(deployment: &Deployment, targets: &Targets) -> Vec<Retry> {
    // By StackSet, whether it creates, and account: the Regions.
    let mut regions: BTreeMap<(&str, bool, &str), BTreeSet<&str>> = BTreeMap::new();
    for ((account, region), target) in targets.places() {
        for set in &target.stack_sets {
            let instance = target.instances.iter().find(|instance| instance.stack_set == *set);
            let creates = match instance.map(StackInstance::state) {
                None => true,
                Some(InstanceState::Failed) => false,
                Some(_) => continue,
            };
            regions.entry((set, creates, account)).or_default().insert(region);
        }
    }
    let mut accounts: BTreeMap<(&str, bool, BTreeSet<&str>), Vec<String>> = BTreeMap::new();
    for ((set, creates, account), regions) in regions {
        accounts.entry((set, creates, regions)).or_default().push(account.to_owned());
    }
    let retry = |((set, creates, regions), accounts): ((&str, bool, BTreeSet<&str>), Vec<String>)| Retry {
        stack_set: set.to_owned(),
        creates,
        organizational_units: deployment
            .stack_sets
            .iter()
            .find(|known| known.name == set)
            .map(|known| known.organizational_units.clone())
            .unwrap_or_default(),
        accounts,
        regions: regions.into_iter().map(ToOwned::to_owned).collect(),
    };
    accounts.into_iter().map(retry).collect()
}
