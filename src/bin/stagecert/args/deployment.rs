use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::live::{aggregator, region, role_name};

/// The deployment, and the credentials to use.
#[derive(ClapArgs)]
pub(crate) struct DeploymentArgs {
    /// The deployment file that `cdk synth` writes: cdk/cdk.out/deployment.json
    #[arg(long, value_name = "FILE")]
    pub(crate) deployment: PathBuf,
    /// Use the credentials and settings of this profile, regardless of environment variables. They
    /// must be those of the account that administers the deployment
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Write no progress and no notes to standard error
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

#[derive(ClapArgs)]
pub(crate) struct CoverageArgs {
    #[command(flatten)]
    pub(crate) deployment: DeploymentArgs,
    /// The role to assume in each account other than the account of your credentials
    #[arg(long, alias = "role", value_name = "NAME", value_parser = role_name)]
    pub(crate) role_name: Option<String>,
    /// Read this AWS Config aggregator instead of the deployment file's. It belongs to the account
    /// of your credentials
    #[arg(long, value_name = "NAME", value_parser = aggregator)]
    pub(crate) aggregator: Option<String>,
    /// The Region of the aggregator, if it is not the deployment's home Region
    #[arg(long, value_name = "REGION", value_parser = region)]
    pub(crate) aggregator_region: Option<String>,
    /// Read every account, even if there is an aggregator: an aggregator doesn't show when a rule
    /// was last run
    #[arg(long, conflicts_with_all = ["aggregator", "aggregator_region", "summary"])]
    pub(crate) no_aggregator: bool,
    /// Show how many resources fail each rule in each account and Region, from the aggregator,
    /// instead of the coverage. The exit status is 0 unless there is an error
    #[arg(long)]
    pub(crate) summary: bool,
    /// With --summary, list the resources and the reasons
    #[arg(long, requires = "summary")]
    pub(crate) reasons: bool,
    /// The output format: a table, or JSON with all accounts and Regions
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    pub(crate) format: TableFormat,
}

#[derive(ClapArgs)]
pub(crate) struct PreflightArgs {
    #[command(flatten)]
    pub(crate) deployment: DeploymentArgs,
    /// The role to assume in each account other than the account of your credentials
    #[arg(long, alias = "role", value_name = "NAME", value_parser = role_name)]
    pub(crate) role_name: Option<String>,
    /// The output format
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    pub(crate) format: TableFormat,
}

#[derive(ClapArgs)]
pub(crate) struct RetryArgs {
    #[command(flatten)]
    pub(crate) deployment: DeploymentArgs,
    /// Start the operations; without it, they are only listed
    #[arg(long)]
    pub(crate) yes: bool,
    /// Only list the operations, as without --yes
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
}

#[derive(ClapArgs)]
pub(crate) struct OrphansArgs {
    #[command(flatten)]
    pub(crate) deployment: DeploymentArgs,
    /// Search only this Region, instead of every Region that is enabled in the account; may be
    /// repeated
    #[arg(long, value_parser = region)]
    pub(crate) region: Vec<String>,
    /// The output format
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    pub(crate) format: TableFormat,
}

/// The output formats of the commands on a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableFormat {
    /// A table for people
    Table,
    /// A JSON document
    Json,
}
