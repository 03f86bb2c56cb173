//! The settings of the function, from the environment variables that its deployment sets.

use strum::{EnumString, VariantNames};

use crate::Failure;
use crate::checks::Check;
use crate::quote::quoted;
use crate::resources::account_region::is_account_id;

/// How a function is set up, which is the same for all rules that invoke it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The name of the deployment: the namespace of its metrics, and a field of its log line.
    pub name: String,
    /// Whether a change exports the changed stage.
    pub change_exports: ChangeExports,
    /// Which metrics a sweep writes.
    pub metrics: MetricsLevel,
    /// The settings of the mailer; `None` for the function that evaluates stages.
    pub mailer: Option<Mailer>,
}

/// How the function that sends emails is set up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mailer {
    /// The name of the table with what is yet to be sent, and with what was sent recently.
    pub table: String,
    /// The URL of the runbook that each email names, if there is one.
    pub runbook: Option<String>,
    /// The account whose events may be about other accounts: that of a central function.
    pub function_account: Option<String>,
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
            mailer: None,
        }
    }
}

impl Settings {
    /// The environment variables.
    pub const VARIABLES: [&'static str; 6] = [
        Self::NAME,
        Self::CHANGE_EXPORTS,
        Self::METRICS,
        Self::EMAILS_TABLE,
        Self::RUNBOOK,
        Self::FUNCTION_ACCOUNT,
    ];

    const NAME: &'static str = "STAGECERT_NAME";
    const CHANGE_EXPORTS: &'static str = "STAGECERT_CHANGE_EXPORTS";
    const METRICS: &'static str = "STAGECERT_METRICS";
    const EMAILS_TABLE: &'static str = "STAGECERT_EMAILS_TABLE";
    const RUNBOOK: &'static str = "STAGECERT_RUNBOOK";
    const FUNCTION_ACCOUNT: &'static str = "STAGECERT_FUNCTION_ACCOUNT";
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
            mailer: Self::mailer(&variable)?,
        })
    }

    fn mailer(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Mailer>, Failure> {
        let Some(table) = variable(Self::EMAILS_TABLE) else { return Ok(None) };
        if table.is_empty() {
            return Err(Self::invalid(Self::EMAILS_TABLE, &table, "the name of a table".into()));
        }
        let runbook = variable(Self::RUNBOOK);
        if let Some(invalid) = runbook.as_ref().filter(|url| !is_https_url(url)) {
            return Err(Self::invalid(
                Self::RUNBOOK,
                invalid,
                "an https URL of at most 500 characters".into(),
            ));
        }
        let function_account = variable(Self::FUNCTION_ACCOUNT);
        if let Some(invalid) = function_account.as_ref().filter(|account| !is_account_id(account)) {
            return Err(Self::invalid(
                Self::FUNCTION_ACCOUNT,
                invalid,
                "an account id: twelve digits".into(),
            ));
        }
        Ok(Some(Mailer { table, runbook, function_account }))
    }

    /// The name of the parameter in SSM's Parameter Store that has the instant of the last complete
    /// run of the reminders about these checks. The two rules of a deployment have separate runs.
    #[must_use]
    pub fn last_reminders<'c>(&self, checks: impl IntoIterator<Item = &'c Check>) -> String {
        let is_front_door = checks.into_iter().any(|check| check.is_of_front_door());
        format!("/{}/last-reminders{}", self.name, if is_front_door { "-front-door" } else { "" })
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

fn is_https_url(text: &str) -> bool {
    text.len() <= 500 && text.starts_with("https://") && text.chars().all(|c| c.is_ascii_graphic())
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
        let Settings { name, change_exports, metrics, mailer } = Settings::default();
        assert_eq!(
            (name.as_str(), change_exports, metrics, mailer),
            ("stagecert", ChangeExports::On, MetricsLevel::Full, None)
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
    fn the_two_rules_of_a_deployment_remember_their_reminders_separately() {
        let settings = read(&[("STAGECERT_NAME", "payments")]).unwrap();
        assert_eq!(settings.last_reminders(&Check::STAGE), "/payments/last-reminders");
        assert_eq!(settings.last_reminders(&[Check::CertificateExpiry]), "/payments/last-reminders");
        assert_eq!(settings.last_reminders(&[Check::Truststore]), "/payments/last-reminders-front-door");
        assert_eq!(settings.last_reminders(&Check::FRONT_DOOR), "/payments/last-reminders-front-door");
    }

    #[test]
    fn a_table_makes_the_function_the_mailer() {
        let table = ("STAGECERT_EMAILS_TABLE", "stagecert-emails");
        let (runbook, account) =
            (("STAGECERT_RUNBOOK", "https://x/"), ("STAGECERT_FUNCTION_ACCOUNT", "111111111111"));
        let mailer = |runbook: Option<&str>, account: Option<&str>| Mailer {
            table: "stagecert-emails".into(),
            runbook: runbook.map(Into::into),
            function_account: account.map(Into::into),
        };
        for (variables, expected) in [
            (vec![table], Some(mailer(None, None))),
            (vec![table, runbook, account], Some(mailer(Some("https://x/"), Some("111111111111")))),
            (vec![runbook, account], None),
        ] {
            assert_eq!(read(&variables).unwrap().mailer, expected, "{variables:?}");
        }
        let long = format!("https://{}", "x".repeat(493));
        for (variable, value) in [
            ("STAGECERT_RUNBOOK", "http://x/"),
            ("STAGECERT_RUNBOOK", "https://x y"),
            ("STAGECERT_RUNBOOK", &long),
            ("STAGECERT_FUNCTION_ACCOUNT", "1"),
        ] {
            let message = read(&[table, (variable, value)]).unwrap_err();
            assert!(message.starts_with(&format!("environment variable {variable}: \"")), "{message}");
        }
        assert!(read(&[("STAGECERT_EMAILS_TABLE", "")]).unwrap_err().ends_with("the name of a table"));
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
