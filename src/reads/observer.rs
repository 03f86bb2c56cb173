use std::fmt;

/// A step of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// This many stages are listed.
    Listed(usize),
    /// This many more stages were evaluated without an export.
    Evaluated(usize),
    /// This many stages need an export.
    ExportsNeeded(usize),
    /// The export of one more of these stages was read, failed or turned out to be unnecessary.
    Exported,
}

/// Receives the steps of a scan, to show its progress. The function has none.
#[derive(Clone, Copy, Default)]
pub struct Observer<'a>(Option<&'a dyn Fn(Step)>);

impl<'a> Observer<'a> {
    /// An observer that passes each step to `observe`.
    #[must_use]
    pub fn new(observe: &'a dyn Fn(Step)) -> Self {
        Self(Some(observe))
    }

    pub(crate) fn notify(self, step: Step) {
        if let Some(observe) = self.0 {
            observe(step);
        }
    }
}

impl fmt::Debug for Observer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Observer" } else { "no Observer" })
    }
}
