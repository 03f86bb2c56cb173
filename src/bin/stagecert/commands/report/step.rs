//! What remediation steps consist of.

use stagecert::checks::Check;

use super::shell::AwsCommand;

/// What to do about one problem of a stage.
#[derive(Debug)]
pub(in crate::commands) struct Remedy {
    pub(in crate::commands) title: &'static str,
    /// The checks that pass once it is done.
    pub(super) checks: &'static [Check],
    pub(in crate::commands) steps: Vec<Step>,
    /// The backends to configure, if they are known.
    pub(super) backends: Option<String>,
}

/// A remediation step: an instruction and its commands.
#[derive(Debug)]
pub(in crate::commands) struct Step {
    /// The instruction for the stage.
    pub(in crate::commands) text: String,
    /// The instruction for every stage with the same problem.
    pub(super) general: String,
    pub(in crate::commands) commands: Vec<AwsCommand>,
}

impl Step {
    pub(super) fn new(text: impl Into<String>, commands: Vec<AwsCommand>) -> Self {
        let text = text.into();
        Self { general: text.clone(), text, commands }
    }

    /// A step whose instruction contains more about the stage.
    pub(super) fn specific(
        text: impl Into<String>,
        general: impl Into<String>,
        commands: Vec<AwsCommand>,
    ) -> Self {
        Self { text: text.into(), general: general.into(), commands }
    }
}
