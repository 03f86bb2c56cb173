use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::{ParameterArgs, SourceArgs};

#[derive(ClapArgs)]
pub(crate) struct FixArgs {
    /// The stage, as API/STAGE or by its ARN; with --front-door, the id of an API or a custom
    /// domain name (with +ID if it is private)
    #[arg(value_name = "STAGE")]
    pub(crate) stage: String,
    /// Fix the front door of an API, or a custom domain name, instead of a stage
    #[arg(long)]
    pub(crate) front_door: bool,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    /// Write to this file instead of standard output (-); on an error, an existing file is left
    /// unchanged
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) parameters: ParameterArgs,
    /// Write no progress and no notes to standard error
    #[arg(short, long)]
    pub(crate) quiet: bool,
}
