use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::live::role_name;

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
    /// The output format: a table of the gaps, or JSON with all accounts and Regions
    #[arg(long, value_enum, default_value_t = CoverageFormat::Table)]
    pub(crate) format: CoverageFormat,
}

/// The output formats of `coverage`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CoverageFormat {
    /// The gaps, for people
    Table,
    /// All accounts and Regions
    Json,
}
