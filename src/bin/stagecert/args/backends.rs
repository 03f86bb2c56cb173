use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, ValueEnum};
use glob::Pattern;

use super::{ParameterArgs, SourceArgs};
use crate::terminal::Color;

#[derive(ClapArgs)]
pub(crate) struct BackendsArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    /// What the table is grouped by, and the order in CSV and JSON
    #[arg(long, value_enum, default_value_t)]
    pub(crate) by: BackendsBy,
    /// Your own domain, as a glob such as '*.example.com'; may be repeated. Hosts that match none
    /// are marked as another organization's
    #[arg(long, value_name = "GLOB", value_parser = domain)]
    pub(crate) own_domain: Vec<Pattern>,
    /// The output format. Default: the one of the extension of --output (.json, .csv), otherwise a
    /// table
    #[arg(long, value_enum)]
    format: Option<BackendsFormat>,
    /// Write to this file instead of standard output (-); on an error, an existing file is left
    /// unchanged
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// When to color the table
    #[arg(long, value_enum, default_value_t)]
    pub(crate) color: Color,
    /// Print nothing to standard output, and no notes; errors, the exit status and the --output
    /// file are unaffected
    #[arg(short, long)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) parameters: ParameterArgs,
}

impl BackendsArgs {
    /// The output format.
    pub(crate) fn format(&self) -> BackendsFormat {
        self.format.unwrap_or_else(|| BackendsFormat::of_file(self.output.as_deref()))
    }
}

/// The output formats of `backends`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BackendsFormat {
    /// For people, in a terminal
    Table,
    /// A JSON document; see docs/backends.schema.json
    Json,
    /// One row per stage and backend, for spreadsheets
    Csv,
}

impl BackendsFormat {
    fn of_file(path: Option<&Path>) -> Self {
        let extension = path.and_then(Path::extension).and_then(OsStr::to_str).unwrap_or_default();
        match extension.to_ascii_lowercase().as_str() {
            "json" => Self::Json,
            "csv" => Self::Csv,
            _ => Self::Table,
        }
    }
}

/// What the backends are grouped by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum BackendsBy {
    /// The backends of each stage
    #[default]
    Stage,
    /// The stages that call each host and port, those with the most stages first
    Host,
}

fn domain(text: &str) -> Result<Pattern, String> {
    Pattern::new(text)
        .map_err(|error| format!("expected a domain or a glob, such as '*.example.com': {}", error.msg))
}
