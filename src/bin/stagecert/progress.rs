//! The progress of a scan, on standard error: a bar in a terminal, otherwise one line per account
//! and Region.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use stagecert::quote::printable;

use crate::activity::Activity;
use crate::scan_results::{ScanResults, ScannedAccountRegion};

/// The number of lines that [`Progress::advance`] writes.
const MAX_LINES: usize = 20;

pub(crate) enum Progress {
    Silent,
    Lines { total: usize, done: usize },
    Bar(ProgressBar),
}

impl Progress {
    /// Progress over `total` accounts and Regions.
    pub(crate) fn over(total: usize, quiet: bool) -> Self {
        let on_terminal = std::io::stderr().is_terminal();
        match total {
            _ if quiet => Self::Silent,
            _ if on_terminal => Self::Bar(bar(total)),
            // With a single account and Region, the summary says it all.
            0 | 1 => Self::Silent,
            _ => Self::Lines { total, done: 0 },
        }
    }

    /// The progress within the accounts and Regions.
    pub(crate) fn activity(&self, total: usize, quiet: bool) -> Activity {
        let bar = match self {
            Self::Bar(bar) => Some(bar.clone()),
            Self::Silent | Self::Lines { .. } => None,
        };
        Activity::new(bar, total == 1, quiet)
    }

    /// Adds `count` accounts and Regions, the last of which are `what`. Without a terminal, at most
    /// [`MAX_LINES`] lines are written.
    pub(crate) fn advance(&mut self, count: usize, what: &str) {
        match self {
            Self::Silent => {}
            Self::Lines { total, done } => {
                let part = |done: usize| done * MAX_LINES / (*total).max(1);
                let before = part(*done);
                *done += count;
                if part(*done) > before {
                    let _ = writeln!(std::io::stderr(), "[{done}/{total}] accounts and Regions");
                }
            }
            Self::Bar(bar) => {
                bar.set_message(printable(what));
                bar.inc(count as u64);
            }
        }
    }

    pub(crate) fn done(&mut self, scanned: &ScannedAccountRegion) {
        match self {
            Self::Silent => {}
            Self::Lines { total, done } => {
                *done += 1;
                let summary = ScanResults::default().summary_of(scanned);
                let line = format!("[{done}/{total}] {}: {summary}", scanned.account_region);
                // Fails only if standard error is closed, which is fine.
                let _ = writeln!(std::io::stderr(), "{}", printable(&line));
            }
            Self::Bar(bar) => bar.inc(1),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
    let template = match total {
        1 => "{spinner} [{bar:8}] {elapsed} {wide_msg}",
        _ => "{spinner} {pos}/{len} accounts and Regions [{bar:8}] {elapsed} {wide_msg}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}
