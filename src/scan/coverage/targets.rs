//! The accounts and Regions that a deployment has to cover.

use std::collections::{BTreeMap, BTreeSet};

use crate::scan::coverage::deployment::Deployment;
use crate::scan::coverage::stack_instance::{InstanceState, StackInstance};

/// The accounts of organizational units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnitAccounts {
    /// The active accounts of each organizational unit and of all units below it.
    pub active: BTreeMap<String, BTreeSet<String>>,
    /// The accounts that are suspended, closed or not yet activated.
    pub inactive: BTreeSet<String>,
    /// The units below each organizational unit.
    pub below: BTreeMap<String, BTreeSet<String>>,
}

/// The places of a deployment by account and Region, each with its StackSets and their stack
/// instances.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    places: BTreeMap<(String, String), Target>,
    accepts_all: bool,
    /// The number of stack instances whose account and Region is not a target.
    pub unexpected: usize,
    /// The accounts that AWS skips because they are suspended.
    pub suspended: BTreeSet<String>,
}

/// The StackSets of one account and Region, and their stack instances there.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// The StackSets that deploy there.
    pub stack_sets: BTreeSet<String>,
    /// Their stack instances there.
    pub instances: Vec<StackInstance>,
}

impl Target {
    /// Whether there are stack instances and all are up to date.
    #[must_use]
    pub fn is_current(&self) -> bool {
        !self.instances.is_empty()
            && self.instances.iter().all(|instance| instance.state() == InstanceState::Current)
    }
}

impl Targets {
    /// The places that the StackSets of a deployment reach, and the management account; without
    /// `units`, the places of all stack instances that are added.
    ///
    /// Service-managed StackSets never deploy to the management account; it has its own stack.
    #[must_use]
    pub fn of_stack_sets(deployment: &Deployment, units: Option<&UnitAccounts>) -> Self {
        let mut targets = Self { accepts_all: units.is_none(), ..Self::default() };
        let mut unplaced: BTreeSet<&String> = deployment.accounts.iter().flatten().collect();
        for set in &deployment.stack_sets {
            let of_units =
                set.organizational_units.iter().filter_map(|unit| units?.active.get(unit)).flatten();
            let named = deployment.accounts.as_ref();
            for account in of_units.filter(|account| named.is_none_or(|named| named.contains(account))) {
                unplaced.remove(account);
                targets.add_stack_set(deployment, account, &set.name, &set.regions);
            }
        }
        // An account that is named but in no unit gets no rule, and nothing else reports that.
        let is_active = |account: &&&String| units.is_some_and(|units| !units.inactive.contains(**account));
        if let Some(first) = deployment.stack_sets.first() {
            for account in unplaced.iter().filter(is_active) {
                targets.add_stack_set(deployment, account, &first.name, &first.regions);
            }
        }
        targets.add_management(deployment);
        targets
    }

    /// Adds the StackSets of a deployment whose rule comes from elsewhere, such as the one with the
    /// role of each account, to the places of the accounts in their units.
    pub fn add_stack_sets(&mut self, deployment: &Deployment, units: &UnitAccounts) {
        for set in &deployment.stack_sets {
            let accounts =
                set.organizational_units.iter().filter_map(|unit| units.active.get(unit)).flatten();
            for account in accounts.filter(|account| Some(*account) != deployment.management_account.as_ref())
            {
                for region in &set.regions {
                    if let Some(target) = self.places.get_mut(&(account.clone(), region.clone())) {
                        target.stack_sets.insert(set.name.clone());
                    }
                }
            }
        }
    }

    fn add_stack_set(&mut self, deployment: &Deployment, account: &str, stack_set: &str, regions: &[String]) {
        let is_management = Some(account) == deployment.management_account.as_deref();
        if is_management || deployment.excluded_accounts.iter().any(|excluded| excluded == account) {
            return;
        }
        for region in regions {
            let target = self.places.entry((account.to_owned(), region.clone())).or_default();
            target.stack_sets.insert(stack_set.to_owned());
        }
    }

    /// Makes the stack instances of a StackSet unknown, because they could not be listed.
    pub fn forget_stack_set(&mut self, name: &str) {
        for target in self.places.values_mut() {
            target.stack_sets.remove(name);
            target.instances.retain(|instance| instance.stack_set != name);
        }
    }

    /// The places of a deployment without StackSets: these accounts in each Region.
    #[must_use]
    pub fn of_accounts(deployment: &Deployment, accounts: &[String]) -> Self {
        let mut targets = Self::default();
        let named =
            |account: &&String| deployment.accounts.as_ref().is_none_or(|named| named.contains(account));
        let is_management = |account: &str| Some(account) == deployment.management_account.as_deref();
        for account in accounts.iter().filter(named).filter(|account| !is_management(account)) {
            if !deployment.excluded_accounts.contains(account) {
                targets.add_account(deployment, account);
            }
        }
        targets.add_management(deployment);
        targets
    }

    fn add_management(&mut self, deployment: &Deployment) {
        if let Some(management) =
            deployment.management_account.as_deref().filter(|_| deployment.includes_management_account)
        {
            self.add_account(deployment, management);
        }
    }

    /// Adds an account without StackSets in each Region of the deployment.
    pub fn add_account(&mut self, deployment: &Deployment, account: &str) {
        for region in &deployment.regions {
            self.places.entry((account.to_owned(), region.clone())).or_default();
        }
    }

    /// Adds a stack instance to its place.
    pub fn add_instance(&mut self, instance: StackInstance) {
        if instance.state() == InstanceState::Suspended {
            self.suspended.insert(instance.account.clone());
            self.places.remove(&(instance.account, instance.region));
            return;
        }
        let place = (instance.account.clone(), instance.region.clone());
        if self.accepts_all {
            self.places.entry(place.clone()).or_default().stack_sets.insert(instance.stack_set.clone());
        }
        match self.places.get_mut(&place) {
            Some(target) if target.stack_sets.contains(&instance.stack_set) => {
                target.instances.push(instance);
            }
            _ => self.unexpected += 1,
        }
    }

    /// The number of accounts and Regions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is no account and Region.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The accounts and Regions with their StackSets and stack instances, in order.
    pub fn into_places(self) -> impl Iterator<Item = ((String, String), Target)> {
        self.places.into_iter()
    }

    /// The accounts and Regions with their StackSets and stack instances, in order.
    pub fn places(&self) -> impl Iterator<Item = (&(String, String), &Target)> {
        self.places.iter()
    }
}
