//! The progress of a probe, on standard error: a bar in a terminal, otherwise a few lines if there
//! are many backends.

use std::io::Write;

use stagecert::probe::CONCURRENCY;

/// The maximum number of lines.
const MAX_LINES: usize = 20;

pub(super) struct Progress {
    total: usize,
    done: usize,
    quiet: bool,
    #[cfg(feature = "fleet")]
    bar: Option<indicatif::ProgressBar>,
}

impl Progress {
    /// Progress over `total` backends.
    pub(super) fn over(total: usize, quiet: bool) -> Self {
        Self {
            total,
            done: 0,
            quiet,
            #[cfg(feature = "fleet")]
            bar: bar(total).filter(|_| !quiet),
        }
    }

    /// Adds one backend.
    pub(super) fn advance(&mut self) {
        let part = |done: usize| done * MAX_LINES / self.total.max(1);
        let before = part(self.done);
        let after = part(self.done + 1);
        self.done += 1;
        #[cfg(feature = "fleet")]
        if let Some(bar) = &self.bar {
            bar.inc(1);
            return;
        }
        if !self.quiet && self.total > CONCURRENCY && after > before {
            // Fails only if standard error is closed, which is fine.
            let _ = writeln!(std::io::stderr(), "[{}/{}] backends", self.done, self.total);
        }
    }
}

/// A bar; `None` without a terminal.
#[cfg(feature = "fleet")]
fn bar(total: usize) -> Option<indicatif::ProgressBar> {
    use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
    use std::io::IsTerminal;

    if !std::io::stderr().is_terminal() {
        return None;
    }
    let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos}/{len} backends [{bar:8}] {elapsed}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.enable_steady_tick(std::time::Duration::from_millis(250));
    Some(bar)
}

#[cfg(feature = "fleet")]
impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
