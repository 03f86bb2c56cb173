//! The settings of the function, from the environment variables that its deployment sets.

use strum::{EnumString, VariantNames};

use crate::Failure;
use crate::quote::quoted;

/// How a function is set up, which is the same for all rules that invoke it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The name of the deployment: the namespace of its metrics, and a field of its log line.
    pub name: String,
    /// Whether a change exports the changed stage.
    pub change_exports: ChangeExports,
    /// Which metrics a sweep writes.
    pub metrics: MetricsLevel,
}

/// Whether a change exports the changed stage to see what is deployed on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, VariantNames)]
#[strum(serialize_all = "lowercase")]
pub enum ChangeExports {
    /// It does.
    #[default]
    On,
    /// It relies on the stage's earlier result, because nothing limits how many changes are
    /// processed at once: the function has no reserved concurrency.
    Off,
}

/// Which metrics a sweep writes. CloudWatch charges for each metric in each account and Region.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, VariantNames)]
#[strum(serialize_all = "lowercase")]
pub enum MetricsLevel {
    /// All metrics.
    #[default]
    Full,
    /// Only the metrics that alarms and the first rows of the dashboards need.
    Few,
    /// No metrics.
    None,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: Self::DEFAULT_NAME.into(),
            change_exports: ChangeExports::default(),
            metrics: MetricsLevel::default(),
        }
    }
}

impl Settings {
    /// The environment variables.
    pub const VARIABLES: [&'static str; 3] = [Self::NAME, Self::CHANGE_EXPORTS, Self::METRICS];

    const NAME: &'static str = "STAGECERT_NAME";
    const CHANGE_EXPORTS: &'static str = "STAGECERT_CHANGE_EXPORTS";
    const METRICS: &'static str = "STAGECERT_METRICS";
    const DEFAULT_NAME: &'static str = "stagecert";
    /// The maximum length of a name, from which the names of all resources are derived.
    const MAX_NAME: usize = 13;

    /// Returns the settings, given the value of each environment variable. A variable that is
    /// absent has its default value.
    ///
    /// # Errors
    /// Returns `Setting` for a value that is not allowed.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let name = match variable(Self::NAME) {
            None => Self::DEFAULT_NAME.to_owned(),
            Some(name) if Self::is_name(&name) => name,
            Some(other) => {
                return Err(Self::invalid(Self::NAME, &other, Self::NAMES.into()));
            }
        };
        Ok(Self {
            name,
            change_exports: Self::one_of(Self::CHANGE_EXPORTS, &variable)?,
            metrics: Self::one_of(Self::METRICS, &variable)?,
        })
    }

    /// The name of the parameter in SSM's Parameter Store that has the instant of the last complete
    /// reminder run.
    #[must_use]
    pub fn last_reminders(&self) -> String {
        format!("/{}/last-reminders", self.name)
    }

    /// The allowed names, as shown in error messages.
    pub const NAMES: &'static str = "1 to 13 of a-z, 0-9 and hyphens, the first a letter";

    /// Whether this may be the name of a deployment.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        name.len() <= Self::MAX_NAME
            && name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    }

    fn one_of<T: Default + std::str::FromStr + VariantNames>(
        name: &'static str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<T, Failure> {
        let Some(value) = variable(name) else { return Ok(T::default()) };
        value.parse().map_err(|_| Self::invalid(name, &value, T::VARIANTS.join(", ")))
    }

    fn invalid(variable: &'static str, value: &str, allowed: String) -> Failure {
        Failure::Setting { variable, value: quoted(value), allowed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
        let variable =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into());
        Settings::read(variable).map_err(|failure| {
            assert_eq!(failure.kind(), "Setting");
            failure.message()
        })
    }

    #[test]
    fn absent_variables_have_defaults() {
        assert_eq!(read(&[]), Ok(Settings::default()));
        let Settings { name, change_exports, metrics } = Settings::default();
        assert_eq!(
            (name.as_str(), change_exports, metrics),
            ("stagecert", ChangeExports::On, MetricsLevel::Full)
        );
    }

    #[test]
    fn each_variable_sets_one_setting() {
        let default = Settings::default;
        for (variable, value, expected) in [
            ("STAGECERT_NAME", "a", Settings { name: "a".into(), ..default() }),
            ("STAGECERT_NAME", "payments-2026", Settings { name: "payments-2026".into(), ..default() }),
            ("STAGECERT_CHANGE_EXPORTS", "on", default()),
            ("STAGECERT_CHANGE_EXPORTS", "off", Settings { change_exports: ChangeExports::Off, ..default() }),
            ("STAGECERT_METRICS", "full", default()),
            ("STAGECERT_METRICS", "few", Settings { metrics: MetricsLevel::Few, ..default() }),
            ("STAGECERT_METRICS", "none", Settings { metrics: MetricsLevel::None, ..default() }),
        ] {
            assert_eq!(read(&[(variable, value)]), Ok(expected), "{variable}={value}");
        }
    }

    #[test]
    fn an_invalid_value_is_an_error_that_names_the_variable_and_what_is_allowed() {
        let names = ["", "Payments", "2pay", "-pay", "pay_ments", "payments-2026x", "zahlungs\u{e4}", "a\nb"];
        for name in names {
            let message = read(&[("STAGECERT_NAME", name)]).unwrap_err();
            assert!(message.starts_with("environment variable STAGECERT_NAME: \""), "{message}");
            assert!(message.ends_with("allowed: 1 to 13 of a-z, 0-9 and hyphens, the first a letter"));
            assert!(!message.contains('\n'), "{message}");
        }
        for value in ["", "OFF", "false", "off "] {
            assert_eq!(
                read(&[("STAGECERT_CHANGE_EXPORTS", value)]).unwrap_err(),
                format!(
                    "environment variable STAGECERT_CHANGE_EXPORTS: \"{value}\" is not allowed; allowed: on, off"
                )
            );
        }
        let message = read(&[("STAGECERT_METRICS", "all")]).unwrap_err();
        assert!(message.ends_with("\"all\" is not allowed; allowed: full, few, none"), "{message}");
        let long = read(&[("STAGECERT_METRICS", &"x".repeat(100_000))]).unwrap_err();
        assert!(long.len() < 300, "{}", long.len());
    }
}
