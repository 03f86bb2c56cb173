mod backends;
mod deployment;
mod diff;
mod duration;
mod exemptions;
mod filter;
mod findings;
mod fix;
mod live;
mod parameters;
mod probe;
mod rotate;
mod source;
mod through;

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as ClapArgs, Parser, Subcommand};
use clap_complete::Shell;
use stagecert::checks::Check;

use crate::filter::{GroupBy, Sort};
use crate::formats::Format;
use crate::gate::FailOn;
use crate::terminal::Color;
pub(crate) use backends::{BackendsArgs, BackendsBy, BackendsFormat};
#[cfg(feature = "fleet")]
pub(crate) use deployment::TableFormat;
pub(crate) use deployment::{CoverageArgs, DeploymentArgs, OrphansArgs, PreflightArgs, RetryArgs};
pub(crate) use diff::{DiffArgs, DiffFormat};
pub(crate) use exemptions::{CheckExemptionsArgs, ExemptionsCommand};
pub(crate) use filter::{FilterArgs, ensure_can_fail};
#[cfg(feature = "fleet")]
pub(crate) use findings::ArchiveArgs;
pub(crate) use findings::FindingsCommand;
pub(crate) use fix::FixArgs;
pub(crate) use live::LiveArgs;
pub(crate) use parameters::{ParameterArgs, values as parameter_values};
pub(crate) use probe::ProbeArgs;
#[cfg(feature = "probe")]
pub(crate) use probe::{ProbeFormat, ProbeUrl};
pub(crate) use rotate::RotateCommand;
#[cfg(feature = "rotate")]
pub(crate) use rotate::{
    RotateAccountArgs, RotateFinishArgs, RotatePlanArgs, RotateStartArgs, RotateStatusArgs, RotateStepArgs,
    RotateSwitchArgs, RotateTestArgs,
};
pub(crate) use source::SourceArgs;
#[cfg(feature = "probe")]
pub(crate) use through::Label;
pub(crate) use through::ThroughArgs;

