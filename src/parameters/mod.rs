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
pub use crate::checks::owner_tag::OwnerTagOn;
pub use exclusion::Exclusion;
pub use raw::{KEYS, RawParameters};
pub use valid::{ROLE_NAME, WholeMatch, is_role_name};

/// Valid rule parameters. Defaults are those of an absent `ruleParameters`.
#[derive(Clone, Debug)]
pub struct Parameters {
    /// The checks that are made: at least one.
    pub checks: BTreeSet<Check>,
    /// Days before not-after in which a certificate counts as expiring: 1 to 365.
    pub expiry_window_days: u16,
    /// The same for an ACM certificate that renews by itself: 1 to 365.
    pub managed_renewal_window_days: u16,
    /// Tag keys of which any counts, case-sensitive: at least one.
    pub owner_tag_keys: Vec<String>,
    /// What the whole value must match; any non-blank value where absent.
    pub owner_tag_pattern: Option<WholeMatch>,
    /// Where the tag must be: at least one.
    pub owner_tag_on: BTreeSet<OwnerTagOn>,
    /// The only certificates that count as attached; any where absent.
    pub certificate_ids: Option<Vec<String>>,
    /// Which stages may present one certificate together.
    pub certificate_sharing: CertificateSharing,
    /// Which stages need a certificate at all.
    pub applies_to: AppliesTo,
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

/// Which stages may share a certificate. The default is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CertificateSharing {
    /// Stages of one API.
    pub same_api: bool,
    /// Stages with an ACM certificate.
    pub acm: bool,
}

/// Which stages need a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppliesTo {
    /// Those with an HTTP or `HTTP_PROXY` integration deployed.
    HttpIntegrations,
    /// All.
    AllStages,
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
        self.asks(Check::OwnerTag) && self.owner_tag_on.contains(&on)
    }
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            checks: BTreeSet::from(Check::ALL),
            expiry_window_days: 60,
            managed_renewal_window_days: 30,
            owner_tag_keys: vec!["owner".into(), "Owner".into()],
            owner_tag_pattern: None,
            owner_tag_on: BTreeSet::from([OwnerTagOn::Stage, OwnerTagOn::Certificate]),
            certificate_ids: None,
            certificate_sharing: CertificateSharing::default(),
            applies_to: AppliesTo::HttpIntegrations,
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
