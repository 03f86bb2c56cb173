//! The deployment file, which `cdk synth` writes: what is deployed under which names, and to which
//! accounts and Regions.

use jiff::SignedDuration;
use serde::Deserialize;

use crate::Failure;
use crate::event::from_json;
use crate::resources::account_region::{is_account_id, is_partition, is_region};

const VERSION: u32 = 1;
const MAX_NAME_LENGTH: usize = 13;

/// A deployment, as the file describes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deployment {
    #[serde(rename = "deploymentVersion")]
    _version: u32,
    /// The deployment's name, from which all resource names derive.
    pub name: String,
    /// The version of stagecert that was deployed.
    pub version: String,
    /// How the rule reaches the accounts.
    pub deployment_mode: DeploymentMode,
    /// The partition, such as `aws`.
    pub partition: String,
    /// The Region in which StackSets and organization rules are administered.
    pub home_region: String,
    /// The Regions that have the rule.
    pub regions: Vec<String>,
    /// The account that administers the StackSets or organization rules; `None` for the account of
    /// the credentials.
    #[serde(deserialize_with = "nullable")]
    pub administrator_account: Option<String>,
    /// The organization's management account, if the deployment reaches an organization.
    #[serde(deserialize_with = "nullable")]
    pub management_account: Option<String>,
    /// Whether the management account has the rule.
    pub includes_management_account: bool,
    /// Whose StackSets are called: the account's own or the organization's, as a delegated
    /// administrator.
    #[serde(deserialize_with = "nullable")]
    pub call_as: Option<CallAs>,
    /// The organizational units, or the root, whose accounts have the rule; empty for all accounts.
    pub organizational_units: Vec<String>,
    /// The only accounts that have the rule; `None` for no such limit.
    #[serde(deserialize_with = "nullable")]
    pub accounts: Option<Vec<String>>,
    /// The accounts that don't have the rule.
    pub excluded_accounts: Vec<String>,
    /// The StackSets of the deployment.
    pub stack_sets: Vec<StackSet>,
    /// The stacks of the deployment in its own accounts.
    pub stacks: Vec<Stack>,
    /// The rules of each account and Region.
    pub rules: Vec<Rule>,
    /// How often Config runs the rules.
    pub frequency: Frequency,
    /// The name of the Lambda function.
    pub function_name: String,
    /// The Config aggregator of the organization, if there is one.
    #[serde(deserialize_with = "nullable")]
    pub aggregator: Option<String>,
}

/// Only the version of a file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    deployment_version: u32,
}

/// How the rule reaches the accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeploymentMode {
    /// A function and a rule in each account, by a StackSet.
    StackSet,
    /// A central function and an organization rule.
    OrganizationRule,
    /// A central function and an organization conformance pack.
    ConformancePack,
    /// One account.
    Account,
}

/// Whose StackSets are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CallAs {
    /// Those of the account, or of the organization in its management account.
    #[serde(rename = "SELF")]
    Own,
    /// Those of the organization, as a delegated administrator.
    DelegatedAdmin,
}

impl CallAs {
    /// The value of the parameter `CallAs`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => "SELF",
            Self::DelegatedAdmin => "DELEGATED_ADMIN",
        }
    }
}

/// A StackSet and its targets.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StackSet {
    /// The StackSet's name.
    pub name: String,
    /// The organizational units, or the root, that it deploys to.
    pub organizational_units: Vec<String>,
    /// The Regions that it deploys to.
    pub regions: Vec<String>,
    /// The function's reserved concurrency in each account; `None` for no reservation.
    #[serde(deserialize_with = "nullable")]
    pub reserved_concurrency: Option<u32>,
}

/// A stack in an account of the deployment.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stack {
    /// The stack's name.
    pub name: String,
    /// The stack's account; `None` for the account of the credentials.
    #[serde(deserialize_with = "nullable")]
    pub account: Option<String>,
    /// The stack's Region; `None` for the Region of the environment.
    #[serde(deserialize_with = "nullable")]
    pub region: Option<String>,
}

/// A rule in each account and Region.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// The rule's name, or the start of it.
    pub name: String,
    /// Whether `name` is the whole name.
    pub r#match: RuleMatch,
    /// How often Config runs this rule; `None` for the deployment's frequency.
    #[serde(default)]
    pub frequency: Option<Frequency>,
}

/// How a rule's name in an account relates to the name in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleMatch {
    /// The names are equal.
    Exact,
    /// The name in the account starts with it: Config appends characters to the names of
    /// organization rules and of rules in conformance packs.
    Prefix,
}

impl Rule {
    /// Whether this is the rule with the given name.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        match self.r#match {
            RuleMatch::Exact => self.name == name,
            RuleMatch::Prefix => name.starts_with(&self.name),
        }
    }
}

/// How often Config runs a rule: `MaximumExecutionFrequency`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Frequency {
    /// Every hour.
    #[serde(rename = "One_Hour")]
    OneHour,
    /// Every three hours.
    #[serde(rename = "Three_Hours")]
    ThreeHours,
    /// Every six hours.
    #[serde(rename = "Six_Hours")]
    SixHours,
    /// Every twelve hours.
    #[serde(rename = "Twelve_Hours")]
    TwelveHours,
    /// Every day.
    #[serde(rename = "TwentyFour_Hours")]
    TwentyFourHours,
}

impl Frequency {
    /// The time between two sweeps.
    #[must_use]
    pub fn period(self) -> SignedDuration {
        SignedDuration::from_hours(match self {
            Self::OneHour => 1,
            Self::ThreeHours => 3,
            Self::SixHours => 6,
            Self::TwelveHours => 12,
            Self::TwentyFourHours => 24,
        })
    }
}

