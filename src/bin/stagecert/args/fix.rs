use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::live::one_source;
use super::{LiveArgs, ParameterArgs};

#[derive(ClapArgs)]
#[command(group = one_source())]
pub(crate) struct FixArgs {
    /// The stage, as API/STAGE or by its ARN
    #[arg(value_name = "STAGE")]
    pub(crate) stage: String,
    /// Find the stage in this snapshot; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) snapshot: Vec<PathBuf>,
    /// Find the stage in the built-in example account
    #[arg(long)]
    pub(crate) example: bool,
    #[command(flatten)]
    pub(crate) live: LiveArgs,
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
