//! CloudFormation StackSets and their stack instances.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::certificates::Tags;
use crate::world::World;

/// A service-managed StackSet.
#[derive(Clone, Debug, Default)]
pub struct StackSet {
    /// The account that administers it: the management account or a delegated administrator.
    pub administrator: String,
    /// The Region in which it is administered.
    pub region: String,
    /// Whether it exists only for callers with this `CallAs`.
    pub delegated: bool,
    /// By account and Region.
    pub instances: BTreeMap<(String, String), StackInstance>,
    /// The inputs of `UpdateStackInstances` and `CreateStackInstances`, in order.
    pub operations: Vec<(&'static str, Value)>,
    /// Its tags.
    pub tags: Tags,
}

/// A stack instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackInstance {
    /// `CURRENT`, `OUTDATED` or `INOPERABLE`.
    pub status: String,
    /// `SUCCEEDED`, `FAILED`, …
    pub detailed_status: String,
    /// AWS's explanation.
    pub reason: Option<String>,
}

impl Default for StackInstance {
    fn default() -> Self {
        Self { status: "CURRENT".into(), detailed_status: "SUCCEEDED".into(), reason: None }
    }
}

impl StackInstance {
    /// A stack instance whose last operation failed for a reason.
    pub fn failed(reason: &str) -> Self {
        Self { status: "OUTDATED".into(), detailed_status: "FAILED".into(), reason: Some(reason.into()) }
    }
}

/// An organizational unit, or the root.
#[derive(Clone, Debug, Default)]
pub struct OrganizationalUnit {
    /// The unit that contains it; `None` for the root.
    pub parent: Option<String>,
    /// The accounts directly in it.
    pub accounts: BTreeSet<String>,
}

impl World {
    /// Creates an organizational unit with accounts.
    ///
    /// # Panics
    /// If there is no organization.
    pub fn add_unit(&mut self, id: &str, parent: Option<&str>, accounts: &[String]) {
        let organization = self.organization.as_mut().expect("the world has an organization");
        let accounts = accounts.iter().cloned().collect();
        let unit = OrganizationalUnit { parent: parent.map(Into::into), accounts };
        organization.units.insert(id.into(), unit);
    }

    /// Creates a StackSet with a current stack instance in each of these accounts and Regions.
    pub fn add_stack_set(
        &mut self,
        name: &str,
        administrator: &str,
        region: &str,
        accounts: &[String],
        regions: &[&str],
    ) -> &mut StackSet {
        let places = accounts.iter().flat_map(|account| {
            regions.iter().map(|region| ((account.clone(), (*region).to_owned()), StackInstance::default()))
        });
        let set = StackSet {
            administrator: administrator.into(),
            region: region.into(),
            instances: places.collect(),
            ..StackSet::default()
        };
        self.stack_sets.entry(name.into()).or_insert(set)
    }
}