impl Deployment {
    /// How often Config runs the rule with this name.
    #[must_use]
    pub(crate) fn frequency_of(&self, rule: &str) -> Frequency {
        let of_rule = self.rules.iter().find(|known| known.matches(rule)).and_then(|known| known.frequency);
        of_rule.unwrap_or(self.frequency)
    }

    /// The deployment in a JSON document.
    ///
    /// # Errors
    /// `Malformed`, with the field and what is allowed.
    pub fn parse(json: &str) -> Result<Self, Failure> {
        // First: a file of another version may have other fields.
        let Version { deployment_version } = from_json("deployment", json)?;
        ensure("deploymentVersion", deployment_version == VERSION, "1, the version of this program's files")?;
        let deployment: Self = from_json("deployment", json)?;
        deployment.ensure_valid()?;
        Ok(deployment)
    }

    fn ensure_valid(&self) -> Result<(), Failure> {
        let accounts = self.administrator_account.iter().chain(&self.management_account);
        let accounts = accounts.chain(self.accounts.iter().flatten()).chain(&self.excluded_accounts);
        let accounts = accounts.chain(self.stacks.iter().filter_map(|stack| stack.account.as_ref()));
        let regions = self.regions.iter().chain([&self.home_region]);
        let regions = regions.chain(self.stack_sets.iter().flat_map(|set| &set.regions));
        let regions = regions.chain(self.stacks.iter().filter_map(|stack| stack.region.as_ref()));
        let units = self.stack_sets.iter().flat_map(|set| &set.organizational_units);
        let units = units.chain(&self.organizational_units);
        let mut stack_sets = self.stack_sets.iter().map(|set| &set.name);
        ensure(
            "name",
            is_deployment_name(&self.name),
            "a lowercase letter, then up to 12 of a-z, 0-9 and -",
        )?;
        ensure("partition", is_partition(&self.partition), "a partition, such as aws")?;
        ensure("regions", !self.regions.is_empty(), "at least one Region")?;
        ensure("rules", !self.rules.is_empty(), "at least one rule")?;
        let mut rules = self.rules.iter().map(|rule| rule.name.as_str());
        ensure("rules", rules.all(is_rule_name), "rule names of 1 to 128 letters, digits, - and _")?;
        ensure("accounts", accounts.into_iter().all(|id| is_account_id(id)), "account IDs: twelve digits")?;
        ensure("regions", regions.into_iter().all(|name| is_region(name)), "Regions, such as eu-west-1")?;
        ensure(
            "organizationalUnits",
            units.into_iter().all(|id| is_unit(id)),
            "IDs, such as ou-ab12-cdef3456",
        )?;
        ensure(
            "stackSets",
            stack_sets.all(|name| is_stack_name(name)),
            "StackSet names: letters, digits and -",
        )?;
        ensure(
            "stacks",
            self.stacks.iter().all(|stack| is_stack_name(&stack.name)),
            "stack names: letters, digits and -",
        )?;
        ensure("functionName", is_rule_name(&self.function_name), "letters, digits, - and _")?;
        let reaches_stack_sets =
            self.deployment_mode == DeploymentMode::StackSet && !self.includes_management_account;
        ensure(
            "stackSets",
            !reaches_stack_sets || !self.stack_sets.is_empty(),
            "at least one with deploymentMode stack-set, unless the management account is the only target",
        )
    }
}

fn ensure(field: &str, holds: bool, allowed: &str) -> Result<(), Failure> {
    let problem = || Failure::malformed(format!("deployment.{field}"), format!("allowed: {allowed}"));
    if holds { Ok(()) } else { Err(problem()) }
}

fn is_deployment_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    name.len() <= MAX_NAME_LENGTH
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(allowed)
}

fn is_rule_name(name: &str) -> bool {
    // Config allows more characters, but the name is part of a query.
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=128).contains(&name.len()) && name.bytes().all(allowed)
}

/// Whether `id` has the form of an organizational unit's or root's id (botocore).
#[must_use]
pub fn is_unit(id: &str) -> bool {
    let word = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    match id.split_once('-') {
        Some(("r", root)) => word(root),
        Some(("ou", rest)) => rest.split_once('-').is_some_and(|(root, unit)| word(root) && word(unit)),
        _ => false,
    }
}

fn is_stack_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=128).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(allowed)
}

/// Deserializes a field that may be `null` but not missing.
fn nullable<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_may_have_its_own_frequency() {
        let file = json!({
            "deploymentVersion": 1, "name": "stagecert", "version": "0.1.0", "deploymentMode": "account",
            "partition": "aws", "homeRegion": "eu-west-1", "regions": ["eu-west-1"],
            "administratorAccount": null, "managementAccount": null, "includesManagementAccount": false,
            "callAs": null, "organizationalUnits": [], "accounts": null, "excludedAccounts": [],
            "stackSets": [], "stacks": [], "frequency": "TwentyFour_Hours",
            "rules": [
                {"name": "stagecert-api-client-certificates", "match": "exact"},
                {"name": "OrgConfigRule-stagecert-front-door-", "match": "prefix", "frequency": "Six_Hours"},
            ],
            "functionName": "stagecert-evaluator", "aggregator": null,
        });
        let deployment = Deployment::parse(&file.to_string()).unwrap();
        for (rule, frequency) in [
            ("stagecert-api-client-certificates", Frequency::TwentyFourHours),
            ("OrgConfigRule-stagecert-front-door-dbgzf8ba", Frequency::SixHours),
            ("another-rule", Frequency::TwentyFourHours),
        ] {
            assert_eq!(deployment.frequency_of(rule), frequency, "{rule}");
        }
    }
}
