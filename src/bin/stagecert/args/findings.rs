use clap::{ArgGroup, Args as ClapArgs, Subcommand};
use jiff::Timestamp;
use stagecert::parameters::settings::Settings;
use stagecert::security_hub::Source;

use super::live::{account, region, role_name};

#[derive(Subcommand)]
pub(crate) enum FindingsCommand {
    /// Archive the active findings of a deployment that nothing updates any more; without --yes,
    /// only list them
    ///
    /// A rule archives what it no longer produces. This command is for what no rule is left to do:
    /// after `securityHub=off`, before `make destroy`, in an account that leaves the organization,
    /// and for the findings of a scan, whose deployment is stagecert-scan. A rule that still
    /// imports findings makes them active again.
    ///
    /// Exit status: 0 if there is nothing to archive or all were archived, 1 if findings are listed
    /// but not archived, 2 for an error.
    #[command(after_help = "Examples:\n  \
        stagecert findings archive --deployment stagecert --region eu-west-1 --dry-run\n  \
        stagecert findings archive --deployment stagecert --all-regions --role-name stagecert-archiver --organization --yes")]
    Archive(ArchiveArgs),
}

#[derive(ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
#[command(group = ArgGroup::new("others").args(["accounts", "organization"]))]
pub(crate) struct ArchiveArgs {
    /// The name of the deployment (`name` in its file), or stagecert-scan
    #[arg(long, value_name = "NAME", value_parser = deployment)]
    pub(crate) deployment: String,
    /// Archive findings in this Region; may be repeated. Default: the Region of your settings
    #[arg(long, value_parser = region, conflicts_with = "all_regions")]
    pub(crate) region: Vec<String>,
    /// Archive findings in every Region that is enabled in the account
    #[arg(long)]
    pub(crate) all_regions: bool,
    /// Use the credentials and settings of this profile, regardless of environment variables
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The role to assume in each account other than the account of your credentials
    #[arg(long, value_name = "NAME", value_parser = role_name, requires = "others")]
    pub(crate) role_name: Option<String>,
    /// Archive findings in these accounts instead of the account of your credentials
    #[arg(long, value_name = "ID,…", value_delimiter = ',', value_parser = account, requires = "role_name")]
    pub(crate) accounts: Vec<String>,
    /// Archive findings in every ACTIVE account of your organization
    #[arg(long, requires = "role_name", conflicts_with = "accounts")]
    pub(crate) organization: bool,
    /// Only findings that were last updated before this instant, such as 2026-11-21T12:00:00Z
    #[arg(long, value_name = "INSTANT")]
    pub(crate) updated_before: Option<Timestamp>,
    /// Also the findings of versions whose Ids don't contain a certificate, of every deployment
    #[arg(long)]
    pub(crate) old_ids: bool,
    /// Archive the findings; without it, they are only listed
    #[arg(long)]
    pub(crate) yes: bool,
    /// Only list the findings, as without --yes
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
    /// Write no notes to standard error
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

fn deployment(text: &str) -> Result<String, String> {
    if Settings::is_name(text) || text == Source::SCAN {
        Ok(text.into())
    } else {
        Err(format!("expected the name of a deployment ({}) or {}", Settings::NAMES, Source::SCAN))
    }
}
