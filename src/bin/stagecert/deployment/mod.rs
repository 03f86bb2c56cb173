//! A live deployment: its file, the account that administers it, and its targets.

pub(crate) mod table;

use std::collections::BTreeSet;

use stagecert::Failure;
use stagecert::account::aggregate::Source;
use stagecert::aws::{AssumedAccount, Aws};
use stagecert::deadline::Deadline;
use stagecert::resources::account_region::AccountRegion;
use stagecert::scan::coverage::deployment::{Deployment, DeploymentMode, Rule};
use stagecert::scan::coverage::place::{Place, PlaceState};
use stagecert::scan::coverage::summary::RuleResult;
use stagecert::scan::coverage::targets::{Targets, UnitAccounts};

use crate::args::DeploymentArgs;
use crate::{input, output};

/// A deployment and the credentials of its administrator.
pub(crate) struct LiveDeployment {
    pub(crate) deployment: Deployment,
    pub(crate) aws: Aws,
    /// The account of the credentials, and the Region in which the deployment is administered.
    pub(crate) home: AccountRegion,
    role: Option<String>,
    quiet: bool,
}

/// What an aggregator shows.
pub(crate) struct Aggregated {
    results: BTreeSet<RuleResult>,
    /// The sources whose data is not up to date.
    outdated: Vec<Source>,
    rules: Vec<Rule>,
}

impl Aggregated {
    /// The place as the aggregator shows it: covered if there are current results of all rules.
    pub(crate) fn place(&self, account: &str, region: &str) -> Option<Place> {
        let is_outdated = |source: &Source| {
            source.account.as_deref().is_none_or(|of| of == account)
                && source.region.as_deref().is_none_or(|of| of == region)
        };
        let has_results = |rule: &Rule| {
            let first =
                RuleResult { account: account.into(), region: region.into(), rule: rule.name.clone() };
            let mut from_first = self.results.range(first..);
            from_first.next().is_some_and(|result| {
                result.account == account && result.region == region && rule.matches(&result.rule)
            })
        };
        let is_covered = self.rules.iter().all(has_results) && !self.outdated.iter().any(is_outdated);
        let reason = "the aggregator shows results, but not when the rule was last run";
        is_covered.then(|| Place::new(account, region, PlaceState::Covered, reason, None))
    }
}

/// The accounts and Regions of a deployment.
pub(crate) struct ListedTargets {
    pub(crate) targets: Targets,
    /// The accounts of the StackSets' organizational units, if they could be read.
    pub(crate) units: Option<UnitAccounts>,
    /// What could not be listed: places may be missing, and stack instances may be unknown.
    pub(crate) failures: Vec<Failure>,
}

impl LiveDeployment {
    /// Reads the file and checks that the credentials are the administrator's.
    pub(crate) async fn load(args: &DeploymentArgs, role: Option<&str>) -> Result<Self, Failure> {
        let deployment = input::deployment(&args.deployment)?;
        let aws = Aws::load_profile(Some(&deployment.home_region), args.profile.as_deref()).await?;
        let home = aws.home(None, Deadline::none()).await?;
        let ensure_equal = |field: &str, found: &str, expected: &str| {
            let disagreement = || Failure::Disagreement {
                field: format!("deployment.{field}"),
                found: found.to_owned(),
                expected_by: "GetCallerIdentity with these credentials".into(),
                expected: expected.to_owned(),
            };
            if found == expected { Ok(()) } else { Err(disagreement()) }
        };
        ensure_equal("partition", &deployment.partition, &home.partition)?;
        if let Some(administrator) = &deployment.administrator_account {
            ensure_equal("administratorAccount", administrator, &home.account)?;
        }
        Ok(Self { deployment, aws, home, role: role.map(ToOwned::to_owned), quiet: args.quiet })
    }

