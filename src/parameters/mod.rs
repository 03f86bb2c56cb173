//! Rule parameters: what `ruleParameters` may say, and the form that the checks consume.
//!
//! [`RawParameters`] is what was read; [`Parameters`] is what is valid, and all that the checks ever see.

mod exclusion;
mod raw;
mod valid;

use std::collections::BTreeSet;

use glob::Pattern;

use crate::Failure;
use crate::checks::Check;
use crate::checks::owner_tag::{self, OwnerTagOn};
use crate::checks::stage::{certificate_attached, certificate_expiry, certificate_unique};
pub use exclusion::Exclusion;
pub use raw::{KEYS, RawParameters};
pub use valid::{ROLE_NAME, is_role_name};

/// Valid rule parameters. Defaults are those of an absent `ruleParameters`.
#[derive(Clone, Debug)]
pub struct Parameters {
    /// The checks that are made: at least one.
    pub checks: BTreeSet<Check>,
    /// The settings of `certificate-attached`.
    pub certificate_attached: certificate_attached::Settings,
    /// The settings of `certificate-expiry`.
    pub certificate_expiry: certificate_expiry::Settings,
    /// The settings of `certificate-unique`.
    pub certificate_unique: certificate_unique::Settings,
    /// The settings of `owner-tag`.
    pub owner_tag: owner_tag::Settings,
    /// Globs over `apiId/stageName`; all stages where absent.
    pub include_stages: Option<Vec<Pattern>>,
    /// Stronger than `include_stages`, each until its own last day.
    pub exclude_stages: Vec<Exclusion>,
    /// Where a sweep reads the stages from.
    pub inventory: Inventory,
    /// What a sweep puts.
    pub reporting: Reporting,
    /// The role to assume in the event's account; the function's own where absent.
    pub execution_role_name: Option<String>,
    /// Whether findings are imported into Security Hub, in the event's account and Region.
    pub security_hub: bool,
    /// What such findings say of a stage's owner.
    pub finding_owner: FindingOwner,
}

/// What a finding in Security Hub says of a stage's owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingOwner {
    /// The keys of the owner tags that count.
    Key,
    /// The tag's value beside them: whoever may read the findings may read it.
    Value,
}

/// Where a sweep reads the stages from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inventory {
    /// AWS Config's advanced queries, which cost API Gateway nothing.
    Config,
    /// `GetRestApis` and `GetStages`, for accounts whose recorder leaves stages out.
    ApiGateway,
    /// Config where it shows stages of REST APIs, else API Gateway. For a scan: a rule is told which.
    Auto,
}

/// What a sweep puts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reporting {
    /// What differs from Config's own, and an empty put where nothing does.
    Changed,
    /// Everything.
    All,
}

impl Parameters {
    /// Reads and validates `ruleParameters`, a JSON object of strings. `None` and blank text mean no parameters.
    ///
    /// # Errors
    /// `Failure::Parameter`, which names the key, the value and what is allowed.
    pub fn parse(json: Option<&str>) -> Result<Self, Failure> {
        RawParameters::from_json(json)?.validate()
    }

    /// Whether this check is made.
    #[must_use]
    pub fn asks(&self, check: Check) -> bool {
        self.checks.contains(&check)
    }

    /// Whether the owner tag of this kind of resource is asked about.
    #[must_use]
    pub fn asks_owner_of(&self, on: OwnerTagOn) -> bool {
        self.asks(Check::OwnerTag) && self.owner_tag.on.contains(&on)
    }
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            checks: BTreeSet::from(Check::ALL),
            certificate_attached: certificate_attached::Settings::default(),
            certificate_expiry: certificate_expiry::Settings::default(),
            certificate_unique: certificate_unique::Settings::default(),
            owner_tag: owner_tag::Settings::default(),
            include_stages: None,
            exclude_stages: Vec::new(),
            inventory: Inventory::Config,
            reporting: Reporting::Changed,
            execution_role_name: None,
            security_hub: false,
            finding_owner: FindingOwner::Key,
        }
    }
}

#[cfg(test)]
mod tests;
