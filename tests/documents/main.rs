//! Pages that must match the code, the structure of `src/`, and the style of what people read.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    reason = "tests: a panic is the report"
)]

mod files;
mod imports;
mod structure;
mod style;

use std::collections::BTreeMap;
use std::time::Duration;

use stagecert::checks::advice::Advice;
use stagecert::parameters::KEYS;
use stagecert::parameters::settings::Settings;
use stagecert::resources::account_region::AccountRegion;
use stagecert::telemetry::invocation_log::InvocationLog;
use stagecert::telemetry::metrics::Metric;
use stagecert::{Failure, checks};

use crate::files::read;

#[test]
fn the_page_of_checks_is_made_from_the_checks() {
    assert_eq!(read("docs/checks.md"), checks::documentation(), "run `make docs`");
}

#[test]
fn the_page_of_parameters_names_every_parameter() {
    let page = read("docs/parameters.md");
    for key in KEYS {
        assert!(has_row(&page, &format!("`{key}`")), "{key}");
    }
}

/// Whether a table of a page has a row with this first cell.
fn has_row(page: &str, cell: &str) -> bool {
    page.lines().any(|line| line.starts_with(&format!("| {cell} |")))
}

#[test]
fn operations_says_what_to_do_about_every_kind_of_failure() {
    let page = read("docs/operations.md");
    assert!(Failure::KINDS.len() >= 10);
    for kind in Failure::KINDS {
        assert!(has_row(&page, &format!("`{kind}`")), "{kind}");
    }
}

#[test]
fn metrics_explains_every_metric_with_its_unit() {
    let page = read("docs/metrics.md");
    for metric in Metric::ALL {
        let row = format!("`{}` | {}", metric.name(), metric.unit());
        assert!(has_row(&page, &row), "{row}");
        let levels = if Metric::FEW.contains(metric) { "| `few`, `full` |" } else { "| `full` |" };
        let line = page.lines().find(|line| line.starts_with(&format!("| {row} |"))).unwrap();
        assert!(line.ends_with(levels), "{line}");
    }
}

#[test]
fn operations_explains_every_setting_with_its_values() {
    let page = read("docs/operations.md");
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `STAGECERT_")).collect();
    assert_eq!(rows.len(), Settings::VARIABLES.len());
    for variable in Settings::VARIABLES {
        let row = rows.iter().find(|row| row.starts_with(&format!("| `{variable}` |")));
        let row = row.unwrap_or_else(|| panic!("{variable}"));
        // The message about an invalid value lists all values.
        let invalid = |name: &str| match name {
            _ if name == variable => Some(String::new()),
            // The mailer's other variables are read only if it has a table.
            "STAGECERT_EMAILS_TABLE" => Some("table".to_owned()),
            _ => None,
        };
        let Err(Failure::Setting { allowed, .. }) = Settings::read(invalid) else { panic!("{variable}") };
        let values = allowed.split(", ").filter(|value| value.chars().all(char::is_lowercase));
        for value in values {
            assert!(row.contains(&format!("`{value}`")), "{row}: {value}");
        }
    }
}

#[test]
fn operations_explains_every_field_of_the_log_line() {
    let page = read("docs/operations.md");
    let account_region = AccountRegion { partition: "aws".into(), account: "1".into(), region: "r".into() };
    let mut log = InvocationLog {
        kind: InvocationLog::SWEEP.into(),
        account_region: Some(account_region),
        rule_name: Some("rule".into()),
        findings_imported: Some(0),
        security_hub_not_enabled: true,
        events_sent: Some(0),
        ..InvocationLog::of(&Settings::default())
    };
    let failure = Failure::NotSupported("this".into());
    log.finish("id".into(), Duration::from_secs(1), Some(&failure));
    let line = serde_json::to_value(&log).unwrap();
    let fields = line.as_object().unwrap();
    // All of them: none was left out because it has no value.
    assert_eq!(fields.len(), 22);
    for field in fields.keys() {
        assert!(has_row(&page, &format!("`{field}`")), "{field}");
    }
}

/// An install script of a package would run with all permissions of the build machine.
#[test]
fn no_install_script_of_an_npm_package_runs() {
    let makefile = read("Makefile");
    let installs: Vec<&str> = makefile.lines().filter(|line| line.contains("npm ci")).collect();
    assert!(
        installs.len() >= 2 && installs.iter().all(|line| line.contains("--ignore-scripts")),
        "{installs:?}"
    );
    for folder in ["cdk", "tests/report"] {
        assert!(
            read(format!("{folder}/.npmrc")).lines().any(|line| line == "ignore-scripts=true"),
            "{folder}"
        );
    }
}

#[test]
fn the_cdk_app_takes_its_texts_from_the_checks() {
    const FILE: &str = "cdk/lib/alerts/advice.json";
    let advice: BTreeMap<&str, Advice> =
        checks::Check::ALL.map(|check| (check.code(), check.advice())).into_iter().collect();
    let text = serde_json::to_string_pretty(&advice).unwrap() + "\n";
    if std::env::var_os("WRITE_GENERATED").is_some() {
        std::fs::write(files::root().join(FILE), &text).unwrap();
    }
    assert_eq!(read(FILE), text, "run `make docs`");
}
