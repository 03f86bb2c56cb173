use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as ClapArgs, Subcommand};
use stagecert::resources::safe_method::SafeMethod;
use strum::VariantNames;

use super::ParameterArgs;
use super::deployment::TableFormat;
use super::duration::duration;
use super::live::{account, region, role_name};
use super::through;

#[derive(Subcommand)]
pub(crate) enum RotateCommand {
    /// Show what a rotation affects: stages, backends, owner, the quota, who manages each stage,
    /// and which backends the overlap of both certificates breaks
    #[command(after_help = "Examples:\n  stagecert rotate plan a1b2c3d4e5/prod --region eu-west-1\n  \
        stagecert rotate plan --expiring --region eu-west-1 --probes probes.json")]
    Plan(RotatePlanArgs),
    /// Generate the new certificate with the tags of the old one, and write its PEM to `NEW_ID.pem`
    ///
    /// All stages that have the old certificate are rotated together.
    #[command(
        after_help = "Example:\n  stagecert rotate start a1b2c3d4e5/prod --region eu-west-1 --output certificates"
    )]
    Start(RotateStartArgs),
    /// Make API Gateway call the backend of each stage with the new certificate, the old one and
    /// none: both must be accepted
    ///
    /// The calls are real and bypass authorizers. They use the API's current resources, which can
    /// differ from the deployed ones.
    #[command(
        after_help = "Example:\n  stagecert rotate test a1b2c3d4e5/prod --path /health --region eu-west-1"
    )]
    Test(RotateTestArgs),
    /// Attach the new certificate to each stage, and read it back
    ///
    /// Requires a test within the last day, unless --untested is given. The API is not redeployed.
    Switch(RotateSwitchArgs),
    /// Attach the old certificate again
    Rollback(RotateStepArgs),
    /// Delete the old certificate once no stage of the account and Region has it, and replace the
    /// state by one tag
    Finish(RotateFinishArgs),
    /// Delete the new certificate if no stage has it, after `start` or `rollback`
    Cancel(RotateStepArgs),
    /// List the rotations in progress, with their step, what is next and how long they have been in
    /// progress
    Status(RotateStatusArgs),
}

/// The account, its Region and the output.
#[derive(ClapArgs)]
pub(crate) struct RotateAccountArgs {
    /// The Region of the stages. Default: the Region of your settings
    #[arg(long, value_parser = region)]
    pub(crate) region: Option<String>,
    /// Use the credentials and settings of this profile, regardless of environment variables
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The account of the stages, with --role-name, instead of the account of your credentials
    #[arg(long, value_name = "ID", value_parser = account, requires = "role_name")]
    pub(crate) account: Option<String>,
    /// The role to assume in --account
    #[arg(long, value_name = "NAME", value_parser = role_name, requires = "account")]
    pub(crate) role_name: Option<String>,
    /// The output format: text, or JSON with the rotations
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    pub(crate) format: TableFormat,
}

/// What a step is about, and whether it is done.
#[derive(ClapArgs)]
pub(crate) struct RotateStepArgs {
    /// The stages, or their old or new certificate
    #[arg(value_name = "API/STAGE|CERTIFICATE", required = true, value_parser = target)]
    pub(crate) targets: Vec<String>,
    #[command(flatten)]
    pub(crate) account: RotateAccountArgs,
    /// Do it without asking. Without it, a question is asked at a terminal, and otherwise nothing
    /// is done
    #[arg(long)]
    pub(crate) yes: bool,
    /// Print the commands of the AWS CLI instead, and do nothing
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
    /// Send an event for the step to this event bus (detail type Certificate Rotation Step)
    #[arg(long, value_name = "ARN")]
    pub(crate) event_bus: Option<String>,
}

#[derive(ClapArgs)]
#[command(group = clap::ArgGroup::new("planned").args(["targets", "expiring"]).required(true))]
pub(crate) struct RotatePlanArgs {
    /// The stages or certificates to rotate
    #[arg(value_name = "API/STAGE|CERTIFICATE", value_parser = target)]
    pub(crate) targets: Vec<String>,
    /// All certificates in use that expire within the parameter expiryWindowDays
    #[arg(long)]
    pub(crate) expiring: bool,
    #[command(flatten)]
    pub(crate) account: RotateAccountArgs,
    /// The results of `stagecert probe`, whose Server headers show which backends use OpenSSL; may
    /// be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) probes: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) parameters: ParameterArgs,
}

#[derive(ClapArgs)]
pub(crate) struct RotateStartArgs {
    #[command(flatten)]
    pub(crate) step: RotateStepArgs,
    /// The folder for the PEM of the new certificate
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    pub(crate) output: PathBuf,
}

#[derive(ClapArgs)]
pub(crate) struct RotateTestArgs {
    #[command(flatten)]
    pub(crate) step: RotateStepArgs,
    /// The method to call: only one without side effects
    #[arg(
        long,
        default_value = "GET",
        ignore_case = true,
        value_parser = PossibleValuesParser::new(SafeMethod::VARIANTS).try_map(|name| name.to_ascii_uppercase().parse::<SafeMethod>())
    )]
    pub(crate) method: SafeMethod,
    /// The path to call, with its query, such as /health; with API/STAGE=, only for that stage. May
    /// be repeated
    #[arg(long, required = true, value_name = "[API/STAGE=]PATH", value_parser = path)]
    pub(crate) path: Vec<(Option<String>, String)>,
}

#[derive(ClapArgs)]
pub(crate) struct RotateSwitchArgs {
    #[command(flatten)]
    pub(crate) step: RotateStepArgs,
    /// Switch without a test within the last day
    #[arg(long)]
    pub(crate) untested: bool,
    /// Compare the metrics of the stages with the hour before, every minute for this time, such as
    /// 15m, and roll back if they are worse
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) watch: Option<Duration>,
    /// The time between two comparisons
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "60s", hide = true, requires = "watch")]
    pub(crate) watch_interval: Duration,
}

#[derive(ClapArgs)]
pub(crate) struct RotateFinishArgs {
    #[command(flatten)]
    pub(crate) step: RotateStepArgs,
    /// How long all stages must have had the new certificate
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = duration)]
    pub(crate) settle: Duration,
}

#[derive(ClapArgs)]
pub(crate) struct RotateStatusArgs {
    #[command(flatten)]
    pub(crate) account: RotateAccountArgs,
}

/// `API/STAGE` or the id of a generated certificate.
fn target(text: &str) -> Result<String, String> {
    let is_word = |text: &str, more: &[u8]| {
        !text.is_empty()
            && text.len() <= 128
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
    };
    let is_valid = match text.split_once('/') {
        Some((api, stage)) => is_word(api, b"") && is_word(stage, b"-_"),
        None => is_word(text, b"") && text.len() <= 64,
    };
    if is_valid {
        return Ok(text.into());
    }
    Err("expected API/STAGE, such as a1b2c3d4e5/prod, or the id of a client certificate".into())
}

fn path(text: &str) -> Result<(Option<String>, String), String> {
    match text.split_once('=') {
        Some((stage, path)) if !stage.starts_with('/') => Ok((Some(target(stage)?), through::path(path)?)),
        _ => Ok((None, through::path(text)?)),
    }
}
