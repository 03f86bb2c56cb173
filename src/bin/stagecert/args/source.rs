use std::path::PathBuf;

use clap::{ArgGroup, Args as ClapArgs};

use super::live::LiveArgs;

/// What a command reads: snapshots, the example account, or live accounts. Without any of these
/// options, it is the account of the credentials in the Region of the settings.
#[derive(ClapArgs)]
#[command(
    group = ArgGroup::new("source").args(["snapshot", "example", "region", "all_regions", "aggregator"])
)]
pub(crate) struct SourceArgs {
    /// Read this snapshot, as of the time it was taken; may be repeated for other accounts and
    /// Regions
    #[arg(long, value_name = "FILE")]
    pub(crate) snapshot: Vec<PathBuf>,
    /// Read the built-in example account
    #[arg(long)]
    pub(crate) example: bool,
    #[command(flatten)]
    pub(crate) live: LiveArgs,
}

impl SourceArgs {
    /// Whether live accounts are read.
    pub(crate) fn is_live(&self) -> bool {
        self.snapshot.is_empty() && !self.example
    }

    /// The words that select the same source again; `None` for standard input.
    pub(crate) fn options(&self) -> Option<Vec<String>> {
        let mut words = Vec::new();
        for path in &self.snapshot {
            if path.as_os_str() == "-" {
                return None;
            }
            words.extend(["--snapshot".into(), path.display().to_string()]);
        }
        if self.example {
            words.push("--example".into());
        }
        words.extend(self.live.options());
        Some(words)
    }
}
