//! The command line: looks at an account or a snapshot of one, and never puts a result.

mod args;
mod explain;
mod invoke;
mod output;
mod redact;
mod report;
mod scan;
mod source;
mod table;

use std::io::Write;
use std::process::ExitCode;

use args::{Args, Command};
use clap::Parser;
use stagecert::Failure;

/// What a command found, for the exit status.
enum Found {
    NothingFailed,
    SomethingFailed,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = Args::parse();
    let mut out = String::new();
    let found = match args.command {
        Command::Scan(args) => scan::run(&args, &mut out).await,
        Command::Invoke(args) => invoke::run(&args, &mut out).await,
        Command::Report(args) => report::run(&args, &mut out).await,
        Command::Snapshot(args) => redact::run(&args, &mut out),
        Command::Explain { code, all } => Ok(explain::run(code, all, &mut out)),
    };
    // What was found is printed even where something else went wrong. A reader that has seen enough closes the pipe.
    if std::io::stdout().write_all(out.as_bytes()).is_err() {
        return ExitCode::from(2);
    }
    match found {
        Ok(Found::NothingFailed) => ExitCode::SUCCESS,
        Ok(Found::SomethingFailed) => ExitCode::from(1),
        Err(failure) => {
            tell(&failure);
            ExitCode::from(2)
        }
    }
}

/// One line a failure on standard error.
fn tell(failure: &Failure) {
    let failures = match failure {
        Failure::Several(failures) => failures.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut err = std::io::stderr().lock();
    for failure in failures {
        let _ = writeln!(err, "error: {failure}");
    }
}
