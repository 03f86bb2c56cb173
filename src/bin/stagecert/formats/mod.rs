//! The output formats of a scan, one file per format. Each is built from [`ScanResults`] and shows
//! what could not be evaluated.

mod asff;
mod csv;
mod escape;
mod ics;
pub(crate) mod json;
mod junit;
mod markdown;
mod sarif;
mod table;

use std::ffi::OsStr;
use std::path::Path;

use clap::ValueEnum;
pub(crate) use escape::{cell, code};
use stagecert::Failure;

use crate::scan_results::ScanResults;
use crate::terminal::OutputStyle;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people, in a terminal
    Table,
    /// The complete results as JSON; see docs/scan.schema.json
    Json,
    /// One row per stage and check, for spreadsheets
    Csv,
    /// For tickets and pull requests
    #[value(alias = "md")]
    Markdown,
    /// Failed checks as SARIF 2.1.0, for code-scanning tools
    Sarif,
    /// Findings for BatchImportFindings of AWS Security Hub CSPM
    Asff,
    /// One test case per stage and check, for CI
    Junit,
    /// One calendar event per certificate when it expires, with alarms 30, 14, 7 and 1 days before
    Ics,
}

impl Format {
    /// The format of a file with this name, from its extension; a table by default.
    pub(crate) fn of_file(path: Option<&Path>) -> Self {
        let name = path.and_then(Path::file_name).and_then(OsStr::to_str).unwrap_or_default();
        let name = name.to_ascii_lowercase();
        let formats = [
            (".sarif", Self::Sarif),
            (".sarif.json", Self::Sarif),
            (".json", Self::Json),
            (".csv", Self::Csv),
            (".md", Self::Markdown),
            (".markdown", Self::Markdown),
            (".xml", Self::Junit),
            (".ics", Self::Ics),
        ];
        formats.into_iter().find(|(end, _)| name.ends_with(end)).map_or(Self::Table, |(_, format)| format)
    }

    /// The results in this format, with a final line break.
    pub(crate) fn page(self, results: &ScanResults, style: OutputStyle) -> Result<String, Failure> {
        match self {
            Self::Table => Ok(table::page(results, style)),
            Self::Json => json::page(results),
            Self::Csv => csv::page(results),
            Self::Markdown => Ok(markdown::page(results)),
            Self::Sarif => sarif::page(results),
            Self::Asff => asff::page(results),
            Self::Junit => junit::page(results),
            Self::Ics => Ok(ics::page(results)),
        }
    }

    /// Whether this format shows how many stages `--only` left out.
    pub(crate) fn shows_left_out(self) -> bool {
        !matches!(self, Self::Csv | Self::Asff)
    }
}

/// The value as indented JSON.
pub(crate) fn pretty(document: &impl serde::Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(document).map_err(unwritable)?;
    Ok(escape::json(&text) + "\n")
}

pub(crate) fn unwritable(error: impl std::fmt::Display) -> Failure {
    Failure::Malformed { field: "scan".into(), problem: error.to_string() }
}

#[cfg(test)]
#[path = "formats_tests.rs"]
mod tests;
