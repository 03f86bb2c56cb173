//! The formats of a scan, a file each. All are made from [`Scanned`], and each shows what could not be judged.

mod asff;
mod csv;
mod escape;
mod json;
mod junit;
mod markdown;
mod sarif;
mod table;

use clap::ValueEnum;
use stagecert::Failure;

use crate::scan_results::Scanned;
use crate::terminal::Look;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// All of it as data; docs/scan.schema.json describes it
    Json,
    /// A row a stage and check, for spreadsheets
    Csv,
    /// For tickets and pull requests
    Markdown,
    /// Failed checks for code-scanning tools, SARIF 2.1.0
    Sarif,
    /// Findings for AWS Security Hub's BatchImportFindings
    Asff,
    /// A test a stage and check, for CI
    Junit,
}

impl Format {
    /// The whole page, with a line break at its end.
    pub(crate) fn page(self, scanned: &Scanned, look: Look) -> Result<String, Failure> {
        match self {
            Self::Table => Ok(table::page(scanned, look)),
            Self::Json => json::page(scanned),
            Self::Csv => csv::page(scanned),
            Self::Markdown => Ok(markdown::page(scanned)),
            Self::Sarif => sarif::page(scanned),
            Self::Asff => asff::page(scanned),
            Self::Junit => junit::page(scanned),
        }
    }

    /// Whether a page of this format says itself what `--only` left out.
    pub(crate) fn tells_what_was_left_out(self) -> bool {
        !matches!(self, Self::Csv | Self::Asff)
    }
}

/// A value as JSON for people to read.
pub(crate) fn pretty(document: &impl serde::Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(document).map_err(unwritable)?;
    Ok(escape::json(&text) + "\n")
}

fn unwritable(error: impl std::fmt::Display) -> Failure {
    Failure::Malformed { field: "scan".into(), problem: error.to_string() }
}

#[cfg(test)]
#[path = "formats_tests.rs"]
mod tests;