/// Which of your API Gateway stages can be bypassed?
///
/// Exit status: 0 if no check failed, 1 if one did, 2 for an error.
#[derive(Parser)]
#[command(
    version,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = "Examples:\n  stagecert scan --example\n  stagecert scan --region eu-west-1\n  \
        stagecert explain certificate-expiry"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Evaluate all stages of one or more accounts and Regions
    #[command(after_help = "Examples:\n  stagecert scan --example\n  \
        stagecert scan --snapshot account.json --param expiryWindowDays=90 --format json\n  \
        stagecert scan --region eu-west-1 --only certificate-expiry\n  \
        stagecert scan --region eu-west-1 --failed --owner 'team-*' --sort date\n  \
        stagecert scan --region eu-west-1 --fail-on critical,certificate-attached --quiet\n  \
        stagecert scan --region eu-west-1 --format sarif --output stages.sarif\n  \
        stagecert scan --all-regions --profile audit\n  \
        stagecert scan --region eu-west-1 --region us-east-1 --role-name stagecert-reader --organization\n  \
        stagecert scan --aggregator organization --role-name stagecert-reader")]
    Scan(Box<ScanArgs>),
    /// Print the results, findings and events that the Lambda function would send for an event,
    /// without sending them
    #[command(
        after_help = "Examples:\n  stagecert invoke events/scheduled.json --snapshot examples/account.json\n  \
        stagecert invoke event.json"
    )]
    Invoke(InvokeArgs),
    /// Write the results of a scan, with remediation steps, as a single self-contained HTML file
    ///
    /// Exit status, as of a scan: 0 if no check failed, 1 if one did, 2 for an error. The file is
    /// written in all cases, unless an input or an option is invalid.
    #[command(after_help = "Examples:\n  stagecert report --example --output report.html\n  \
        stagecert report --example --owner team-billing --output billing.html\n  \
        stagecert report --snapshot november.json --since october.json --since september.json --output report.html")]
    Report(ReportArgs),
    /// Print the commands that fix a stage, in order, as in the report; none of them is run
    ///
    /// Everything else in the output is a comment, so steps can be pasted into a shell. Commands
    /// that delete are comments too. Exit status: 0 if the stage was found, 2 for an error.
    #[command(after_help = "Examples:\n  stagecert fix w9s3ld5ovi/test --example\n  \
        stagecert fix a1b2c3d4e5/prod --region eu-west-1 --output fix.sh")]
    Fix(Box<FixArgs>),
    /// Save the state of an account to a file that the other commands can read, redacted if you
    /// want to share it
    #[command(after_help = "Examples:\n  \
        stagecert snapshot --region eu-west-1 --output november.json\n  \
        stagecert snapshot --region eu-west-1 --front-door --output november.json\n  \
        stagecert snapshot --region eu-west-1 --redact --output redacted.json\n  \
        stagecert snapshot --snapshot november.json --redact --output redacted.json")]
    Snapshot(SnapshotArgs),
    /// List the servers behind each stage: host, port, methods and paths, VPC link, the certificate
    /// that the stage presents, and which other stages call the same server
    ///
    /// Each stage of a REST API is exported, at the rate of `apiGatewayCallsPerSecond`.
    /// Integrations of WebSocket and HTTP APIs come from AWS Config. Stage variables are resolved.
    /// Whether a server requires the certificate is not tested.
    ///
    /// Exit status: 0 if the backends are listed, 2 for an error.
    #[command(after_help = "Examples:\n  stagecert backends --example\n  \
        stagecert backends --region eu-west-1 --by host\n  \
        stagecert backends --region eu-west-1 --own-domain '*.example.com' --own-domain '*.example.internal'\n  \
        stagecert backends --snapshot november.json --output backends.csv")]
    Backends(Box<BackendsArgs>),
    /// Show what changed between two snapshots of the same accounts and Regions: failed checks that
    /// are new, worse, fixed or better, rotated certificates, and stages added or removed
    ///
    /// Each snapshot is evaluated as of the instant at which it was taken, so a certificate that
    /// has come closer to its end can be a change too.
    ///
    /// Exit status: 0 if nothing is new or worse, 1 if something is, 2 for an error, such as an
    /// account and Region that only A has.
    #[command(after_help = "Examples:\n  stagecert diff october.json november.json\n  \
        stagecert diff october/ november/ --format markdown --output changes.md")]
    Diff(DiffArgs),
    /// Send requests to backends without API Gateway's client certificate, to see whether they
    /// refuse them
    ///
    /// The backends are those of --url, or those of an account that --host names. Each gets one GET
    /// over TLS 1.3 and one over TLS 1.2, without a certificate, and with --impostor one more over
    /// each with a self-signed certificate. Redirects are not followed. The verdicts: enforced
    /// (refused), forgeable (the self-signed certificate was accepted), open (answered), plaintext
    /// (http, nothing is sent), inconclusive, and unreachable.
    ///
    /// Exit status: 1 if a backend is open, forgeable or plaintext; otherwise 2 for an error or if
    /// no backend got a verdict, and 0 if at least one is enforced.
    #[command(after_help = "Examples:\n  \
        stagecert probe --url https://api.example.com/health\n  \
        stagecert probe --example --dry-run\n  \
        stagecert probe --region eu-west-1 --host '*.internal.example.com' --output probes.json\n  \
        stagecert probe --url https://api.example.com --impostor --format json --output probes.json\n  \
        stagecert probe --through a1b2c3d4e5/prod --path /health --region eu-west-1\n  \
        stagecert probe --url https://api.example.com --resolve api.example.com:443:10.0.0.5 --allow-private")]
    Probe(Box<ProbeArgs>),
    /// Show which accounts and Regions of a deployment have no rule, no configuration recorder or
    /// no sweep in two periods, and why
    ///
    /// Exit status: 0 if all are covered, 1 if there are gaps, 2 for an error.
    #[command(after_help = "Examples:\n  \
        stagecert coverage --deployment cdk/cdk.out/deployment.json --role-name stagecert-reader\n  \
        stagecert coverage --deployment cdk/cdk.out/deployment.json --role-name stagecert-reader --format json")]
    Coverage(CoverageArgs),
    /// Check what a deployment needs before it is deployed: configuration recorders, Lambda quotas,
    /// enabled Regions, organizational units and trusted access
    ///
    /// Exit status: 0 if nothing has to be fixed, 1 if something has to be, 2 for an error.
    #[command(after_help = "Example:\n  \
        stagecert preflight --deployment cdk/cdk.out/deployment.json --role-name stagecert-reader")]
    Preflight(PreflightArgs),
    /// Deploy failed, outdated and missing stack instances again; without --yes, only list them
    ///
    /// Exit status: 0 if there is nothing to retry or all operations were started, 1 if operations
    /// are listed but not started, 2 for an error.
    #[command(after_help = "Examples:\n  \
        stagecert retry --deployment cdk/cdk.out/deployment.json\n  \
        stagecert retry --deployment cdk/cdk.out/deployment.json --yes")]
    Retry(RetryArgs),
    /// List StackSets and resources that have the deployment's name but are no longer part of it,
    /// each with the command that deletes it
    ///
    /// Nothing is deleted. Exit status: 0 if there are none, 1 if there are some, 2 for an error.
    #[command(after_help = "Example:\n  stagecert orphans --deployment cdk/cdk.out/deployment.json")]
    Orphans(OrphansArgs),
    /// Rotate a certificate that API Gateway generated, step by step and without downtime
    ///
    /// The state is in tags on the new certificate, so each step can be run on any machine,
    /// repeated or interrupted. Nothing is changed without --yes or a yes at a terminal.
    ///
    /// Exit status: 0 if the step is done, 1 if it is refused because of what was found or was not
    /// confirmed, 2 for an error.
    #[command(after_help = "Examples:\n  stagecert rotate plan a1b2c3d4e5/prod\n  \
        stagecert rotate start a1b2c3d4e5/prod\n  \
        stagecert rotate test a1b2c3d4e5/prod --path /health\n  \
        stagecert rotate switch a1b2c3d4e5/prod\n  \
        stagecert rotate finish a1b2c3d4e5/prod")]
    Rotate {
        #[command(subcommand)]
        command: RotateCommand,
    },
    /// Close Security Hub findings that no rule updates any more
    Findings {
        #[command(subcommand)]
        command: FindingsCommand,
    },
    /// Work with exemption documents
    Exemptions {
        #[command(subcommand)]
        command: ExemptionsCommand,
    },
    /// Explain a check: what it evaluates, why it matters and what to do; without a code, list the
    /// checks
    #[command(after_help = "Examples:\n  stagecert explain\n  stagecert explain certificate-expiry")]
    Explain {
        /// A check's code, such as certificate-expiry
        #[arg(value_parser = check())]
        code: Option<Check>,
        /// Explain all checks in one Markdown page
        #[arg(long, conflicts_with = "code")]
        all: bool,
        /// Write to this file instead of standard output (-)
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Print a shell completion script
    #[command(after_help = "Examples:\n  \
        stagecert completions bash > ~/.local/share/bash-completion/completions/stagecert\n  \
        stagecert completions zsh > ~/.zfunc/_stagecert\n  \
        stagecert completions fish > ~/.config/fish/completions/stagecert.fish")]
    Completions {
        /// The shell to complete commands and options for
        shell: Shell,
    },
    /// Print the manual page, or write one manual page per command
    #[command(
        after_help = "Examples:\n  stagecert man | man -l -\n  stagecert man --output ~/.local/share/man/man1"
    )]
    Man {
        /// Write stagecert.1, stagecert-scan.1 and so on to this folder
        #[arg(short, long, value_name = "DIR")]
        output: Option<PathBuf>,
        /// Print the help of all commands as one Markdown page
        #[arg(long, conflicts_with = "output")]
        markdown: bool,
    },
}

