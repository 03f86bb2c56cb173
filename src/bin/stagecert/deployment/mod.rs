//! A live deployment: its file, the account that administers it, and its targets.

use std::collections::BTreeSet;

use stagecert::Failure;
use stagecert::aws::{AssumedAccount, Aws};
use stagecert::deadline::Deadline;
use stagecert::resources::account_region::AccountRegion;
use stagecert::scan::coverage::deployment::{Deployment, DeploymentMode};
use stagecert::scan::coverage::targets::Targets;

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

impl LiveDeployment {
    /// Reads the file and checks that the credentials are the administrator's.
    pub(crate) async fn load(args: &DeploymentArgs, role: Option<&str>) -> Result<Self, Failure> {
        let deployment = input::deployment(&args.deployment)?;
        let aws = Aws::load_profile(Some(&deployment.home_region), args.profile.as_deref()).await;
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

    /// The accounts and Regions that the deployment has to cover, and what could not be listed.
    pub(crate) async fn targets(&self) -> Result<(Targets, Vec<Failure>), Failure> {
        let deployment = &self.deployment;
        let administrator = self.administrator().await?;
        let mut failures = Vec::new();
        let mut targets = match deployment.deployment_mode {
            DeploymentMode::Account => {
                Targets::of_accounts(deployment, std::slice::from_ref(&self.home.account))
            }
            DeploymentMode::OrganizationRule | DeploymentMode::ConformancePack => {
                let organization = administrator.organization().await?;
                self.note_inactive(organization.inactive);
                Targets::of_accounts(deployment, &organization.active)
            }
            DeploymentMode::StackSet => {
                let units = deployment.stack_sets.iter().flat_map(|set| &set.organizational_units);
                let units: BTreeSet<String> = units.cloned().collect();
                let accounts = match administrator.accounts_of_units(&units).await {
                    Ok(accounts) => {
                        self.note_inactive(accounts.inactive.len());
                        Some(accounts)
                    }
                    Err(failure) => {
                        failures.push(failure);
                        None
                    }
                };
                Targets::of_stack_sets(deployment, accounts.as_ref())
            }
        };
        self.add_instances(&administrator, &mut targets, &mut failures).await;
        if targets.is_empty() && failures.is_empty() {
            return Err(Failure::Malformed {
                field: "deployment".into(),
                problem: "its targets have no active account".into(),
            });
        }
        Ok((targets, failures))
    }

    async fn add_instances(
        &self,
        administrator: &AssumedAccount<'_>,
        targets: &mut Targets,
        failures: &mut Vec<Failure>,
    ) {
        let stack_sets = administrator.stack_sets(&self.deployment.home_region, self.deployment.call_as);
        if self.deployment.deployment_mode != DeploymentMode::StackSet {
            return;
        }
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
