//! How far a scan has come, on standard error: a bar on a terminal, else a line a place.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use stagecert::quote::printable;

use crate::scan_results::{Scanned, ScannedAccountRegion};

pub(crate) enum Progress {
    Silent,
    Lines { places: usize, done: usize },
    Bar(ProgressBar),
}

impl Progress {
    /// Over so many accounts and Regions.
    pub(crate) fn over(places: usize, quiet: bool) -> Self {
        let on_terminal = std::io::stderr().is_terminal();
        match places {
            _ if quiet => Self::Silent,
            _ if on_terminal => Self::Bar(bar(places)),
            // One alone says all there is when it ends.
            0 | 1 => Self::Silent,
            _ => Self::Lines { places, done: 0 },
        }
    }

    pub(crate) fn done(&mut self, account_region: &ScannedAccountRegion) {
        match self {
            Self::Silent => {}
            Self::Lines { places, done } => {
                *done += 1;
                let summary = Scanned::default().summary_of(account_region);
                let line = format!("[{done}/{places}] {}: {summary}", account_region.account_region);
                // Whoever closed standard error does not want to know.
                let _ = writeln!(std::io::stderr(), "{}", printable(&line));
            }
            Self::Bar(bar) => {
                bar.set_message(account_region.account_region.to_string());
                bar.inc(1);
            }
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

fn bar(places: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(places as u64), ProgressDrawTarget::stderr());
    let template = "{spinner} {pos}/{len} accounts and Regions [{bar:30}] {elapsed} {wide_msg}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}