    /// The administrator's account.
    pub(crate) async fn administrator(&self) -> Result<AssumedAccount<'_>, Failure> {
        self.reach(&self.home.account).await
    }

    /// Opens an account: that of the credentials directly, others with the role.
    pub(crate) async fn reach(&self, account: &str) -> Result<AssumedAccount<'_>, Failure> {
        let role = self.role.as_deref().filter(|_| account != self.home.account);
        self.aws.assume_account(&self.home, account, role).await
    }

    /// Whether an account can be read: that of the credentials, or any with a role.
    pub(crate) fn can_reach(&self, account: &str) -> bool {
        self.role.is_some() || account == self.home.account
    }

    /// What an aggregator of the administrator's account shows.
    pub(crate) async fn aggregated(&self, aggregator: &str, region: &str) -> Result<Aggregated, Failure> {
        let config = self.administrator().await?.config_in(region);
        let rules = self.deployment.rules.clone();
        let (results, outdated) =
            tokio::join!(config.rules_with_results(aggregator, &rules), config.outdated_sources(aggregator));
        let (results, outdated) = (results?, outdated?);
        if !outdated.is_empty() {
            self.note(&format!("{} sources of the aggregator are not up to date", outdated.len()));
        }
        Ok(Aggregated { results, outdated, rules })
    }

    /// The accounts and Regions that the deployment has to cover, and what could not be listed.
    pub(crate) async fn targets(&self) -> Result<ListedTargets, Failure> {
        let deployment = &self.deployment;
        let administrator = self.administrator().await?;
        let mut failures = Vec::new();
        let units = self.units(&administrator, &mut failures).await;
        let mut targets = match deployment.deployment_mode {
            DeploymentMode::Account => {
                Targets::of_accounts(deployment, std::slice::from_ref(&self.home.account))
            }
            DeploymentMode::OrganizationRule | DeploymentMode::ConformancePack => {
                let organization = administrator.organization().await?;
                self.note_inactive(organization.inactive);
                let mut targets = Targets::of_accounts(deployment, &organization.active);
                if let Some(units) = &units {
                    targets.add_stack_sets(deployment, units);
                }
                targets
            }
            DeploymentMode::StackSet => {
                self.note_inactive(units.as_ref().map_or(0, |units| units.inactive.len()));
                Targets::of_stack_sets(deployment, units.as_ref())
            }
        };
        self.add_instances(&administrator, &mut targets, &mut failures).await;
        if targets.is_empty() && failures.is_empty() {
            return Err(Failure::Malformed {
                field: "deployment".into(),
                problem: "its targets have no active account".into(),
            });
        }
        Ok(ListedTargets { targets, units, failures })
    }

    /// The accounts of the StackSets' organizational units; `None` if they can't be read.
    async fn units(
        &self,
        administrator: &AssumedAccount<'_>,
        failures: &mut Vec<Failure>,
    ) -> Option<UnitAccounts> {
        let units = self.deployment.stack_sets.iter().flat_map(|set| &set.organizational_units);
        let units: BTreeSet<String> = units.cloned().collect();
        match administrator.accounts_of_units(&units).await {
            Ok(accounts) => Some(accounts),
            Err(failure) => {
                failures.push(failure);
                None
            }
        }
    }

    async fn add_instances(
        &self,
        administrator: &AssumedAccount<'_>,
        targets: &mut Targets,
        failures: &mut Vec<Failure>,
    ) {
        let stack_sets = administrator.stack_sets(&self.deployment.home_region, self.deployment.call_as);
        for set in &self.deployment.stack_sets {
            let add = |page: Vec<_>| page.into_iter().for_each(|instance| targets.add_instance(instance));
            match stack_sets.instances(&set.name, add).await {
                Ok(()) => {}
                Err(failure) if failure.code() == Some("StackSetNotFoundException") => {
                    self.note(&format!("the StackSet {} does not exist", set.name));
                }
                Err(failure) => {
                    targets.forget_stack_set(&set.name);
                    failures.push(failure);
                }
            }
        }
        if !targets.suspended.is_empty() {
            self.note(&format!("AWS skips {} suspended accounts", targets.suspended.len()));
        }
        if targets.unexpected > 0 {
            self.note(&format!(
                "{} stack instances are in accounts or Regions outside the deployment file's targets",
                targets.unexpected
            ));
        }
    }

    fn note_inactive(&self, inactive: usize) {
        if inactive > 0 {
            self.note(&format!("{inactive} accounts are not ACTIVE and are skipped"));
        }
    }

    /// Writes a note to standard error.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            output::note(text);
        }
    }
}
