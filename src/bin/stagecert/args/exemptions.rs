use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use jiff::civil::Date;

#[derive(Subcommand)]
pub(crate) enum ExemptionsCommand {
    /// Check an exemption document, and list the exemptions that have lapsed
    ///
    /// Exit status: 0 if the document is valid and no exemption has lapsed, 1 if one has, 2 if the
    /// document is not valid.
    #[command(after_help = "Examples:\n  \
        stagecert exemptions check exemptions.json\n  \
        stagecert exemptions check exemptions.json --on 2027-01-01")]
    Check(CheckExemptionsArgs),
}

#[derive(ClapArgs)]
pub(crate) struct CheckExemptionsArgs {
    /// The document, or - for standard input
    pub(crate) file: PathBuf,
    /// Check which exemptions have lapsed on this day, in UTC, instead of today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) on: Option<Date>,
    /// Print nothing to standard output; errors and the exit status are unaffected
    #[arg(short, long)]
    pub(crate) quiet: bool,
}
