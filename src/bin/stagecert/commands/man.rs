//! The documentation of the command line: manual pages and `docs/cli.md`.

use std::fmt::Write as _;
use std::path::Path;

use clap::{Command, CommandFactory};
use stagecert::Failure;

use crate::args::Args;
use crate::exit_status::ExitStatus;

/// The width of the help text in `docs/cli.md`, in columns.
const COLUMNS: usize = 100;

/// Writes one manual page per command to `folder`, or prints the manual page of the program.
pub(crate) fn run(folder: Option<&Path>, markdown: bool, out: &mut String) -> Result<ExitStatus, Failure> {
    match folder {
        _ if markdown => out.push_str(&page()),
        Some(folder) => {
            std::fs::create_dir_all(folder)
                .and_then(|()| clap_mangen::generate_to(Args::command(), folder))
                .map_err(|source| failed(folder, source))?;
        }
        None => {
            let mut roff = Vec::new();
            let page = clap_mangen::Man::new(Args::command());
            page.render(&mut roff).map_err(|source| failed(Path::new("-"), source))?;
            out.push_str(&String::from_utf8_lossy(&roff));
        }
    }
    Ok(ExitStatus::NothingFailed)
}

fn failed(path: &Path, source: std::io::Error) -> Failure {
    Failure::File { path: path.display().to_string(), source }
}

/// The text of `docs/cli.md`: the help of every command.
fn page() -> String {
    let mut command = Args::command().term_width(COLUMNS);
    command.build();
    let mut page = String::from(
        "# Command line\n\n`make docs` generates this page from the definitions in `src/bin/stagecert/args/`.\n",
    );
    section(&command, &mut page);
    page
}

fn section(command: &Command, page: &mut String) {
    let help = command.clone().render_long_help().to_string();
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let _ = write!(page, "\n## {name}\n\n```text\n");
    for line in help.lines() {
        let _ = writeln!(page, "{}", line.trim_end());
    }
    page.push_str("```\n");
    commands(command).for_each(|command| section(command, page));
}

/// The subcommands except `help`, which only repeats the others.
fn commands(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|command| command.get_name() != "help" && !command.is_hide_set())
}
