//! The checks that a scan runs, by what they evaluate.

use std::collections::BTreeSet;

use stagecert::checks::Check;
use stagecert::parameters::Parameters;

/// The checks of stages and those of the front door.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ChosenChecks {
    /// The checks of stages; no stage is evaluated without any.
    pub(crate) stage: BTreeSet<Check>,
    /// The checks of APIs and custom domain names; none is evaluated without any.
    pub(crate) front_door: BTreeSet<Check>,
}

impl ChosenChecks {
    /// The checks that the parameters name, and with `front_door` all checks of the front door
    /// unless the parameters name some.
    pub(crate) fn of(parameters: &Parameters, front_door: bool) -> Self {
        let named = parameters.checks.iter().copied();
        let (mut of_front_door, stage): (BTreeSet<Check>, BTreeSet<Check>) =
            named.partition(|check| check.is_of_front_door());
        if front_door && of_front_door.is_empty() {
            of_front_door = Check::FRONT_DOOR.into();
        }
        Self { stage, front_door: of_front_door }
    }

    /// Whether no stage is evaluated, only the front door.
    pub(crate) fn is_only_front_door(&self) -> bool {
        self.stage.is_empty() && !self.front_door.is_empty()
    }

    /// All of them.
    pub(crate) fn all(&self) -> BTreeSet<Check> {
        self.stage.union(&self.front_door).copied().collect()
    }

    /// The parameters with which the front door is evaluated.
    pub(crate) fn for_front_door(&self, parameters: &Parameters) -> Parameters {
        Parameters { checks: self.front_door.clone(), ..parameters.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_adds_all_checks_of_the_front_door_unless_the_parameters_name_some() {
        let default = || BTreeSet::from(Check::STAGE);
        let all = || BTreeSet::from(Check::FRONT_DOOR);
        let none = BTreeSet::new;
        for (checks, option, stage, front_door) in [
            (None, false, default(), none()),
            (None, true, default(), all()),
            (Some("owner-tag"), true, [Check::OwnerTag].into(), all()),
            (Some("mutual-tls"), false, none(), [Check::MutualTls].into()),
            (Some("mutual-tls"), true, none(), [Check::MutualTls].into()),
        ] {
            let json = checks.map(|checks| format!(r#"{{"checks": "{checks}"}}"#));
            let parameters = Parameters::parse(json.as_deref()).unwrap();
            let chosen = ChosenChecks::of(&parameters, option);
            assert_eq!(chosen, ChosenChecks { stage, front_door }, "{checks:?} {option}");
        }
    }
}