#[derive(ClapArgs)]
pub(crate) struct ScanArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    /// Use the parameters of this Config rule, in each account and Region as it is deployed there.
    /// --config and --param override them
    #[arg(long, value_name = "NAME", value_parser = rule_name, conflicts_with_all = ["snapshot", "example"])]
    pub(crate) rule: Option<String>,
    /// Show whether the backends of each stage enforce the certificate, from the JSON of `stagecert
    /// probe`; may be repeated. It is not a result in AWS Config
    #[arg(long, value_name = "FILE")]
    pub(crate) probes: Vec<PathBuf>,
    /// Evaluate the front door too: the ways to each API, and custom domain names with their
    /// truststores and certificates. If the rule parameter `checks` names front-door checks, only
    /// these are run and no stage is evaluated, with or without this option
    #[arg(long)]
    pub(crate) front_door: bool,
    #[command(flatten)]
    pub(crate) show: ShowArgs,
    #[command(flatten)]
    pub(crate) parameters: ParameterArgs,
}

#[derive(ClapArgs)]
pub(crate) struct ShowArgs {
    /// The output format. Default: the one of the extension of --output (.json, .csv, .md, .sarif,
    /// .xml for junit, .ics), otherwise a table
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Write to this file instead of standard output (-); on an error, an existing file is left
    /// unchanged
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// The order of the stages in the table
    #[arg(long, value_enum, default_value_t)]
    pub(crate) sort: Sort,
    /// Group the stages of the table
    #[arg(long, value_enum)]
    pub(crate) group_by: Option<GroupBy>,
    /// When to color the table
    #[arg(long, value_enum, default_value_t)]
    pub(crate) color: Color,
    /// Exit with status 1 only if one of these checks failed, or any check with one of these
    /// severities (critical, high, medium, low) or a worse one
    #[arg(long, value_name = "CODE|LEVEL,…", value_delimiter = ',', value_parser = FailOn::parse)]
    pub(crate) fail_on: Vec<FailOn>,
    /// Print nothing to standard output; errors, the exit status and the --output file are
    /// unaffected
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

impl ShowArgs {
    /// The output format.
    pub(crate) fn format(&self) -> Format {
        self.format.unwrap_or_else(|| Format::of_file(self.output.as_deref()))
    }
}

#[derive(ClapArgs)]
pub(crate) struct InvokeArgs {
    /// The event as AWS Config or EventBridge sends it to the function, or - for standard input
    pub(crate) event: PathBuf,
    /// Read this snapshot instead of the event's account
    #[arg(long, value_name = "FILE", conflicts_with = "example")]
    pub(crate) snapshot: Option<PathBuf>,
    /// Read the built-in example account instead of the event's account
    #[arg(long)]
    pub(crate) example: bool,
    /// Use the credentials and settings of this profile, regardless of environment variables
    #[arg(long, value_name = "NAME", conflicts_with_all = ["snapshot", "example"])]
    pub(crate) profile: Option<String>,
    /// Write to this file instead of standard output (-)
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Print nothing to standard output; errors, the exit status and the --output file are
    /// unaffected
    #[arg(short, long)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) parameters: ParameterArgs,
}

#[derive(ClapArgs)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// Compare with this earlier snapshot of the same account and Region, or with all earlier ones
    /// in this folder; may be repeated. Changes and trends are relative to the earliest snapshot;
    /// the mean time to remediate uses all of them
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) since: Vec<PathBuf>,
    /// Show whether the backends of each stage enforce the certificate, from the JSON of `stagecert
    /// probe`; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) probes: Vec<PathBuf>,
    /// Evaluate the front door too: the ways to each API, and custom domain names with their
    /// truststores and certificates. If the rule parameter `checks` names front-door checks, only
    /// these are run and no stage is evaluated, with or without this option
    #[arg(long)]
    pub(crate) front_door: bool,
    /// Include the backends of live accounts too, which exports every stage. Those of snapshots are
    /// always included
    #[arg(long)]
    pub(crate) backends: bool,
    /// Write to this file, or to standard output for -
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Write no progress and no notes to standard error, and don't print what was written
    #[arg(short, long)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) parameters: ParameterArgs,
}

