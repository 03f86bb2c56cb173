mod live;

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};
use clap_complete::Shell;
use serde_json::Value;
use stagecert::Failure;
use stagecert::checks::Check;
use stagecert::parameters::{Parameters, RawParameters};

use crate::formats::Format;
pub(crate) use live::LiveArgs;

/// Which API Gateway stages can be walked around?
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
    /// Judge all stages of an account and Region, or of many
    #[command(after_help = "Examples:\n  stagecert scan --example\n  \
        stagecert scan --snapshot account.json --param expiryWindowDays=90 --format json\n  \
        stagecert scan --region eu-west-1 --only certificate-expiry\n  \
        stagecert scan --region eu-west-1 --fail-on certificate-attached,certificate-expiry --quiet\n  \
        stagecert scan --region eu-west-1 --format sarif --output stages.sarif\n  \
        stagecert scan --all-regions --profile audit\n  \
        stagecert scan --region eu-west-1 --region us-east-1 --role-name stagecert-reader --organization\n  \
        stagecert scan --aggregator organization --role-name stagecert-reader")]
    Scan(Box<ScanArgs>),
    /// Print the PutEvaluations requests that the Lambda function would send for an event, and send nothing
    #[command(
        after_help = "Examples:\n  stagecert invoke events/scheduled.json --snapshot examples/account.json\n  \
        stagecert invoke event.json"
    )]
    Invoke(InvokeArgs),
    /// Say what a check asks, why it matters and what to do; without a code, list the checks
    #[command(after_help = "Examples:\n  stagecert explain\n  stagecert explain certificate-expiry")]
    Explain {
        /// A check's code, such as certificate-expiry
        #[arg(value_parser = check)]
        code: Option<Check>,
        /// All checks in one Markdown page
        #[arg(long, conflicts_with = "code")]
        all: bool,
    },
    /// Print a script that completes commands and options in a shell
    #[command(after_help = "Examples:\n  \
        stagecert completions bash > ~/.local/share/bash-completion/completions/stagecert\n  \
        stagecert completions zsh > ~/.zfunc/_stagecert\n  \
        stagecert completions fish > ~/.config/fish/completions/stagecert.fish")]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, or write one for every command
    #[command(
        after_help = "Examples:\n  stagecert man | man -l -\n  stagecert man --output ~/.local/share/man/man1"
    )]
    Man {
        /// Write stagecert.1, stagecert-scan.1 and so on into this folder
        #[arg(short, long, value_name = "DIR")]
        output: Option<PathBuf>,
        /// All commands in one Markdown page
        #[arg(long, conflicts_with = "output")]
        markdown: bool,
    },
}

#[derive(ClapArgs)]
pub(crate) struct ScanArgs {
    #[command(flatten)]
    pub(crate) source: ScanSource,
    #[command(flatten)]
    pub(crate) live: LiveArgs,
    #[command(flatten)]
    pub(crate) show: ShowArgs,
    #[command(flatten)]
    pub(crate) parameters: ParameterArgs,
}

#[derive(ClapArgs)]
pub(crate) struct ShowArgs {
    /// How to print what was found
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// Write to this file, wholly or not at all, in place of standard output (-)
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Show the findings of these checks alone, and in lists of stages those that fail one of them; every stage is judged
    /// as without it, and the summary counts what is left out
    #[arg(long, value_name = "CODE,…", value_delimiter = ',', value_parser = check)]
    pub(crate) only: Vec<Check>,
    /// Exit with 1 only if one of these checks failed
    #[arg(long, value_name = "CODE,…", value_delimiter = ',', value_parser = check)]
    pub(crate) fail_on: Vec<Check>,
    /// Print nothing on standard output; errors and the exit status tell, and --output still writes its file
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

#[derive(ClapArgs)]
#[group(required = true, multiple = false)]
pub(crate) struct ScanSource {
    /// Judge a snapshot, at the instant it was taken at
    #[arg(long, value_name = "FILE")]
    pub(crate) snapshot: Option<PathBuf>,
    /// Judge the example account that is built in
    #[arg(long)]
    pub(crate) example: bool,
    /// Judge the account of your AWS credentials in this Region, now; may be repeated
    #[arg(long, value_parser = live::region)]
    pub(crate) region: Vec<String>,
    /// Judge it in every Region that is enabled in it
    #[arg(long)]
    pub(crate) all_regions: bool,
    /// Judge the stages that this aggregator of AWS Config shows, in all accounts and Regions that it covers
    #[arg(long, value_name = "NAME", value_parser = live::aggregator, requires = "role_name")]
    pub(crate) aggregator: Option<String>,
}

#[derive(ClapArgs)]
pub(crate) struct InvokeArgs {
    /// The event as AWS Config hands it to the function, or - for standard input
    pub(crate) event: PathBuf,
    /// Read this snapshot in place of the event's account
    #[arg(long, value_name = "FILE")]
    pub(crate) snapshot: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) parameters: ParameterArgs,
}

#[derive(ClapArgs)]
pub(crate) struct ParameterArgs {
    /// A rule parameter, such as expiryWindowDays=90; may be repeated
    #[arg(long = "param", value_name = "KEY=VALUE", value_parser = pair)]
    pairs: Vec<(String, String)>,
}

impl ParameterArgs {
    /// The parameters as given.
    pub(crate) fn raw(&self) -> Result<RawParameters, Failure> {
        RawParameters::from_pairs(
            self.pairs.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))),
        )
    }

    /// The parameters, validated.
    pub(crate) fn parameters(&self) -> Result<Parameters, Failure> {
        self.raw()?.validate()
    }

    /// As the JSON text of an event's `ruleParameters`; `None` where none were given.
    pub(crate) fn rule_parameters(&self) -> Result<Option<String>, Failure> {
        self.parameters()?;
        let object: serde_json::Map<String, Value> =
            self.pairs.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect();
        Ok((!object.is_empty()).then(|| Value::Object(object).to_string()))
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE, such as expiryWindowDays=90")?;
    Ok((key.to_owned(), value.to_owned()))
}

fn check(code: &str) -> Result<Check, String> {
    Check::from_code(code).ok_or_else(|| format!("the checks are {}", Check::ALL.map(Check::code).join(", ")))
}
