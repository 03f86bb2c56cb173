use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::ParameterArgs;

#[derive(ClapArgs)]
pub(crate) struct DiffArgs {
    /// The earlier snapshot, or a folder of snapshots: all its files *.json
    #[arg(value_name = "A")]
    pub(crate) before: PathBuf,
    /// The later snapshot, or a folder of snapshots of the same accounts and Regions. If a folder
    /// has several of one account and Region, the newest is used
    #[arg(value_name = "B")]
    pub(crate) after: PathBuf,
    /// The output format
    #[arg(long, value_enum, default_value_t = DiffFormat::Table)]
    pub(crate) format: DiffFormat,
    /// Write to this file instead of standard output (-); on an error, an existing file is left
    /// unchanged
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) parameters: ParameterArgs,
    /// Print nothing to standard output, and no notes; errors, the exit status and the --output
    /// file are unaffected
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// The output formats of `diff`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// For people, in a terminal
    Table,
    /// A JSON document; see docs/diff.schema.json
    Json,
    /// For tickets and pull requests
    #[value(alias = "md")]
    Markdown,
}
