#[cfg(feature = "probe")]
use std::ffi::OsStr;
#[cfg(feature = "probe")]
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, ValueEnum};
use glob::Pattern;
use stagecert::resources::origin::Origin;
use stagecert::resources::resolve_override::ResolveOverride;

use super::duration::duration;
use super::{ParameterArgs, SourceArgs};
use crate::terminal::Color;

#[derive(ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(crate) struct ProbeArgs {
    /// Probe this URL instead of the backends of an account; may be repeated
    #[arg(long, value_name = "URL", value_parser = url, conflicts_with_all = ["host", "source", "profile", "role_name"])]
    pub(crate) url: Vec<ProbeUrl>,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    /// Probe the backends with this host, or hosts that match this glob, such as
    /// '*.internal.example.com'; may be repeated. Backends behind a VPC link are probed only if
    /// they are named without a wildcard
    #[arg(long, value_name = "GLOB", value_parser = host, required_unless_present_any = ["url", "dry_run"])]
    pub(crate) host: Vec<Pattern>,
    /// Only list what would be contacted; send nothing and resolve no name
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Also send requests with a new self-signed certificate that has the subject of API Gateway's
    /// certificates. A backend that accepts it checks only the subject
    #[arg(long)]
    pub(crate) impostor: bool,
    /// Also contact loopback and private addresses. Link-local addresses, which include instance
    /// metadata, are never contacted
    #[arg(long)]
    pub(crate) allow_private: bool,
    /// Send requests even if the server's certificate does not verify, which is still reported
    #[arg(long)]
    pub(crate) insecure: bool,
    /// Also trust the certificate authorities in this PEM file
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_bundle: Option<PathBuf>,
    /// Use these addresses for a host and port instead of those of DNS; may be repeated
    #[arg(long, value_name = "HOST:PORT:ADDRESS,…")]
    pub(crate) resolve: Vec<ResolveOverride>,
    /// The maximum duration of one request, from name resolution to the end of the response
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = timeout)]
    pub(crate) timeout: Duration,
    /// The output format. Default: the one of the extension of --output (.json, .csv), otherwise a
    /// table
    #[arg(long, value_enum)]
    format: Option<ProbeFormat>,
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

#[cfg(feature = "probe")]
impl ProbeArgs {
    /// The output format.
    pub(crate) fn format(&self) -> ProbeFormat {
        self.format.unwrap_or_else(|| ProbeFormat::of_file(self.output.as_deref()))
    }
}

/// A URL to probe.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "probe"), expect(dead_code, reason = "only a probe reads them"))]
pub(crate) struct ProbeUrl {
    pub(crate) origin: Origin,
    /// The path and query.
    pub(crate) path: String,
}

/// The output formats of `probe`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProbeFormat {
    /// For people, in a terminal
    Table,
    /// A JSON document; see docs/probe.schema.json
    Json,
    /// One row per backend, for spreadsheets
    Csv,
}

#[cfg(feature = "probe")]
impl ProbeFormat {
    fn of_file(path: Option<&Path>) -> Self {
        let extension = path.and_then(Path::extension).and_then(OsStr::to_str).unwrap_or_default();
        match extension.to_ascii_lowercase().as_str() {
            "json" => Self::Json,
            "csv" => Self::Csv,
            _ => Self::Table,
        }
    }
}

fn url(text: &str) -> Result<ProbeUrl, String> {
    Origin::parse(text).map(|(origin, path)| ProbeUrl { origin, path })
}

fn host(text: &str) -> Result<Pattern, String> {
    Pattern::new(text).map_err(|error| {
        format!("expected a host or a glob, such as '*.internal.example.com': {}", error.msg)
    })
}

fn timeout(text: &str) -> Result<Duration, String> {
    const MAX: Duration = Duration::from_mins(10);
    duration(text).and_then(|it| if it <= MAX { Ok(it) } else { Err("allowed: up to 10m".into()) })
}
