use clap::{ArgGroup, Args as ClapArgs};
use stagecert::parameters::{ROLE_NAME, is_role_name};
use stagecert::resources::account_region::{is_account_id, is_region};

const HEADING: &str = "Live accounts";

/// The selection of live accounts and Regions, and the credentials to use.
#[derive(ClapArgs)]
#[command(
    group = ArgGroup::new("accounts_of").args(["accounts", "organization", "aggregator"]).multiple(true)
)]
pub(crate) struct LiveArgs {
    /// Read the account of your AWS credentials in this Region; may be repeated. Default: the
    /// Region of your environment variables or your profile
    #[arg(long, help_heading = HEADING, value_parser = region)]
    pub(crate) region: Vec<String>,
    /// Read every Region that is enabled in the account
    #[arg(long, help_heading = HEADING)]
    pub(crate) all_regions: bool,
    /// Read the stages that this AWS Config aggregator lists, in all accounts and Regions it covers
    #[arg(long, help_heading = HEADING, value_name = "NAME", value_parser = aggregator, requires = "role_name")]
    pub(crate) aggregator: Option<String>,
    /// Use the credentials and settings of this profile, regardless of environment variables
    #[arg(long, help_heading = HEADING, value_name = "NAME", conflicts_with_all = ["snapshot", "example"])]
    pub(crate) profile: Option<String>,
    /// The role to assume in each account other than the account of your credentials
    #[arg(long, help_heading = HEADING, value_name = "NAME", value_parser = role_name, requires = "accounts_of", conflicts_with_all = ["snapshot", "example"])]
    pub(crate) role_name: Option<String>,
    /// Read these accounts; with --aggregator, only these of the accounts it covers
    #[arg(
        long,
        help_heading = HEADING,
        value_name = "ID,…",
        value_delimiter = ',',
        value_parser = account,
        requires = "role_name",
        conflicts_with = "organization"
    )]
    pub(crate) accounts: Vec<String>,
    /// Read every ACTIVE account of your organization; with --aggregator, only these of the
    /// accounts it covers. Your credentials must be those of the management account or a delegated
    /// administrator
    #[arg(long, help_heading = HEADING, requires = "role_name")]
    pub(crate) organization: bool,
    /// The Region of the aggregator, if it is not the Region of your settings
    #[arg(long, help_heading = HEADING, value_name = "REGION", value_parser = region, requires = "aggregator", conflicts_with_all = ["region", "all_regions", "snapshot", "example"])]
    pub(crate) aggregator_region: Option<String>,
}

impl LiveArgs {
    /// The words that select the same accounts and Regions again.
    pub(super) fn options(&self) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        let mut option = |name: &str, value: &str| words.extend([name.to_owned(), value.to_owned()]);
        self.region.iter().for_each(|region| option("--region", region));
        let values = [
            ("--aggregator", &self.aggregator),
            ("--aggregator-region", &self.aggregator_region),
            ("--profile", &self.profile),
            ("--role-name", &self.role_name),
        ];
        for (name, value) in values {
            if let Some(value) = value {
                option(name, value);
            }
        }
        if !self.accounts.is_empty() {
            option("--accounts", &self.accounts.join(","));
        }
        let flags = [("--all-regions", self.all_regions), ("--organization", self.organization)];
        words.extend(flags.into_iter().filter(|(_, given)| *given).map(|(name, _)| name.to_owned()));
        words
    }
}

pub(super) fn role_name(text: &str) -> Result<String, String> {
    if is_role_name(text) { Ok(text.into()) } else { Err(format!("expected {ROLE_NAME}")) }
}

pub(super) fn account(text: &str) -> Result<String, String> {
    if is_account_id(text) { Ok(text.into()) } else { Err("expected an account ID: 12 digits".into()) }
}

pub(super) fn region(text: &str) -> Result<String, String> {
    if is_region(text) { Ok(text.into()) } else { Err("expected a Region, such as eu-west-1".into()) }
}

/// An aggregator name that matches the pattern in AWS's API model of Config (botocore).
pub(super) fn aggregator(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if (1..=256).contains(&text.len()) && text.bytes().all(allowed) {
        Ok(text.into())
    } else {
        Err("expected an aggregator name: 1 to 256 letters, digits, _ and -".into())
    }
}
