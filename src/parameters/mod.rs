//! The rule parameters: parsing and validating `ruleParameters`.
//!
//! [`RawParameters`] are the parameters as read. [`Parameters`] are the validated parameters, which
//! are the only ones that the checks use.

mod calls_per_second;
pub mod exemptions;
mod raw;
pub mod settings;
mod valid;

use std::collections::BTreeSet;
use std::sync::Arc;

use glob::Pattern;

use crate::Failure;
use crate::checks::Check;
use crate::checks::api::mutual_tls;
use crate::checks::owner_tag::{self, OwnerTagOn};
use crate::checks::stage::{certificate_attached, certificate_expiry, certificate_unique};
use crate::checks::truststore;
use crate::resources::account_region::AccountRegion;
pub use calls_per_second::CallsPerSecond;
use exemptions::{AccountExemptions, ExemptStages, ExemptionDocument, S3Location};
pub use raw::{KEYS, RawParameters};
pub use valid::{ROLE_NAME, is_role_name};

/// Valid rule parameters. The defaults are the values without `ruleParameters`.
#[derive(Clone, Debug)]
pub struct Parameters {
    /// The checks to run; never empty.
    pub checks: BTreeSet<Check>,
    /// The settings of `certificate-attached`.
    pub certificate_attached: certificate_attached::Settings,
    /// The settings of `certificate-expiry`.
    pub certificate_expiry: certificate_expiry::Settings,
    /// The settings of `certificate-unique`.
    pub certificate_unique: certificate_unique::Settings,
    /// The settings of `owner-tag`.
    pub owner_tag: owner_tag::Settings,
    /// The settings of `mutual-tls`, which `private-front-door` uses too.
    pub mutual_tls: mutual_tls::Settings,
    /// The settings of `truststore`.
    pub truststore: truststore::Settings,
    /// Globs matched against `apiId/stageName`; all stages if absent.
    pub include_stages: Option<Vec<Pattern>>,
    /// The stages that the rule's parameters exempt from checks.
    pub exclude_stages: Vec<ExemptStages>,
    /// The key of the tag that exempts a stage; tags exempt nothing if absent.
    pub exemption_tag: Option<String>,
    /// Where the exemption document is; no document if absent.
    pub exemptions: Option<S3Location>,
    /// The exemption document, once it was read.
    pub exemption_document: Option<Arc<ExemptionDocument>>,
    /// How many of the ten API Gateway calls per second of an account and Region one process uses.
    pub api_gateway_calls_per_second: CallsPerSecond,
    /// Where a sweep reads the stages from.
    pub inventory: Inventory,
    /// Which evaluations a sweep puts.
    pub reporting: Reporting,
    /// The role to assume in the event's account; the function's own role if absent.
    pub execution_role_name: Option<String>,
    /// Whether findings are imported into Security Hub, in the event's account and Region.
    pub security_hub: bool,
    /// How Security Hub findings identify a stage's owner.
    pub finding_owner: FindingOwner,
    /// Whether the function sends an event for each check that newly fails, whose severity rises,
    /// or that is fixed.
    pub events: bool,
}

/// How a Security Hub finding identifies a stage's owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingOwner {
    /// By the key of the owner tag.
    Key,
    /// By the key and value of the owner tag. Anyone who can read the findings can read the value.
    Value,
}

/// Where a sweep reads the stages from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inventory {
    /// AWS Config's advanced queries, which need no API Gateway calls.
    Config,
    /// `GetRestApis` and `GetStages`, for accounts whose configuration recorder excludes stages.
    ApiGateway,
    /// Config if it returns stages of REST APIs, otherwise API Gateway. Only for scans: a rule's
    /// parameter names one of the other two.
    Auto,
}

/// Which evaluations a sweep puts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reporting {
    /// Only evaluations that differ from Config's results, or an empty put if none do.
    Changed,
    /// All evaluations.
    All,
}

impl Parameters {
    /// The parameters in `ruleParameters`, a JSON object of strings. `None` and blank text mean no
    /// parameters.
    ///
    /// # Errors
    /// `Failure::Parameter`, which names the key, the value, and what is allowed.
    pub fn parse(json: Option<&str>) -> Result<Self, Failure> {
        RawParameters::from_json(json)?.validate()
    }

    /// Whether no stage can be exempt.
    #[must_use]
    pub(crate) fn exempts_nothing(&self) -> bool {
        self.exclude_stages.is_empty() && self.exemption_tag.is_none() && !self.uses_document()
    }

    /// Whether there is an exemption document, read or not.
    pub(crate) fn uses_document(&self) -> bool {
        self.exemptions.is_some() || self.exemption_document.is_some()
    }

    /// The exemptions of the document for an account and Region; `None` if it was not read.
    pub(crate) fn exemptions_of(&self, account_region: &AccountRegion) -> Option<Arc<AccountExemptions>> {
        self.exemption_document.as_ref().map(|document| Arc::new(document.of(account_region)))
    }

    /// Whether this check is run.
    #[must_use]
    pub fn asks(&self, check: Check) -> bool {
        self.checks.contains(&check)
    }

    /// Whether the checks are those of the front door.
    #[must_use]
    pub fn is_of_front_door(&self) -> bool {
        self.checks.iter().any(|check| check.is_of_front_door())
    }

    /// Whether this kind of resource must have an owner tag.
    #[must_use]
    pub fn asks_owner_of(&self, on: OwnerTagOn) -> bool {
        self.asks(Check::OwnerTag) && self.owner_tag.on.contains(&on)
    }
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            checks: BTreeSet::from(Check::STAGE),
            certificate_attached: certificate_attached::Settings::default(),
            certificate_expiry: certificate_expiry::Settings::default(),
            certificate_unique: certificate_unique::Settings::default(),
            owner_tag: owner_tag::Settings::default(),
            mutual_tls: mutual_tls::Settings::default(),
            truststore: truststore::Settings::default(),
            include_stages: None,
            exclude_stages: Vec::new(),
            exemption_tag: None,
            exemptions: None,
            exemption_document: None,
            api_gateway_calls_per_second: CallsPerSecond::default(),
            inventory: Inventory::Config,
            reporting: Reporting::Changed,
            execution_role_name: None,
            security_hub: false,
            finding_owner: FindingOwner::Key,
            events: false,
        }
    }
}

#[cfg(test)]
mod tests;
