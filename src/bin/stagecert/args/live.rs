use clap::{ArgGroup, Args as ClapArgs};
use stagecert::parameters::{ROLE_NAME, is_role_name};
use stagecert::resources::account_region::{is_account_id, is_region};

const HEADING: &str = "Live accounts";

/// What a command reads from: just one of these.
pub(super) fn one_source() -> ArgGroup {
    ArgGroup::new("source")
        .args(["snapshot", "example", "region", "all_regions", "aggregator"])
        .required(true)
}

/// Which live accounts and Regions, by whose credentials.
#[derive(ClapArgs)]
#[command(
    group = ArgGroup::new("accounts_of").args(["accounts", "organization", "aggregator"]).multiple(true)
)]
pub(crate) struct LiveArgs {
    /// The account of your AWS credentials in this Region, now; may be repeated
    #[arg(long, help_heading = HEADING, value_parser = region)]
    pub(crate) region: Vec<String>,
    /// In every Region that is enabled in it
    #[arg(long, help_heading = HEADING)]
    pub(crate) all_regions: bool,
    /// The stages that this aggregator of AWS Config shows, in all accounts and Regions that it covers
    #[arg(long, help_heading = HEADING, value_name = "NAME", value_parser = aggregator, requires = "role_name")]
    pub(crate) aggregator: Option<String>,
    /// Use the credentials and settings of this profile, whatever the environment says
    #[arg(long, help_heading = HEADING, value_name = "NAME", conflicts_with_all = ["snapshot", "example"])]
    pub(crate) profile: Option<String>,
    /// The role to assume in each account but that of your credentials
    #[arg(long, help_heading = HEADING, value_name = "NAME", value_parser = role_name, requires = "accounts_of", conflicts_with_all = ["snapshot", "example"])]
    pub(crate) role_name: Option<String>,
    /// Judge these accounts; with --aggregator, only these of what it shows
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
    /// Judge every ACTIVE account of the organization, whose management account or delegated administrator your credentials
    /// are of; with --aggregator, hold what it covers to them
    #[arg(long, help_heading = HEADING, requires = "role_name")]
    pub(crate) organization: bool,
    /// The Region that the aggregator is in, where it is not that of your settings
    #[arg(long, help_heading = HEADING, value_name = "REGION", value_parser = region, requires = "aggregator", conflicts_with_all = ["region", "all_regions", "snapshot", "example"])]
    pub(crate) aggregator_region: Option<String>,
}

pub(super) fn role_name(text: &str) -> Result<String, String> {
    if is_role_name(text) { Ok(text.into()) } else { Err(format!("expected {ROLE_NAME}")) }
}

pub(super) fn account(text: &str) -> Result<String, String> {
    if is_account_id(text) { Ok(text.into()) } else { Err("expected the twelve digits of an account".into()) }
}

pub(super) fn region(text: &str) -> Result<String, String> {
    if is_region(text) { Ok(text.into()) } else { Err("expected a Region, such as eu-west-1".into()) }
}

/// Config's form of it (botocore).
fn aggregator(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if (1..=256).contains(&text.len()) && text.bytes().all(allowed) {
        Ok(text.into())
    } else {
        Err("expected an aggregator's name: 1 to 256 letters, digits, _ and -".into())
    }
}
