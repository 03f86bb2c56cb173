//! What to do, once per kind of problem, with the stages that have it.

use std::collections::HashMap;

use stagecert::checks::Check;

use super::shell::{AwsCommand, Variable, assignments};
use super::step::{Remedy, Step};
use super::text::Text;

/// The number of stages of a kind whose backends are named.
const MAX_WITH_BACKENDS: usize = 20;

/// A kind of problem: its steps, and the stages to which they apply.
pub(super) struct Kind {
    /// The position in the page, for the anchor.
    pub(super) number: usize,
    pub(super) title: &'static str,
    pub(super) steps: Vec<KindStep>,
    pub(super) stages: Vec<KindStage>,
}

/// A step for every stage of a kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct KindStep {
    pub(super) text: String,
    /// The commands, with shell variables for what differs between stages.
    pub(super) commands: Vec<String>,
}

/// A stage of a kind.
pub(super) struct KindStage {
    /// The number of the stage's row in the table.
    pub(super) row: usize,
    pub(super) label: Text,
    pub(super) account_region: Option<Text>,
    /// The assignments of the variables.
    pub(super) variables: String,
    /// The backends to configure, if the steps are about a certificate and backends are known, for
    /// the first stages of the kind.
    pub(super) backends: Option<Text>,
}

/// The kinds, in the order in which they were first added.
#[derive(Default)]
pub(super) struct Kinds {
    pub(super) kinds: Vec<Kind>,
    known: HashMap<(&'static str, Vec<KindStep>), usize>,
}

impl Kinds {
    /// Adds the remedies of a stage. Returns the number of the kind for each check that fails.
    pub(super) fn add(
        &mut self,
        remedies: &[Remedy],
        (row, label, account_region): (usize, &Text, Option<&Text>),
    ) -> HashMap<Check, usize> {
        let mut of_checks = HashMap::new();
        for remedy in remedies {
            let number = self.kind(remedy);
            let Some(kind) = self.kinds.get_mut(number - 1) else { continue };
            let is_short = kind.stages.len() < MAX_WITH_BACKENDS;
            kind.stages.push(KindStage {
                row,
                label: label.clone(),
                account_region: account_region.cloned(),
                variables: assignments(&variables(remedy)),
                backends: remedy.backends.as_ref().filter(|_| is_short).map(Text::of),
            });
            for check in remedy.checks {
                // The last remedy that names a check is the one for this check only.
                of_checks.insert(*check, number);
            }
        }
        of_checks
    }

    /// The number of the kind of a remedy.
    fn kind(&mut self, remedy: &Remedy) -> usize {
        let step = |step: &Step| KindStep {
            text: step.general.clone(),
            commands: step.commands.iter().map(|command| command.template().to_owned()).collect(),
        };
        let steps: Vec<KindStep> = remedy.steps.iter().map(step).collect();
        let next = self.kinds.len() + 1;
        let number = *self.known.entry((remedy.title, steps.clone())).or_insert(next);
        if number == next {
            self.kinds.push(Kind { number, title: remedy.title, steps, stages: Vec::new() });
        }
        number
    }
}

/// The variables that the commands of a remedy use, each once. `NEW` is reset, so that no command
/// uses the certificate of another stage.
fn variables(remedy: &Remedy) -> Vec<Variable> {
    let commands = || remedy.steps.iter().flat_map(|step| &step.commands);
    let mut variables: Vec<Variable> = Vec::new();
    for variable in commands().flat_map(AwsCommand::variables) {
        if !variables.iter().any(|(name, _)| *name == variable.0) {
            variables.push(variable.clone());
        }
    }
    if commands().any(|command| command.template().contains("${NEW:?}")) {
        variables.push(("NEW", String::new()));
    }
    variables
}
