//! The command line: evaluates an account or a snapshot of one. Only `retry`,
//! `findings archive` and `rotate` write to AWS, and only with `--yes`; `rotate` also asks.

#[cfg(feature = "fleet")]
mod activity;
mod args;
mod chosen;
mod clock;
mod commands;
mod config_file;
#[cfg(feature = "fleet")]
mod deployed_rule;
#[cfg(feature = "fleet")]
mod deployment;
mod errors;
#[cfg(feature = "fleet")]
mod exemption_reader;
mod exemptions;
mod exit_status;
mod filter;
#[cfg_attr(not(feature = "fleet"), path = "no_fleet.rs")]
mod fleet;
mod formats;
mod front_door;
mod front_door_words;
mod gate;
mod hint;
mod input;
#[cfg(feature = "fleet")]
mod live_snapshot;
#[cfg(not(feature = "probe"))]
mod no_probe;
#[cfg(not(feature = "rotate"))]
mod no_rotate;
mod output;
mod permission;
mod probed;
#[cfg(feature = "fleet")]
mod progress;
mod reading;
#[cfg(feature = "fleet")]
mod region;
mod scan_results;
mod source;
mod summary;
mod terminal;
mod words;

use std::io::Write;
use std::process::ExitCode;

use args::{Args, Command};
use clap::{CommandFactory, Parser};
#[cfg(feature = "probe")]
use commands::probe;
use commands::{backends, diff, explain, fix, invoke, man, report, scan, snapshot};
#[cfg(feature = "fleet")]
use commands::{coverage, findings, orphans, preflight, retry};
use exit_status::ExitStatus;
use tokio::runtime::Builder;

fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            return ExitCode::from(2);
        }
    };
    let status = runtime.block_on(run(args));
    // A name resolution that ran out of time would delay the exit.
    runtime.shutdown_background();
    status
}

async fn run(args: Args) -> ExitCode {
    let mut out = String::new();
    let status = match args.command {
        Command::Scan(args) => scan::run(&args, &mut out).await,
        Command::Invoke(args) => invoke::run(&args, &mut out).await,
        Command::Exemptions { command } => commands::exemptions::run(&command, &mut out),
        Command::Explain { code, all, output } => explain::run(code, all, output.as_deref(), &mut out),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "stagecert", &mut script);
            out.push_str(&String::from_utf8_lossy(&script));
            Ok(ExitStatus::NothingFailed)
        }
        Command::Man { output, markdown } => man::run(output.as_deref(), markdown, &mut out),
        Command::Backends(args) => backends::run(&args, &mut out).await,
        Command::Diff(args) => diff::run(&args, &mut out).await,
        Command::Fix(args) => fix::run(&args, &mut out).await,
        #[cfg(feature = "probe")]
        Command::Probe(args) => probe::run(&args, &mut out).await,
        #[cfg(not(feature = "probe"))]
        Command::Probe(_) => no_probe::probe(),
        Command::Report(args) => report::run(&args, &mut out).await,
        Command::Snapshot(args) => snapshot::run(&args, &mut out).await,
        #[cfg(feature = "fleet")]
        Command::Coverage(args) => coverage::run(&args, &mut out).await,
        #[cfg(feature = "fleet")]
        Command::Preflight(args) => preflight::run(&args, &mut out).await,
        #[cfg(feature = "fleet")]
        Command::Retry(args) => retry::run(&args, &mut out).await,
        #[cfg(feature = "fleet")]
        Command::Orphans(args) => orphans::run(&args, &mut out).await,
        #[cfg(feature = "rotate")]
        Command::Rotate { command } => commands::rotate::run(&command, &mut out).await,
        #[cfg(not(feature = "rotate"))]
        Command::Rotate { .. } => no_rotate::rotate(),
        #[cfg(feature = "fleet")]
        Command::Findings { command } => findings::run(&command, &mut out).await,
        #[cfg(not(feature = "fleet"))]
        Command::Findings { .. } => fleet::findings(),
        #[cfg(not(feature = "fleet"))]
        Command::Coverage(args::CoverageArgs { deployment, .. })
        | Command::Preflight(args::PreflightArgs { deployment, .. })
        | Command::Retry(args::RetryArgs { deployment, .. })
        | Command::Orphans(args::OrphansArgs { deployment, .. }) => fleet::deployment(&deployment),
    };
    // Results are printed even if something failed. Writing fails if the reader has closed the
    // pipe.
    if std::io::stdout().write_all(out.as_bytes()).is_err() {
        return ExitCode::from(2);
    }
    match status {
        Ok(ExitStatus::NothingFailed) => ExitCode::SUCCESS,
        Ok(ExitStatus::SomethingFailed) => ExitCode::from(1),
        Err(failure) => {
            // Fails only if standard error is closed, which is fine.
            let _ = std::io::stderr().write_all(errors::text(&failure).as_bytes());
            ExitCode::from(2)
        }
    }
}