#[derive(ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
#[command(group = clap::ArgGroup::new("source").args(["snapshot", "example", "region"]))]
pub(crate) struct SnapshotArgs {
    /// Redact this snapshot
    #[arg(long, value_name = "FILE", requires = "redact", conflicts_with_all = ["profile", "role_name", "account"])]
    pub(crate) snapshot: Option<PathBuf>,
    /// Write the built-in example account
    #[arg(long, conflicts_with_all = ["profile", "role_name", "account"])]
    pub(crate) example: bool,
    /// Take a snapshot of the account of your AWS credentials in this Region: everything that a
    /// scan reads, the exports of all stages and the stage variables in their integrations.
    /// Default: the Region of your settings
    #[arg(long, value_parser = live::region)]
    pub(crate) region: Option<String>,
    /// Use the credentials and settings of this profile, regardless of environment variables
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Take the snapshot of this account, with --role-name, instead of the account of your
    /// credentials
    #[arg(long, value_name = "ID", value_parser = live::account, requires = "role_name")]
    pub(crate) account: Option<String>,
    /// The role to assume in --account
    #[arg(long, value_name = "NAME", value_parser = live::role_name, requires = "account")]
    pub(crate) role_name: Option<String>,
    /// The rule parameters of later scans, such as appliesTo=all-stages, which determine what is
    /// exported
    #[command(flatten)]
    pub(crate) parameters: ParameterArgs,
    /// Export only the stages whose export a scan needs, and read no stage variables: faster, but
    /// the snapshot has no complete list of backends
    #[arg(long, conflicts_with_all = ["snapshot", "example"])]
    pub(crate) without_backends: bool,
    /// Include the front door: all APIs, custom domain names, truststores and, for private APIs,
    /// the network in front of them. More is read, which needs docs/front-door-policy.json
    #[arg(long, conflicts_with_all = ["snapshot", "example"])]
    pub(crate) front_door: bool,
    /// Replace IDs, names, hosts and tag values consistently, and leave out what neither a scan nor
    /// a list of backends needs
    #[arg(long)]
    pub(crate) redact: bool,
    /// Write to this file, or to standard output for -
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Write no progress and no notes to standard error
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Derive the replacements from the bytes of this file, so that several snapshots get the same
    /// replacements; by default, from a random key that is not stored
    #[arg(long, value_name = "FILE")]
    pub(crate) redaction_key: Option<PathBuf>,
    /// The keys of the tags to keep; their values are replaced
    #[arg(long, value_name = "KEYS", value_delimiter = ',', default_value = "owner,Owner")]
    pub(crate) owner_tag_keys: Vec<String>,
}

/// A rule name that matches the pattern in AWS's API model of Config (botocore).
fn rule_name(text: &str) -> Result<String, String> {
    if (1..=128).contains(&text.chars().count()) && !text.trim().is_empty() {
        Ok(text.into())
    } else {
        Err("expected a rule name: 1 to 128 characters".into())
    }
}

fn check() -> impl TypedValueParser<Value = Check> {
    let codes = PossibleValuesParser::new(Check::ALL.map(Check::code));
    codes.try_map(|code| Check::from_code(&code).ok_or("not a check"))
}
