//! What a scan of live accounts is reading at the moment.

use std::cell::Cell;

use indicatif::ProgressBar;
use stagecert::parameters::CallsPerSecond;
use stagecert::scan::Step;

use crate::output;

/// The number of exports from which a note without a terminal says how long they take.
const MIN_EXPORTS_FOR_NOTE: usize = 30;

/// The counts of all accounts and Regions that are read.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    stages: Cell<usize>,
    evaluated: Cell<usize>,
    exports: Cell<usize>,
    exported: Cell<usize>,
    /// Where the counts are shown; `None` without a terminal.
    bar: Option<ProgressBar>,
    /// Whether a single account and Region is read: the bar then counts its stages.
    is_single: bool,
    quiet: bool,
}

impl Activity {
    pub(crate) fn new(bar: Option<ProgressBar>, is_single: bool, quiet: bool) -> Self {
        let activity = Self { bar, is_single, quiet, ..Self::default() };
        if let Some(bar) = &activity.bar {
            bar.set_message("listing stages");
        }
        activity
    }

    /// Adds a step of an account and Region that is read at this rate.
    pub(crate) fn add(&self, step: Step, calls: CallsPerSecond) {
        let increase = |count: &Cell<usize>, by: usize| count.set(count.get() + by);
        match step {
            Step::Listed(stages) => increase(&self.stages, stages),
            Step::Evaluated(stages) => increase(&self.evaluated, stages),
            Step::ExportsNeeded(stages) => increase(&self.exports, stages),
            Step::Exported => increase(&self.exported, 1),
        }
        let Some(bar) = &self.bar else {
            if let Step::ExportsNeeded(exports @ MIN_EXPORTS_FOR_NOTE..) = step
                && self.is_single
                && !self.quiet
            {
                output::note(&note(exports, calls));
            }
            return;
        };
        if self.is_single {
            bar.set_length(self.stages.get() as u64);
            bar.set_position((self.evaluated.get() + self.exported.get()) as u64);
        }
        bar.set_message(self.message(calls));
    }

    /// What is read, how much of how much, and why it takes its time.
    fn message(&self, calls: CallsPerSecond) -> String {
        let (exports, exported) = (self.exports.get(), self.exported.get());
        if exported < exports {
            return format!(
                "{exported}/{exports} exports at {calls} calls/s, so deployments aren't throttled"
            );
        }
        format!("{}/{} stages evaluated", self.evaluated.get() + exported, self.stages.get())
    }
}

/// How long the exports take, without a terminal.
fn note(exports: usize, calls: CallsPerSecond) -> String {
    let seconds = (calls.period() * u32::try_from(exports).unwrap_or(u32::MAX)).as_secs();
    format!(
        "exporting {exports} stages at {calls} calls per second, so that deployments are not throttled: about {seconds} s; \
         --param apiGatewayCallsPerSecond=8 is the maximum"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_counts_what_is_read_and_gives_the_rate_and_its_reason() {
        let bar = ProgressBar::hidden();
        let activity = Activity::new(Some(bar.clone()), true, false);
        let calls = CallsPerSecond::default();
        assert_eq!(bar.message(), "listing stages");
        for (step, position, message) in [
            (Step::Listed(250), 0, "0/250 stages evaluated"),
            (Step::Evaluated(100), 100, "100/250 stages evaluated"),
            (Step::Evaluated(90), 190, "190/250 stages evaluated"),
            (Step::ExportsNeeded(2), 190, "0/2 exports at 3 calls/s, so deployments aren't throttled"),
            (Step::Exported, 191, "1/2 exports at 3 calls/s, so deployments aren't throttled"),
            (Step::Exported, 192, "192/250 stages evaluated"),
        ] {
            activity.add(step, calls);
            assert_eq!(
                (bar.position(), bar.length(), bar.message().as_str()),
                (position, Some(250), message)
            );
        }
    }

    #[test]
    fn without_a_terminal_a_note_says_how_long_the_exports_take() {
        let calls = CallsPerSecond::new(8).unwrap();
        assert!(
            note(5000, calls)
                .starts_with("exporting 5000 stages at 8 calls per second, so that deployments are")
        );
        assert!(note(5000, calls).contains(": about 630 s; "), "{}", note(5000, calls));
    }
}
